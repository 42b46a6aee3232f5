package rules

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/leadgate/leadgate/lead"
)

// A verdict of the rules in force is always what Classify says now.
func TestRules_AsOf(t *testing.T) {
	r := Default()
	l := leadOf(ann, did("demo_request", 0))
	r.Judge(l, noon)
	for days, want := range map[int]class{0: {lead.Hot, lead.SQL, 95}, 5: {lead.Hot, lead.SQL, 75}, 6: {lead.Warm, lead.SQL, 69}, 42: {lead.Cold, lead.SQL, 16}} {
		at := noon.AddDate(0, 0, days)
		if got := classOf(r.AsOf(l, at)); got != want {
			t.Errorf("AsOf %d days later = %v, want %v", days, got, want)
		}
		if got := r.AsOf(l, at); !got.JudgedAt.Equal(noon) {
			t.Errorf("AsOf %d days later was judged at %v", days, got.JudgedAt)
		}
	}
	if l.Temperature != lead.Hot {
		t.Error("AsOf changed the lead")
	}
}

// A verdict of other rules stays theirs, and cools.
func TestRules_AsOf_OtherRules(t *testing.T) {
	old := mustParse(t, "actions: {shout: {score: 80, stage: SQL, because: shouted}}\nfit_rules: [{name: work, when: {email: work}, points: 5, because: works}]")
	l := leadOf(ann, did("shout", 0))
	old.Judge(l, noon)
	for days, want := range map[int]class{0: {lead.Hot, lead.SQL, 85}, 14: {lead.Warm, lead.SQL, 43}, 60: {lead.Cold, lead.SQL, 4}} {
		v := Default().AsOf(l, noon.AddDate(0, 0, days))
		if got := classOf(v); got != want || v.Rules != old.Version() {
			t.Errorf("AsOf %d days later = %v by rules %s, want %v by %s", days, got, v.Rules, want, old.Version())
		}
		if want.temperature == lead.Cold && v.NextStep == l.NextStep {
			t.Errorf("the next step of somebody who has cooled is still %q", v.NextStep)
		}
	}
	unjudged := &lead.Lead{Verdict: lead.Verdict{Temperature: lead.Hot, Score: 90}}
	if got := Default().AsOf(unjudged, noon); got.Temperature != lead.Hot || got.Score != 90 {
		t.Errorf("a verdict without a time became %v", classOf(got))
	}
}

func TestRules_AsOf_OnlyColder(t *testing.T) {
	old := mustParse(t, "extends: default\nscore: {hot: 60, further: 60%}")
	rapid.Check(t, func(t *rapid.T) {
		l := anyLead(old).Draw(t, "lead")
		old.Judge(l, noon)
		before := l.Verdict
		for days := range rapid.IntRange(1, 20).Draw(t, "days") {
			v := Default().AsOf(l, noon.Add(time.Duration(days)*7*24*time.Hour))
			sum := 0
			for _, x := range v.Reasons {
				sum += x.Points
			}
			if v.Temperature > before.Temperature || v.Score > before.Score || v.Score != sum {
				t.Fatalf("%v became %v with reasons of %d", classOf(before), classOf(v), sum)
			}
			before = v
		}
	})
}

func TestTouch_When(t *testing.T) {
	tests := []struct {
		name     string
		at, want time.Time
	}{
		{"Before", noon.AddDate(0, 0, -21), noon.AddDate(0, 0, -21)},
		{"ClockAnHourAhead", noon.Add(time.Hour), noon},
		{"ClockAYearAhead", noon.AddDate(1, 0, 0), noon},
		{"NeverSet", time.Unix(0, 0), noon},
		{"NotTold", time.Time{}, noon},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			touch := &lead.Touch{Action: "demo_request", At: tt.at, ReceivedAt: noon}
			if got := touch.When(); !got.Equal(tt.want) {
				t.Errorf("When() = %v, want %v", got, tt.want)
			}
			if got := Default().ClassifyTouch(touch, noon.AddDate(0, 6, 0)); got.Temperature != lead.Cold {
				t.Errorf("half a year later it is still %v", got.Temperature)
			}
		})
	}
	if unknown := (&lead.Touch{At: noon}); !unknown.When().Equal(noon) {
		t.Errorf("without an arrival When() = %v", unknown.When())
	}
}

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

// livedLead draws a lead that touches made, with messages and perhaps a claim.
func livedLead(r *Set, id string) *rapid.Generator[*lead.Lead] {
	return rapid.Custom(func(t *rapid.T) *lead.Lead {
		l := &lead.Lead{ID: id, Status: rapid.SampledFrom([]lead.Status{lead.New, lead.Junk, lead.Closed}).Draw(t, "status"),
			CreatedAt: noon.Add(-time.Duration(rapid.IntRange(0, 1000).Draw(t, "minutes")) * time.Minute)}
		for i := range rapid.IntRange(1, 5).Draw(t, "touches") {
			p := anyPast(r).Draw(t, "touch")
			l.Take(&lead.Touch{ID: fmt.Sprintf("%s-%d", id, i), Action: p.Action, At: p.At, Person: anyPerson().Draw(t, "person"), Test: rapid.Bool().Draw(t, "test")})
		}
		if rapid.Bool().Draw(t, "claimed") {
			l.Status, l.Claim = lead.Claimed, &lead.Claim{By: "Dana", At: noon}
		}
		if rapid.Bool().Draw(t, "alerted") {
			l.AlertedAt = noon.Add(-time.Hour)
			l.Alerts = map[string]string{"sales": id + "/1"}
			l.Posted(lead.Post{Target: "sales", Receipt: id + "/1", Touches: []string{l.Touches[0]}})
		}
		r.Judge(l, noon)
		return l
	})
}

