package rules

import (
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
	"pgregory.net/rapid"
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
