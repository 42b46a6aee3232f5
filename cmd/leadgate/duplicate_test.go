package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
)

const demoAndReps = demoSource + "reps:\n  - {name: Dana, slack: U0DANA}\n  - {name: Lee, slack: U0LEE}\n"

// TestProgram_Duplicate: who names the other lead in Slack makes one of the two,
// every message shows it, and it can be undone.
func TestProgram_Duplicate(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, env []string) {
		slack := newFakeSlack(t)
		p := newProgram(t, append(append(env, slack.env()...), "LEADGATE_SLACK_SIGNING_SECRET=s3cret")...)
		p.config(demoAndReps)
		p.start()
		home, works := p.settled(p.lead("demo", "Ada Home").ID).LeadID, p.settled(p.lead("demo", "Ada Works").ID).LeadID

		for _, c := range []struct{ name, of, problem string }{
			{"Nothing", "nobody", "There is no such lead"}, {"Itself", home, "Say whom"},
		} {
			if code, out := p.answers("U0LEE", "duplicate", home, c.of); code != http.StatusOK || !strings.Contains(out, c.problem) {
				t.Errorf("a duplicate of %s is answered %d %s, want %q", c.name, code, out, c.problem)
			}
		}
		p.act(home, "claim", "Dana")
		p.act(works, "claim", "Lee")
		if code, out := p.answers("U0LEE", "duplicate", home, works); code != http.StatusOK || !strings.Contains(out, "Two people have these leads") {
			t.Errorf("a duplicate while two people have them is answered %d %s", code, out)
		}
		if code := p.call("/leads/"+home+"/duplicate", `{"by":"Lee","to":"`+works+`"}`, nil); code != http.StatusConflict {
			t.Errorf("the same by the API = %d, want 409", code)
		}
		p.act(works, "unclaim", "Lee")
		if code, out := p.answers("U0LEE", "duplicate", home, "http://leads.example.com/l/"+works); code != http.StatusOK || out != "" {
			t.Fatalf("the dialog is answered %d %s", code, out)
		}
		both := p.leadOf(works)
		if both.Claim == nil || both.Claim.By != "Dana" || len(both.Touches) != 2 || !slices.Equal(both.Absorbed, []string{home}) {
			t.Errorf("after the merge the other lead is %+v", both)
		}
		if l := p.leadOf(home); l.MergedInto != works || !strings.HasSuffix(l.Trail[len(l.Trail)-1].Note, " by Lee") {
			t.Errorf("the duplicate points to %q after %+v", l.MergedInto, l.Trail)
		}
		slack.shown(t, "Ada Home", "Dana has Ada Works")
		slack.shown(t, "Ada Works", "Dana has Ada Works")
		if code, out := p.answers("U0LEE", "duplicate", home, works); code != http.StatusOK || out != "" {
			t.Errorf("the same once more is answered %d %s", code, out)
		}

		if code := p.call("/leads/"+home+"/unmerge", `{"by":"Lee"}`, nil); code != http.StatusOK {
			t.Fatalf("unmerge = %d", code)
		}
		if l := p.leadOf(home); l.MergedInto != "" || l.Status != lead.Claimed || l.DuplicateOf != "" {
			t.Errorf("the lead came back as %+v", l)
		}
		slack.shown(t, "Ada Home", "Dana has Ada Home")
		if m := slack.shown(t, "Ada Works", `"lead.claim"`); !strings.Contains(m.Body, "Ada Works") {
			t.Errorf("the other message shows %s", m.Body)
		}
	})
}