// A merge that is undone leaves both leads exactly as they were.
func TestLead_Unmerged_Exactly(t *testing.T) {
	r := Default()
	rapid.Check(t, func(t *rapid.T) {
		a, b := livedLead(r, "A").Draw(t, "a"), livedLead(r, "B").Draw(t, "b")
		wantA, wantB := *a, *b
		source, both := *a, *b
		source.MergeInto(&both, "Dana", noon)
		if err := both.Absorb(&source); err != nil {
			t.Fatal(err)
		}
		r.Judge(&both, noon)
		for _, l := range []*lead.Lead{a, b} {
			for _, id := range l.Touches {
				if !both.Has(id) {
					t.Fatalf("touch %s was swallowed", id)
				}
			}
			if l.Claim != nil && both.Claim == nil {
				t.Fatal("the claim was lost")
			}
			if l.Temperature > both.Temperature && l.Test == both.Test {
				t.Fatalf("%v and %v became %v", a.Temperature, b.Temperature, both.Temperature)
			}
		}
		gotB, theirs := both.Unmerged(&source)
		source.Free(theirs)
		r.Judge(gotB, noon)
		ignore := cmpopts.IgnoreFields(lead.Lead{}, "Trail")
		if diff := cmp.Diff([]*lead.Lead{&wantA, &wantB}, []*lead.Lead{&source, gotB}, ignore, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("after the undoing (-before +after):\n%s", diff)
		}
	})
}

// However touches arrive, the person, the history and the verdict are the same.
func TestLead_Take_AnyOrder(t *testing.T) {
	r := Default()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom([]string{"", "", "Ada", "Ada Quell", "Bo"})
		touches := make([]*lead.Touch, rapid.IntRange(2, 8).Draw(t, "touches"))
		for i := range touches {
			p := anyPast(r).Draw(t, "touch")
			touches[i] = &lead.Touch{ID: fmt.Sprint(i), Action: p.Action, At: p.At, Message: p.Message, Fields: p.Fields, PageURL: p.PageURL,
				Person: lead.Person{Email: rapid.SampledFrom([]string{"", "ada@gmail.com", "ada@acme.example"}).Draw(t, "email"), Name: word.Draw(t, "name"), FirstName: word.Draw(t, "first"),
					LastName: word.Draw(t, "last"), Company: word.Draw(t, "company"), Title: rapid.SampledFrom([]string{"", "CEO", "intern"}).Draw(t, "title")}}
		}
		var inOrder, shuffled lead.Lead
		for _, x := range touches {
			inOrder.Take(x)
		}
		for _, x := range rapid.Permutation(touches).Draw(t, "arrival") {
			shuffled.Take(x)
		}
		shuffled.Touches = inOrder.Touches // are in order of arrival
		r.Judge(&inOrder, noon)
		r.Judge(&shuffled, noon)
		if diff := cmp.Diff(inOrder, shuffled); diff != "" {
			t.Fatalf("another order of arrival (-one +other):\n%s", diff)
		}
	})
}

// Somebody who touches without end stays as warm as before.
func TestLead_Take_CrowdOfPageViews(t *testing.T) {
	const most = 200 // touches of the history
	r := Default()
	var l lead.Lead
	l.Take(&lead.Touch{ID: "demo", Action: "demo_request", At: noon, Person: lead.Person{Name: "Ada Quell", Company: "Quell Ltd"}})
	for i := range 2 * most {
		l.Take(&lead.Touch{ID: fmt.Sprintf("view %d", i), Action: "page_view", At: noon.Add(time.Duration(i) * time.Second), Person: lead.Person{Email: "ada@mail.example"}})
	}
	if r.Judge(&l, noon.Add(time.Hour)); l.Temperature != lead.Hot {
		t.Fatalf("%v after so many page views", l.Temperature)
	}
	late := &lead.Touch{ID: "late", Action: "page_view", At: noon.Add(-time.Hour), Person: lead.Person{Company: "Old Ltd", Title: "CTO"}}
	l.Take(late)
	if want := (lead.Person{Name: "Ada Quell", Email: "ada@mail.example", Company: "Quell Ltd", Title: "CTO"}); l.Person != want {
		t.Errorf("person %+v, want %+v", l.Person, want)
	}
	if len(l.History) != most || l.History[0].ID != "late" {
		t.Errorf("%d in the history, the first is %s: the touch that came last has to be there", len(l.History), l.History[0].ID)
	}
}
