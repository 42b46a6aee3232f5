package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/lead"
)

// ladder has two levels, 2 s and 4 s after the visitor's submit.
const ladder = `
sources:
  - {name: hot, action: demo_request}
reps:
  - {name: Dana, slack: U0DANA}
targets:
  - {name: sales, kind: slack, channel: C0SALES, pace: off}
  - {name: managers, kind: slack, channel: C0MANAGERS, pace: off}
routes:
  - {to: sales, at_least: hot, escalate: [{after: 2s, to: managers}, {after: 4s, to: Dana}]}
`

// escalated returns how often the channels were told of somebody whom nobody has
// claimed; in the alert's thread or not.
func (s *fakeSlack) escalated(name string) map[string]int {
	told := map[string]int{}
	for _, m := range s.about(name) {
		if strings.Contains(m.Body, "still unclaimed") {
			where := m.Channel
			if m.Thread != "" {
				where += " thread"
			}
			told[where]++
		}
	}
	return told
}

// TestProgram_Escalation: three replicas, one of which dies before a level is
// due, and each level hears once; nobody hears of a lead that was claimed.
func TestProgram_Escalation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		replicas int
	}{{"Embedded", 1}, {"ThreeReplicas", 3}} {
		t.Run(c.name, func(t *testing.T) {
			slack := newFakeSlack(t)
			env := slack.env()
			if c.replicas > 1 {
				env = append(env, "LEADGATE_REDIS_URL="+newRealRedis(t).url())
			}
			var nodes []*program
			for range c.replicas {
				p := newProcess(t, env...)
				p.config(ladder)
				p.start()
				nodes = append(nodes, p)
			}
			p := nodes[0]
			begin := time.Now()
			waits, taken := p.lead("hot", "Waits Long"), p.lead("hot", "Taken Soon")
			p.await("the alerts", 5*time.Second, func() bool { return len(slack.about("Waits Long"))*len(slack.about("Taken Soon")) > 0 })
			p.settled(waits.ID)
			p.act(p.settled(taken.ID).LeadID, "claim", "Dana")
			var l lead.Lead
			if p.get("/leads/"+p.settled(waits.ID).LeadID, &l); l.EscalatesAt.Sub(l.WaitsSince) != 2*time.Second {
				t.Errorf("escalates_at = %s, 2 s after %s expected", l.EscalatesAt, l.WaitsSince)
			}
			p.kill()
			p.start()
			want := map[string]int{"C0SALES thread": 2, "C0MANAGERS": 1}
			p.await("both levels to hear", 25*time.Second, func() bool { return cmp.Equal(want, slack.escalated("Waits Long")) })
			if took := time.Since(begin); took < 4*time.Second {
				t.Errorf("both levels had heard after %s", took)
			}
			p.await("the lead to say so", 10*time.Second, func() bool {
				var now lead.Lead
				return p.get("/leads/"+l.ID, &now) == http.StatusOK && now.Escalated == 2 && now.EscalatesAt.IsZero()
			})
			if diff := cmp.Diff(want, slack.escalated("Waits Long")); diff != "" {
				t.Errorf("told of who waits (-want +got):\n%s", diff)
			}
			if told := slack.escalated("Taken Soon"); len(told) > 0 {
				t.Errorf("told of who was claimed: %v", told)
			}
			if ms := slack.about("@U0DANA"); len(ms) == 0 {
				t.Error("Dana was not called")
			}
		})
	}
}

// TestProgram_Escalation_RedisAway: what falls due while Redis is away, or is
// wiped, is told once it is back, and once.
func TestProgram_Escalation_RedisAway(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]func(*realRedis){"Paused": (*realRedis).pause, "Wiped": (*realRedis).kill} {
		t.Run(name, func(t *testing.T) {
			redis, slack := newRealRedis(t), newFakeSlack(t)
			p := newProgram(t, append(slack.env(), "LEADGATE_REDIS_URL="+redis.url())...)
			p.config(ladder)
			p.start()
			l := p.settled(p.lead("hot", "Waits Long").ID)
			away(redis)
			p.await("the time of the first level to pass", 10*time.Second, func() bool { return time.Since(l.ReceivedAt) > 3*time.Second })
			if told := slack.escalated("Waits Long"); len(told) > 0 {
				t.Errorf("told while nobody could know whether it was claimed: %v", told)
			}
			if redis.cmd == nil {
				redis.start()
			} else {
				redis.resume()
			}
			want := map[string]int{"C0SALES thread": 2, "C0MANAGERS": 1}
			p.await("both levels to hear", 20*time.Second, func() bool { return cmp.Equal(want, slack.escalated("Waits Long")) })
			p.await("the lead to say so", 10*time.Second, func() bool {
				var now lead.Lead
				return p.get("/leads/"+l.LeadID, &now) == http.StatusOK && now.Escalated == 2
			})
			if diff := cmp.Diff(want, slack.escalated("Waits Long")); diff != "" {
				t.Errorf("told in the end (-want +got):\n%s", diff)
			}
		})
	}
}
