package main

import (
	"bufio"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"
)

// browsing is a browser without scripts that is signed in.
type browsing struct {
	p      *program
	client *http.Client
}

func (p *program) browse() browsing {
	p.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	v := browsing{p, &http.Client{Jar: jar, Timeout: 20 * time.Second}}
	if status, page, _ := v.send("/signin", url.Values{"code": {apiToken}}); status != http.StatusOK {
		p.t.Fatalf("sign in = %d\n%s", status, page)
	}
	return v
}

// send posts a form, or without one gets a page.
func (v browsing) send(path string, form url.Values) (status int, page string, took time.Duration) {
	v.p.t.Helper()
	method, body := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	req, err := http.NewRequest(method, "http://"+v.p.addr+path, body)
	if err != nil {
		v.p.t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("Sec-Fetch-Mode", "navigate")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	begin := time.Now()
	resp, err := v.client.Do(req)
	if err != nil {
		v.p.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		v.p.t.Fatalf("%s %s: %v", method, path, err)
	}
	return resp.StatusCode, string(b), time.Since(begin)
}

// A salesperson goes on working while Redis is away: with those who came before
// and those who come now. No page waits for Redis, and all is well afterwards.
func TestProgram_InboxWhileRedisIsAway(t *testing.T) {
	t.Parallel()
	const patience = 10 * time.Second // a second on an idle machine; waiting for Redis is for ever
	for _, c := range []struct {
		name       string
		away, back func(*realRedis)
	}{
		{"Stopped", (*realRedis).kill, (*realRedis).start},
		{"Paused", (*realRedis).pause, (*realRedis).resume},
	} {
		t.Run(c.name, func(t *testing.T) {
			redis, slack := newRealRedis(t), newFakeSlack(t)
			p := newProgram(t, append(slack.env(), "LEADGATE_REDIS_URL="+redis.url())...)
			p.config(twoSources)
			p.start()
			v := p.browse()
			before := p.settled(p.lead("hot", "Before Example").ID)
			c.away(redis)

			// The very first look, before anybody has noticed, and each page.
			pages := []string{"/", "/?tab=hot", "/?q=before", "/l/" + before.LeadID, "/reports", "/sources", "/queues", "/rules", "/settings"}
			for round := range 2 {
				for _, path := range pages {
					status, page, took := v.send(path, nil)
					if took > patience {
						t.Errorf("round %d: GET %s took %s", round, path, took)
					}
					inbox := strings.HasPrefix(path, "/?") || path == "/" || strings.HasPrefix(path, "/l/")
					if inbox && (status != http.StatusOK || !strings.Contains(page, "Redis is away") || !strings.Contains(page, "Before Example")) {
						t.Errorf("round %d: GET %s = %d without the outage or the lead:\n%s", round, path, status, page)
					}
				}
			}
			during := p.lead("hot", "During Example")
			warm := p.lead("warm", "Warmly Example")
			toldOnce(t, slack, []string{"During Example"}, 10*time.Second)
			_, page, _ := v.send("/", nil)
			for _, name := range []string{"Before Example", "During Example", "Warmly Example"} {
				if n := strings.Count(page, `id="lead-`); n != 3 || !strings.Contains(page, name) {
					t.Errorf("the inbox has %d rows, want 3 with %s:\n%s", n, name, page)
				}
			}
			if _, page, _ := v.send("/?tab=hot", nil); strings.Contains(page, "Warmly Example") || !strings.Contains(page, "During Example") {
				t.Errorf("the hot tab:\n%s", page)
			}
			for _, id := range []string{before.LeadID, during.ID} {
				if status, page, _ := v.send("/l/"+id+"/claim", url.Values{"back": {"/l/" + id}}); status != http.StatusOK || !strings.Contains(page, "claimed by api") {
					t.Errorf("claim of %s = %d:\n%s", id, status, page)
				}
			}
			if status, answer := p.api(http.MethodGet, "/leads", ""); status != http.StatusServiceUnavailable || !strings.Contains(string(answer), `"unavailable"`) {
				t.Errorf("GET /leads of the API = %d %s, want 503: programs must not take a part for the whole", status, answer)
			}

			stream := make(chan string, 1)
			go func() { stream <- v.firstReset("/live") }()
			c.back(redis)
			settledAll(t, p, []string{before.ID, during.ID, warm.ID}, 40*time.Second)
			if got := <-stream; got != "event: reset" {
				t.Errorf("an open inbox is told %q when redis is back, want a reset, so that it is read again", got)
			}
			v = p.browse() // a Redis that ended without a trace has forgotten who was signed in
			status, page, _ := v.send("/", nil)
			if status != http.StatusOK || strings.Contains(page, "Redis is away") || strings.Count(page, `id="lead-`) != 3 {
				t.Errorf("after the return GET / = %d:\n%s", status, page)
			}
			for _, id := range []string{before.ID, during.ID} {
				touch, _ := p.touch(id)
				if l := p.leadOf(touch.LeadID); l.Claim == nil || l.Claim.By != "api" {
					t.Errorf("lead %s is not claimed: %+v", l.ID, l.Claim)
				}
			}
		})
	}
}

// firstReset reads a stream up to the word that all has to be read again.
func (v browsing) firstReset(path string) string {
	client := http.Client{Jar: v.client.Jar, Timeout: 40 * time.Second}
	resp, err := client.Get("http://" + v.p.addr + path)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "event: reset") {
			return lines.Text()
		}
	}
	return "nothing"
}
