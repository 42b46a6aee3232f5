package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// The sources before and after somebody put them right.
const (
	wrongSources = `
sources:
  - {name: survey, provider: shopify, unsigned: true, action: demo_request}
  - {name: offer, provider: json, action: demo_request}
  - {name: talk, provider: json, action: webinar_registered}
`
	rightSources = `
sources:
  - {name: survey, provider: json, action: demo_request}
  - {name: offer, provider: json, action: demo_request, fields: {email: adresse9, company: input_5}}
  - {name: talk, provider: json, action: demo_request}
`
)

func TestProgram_Replay(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, env []string) {
		slack := newFakeSlack(t)
		p := newProgram(t, append(env, slack.env()...)...)
		p.config(wrongSources)
		p.start()
		_, a := p.post("/in/survey", "application/json", `[{"name":"Una Read","email":"una.read@works.example"}]`)
		unread := p.settled(a.ID)
		if unread.State != lead.Unread {
			t.Fatalf("touch = %s, want unread", unread.State)
		}
		_, a = p.post("/in/offer", "application/json", `{"name":"Cora Rected","phone":"+49 30 5550123","adresse9":"cora@works.example ","input_5":"Works Ltd"}`)
		correct := p.settled(a.ID)
		turned := p.settled(p.lead("talk", "Tom Turned").ID)
		same := p.settled(p.lead("offer", "Sam Same").ID)
		if n := len(slack.about("Cora Rected")) + len(slack.about("Sam Same")); n != 2 {
			t.Fatalf("%d messages, want 2", n)
		}
		p.balanced()

		p.end()
		p.config(rightSources)
		p.start()
		var run lead.Run
		if code := p.call("/replay", `{"dry_run":true}`, &run); code != http.StatusOK || run.Counts["read"] != 1 || !run.DryRun {
			t.Errorf("dry run = %d %+v, want that one would be read", code, run)
		}
		if now, _ := p.touch(unread.ID); now.State != lead.Unread {
			t.Errorf("after a dry run the touch is %s", now.State)
		}
		if code, out := p.run("replay", "--unread"); code != 0 || !strings.Contains(out, unread.ID) || !strings.Contains(out, "1 read") {
			t.Errorf("replay --unread = %d:\n%s", code, out)
		}
		got := p.settled(unread.ID)
		if got.State != lead.Settled || got.Person.Email != "una.read@works.example" || got.Action != "demo_request" || got.Error != "" || len(got.Deliveries) != 1 {
			t.Errorf("replayed touch = %+v, want it read and told", got)
		}
		if ms := slack.about("Una Read"); len(ms) != 1 {
			t.Errorf("%d messages about what was unread, want 1", len(ms))
		}

		for range 2 { // the second time there is nothing left to do
			if code, out := p.run("replay", correct.ID, turned.ID, same.ID, unread.ID); code != 0 {
				t.Errorf("replay = %d:\n%s", code, out)
			}
		}
		got = p.settled(correct.ID)
		if got.Person.Email != "cora@works.example" || got.Person.Company != "Works Ltd" || len(got.Deliveries) != 1 || got.LeadID != correct.LeadID {
			t.Errorf("corrected touch = %+v, want its e-mail and company", got)
		}
		var page struct{ Items []lead.Lead }
		if p.get("/leads?email=cora@works.example", &page); len(page.Items) != 1 || page.Items[0].Person.Company != "Works Ltd" || len(page.Items[0].Touches) != 1 {
			t.Errorf("corrected lead = %+v, want to find it by its e-mail", page.Items)
		}
		p.settled(turned.ID)
		for name, want := range map[string]int{"Cora Rected": 1, "Sam Same": 1, "Tom Turned": 1, "Una Read": 1} {
			p.await("messages about "+name, 10*time.Second, func() bool { return len(slack.about(name)) >= want })
			if n := len(slack.about(name)); n != want {
				t.Errorf("%d messages about %s, want %d", n, name, want)
			}
		}
		if b := p.balanced(); b.Accepted != 4 || b.Alerted != 4 {
			t.Errorf("books = %+v, want 4 of 4 alerted", b)
		}
		if code := p.call("/touches/"+same.ID+"/replay", "", &run); code != http.StatusOK || run.Counts["unchanged"] != 1 {
			t.Errorf("replay of what is the same = %d %+v, want unchanged", code, run)
		}
		if code := p.call("/touches/nope/replay", "", nil); code != http.StatusNotFound {
			t.Errorf("replay of nothing = %d, want 404", code)
		}
		if code := p.call("/replay", `{"sorce":"x"}`, nil); code != http.StatusBadRequest {
			t.Errorf("replay with a slip = %d, want 400", code)
		}
		if code, _ := p.run("replay"); code != exitUsage {
			t.Errorf("replay of nothing = %d, want %d", code, exitUsage)
		}

		p.end()
		p.start()
		if p.get("/leads?email=cora@works.example", &page); len(page.Items) != 1 {
			t.Errorf("corrected lead after a restart = %+v, want to find it by its e-mail", page.Items)
		}
	})
}

// TestProgram_ReplayElsewhere: each node reads its own requests again, and says
// so when it is asked for another's.
func TestProgram_ReplayElsewhere(t *testing.T) {
	t.Parallel()
	redis := newRealRedis(t)
	var both []*program
	for range 2 {
		p := newProgram(t, "LEADGATE_REDIS_URL="+redis.url())
		p.config(wrongSources)
		p.start()
		both = append(both, p)
	}
	_, a := both[0].post("/in/survey", "application/json", `[{"name":"Una Read","email":"una.read@works.example"}]`)
	both[0].balanced()
	var run lead.Run
	if code := both[1].call("/replay", "", &run); code != http.StatusOK || run.Counts["elsewhere"] != 1 || !strings.Contains(run.Results[0].Why, "another node") {
		t.Errorf("replay at the other node = %d %+v, want it to say where to ask", code, run)
	}
	if code := both[0].call("/touches/"+a.ID+"/replay", "", &run); code != http.StatusOK || run.Counts["unread"] != 1 {
		t.Errorf("replay at the node that accepted it = %d %+v, want that it is still unread", code, run)
	}
}