// TestProgram_DuplicateWithoutRedis: named while Redis is away the duplicate is
// closed at once, and merged when Redis is back, also when Redis never knew it.
func TestProgram_DuplicateWithoutRedis(t *testing.T) {
	t.Parallel()
	redis, slack := newRealRedis(t), newFakeSlack(t)
	p := newProgram(t, append(slack.env(), "LEADGATE_SLACK_SIGNING_SECRET=s3cret", "LEADGATE_REDIS_URL="+redis.url())...)
	p.config(demoAndReps)
	p.start()
	home, works := p.settled(p.lead("demo", "Ada Home").ID).LeadID, p.settled(p.lead("demo", "Ada Works").ID).LeadID
	old := p.settled(p.lead("demo", "Bob Old").ID).LeadID
	p.await("the touches to be settled in the journal", 10*time.Second, func() bool { return p.metric("leadgate_journal_waiting") == "0" })

	redis.pause()
	p.redisIs("0")
	fresh := p.lead("demo", "Ada Fresh").ID // told from the journal
	awaitFor(t, "the alert without Redis", 10*time.Second, func() bool { return len(slack.about("Ada Fresh")) > 0 })
	newer := p.lead("demo", "Bob Newer").ID
	awaitFor(t, "the other alert without Redis", 10*time.Second, func() bool { return len(slack.about("Bob Newer")) > 0 })
	bob := p.lead("demo", "Bob Brook").ID
	awaitFor(t, "the third alert without Redis", 10*time.Second, func() bool { return len(slack.about("Bob Brook")) > 0 })
	for of, to := range map[string]string{home: works, fresh: works, newer: bob, old: bob} {
		if code, out := p.answers("U0LEE", "duplicate", of, to); code != http.StatusOK || out != "" {
			t.Fatalf("the dialog is answered %d %s", code, out)
		}
	}
	slack.shown(t, "Ada Home", "Duplicate: Ada Home")
	slack.shown(t, "Ada Fresh", "Duplicate: Ada Fresh")

	redis.resume()
	p.redisIs("1")
	p.settled(fresh)
	p.await("both to be merged", 15*time.Second, func() bool {
		var l lead.Lead
		return p.get("/leads/"+works, &l) == http.StatusOK && len(l.Absorbed) == 2 && len(l.Touches) == 3
	})
	p.await("duplicates of a lead that Redis never knew to be merged", 15*time.Second, func() bool {
		var l lead.Lead
		return p.get("/leads/"+bob, &l) == http.StatusOK && len(l.Absorbed) == 2 && slices.Contains(l.Absorbed, old) && slices.Contains(l.Absorbed, newer)
	})
	if touch, _ := p.touch(fresh); touch.LeadID != works {
		t.Errorf("the touch that Redis never knew is of lead %s, want %s", touch.LeadID, works)
	}
	p.act(works, "claim", "Dana")
	now := p.leadOf(works).Person.Name // what was said last
	for _, name := range []string{"Ada Home", "Ada Fresh", "Ada Works"} {
		slack.shown(t, name, "Dana has "+now)
		if n := len(slack.about(name)); n != 1 {
			t.Errorf("Slack has %d messages about %s, want 1", n, name)
		}
	}
	if l := p.leadOf(home); l.Status == lead.Closed || l.MergedInto != works {
		t.Errorf("the duplicate is %s, part of %q", l.Status, l.MergedInto)
	}
	p.balanced()
}

// A message that is on its way while its lead is merged belongs to the other one.
func TestProgram_MergeWhileTold(t *testing.T) {
	t.Parallel()
	slack := newFakeSlack(t)
	p := newProgram(t, append(slack.env(), "LEADGATE_SLACK_SIGNING_SECRET=s3cret")...)
	p.config(demoAndReps)
	p.start()
	works := p.settled(p.lead("demo", "Ada Works").ID).LeadID
	slack.fail("500", "500") // the third attempt comes after three seconds
	home := p.lead("demo", "Ada Home").ID
	p.await("the lead", 2*time.Second, func() bool {
		var l lead.Lead
		return p.get("/leads/"+home, &l) == http.StatusOK && l.Revision > 0
	})
	if code := p.call("/leads/"+home+"/merge", `{"by":"Lee","into":"`+works+`"}`, nil); code != http.StatusOK {
		t.Fatalf("merge = %d", code)
	}
	if n := len(slack.about("Ada Home")); n != 0 {
		t.Fatalf("%d messages went out before the merge", n)
	}
	p.await("the message to be kept with the other lead", 10*time.Second, func() bool { return len(p.leadOf(works).Posts) == 2 })
	p.act(works, "claim", "Dana")
	slack.shown(t, "Ada Home", "Dana has "+p.leadOf(works).Person.Name)
}
