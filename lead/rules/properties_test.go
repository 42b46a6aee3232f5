package rules

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/leadgate/leadgate/lead"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// anyPast draws a touch of up to two months ago, now and then with answers.
func anyPast(r *Set) *rapid.Generator[lead.Past] {
	actions := append(r.Actions(), "quiz_finished", "poll_answered", "")
	return rapid.Custom(func(t *rapid.T) lead.Past {
		p := lead.Past{
			Action:  rapid.SampledFrom(actions).Draw(t, "action"),
			At:      noon.Add(-time.Duration(rapid.IntRange(-3600, 60*86400).Draw(t, "seconds ago")) * time.Second),
			Event:   rapid.SampledFrom([]string{"", "", "A", "B"}).Draw(t, "event"),
			PageURL: rapid.SampledFrom([]string{"", "https://acme.example/a", "https://acme.example/b?x=1"}).Draw(t, "page"),
			Message: rapid.SampledFrom([]string{"", "", "hello", "Does it work?", "my cv", "prices?"}).Draw(t, "message"),
		}
		if field := rapid.SampledFrom([]string{"", "", "", "purchasing_time_frame", "Topic", "Would you like a demo?"}).Draw(t, "field"); field != "" {
			p.Fields = map[string]string{field: rapid.SampledFrom([]string{"1-3 months", "4-6 months", "Support", "Sales", "yes", "no"}).Draw(t, "value")}
		}
		return p
	})
}

func anyPerson() *rapid.Generator[lead.Person] {
	return rapid.SampledFrom([]lead.Person{nobody, ann, boss, hobby, burner, {Phone: "+14155550100"}})
}

func anyLead(r *Set) *rapid.Generator[*lead.Lead] {
	return rapid.Custom(func(t *rapid.T) *lead.Lead {
		l := &lead.Lead{Person: anyPerson().Draw(t, "person"), History: rapid.SliceOfN(anyPast(r), 0, 12).Draw(t, "history")}
		for i := range l.History {
			l.History[i].ID = fmt.Sprintf("t%02d", i)
		}
		return l
	})
}

func TestRules_Classify_AnyOrder(t *testing.T) {
	r := Default()
	rapid.Check(t, func(t *rapid.T) {
		l := anyLead(r).Draw(t, "lead")
		want := r.Classify(l, noon)
		shuffled := *l
		shuffled.History = slices.Clone(l.History)
		rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)).Shuffle(len(shuffled.History), func(i, j int) {
			shuffled.History[i], shuffled.History[j] = shuffled.History[j], shuffled.History[i]
		})
		if diff := cmp.Diff(want, r.Classify(&shuffled, noon)); diff != "" {
			t.Fatalf("the same touches in another order (-one +other):\n%s", diff)
		}
	})
}

func TestRules_Classify_NeverColderByATouch(t *testing.T) {
	r := Default()
	rapid.Check(t, func(t *rapid.T) {
		l := anyLead(r).Draw(t, "lead")
		before := r.Classify(l, noon)
		more := *l
		p := anyPast(r).Draw(t, "one more")
		p.ID = "more"
		more.History = append(slices.Clone(l.History), p)
		after := r.Classify(&more, noon)
		if after.Temperature < before.Temperature {
			t.Fatalf("%v %d became %v %d by one more touch %+v", before.Temperature, before.Score, after.Temperature, after.Score, p)
		}
		if before.Stage != lead.NoStage && after.NotALead {
			t.Fatalf("a lead became none by one more touch %+v", p)
		}
	})
}

func TestRules_Classify_ColderWithTime(t *testing.T) {
	r := Default()
	rapid.Check(t, func(t *rapid.T) {
		l := anyLead(r).Draw(t, "lead")
		later := noon.Add(2*time.Hour + time.Duration(rapid.IntRange(0, 100*86400).Draw(t, "seconds"))*time.Second)
		before, after := r.Classify(l, noon.Add(2*time.Hour)), r.Classify(l, later)
		if after.Temperature > before.Temperature {
			t.Fatalf("%v became %v with time alone", before.Temperature, after.Temperature)
		}
	})
}

