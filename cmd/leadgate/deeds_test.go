package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
)

const demoSource = "sources:\n  - {name: demo, provider: json, action: demo_request}\n"

func (p *program) redisIs(up string) {
	p.t.Helper()
	p.await("redis_up "+up, 15*time.Second, func() bool { return p.metric("leadgate_redis_up") == up })
}

// TestProgram_ClaimsWithoutRedis: while Redis is away a claim is durable before
// it is answered and one person has the lead; afterwards two replicas agree, and
// who came second is told once.
func TestProgram_ClaimsWithoutRedis(t *testing.T) {
	t.Parallel()
	for _, way := range []struct {
		name     string
		away, on func(*realRedis)
	}{
		{"Killed", (*realRedis).kill, (*realRedis).start}, // and empty afterwards
		{"Paused", (*realRedis).pause, (*realRedis).resume},
	} {
		t.Run(way.name, func(t *testing.T) {
			redis, slack := newRealRedis(t), newFakeSlack(t)
			replica := func() *program {
				p := newProcess(t, append(slack.env(), "LEADGATE_SLACK_SIGNING_SECRET=s3cret", "LEADGATE_REDIS_URL="+redis.url())...)
				p.config(demoSource)
				p.start()
				return p
			}
			a, b := replica(), replica()
			id := a.settled(a.lead("demo", "Grace Hopper").ID).LeadID
			b.act(id, "claim", "Eva") // so that both journals know the lead
			b.act(id, "unclaim", "Eva")
			a.act(id, "claim", "Dana")
			a.act(id, "unclaim", "Dana")
			b.act(id, "claim", "Eva")
			b.act(id, "unclaim", "Eva")
			a.await("the touch to be settled in its journal", 10*time.Second, func() bool { return a.metric("leadgate_journal_waiting") == "0" })

			way.away(redis)
			a.redisIs("0")
			b.redisIs("0")
			if code := a.tries(id, "claim", "Dana"); code != http.StatusOK {
				t.Fatalf("claim without Redis = %d, want 200", code)
			}
			if code := a.tries(id, "claim", "Lee"); code != http.StatusConflict {
				t.Fatalf("second claim without Redis = %d, want 409", code)
			}
			slack.shown(t, "Grace Hopper", "Dana has Grace Hopper")
			a.kill() // what was answered is on the disk
			a.start()
			a.await("Dana's claim after the restart", 10*time.Second, func() bool {
				var l lead.Lead
				return a.get("/leads/"+id, &l) == http.StatusOK && l.Claim != nil && l.Claim.By == "Dana"
			})
			if code := b.tries(id, "claim", "Eva"); code != http.StatusOK {
				t.Fatalf("claim at the other replica = %d, want 200: it cannot know", code)
			}
			fresh := a.lead("demo", "Alan Turing").ID // told from the journal
			awaitFor(t, "the alert without Redis", 10*time.Second, func() bool { return len(slack.about("Alan Turing")) > 0 })
			if code := a.tries(fresh, "claim", "Lee"); code != http.StatusOK {
				t.Fatalf("claim of a lead that Redis never saw = %d, want 200", code)
			}
			slack.shown(t, "Alan Turing", "Lee has Alan Turing")

			way.on(redis)
			a.redisIs("1")
			b.redisIs("1")
			var owner string
			a.await("both replicas to agree", 15*time.Second, func() bool {
				la, lb := a.leadOf(id), b.leadOf(id)
				if la.Claim == nil || lb.Claim == nil || la.Revision != lb.Revision {
					return false
				}
				owner = la.Claim.By
				return owner == lb.Claim.By && len(slack.about("came second")) > 0
			})
			loser := map[string]string{"Dana": "Eva", "Eva": "Dana"}[owner]
			second := slack.about("came second")
			if len(second) != 1 || !strings.Contains(second[0].Text, loser+"'s claim") || second[0].Thread != slack.about("Grace Hopper")[0].TS {
				t.Errorf("%s has the lead, and %d remarks say who came second: %+v", owner, len(second), second)
			}
			slack.shown(t, "Grace Hopper", owner+" has Grace Hopper")
			touch := a.settled(fresh)
			b.await("the claim of before Redis knew the lead", 5*time.Second, func() bool {
				var l lead.Lead
				return b.get("/leads/"+touch.LeadID, &l) == http.StatusOK && l.Claim != nil && l.Claim.By == "Lee"
			})
			slack.shown(t, "Alan Turing", "Lee has Alan Turing")
			if n := len(slack.about("Alan Turing")); n != 1 {
				t.Errorf("Slack has %d messages about him, want 1", n)
			}
		})
	}
}
