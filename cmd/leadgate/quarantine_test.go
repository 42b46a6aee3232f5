package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// spam posts a demo request with the honeypot filled and waits until it is held.
func (p *program) spam(name, email string) lead.Touch {
	p.t.Helper()
	code, a := p.post("/in/demo-request", "application/json", fmt.Sprintf(`{"name":%q,"email":%q,"message":"Call me","_gotcha":"x"}`, name, email))
	if code != http.StatusAccepted {
		p.t.Fatalf("POST = %d, want 202: spam is told the same as success", code)
	}
	var held lead.Touch
	p.await("the touch to be held", 15*time.Second, func() bool { held, _ = p.touch(a.ID); return held.LeadID != "" })
	if held.State != lead.Quarantined || held.LeadID == "" || held.Held == "" {
		p.t.Fatalf("touch = %s of lead %q held for %q, want it in quarantine with a lead and a reason", held.State, held.LeadID, held.Held)
	}
	return held
}

func leadIDs(leads []lead.Lead) (ids []string) {
	for _, l := range leads {
		ids = append(ids, l.ID)
	}
	return ids
}

func TestProgram_QuarantineAndRelease(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, env []string) {
		slack := newFakeSlack(t)
		p := newProgram(t, append(env, slack.env()...)...)
		p.start()
		known := p.settled(p.lead("webinar", "Known Person").ID)
		stranger, friend := p.spam("Strange Person", "strange@works.example"), p.spam("Known Person", "known.person@works.example")

		var held, before lead.Lead
		if code := p.get("/leads/"+stranger.LeadID, &held); code != http.StatusOK || held.Status != lead.HeldInQuarantine || len(held.Trail) == 0 || held.Trail[0].Why != stranger.Held {
			t.Errorf("the held lead = %d %+v, want it quarantined with the reason in its trail", code, held)
		}
		var page struct{ Items []lead.Lead }
		p.get("/leads?status=quarantined", &page)
		if ids := leadIDs(page.Items); len(ids) != 2 || !slices.Contains(ids, friend.LeadID) {
			t.Errorf("quarantined leads = %v, want both", ids)
		}
		p.get("/leads?status=quarantined&email=STRANGE@works.example", &page)
		if ids := leadIDs(page.Items); len(ids) != 1 || ids[0] != stranger.LeadID {
			t.Errorf("quarantined leads of the stranger = %v, want one", ids)
		}
		p.get("/leads", &page)
		if ids := leadIDs(page.Items); len(ids) != 1 || ids[0] != known.LeadID {
			t.Errorf("leads = %v, want those in quarantine left out", ids)
		}
		p.get("/leads/"+known.LeadID, &before)
		if len(before.Touches) != 1 || before.Temperature == lead.Hot {
			t.Errorf("the known person = %+v, want nothing of what is held in it", before)
		}
		if code := p.call("/leads/"+stranger.LeadID+"/claim", `{"by":"Dana"}`, nil); code != http.StatusConflict {
			t.Errorf("claim of a held lead = %d, want 409", code)
		}
		if b := p.balanced(); b.Quarantined != 2 || b.Held != 1 {
			t.Errorf("books = %+v, want 2 quarantined and 1 held", b)
		}

		if code := p.call("/leads/"+stranger.LeadID+"/release", fmt.Sprintf(`{"by":"Dana","revision":%d}`, held.Revision+7), nil); code != http.StatusConflict {
			t.Errorf("release at another revision = %d, want 409", code)
		}
		var got, again lead.Lead
		if code := p.call("/leads/"+stranger.LeadID+"/release", fmt.Sprintf(`{"by":"Dana","revision":%d}`, held.Revision), &got); code != http.StatusOK ||
			got.ID != stranger.LeadID || got.Status != lead.New || got.Temperature != lead.Hot {
			t.Errorf("release = %d %+v, want the same lead, new and hot", code, got)
		}
		if code := p.call("/leads/"+stranger.LeadID+"/release", `{"by":"Kim"}`, &again); code != http.StatusOK || again.ID != got.ID {
			t.Errorf("release again = %d %+v, want the lead as it is", code, again)
		}
		if code := p.call("/leads/"+friend.LeadID+"/release", `{"by":"Dana"}`, &got); code != http.StatusOK || got.ID != known.LeadID || len(got.Touches) != 2 {
			t.Errorf("release of the known person's = %d %+v, want it joined to %s", code, got, known.LeadID)
		}
		if code := p.get("/leads/"+friend.LeadID, &got); code != http.StatusOK || got.ID != known.LeadID {
			t.Errorf("the lead that was left = %d %s, want the one that has its touch", code, got.ID)
		}
		for _, was := range []lead.Touch{stranger, friend} {
			now := p.settled(was.ID)
			steps := strings.Join(strings.Fields(fmt.Sprint(now.Trail)), " ")
			if now.State != lead.Settled || now.ReleasedBy != "Dana" || len(now.Deliveries) != 1 || !strings.Contains(steps, "released") {
				t.Errorf("released touch = %+v, want it settled and told", now)
			}
		}
		for _, name := range []string{"Strange Person", "Known Person"} {
			if ms := slack.about(name); len(ms) != 1 || !strings.Contains(ms[0].Body, "released by Dana") {
				t.Errorf("messages about %s = %+v, want one that says who released it", name, ms)
			}
		}
		if b := p.balanced(); b.Accepted != 3 || b.Quarantined != 0 || b.Alerted != 2 {
			t.Errorf("books = %+v, want 2 alerted and none quarantined", b)
		}

		p.end()
		p.start()
		p.await("the store to be filled", 10*time.Second, func() bool { return len(all[lead.Lead](p, "/leads")) == 2 })
		if leads := all[lead.Lead](p, "/leads"); len(leads) != 2 {
			t.Errorf("leads after a restart = %+v, want 2", leads)
		}
		p.get("/leads?status=quarantined", &page)
		if len(page.Items) != 0 {
			t.Errorf("quarantined after a restart = %v, want none", leadIDs(page.Items))
		}
	})
}