func TestRules_Classify_Sums(t *testing.T) {
	r := Default()
	rapid.Check(t, func(t *rapid.T) {
		l := anyLead(r).Draw(t, "lead")
		v := r.Classify(l, noon)
		sum := 0
		for i, x := range v.Reasons {
			sum += x.Points
			if i > 0 && x.Points > v.Reasons[i-1].Points {
				t.Fatalf("reason %d is more important than the one before it: %+v", i, v.Reasons)
			}
			if x.Because == "" || x.Rule == "" {
				t.Fatalf("reason without words or name: %+v", x)
			}
		}
		lowest, highest := r.borders(v.Temperature)
		switch {
		case v.Score < 0 || v.Score > 100:
			t.Fatalf("score %d", v.Score)
		case v.Score < lowest || v.Score > highest:
			t.Fatalf("score %d and yet %v", v.Score, v.Temperature)
		case sum != v.Score:
			t.Fatalf("the reasons add up to %d, the score is %d: %+v", sum, v.Score, v.Reasons)
		case v.Rules != r.Version():
			t.Fatalf("Rules = %q, want %q", v.Rules, r.Version())
		case v.NotALead && (v.Temperature != lead.Cold || v.Stage != lead.NoStage || v.Score != 0):
			t.Fatalf("not a lead and yet %v", classOf(v))
		}
	})
}

func TestRules_Classify_UnknownActionsNeverHot(t *testing.T) {
	r := Default()
	rapid.Check(t, func(t *rapid.T) {
		l := &lead.Lead{Person: anyPerson().Draw(t, "person")}
		for i := range rapid.IntRange(1, 30).Draw(t, "touches") {
			p := anyPast(r).Draw(t, "touch")
			p.ID, p.Action = fmt.Sprint(i), lead.Action(fmt.Sprintf("mystery_%d", i%7))
			l.History = append(l.History, p)
		}
		if v := r.Classify(l, noon); v.Temperature == lead.Hot || !v.Unclassified {
			t.Fatalf("Classify() = %v, unclassified %v", classOf(v), v.Unclassified)
		}
	})
}

// TestRules_LooksHot compares the short way with the long one.
func TestRules_LooksHot(t *testing.T) {
	for name, r := range map[string]*Set{
		"Default": Default(),
		"OwnRules": mustParse(t, `
extends: default
touch_rules:
  - {name: minus, when: {action: demo_*, known: true}, points: -30, because: less}
  - {name: plus, when: {action: [meeting_held, quiz_*], message: {question: true}}, points: 30, because: more}
actions: {quiz_finished: {score: 45, stage: IQL, because: finished a quiz}}
`),
		"FitRefuses": mustParse(t, `
extends: default
fit_rules: [{name: rival, when: {email_domain: acme.example}, not_a_lead: true, because: works for a rival}]
`),
		"HistoryRaises": mustParse(t, `
extends: default
history_rules: [{name: any, when: {touches: {at_least: 1}}, points: 40, because: did something}]
`),
	} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				p := anyPast(r).Draw(t, "touch")
				touch := &lead.Touch{ID: "t1", Action: p.Action, At: p.At, Message: p.Message, Fields: p.Fields, Person: anyPerson().Draw(t, "person")}
				v := r.ClassifyTouch(touch, noon)
				if got, want := r.LooksHot(touch, noon), v.Temperature == lead.Hot; got != want {
					t.Fatalf("LooksHot() = %v, ClassifyTouch() = %v", got, classOf(v))
				}
			})
		})
	}
}

// TestRules_ClassifyTouch_AsAlone compares a touch on its own with a lead that
// has no other.
func TestRules_ClassifyTouch_AsAlone(t *testing.T) {
	r := Default()
	rapid.Check(t, func(t *rapid.T) {
		p := anyPast(r).Draw(t, "touch")
		touch := &lead.Touch{ID: "t1", Action: p.Action, At: p.At, Message: p.Message, Fields: p.Fields, Person: anyPerson().Draw(t, "person")}
		l := &lead.Lead{Person: touch.Person, History: []lead.Past{lead.PastOf(touch)}}
		if diff := cmp.Diff(r.Classify(l, noon), r.ClassifyTouch(touch, noon)); diff != "" {
			t.Fatalf("(-Classify +ClassifyTouch):\n%s", diff)
		}
	})
}
