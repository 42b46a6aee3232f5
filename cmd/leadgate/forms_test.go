package main

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// submit sends a form of a page with the configured token, and returns the status and
// the page.
func (p *program) submit(path string, pairs ...string) (int, string) {
	p.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	req, err := http.NewRequest(http.MethodPost, "http://"+p.addr+path, strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+apiToken)
	req.Header.Set("Accept", "text/html")
	resp, err := http.DefaultTransport.RoundTrip(req) // without following where it leads
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp.StatusCode, string(page)
}

// What a lead's page can only do with Redis says so at once while Redis is away, and
// does it afterwards.
func TestProgram_FormsWithoutRedis(t *testing.T) {
	t.Parallel()
	redis, slack := newRealRedis(t), newFakeSlack(t)
	p := newProgram(t, append(slack.env(), "LEADGATE_REDIS_URL="+redis.url())...)
	p.config(demoSource)
	p.start()
	ada, bob := p.settled(p.lead("demo", "Ada Quell").ID), p.settled(p.lead("demo", "Bob Brook").ID)
	forms := []struct {
		verb  string
		pairs []string
	}{
		{"reclassify", nil},
		{"reclassify", []string{"sure", "yes"}},
		{"resend", []string{"sure", "yes", "target", "slack", "touch", ada.ID}},
		{"merge", []string{"sure", "yes", "into", bob.LeadID}},
		{"unmerge", nil},
	}
	try := func(want ...int) {
		t.Helper()
		for i, form := range forms {
			begin := time.Now()
			code, page := p.submit("/l/"+ada.LeadID+"/"+form.verb, form.pairs...)
			if code != want[i] || !strings.Contains(page, "<html") && code != http.StatusSeeOther {
				t.Errorf("%s %q = %d, want %d:\n%s", form.verb, form.pairs, code, want[i], page)
			}
			if took := time.Since(begin); took > 12*time.Second {
				t.Errorf("%s %q is answered after %s", form.verb, form.pairs, took)
			}
		}
	}
	redis.pause()
	try(503, 503, 503, 503, 503) // before the program has noticed
	p.redisIs("0")
	try(503, 503, 503, 503, 503)
	redis.resume()
	p.redisIs("1")
	try(200, 303, 303, 303, 303)
}