// TestProgram_HeldLeadsStayApart: what is in quarantine is nobody's after a
// restart either.
func TestProgram_HeldLeadsStayApart(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, env []string) {
		p := newProgram(t, env...)
		p.start()
		held := p.spam("Twin Person", "twin.person@works.example")
		junk := p.spam("Junk Person", "junk.person@works.example")
		if code := p.call("/leads/"+junk.LeadID+"/junk", `{"by":"Dana"}`, nil); code != http.StatusOK {
			t.Errorf("junk of a held lead = %d, want 200", code)
		}
		p.end()
		p.start()
		for _, name := range []string{"Twin Person", "Junk Person"} {
			if got := p.settled(p.lead("webinar", name).ID); got.LeadID == held.LeadID || got.LeadID == junk.LeadID {
				t.Errorf("%s came to the lead in quarantine", name)
			}
		}
	})
}

func TestProgram_KilledInTheMiddleOfARelease(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, env []string) {
		slack := newFakeSlack(t)
		p := newProcess(t, append(env, slack.env()...)...)
		p.start()
		held := p.spam("Strange Person", "strange@works.example")
		slack.fail("hang")
		p.call("/leads/"+held.LeadID+"/release", `{"by":"Dana"}`, nil)
		p.await("the first attempt", 5*time.Second, func() bool { slack.mu.Lock(); defer slack.mu.Unlock(); return slack.calls > 0 })
		p.kill()
		p.start()
		got := p.settled(held.ID)
		if got.State != lead.Settled || len(slack.about("released by Dana")) != 1 {
			t.Errorf("touch %s with %d messages, want it settled and told once", got.State, len(slack.about("released by Dana")))
		}
		var l lead.Lead
		if p.get("/leads/"+got.LeadID, &l); l.Status != lead.New || len(l.Touches) != 1 {
			t.Errorf("lead = %+v, want it new with its touch", l)
		}
		if b := p.balanced(); b.Alerted != 1 || b.Quarantined != 0 {
			t.Errorf("books = %+v, want 1 alerted", b)
		}
	})
}

// TestProgram_ReleaseAtAnotherReplica: the node that is asked need not be the
// one that accepted the touch.
func TestProgram_ReleaseAtAnotherReplica(t *testing.T) {
	t.Parallel()
	redis, slack := newRealRedis(t), newFakeSlack(t)
	var both []*program
	for range 2 {
		p := newProgram(t, append(slack.env(), "LEADGATE_REDIS_URL="+redis.url())...)
		p.start()
		both = append(both, p)
	}
	held := both[0].spam("Strange Person", "strange@works.example")
	for _, p := range both {
		if code := p.call("/leads/"+held.LeadID+"/release", `{"by":"Dana"}`, nil); code != http.StatusOK {
			t.Errorf("release = %d, want 200 wherever it is asked", code)
		}
	}
	awaitFor(t, "the books to balance", 90*time.Second, func() bool {
		b := both[0].books()
		return b.Accepted == 1 && b.Alerted == 1 && b.Quarantined+b.Waiting+b.Unaccounted == 0
	})
	if n := len(slack.about("Strange Person")); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
}
