package lead

import (
	"testing"

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
