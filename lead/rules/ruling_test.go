package rules

import (
	"slices"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// What somebody called not hot is not hot for whoever looks at it, until it does
// something that is hot in itself.
func TestRules_NotHot(t *testing.T) {
	r := Default()
	at := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	touch := func(id string, action lead.Action, at time.Time) *lead.Touch {
		return &lead.Touch{ID: id, Action: action, At: at, ReceivedAt: at, Source: "site", Person: lead.Person{Email: "grace@acme.example"}}
	}
	take := func(l *lead.Lead, x *lead.Touch, now time.Time) {
		l.Take(x)
		r.Judge(l, now)
	}
	for name, c := range map[string]struct {
		later []*lead.Touch
		want  lead.Temperature
	}{
		"Nothing":       {nil, lead.Warm},
		"SomethingCool": {[]*lead.Touch{touch("t2", "page_view", at.Add(2*time.Hour))}, lead.Warm},
		"AnotherDemo":   {[]*lead.Touch{touch("t2", "demo_request", at.Add(2*time.Hour))}, lead.Hot},
		"ComesLate":     {[]*lead.Touch{touch("t2", "demo_request", at.Add(-time.Hour))}, lead.Hot}, // it was not known when somebody judged
	} {
		t.Run(name, func(t *testing.T) {
			l := &lead.Lead{ID: "t1", Status: lead.New}
			take(l, touch("t1", "demo_request", at), at)
			if l.Temperature != lead.Hot {
				t.Fatalf("a demo request is %s", l.Temperature)
			}
			if err := l.Act(lead.Command{Verb: lead.VerbNotHot, By: "Dana"}, at.Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			for _, later := range c.later {
				take(l, later, at.Add(2*time.Hour))
			}
			now := r.AsOf(l, at.Add(3*time.Hour))
			said := slices.ContainsFunc(now.Reasons, func(x lead.Reason) bool { return x.Because == "Dana says it is not hot" })
			if now.Temperature != c.want || said != (c.want == lead.Warm) {
				t.Errorf("it is %s as of now, because of %v; want %s", now.Temperature, now.Reasons, c.want)
			}
			if kept := l.Verdict; kept.Temperature != c.want {
				t.Errorf("its verdict is %s, want %s", kept.Temperature, c.want)
			}
			if r.Judge(l, at.Add(3*time.Hour)); l.Temperature != c.want {
				t.Errorf("judged again it is %s, want %s", l.Temperature, c.want)
			}
		})
	}
	t.Run("TouchForgotten", func(t *testing.T) {
		l := &lead.Lead{ID: "t1", Status: lead.New}
		take(l, touch("t1", "demo_request", at), at)
		l.NotHot = &lead.Override{By: "Dana", At: at.Add(time.Hour), Touch: "t0"} // which is past the retention
		if got := r.AsOf(l, at.Add(2*time.Hour)).Temperature; got != lead.Warm {
			t.Errorf("it is %s, want warm", got)
		}
		take(l, touch("t2", "demo_request", at.Add(90*time.Minute)), at.Add(90*time.Minute))
		if got := r.AsOf(l, at.Add(2*time.Hour)).Temperature; got != lead.Hot {
			t.Errorf("after another demo request it is %s, want hot", got)
		}
	})
}
