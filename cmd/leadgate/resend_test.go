package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// hookLog is a target that counts what it gets, by whom it is about.
type hookLog struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
}

func newHookLog(t *testing.T) *hookLog {
	c := &hookLog{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		c.mu.Lock()
		c.bodies = append(c.bodies, string(b))
		c.mu.Unlock()
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *hookLog) about(name string) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, b := range c.bodies {
		if strings.Contains(b, name) {
			n++
		}
	}
	return n
}

func TestProgram_Resend(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, env []string) {
		slack, hook := newFakeSlack(t), newHookLog(t)
		p := newProgram(t, append(append(env, slack.env()...), "LEADGATE_ALLOW_PRIVATE_TARGETS=true")...)
		p.config(twoSources)
		p.start()
		hot, warm := p.settled(p.lead("hot", "Heidi Hot").ID), p.settled(p.lead("warm", "Wanda Warm").ID)
		p.balanced()

		var l lead.Lead
		if code := p.call("/leads/"+hot.LeadID+"/resend", `{"by":"Dana"}`, &l); code != http.StatusOK || l.ID != hot.LeadID {
			t.Errorf("resend = %d %+v", code, l)
		}
		p.await("the second alert", 10*time.Second, func() bool { return len(slack.about("Heidi Hot")) == 2 })
		got := p.settled(hot.ID)
		if len(got.Deliveries) != 1 || !got.Deliveries[0].At.After(hot.Deliveries[0].At) || got.LeadID != hot.LeadID {
			t.Errorf("deliveries after resend = %+v, were %+v", got.Deliveries, hot.Deliveries)
		}
		if code := p.call("/leads/"+warm.LeadID+"/resend", `{"by":"Dana"}`, nil); code != http.StatusBadRequest {
			t.Errorf("resend of what nobody was told = %d, want 400 and to name a target", code)
		}
		if code := p.call("/leads/"+hot.LeadID+"/resend", `{"by":"Dana","target":"nobody"}`, nil); code != http.StatusBadRequest {
			t.Errorf("resend to an unknown target = %d, want 400", code)
		}

		// An earlier touch can be told of again, too.
		p.call("/leads/"+warm.LeadID+"/resend", `{"by":"Dana","target":"slack","touch_id":"`+warm.ID+`"}`, nil)
		p.await("the warm one to be told of", 10*time.Second, func() bool { return len(slack.about("Wanda Warm")) == 1 })
		if code := p.call("/leads/"+warm.LeadID+"/resend", `{"by":"Dana","target":"slack","touch_id":"`+hot.ID+`"}`, nil); code != http.StatusNotFound {
			t.Errorf("resend of another lead's touch = %d, want 404", code)
		}

		// A target that was configured late is told what it has missed, once.
		p.end()
		p.config(twoSources + "targets:\n  - {name: crm, kind: webhook, url: " + hook.URL + "/hook}\nroutes:\n  - {to: slack, at_least: hot}\n  - {to: crm, at_least: cold}\n")
		p.start()
		for _, want := range []string{"1 resent", "1 has_it"} {
			if code, out := p.run("resend", "--to", "crm", "--temperature", "hot", "--since", "1h"); code != 0 || !strings.Contains(out, want) {
				t.Errorf("resend --to crm = %d, want %s:\n%s", code, want, out)
			}
			p.await("the crm to be told", 10*time.Second, func() bool { return hook.about("Heidi Hot") == 1 })
			p.balanced()
		}
		if n := len(slack.about("Heidi Hot")); n != 2 || hook.about("Wanda Warm") != 0 {
			t.Errorf("%d messages and %d of the warm one to the crm, want 2 and none", n, hook.about("Wanda Warm"))
		}
		if code, out := p.run("resend", "--to", "crm", "--dry-run"); code != 0 || !strings.Contains(out, "1 resent") || !strings.Contains(out, "nothing was changed") {
			t.Errorf("dry run = %d:\n%s", code, out)
		}
		var page struct{ Items []listed }
		if code := p.get("/deliveries?state=sent&target=crm", &page); code != http.StatusOK || len(page.Items) != 1 || page.Items[0].TouchID != hot.ID {
			t.Errorf("deliveries = %d %+v, want the crm's", code, page.Items)
		}
		if code, _ := p.run("resend"); code != exitUsage {
			t.Errorf("resend to nobody = %d, want %d", code, exitUsage)
		}
	})
}

// listed is what the API lists.
type listed struct {
	TouchID string `json:"touch_id"`
	lead.Delivery
}
