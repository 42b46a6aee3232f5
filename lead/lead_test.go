package lead

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What somebody did about a lead counts for the one that it was merged into, and
// no more for itself.
func TestLead_Care_Merged(t *testing.T) {
	asked := func(id string, at time.Time) *Lead {
		return &Lead{ID: id, Status: New, CreatedAt: at, Touches: []string{id}, History: []Past{{ID: id, Source: "contact", At: at,
			Decisions: []Decision{{Target: "sales", Why: "matched", Kind: HotAlert}}}}}
	}
	act := func(l *Lead, verb Verb, at time.Time) {
		t.Helper()
		if err := l.Act(Command{Verb: verb, By: "Dana"}, at); err != nil {
			t.Fatal(err)
		}
	}
	claimed, contacted := noon.Add(5*time.Minute), noon.Add(9*time.Minute)
	for name, tt := range map[string]struct {
		verbs []Verb
		want  Care
	}{
		"Untouched": {nil, Care{}},
		"Claimed":   {[]Verb{VerbClaim}, Care{ClaimedAt: claimed, By: "Dana"}},
		"Contacted": {[]Verb{VerbClaim, VerbContacted}, Care{ClaimedAt: claimed, By: "Dana", ContactedAt: claimed}},
	} {
		from, to := asked("from", noon.Add(time.Minute)), asked("to", noon)
		for i, verb := range tt.verbs {
			act(from, verb, []time.Time{claimed, contacted}[i])
		}
		before := *to
		from.MergeInto(&before, "Dana", contacted)
		if err := to.Absorb(from); err != nil {
			t.Fatal(err)
		}
		tt.want.LeadID, tt.want.Source, tt.want.AskedAt = "to", "contact", noon
		got, ok := to.Care()
		if diff := cmp.Diff(tt.want, got); diff != "" || !ok {
			t.Errorf("%s: Care of the lead that stays (%v) (-want +got):\n%s", name, ok, diff)
		}
		if _, ok := from.Care(); ok {
			t.Errorf("%s: the lead that went counts as well", name)
		}
	}
}
