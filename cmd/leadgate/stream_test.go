package main

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// watch reads the stream of a program until the test ends.
func (p *program) watch(query string) <-chan lead.News {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, "http://"+p.addr+"/api/v1/stream"+query, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+apiToken)
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		p.t.Fatalf("GET /stream: %v %v", resp, err)
	}
	news := make(chan lead.News, 1000)
	go func() {
		defer close(news)
		defer resp.Body.Close()
		for out := bufio.NewScanner(resp.Body); out.Scan(); {
			if data, ok := strings.CutPrefix(out.Text(), "data: "); ok {
				var n lead.News
				if json.Unmarshal([]byte(data), &n) == nil {
					news <- n
				}
			}
		}
	}()
	return news
}

// hears waits for a piece of news.
func hears(t *testing.T, news <-chan lead.News, what string, is func(lead.News) bool) lead.News {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		select {
		case n, ok := <-news:
			if !ok {
				t.Fatalf("the stream ended before %s", what)
			}
			if is(n) {
				return n
			}
		case <-ctx.Done():
			t.Fatalf("no news of %s", what)
		}
	}
}

// What happens on one node is seen on both, the lead that is told of can be
// read, and a stop does not wait for those who watch.
func TestProgram_Stream(t *testing.T) {
	t.Parallel()
	r := newRealRedis(t)
	slack := newFakeSlack(t)
	env := append(slack.env(), "LEADGATE_REDIS_URL="+r.url())
	a, b := newProgram(t, env...), newProgram(t, env...)
	a.start()
	b.start()
	here, there := a.watch(""), b.watch("?temperature=hot")
	sent := a.lead("demo-request", "Ada Quell")
	for _, news := range []<-chan lead.News{here, there} {
		n := hears(t, news, "the lead", func(n lead.News) bool { return n.Kind == lead.LeadNews && n.TouchID == sent.ID })
		if n.Temperature != "hot" || n.Change != "new" || n.Source != "demo-request" {
			t.Errorf("news of the lead: %+v", n)
		}
		for _, p := range []*program{a, b} {
			var l lead.Lead
			if code := p.get("/leads/"+n.LeadID, &l); code != http.StatusOK || l.Person.Name != "Ada Quell" {
				t.Errorf("the lead that was told of: %d %+v", code, l.Person)
			}
		}
		hears(t, news, "the alert", func(n lead.News) bool {
			return n.Kind == lead.DeliveryNews && n.TouchID == sent.ID && n.State == "sent"
		})
	}
	// Somebody on the other node takes it.
	if code := b.tries(sent.ID, "claim", "Dana"); code != http.StatusOK {
		t.Fatalf("claim: %d", code)
	}
	for _, news := range []<-chan lead.News{here, there} {
		if n := hears(t, news, "the claim", func(n lead.News) bool { return n.Change == "claim" }); n.By != "Dana" || n.LeadID != sent.ID {
			t.Errorf("news of the claim: %+v", n)
		}
	}
	// Redis goes: a node still tells what happens on it. Redis comes back: those
	// who watch are told that they may have missed something.
	r.kill()
	away := a.lead("demo-request", "Bob Hale")
	hears(t, here, "the lead while Redis is away", func(n lead.News) bool {
		return n.Kind == lead.LeadNews && n.TouchID == away.ID && n.Temperature == "hot"
	})
	hears(t, here, "its alert", func(n lead.News) bool { return n.Kind == lead.DeliveryNews && n.TouchID == away.ID })
	r.start()
	for _, news := range []<-chan lead.News{here, there} {
		hears(t, news, "the reset", func(n lead.News) bool { return n.Kind == lead.ResetNews })
	}
	for _, p := range []*program{a, b} {
		if took := p.end(); took > 3*time.Second {
			t.Errorf("the program took %s to stop while somebody watched", took)
		}
	}
}
