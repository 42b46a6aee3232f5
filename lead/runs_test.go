package lead

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTurn_Changes(t *testing.T) {
	demo, mail, team := Reason{"asked for a demo", 90, "demo_request"}, Reason{"work e-mail", 5, "work_email"}, Reason{"has a team", 5, "team"}
	more := mail
	more.Points = 9
	verdict := func(score int, reasons ...Reason) Verdict {
		return Verdict{Temperature: Hot, Score: score, Reasons: reasons}
	}
	for _, tt := range []struct {
		name          string
		before, after Verdict
		want          []RuleChange
		same          bool
	}{
		{"Nothing", verdict(95, demo, mail), verdict(95, demo, mail), nil, true},
		{"OtherOrder", verdict(95, demo, mail), verdict(95, mail, demo), nil, true},
		{"OtherScore", verdict(95, demo), verdict(94, demo), nil, false},
		{"OtherClass", verdict(95, demo), Verdict{Temperature: Warm, Score: 95, Reasons: []Reason{demo}}, nil, false},
		{"Gained", verdict(95, demo), verdict(95, demo, mail), []RuleChange{{Reason: mail, Gained: true}}, false},
		{"Lost", verdict(95, demo, mail), verdict(95, demo), []RuleChange{{Reason: mail, Was: 5, Lost: true}}, false},
		{"OtherPoints", verdict(95, demo, mail), verdict(95, demo, more), []RuleChange{{Reason: more, Was: 5}}, false},
		{"All", verdict(95, demo, mail), verdict(95, team, more), []RuleChange{{Reason: team, Gained: true}, {Reason: more, Was: 5}, {Reason: demo, Was: 90, Lost: true}}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			turn := Turn{Before: tt.before, After: tt.after}
			if d := cmp.Diff(tt.want, turn.Changes()); d != "" {
				t.Errorf("changes (-want +got):\n%s", d)
			}
			if turn.Same() != tt.same {
				t.Errorf("Same() = %v, want %v", turn.Same(), tt.same)
			}
		})
	}
}

func TestTouch_Differences(t *testing.T) {
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	before := &Touch{ID: "a", State: Settled, LeadID: "l", Person: Person{Name: "Ada"}, Fields: map[string]string{"input_5": "Works"}, Marks: []string{"free_mail"},
		At: at, ReceivedAt: at, Content: "x", Trail: []Step{{Step: StepSent}}}
	now := &Touch{Person: Person{Name: "Ada", Company: "Works"}, Marks: []string{"free_mail"}, At: at, ReceivedAt: at.Add(time.Hour), Content: "y"}
	want := []Difference{{Field: "fields.input_5", Was: "Works"}, {Field: "person.company", Is: "Works"}}
	if diff := cmp.Diff(want, now.Differences(before)); diff != "" {
		t.Errorf("Differences (-want +got):\n%s", diff)
	}
	if got := before.Differences(before); got != nil {
		t.Errorf("Differences of a touch and itself = %v", got)
	}
}

func TestRun_Add(t *testing.T) {
	var r Run
	for range ResultsMost + 5 {
		r.Add(Result{Result: "read"})
	}
	if r.Looked != ResultsMost+5 || r.Counts["read"] != r.Looked || len(r.Results) != ResultsMost {
		t.Errorf("after %d results: %d looked at, %v, %d listed", ResultsMost+5, r.Looked, r.Counts, len(r.Results))
	}
}
