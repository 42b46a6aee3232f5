package lead

import (
	"slices"
	"testing"
	"time"
)

// What somebody called not hot is not hot for whoever looks at it, until it does
// something that is hot in itself.
func TestRules_NotHot(t *testing.T) {
	r := DefaultRules()
	at := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	touch := func(id string, action Action, at time.Time) *Touch {
		return &Touch{ID: id, Action: action, At: at, ReceivedAt: at, Source: "site", Person: Person{Email: "grace@acme.example"}}
	}
	take := func(l *Lead, x *Touch, now time.Time) {
		l.Take(x)
		l.Judge(r, now)
	}
	for name, c := range map[string]struct {
		later []*Touch
		want  Temperature
	}{
		"Nothing":       {nil, Warm},
		"SomethingCool": {[]*Touch{touch("t2", "page_view", at.Add(2*time.Hour))}, Warm},
		"AnotherDemo":   {[]*Touch{touch("t2", "demo_request", at.Add(2*time.Hour))}, Hot},
		"ComesLate":     {[]*Touch{touch("t2", "demo_request", at.Add(-time.Hour))}, Hot}, // it was not known when somebody judged
	} {
		t.Run(name, func(t *testing.T) {
			l := &Lead{ID: "t1", Status: New}
			take(l, touch("t1", "demo_request", at), at)
			if l.Temperature != Hot {
				t.Fatalf("a demo request is %s", l.Temperature)
			}
			if err := l.Act(Deed{Verb: VerbNotHot, By: "Dana"}, at.Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			for _, later := range c.later {
				take(l, later, at.Add(2*time.Hour))
			}
			now := r.AsOf(l, at.Add(3*time.Hour))
			said := slices.ContainsFunc(now.Reasons, func(x Reason) bool { return x.Because == "Dana says it is not hot" })
			if now.Temperature != c.want || said != (c.want == Warm) {
				t.Errorf("it is %s as of now, because of %v; want %s", now.Temperature, now.Reasons, c.want)
			}
			if kept := l.Verdict; kept.Temperature != c.want {
				t.Errorf("its verdict is %s, want %s", kept.Temperature, c.want)
			}
			if l.Judge(r, at.Add(3*time.Hour)); l.Temperature != c.want {
				t.Errorf("judged again it is %s, want %s", l.Temperature, c.want)
			}
		})
	}
	t.Run("TouchForgotten", func(t *testing.T) {
		l := &Lead{ID: "t1", Status: New}
		take(l, touch("t1", "demo_request", at), at)
		l.NotHot = &Ruling{By: "Dana", At: at.Add(time.Hour), Touch: "t0"} // which is past the retention
		if got := r.AsOf(l, at.Add(2*time.Hour)).Temperature; got != Warm {
			t.Errorf("it is %s, want warm", got)
		}
		take(l, touch("t2", "demo_request", at.Add(90*time.Minute)), at.Add(90*time.Minute))
		if got := r.AsOf(l, at.Add(2*time.Hour)).Temperature; got != Hot {
			t.Errorf("after another demo request it is %s, want hot", got)
		}
	})
}
