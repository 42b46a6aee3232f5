package lead

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Two copies of a lead went apart; the one that stays knows what was done about
// both.
func TestLead_Recall(t *testing.T) {
	at := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	type done struct {
		minute int
		deed   Command
	}
	before := []done{{1, Command{Verb: VerbClaim, By: "Eva"}}, {2, Command{Verb: VerbUnclaim, By: "Eva"}}}
	for name, c := range map[string]struct {
		here, there []done
		status      Status
		by          string
		steps       int
	}{
		"Nothing":   {nil, nil, New, "", 2},
		"Claim":     {nil, []done{{4, Command{Verb: VerbClaim, By: "Dana"}}}, Claimed, "Dana", 3},
		"Assign":    {nil, []done{{4, Command{Verb: VerbAssign, By: "Dana", To: "Lee Ray"}}}, Claimed, "Lee Ray", 3},
		"Junk":      {nil, []done{{4, Command{Verb: VerbJunk, By: "Dana", Why: "spam"}}}, Junk, "", 3},
		"Second":    {[]done{{3, Command{Verb: VerbClaim, By: "Eva"}}}, []done{{4, Command{Verb: VerbClaim, By: "Dana"}}}, Claimed, "Eva", 3},
		"BothClaim": {[]done{{3, Command{Verb: VerbClaim, By: "Eva"}}}, []done{{4, Command{Verb: VerbClaim, By: "Eva"}}}, Claimed, "Eva", 3},
	} {
		t.Run(name, func(t *testing.T) {
			lead := func(all ...[]done) *Lead {
				l := &Lead{ID: "l1", Status: New, Revision: 1}
				for _, some := range all {
					for _, x := range some {
						if err := l.Act(x.deed, at.Add(time.Duration(x.minute)*time.Minute)); err != nil {
							t.Fatal(err)
						}
						l.Revision++
					}
				}
				return l
			}
			l := lead(before, c.here)
			was := l.Revision
			l.Recall(lead(before, c.there))
			var by string
			if l.Claim != nil {
				by = l.Claim.By
			}
			if l.Status != c.status || by != c.by || len(l.Trail) != c.steps || l.Revision-was != int64(c.steps-len(before)-len(c.here)) {
				t.Errorf("%s by %q after %d steps at revision %d", l.Status, by, len(l.Trail), l.Revision)
			}
			again := *l
			again.Recall(lead(before, c.there))
			if d := cmp.Diff(*l, again); d != "" {
				t.Errorf("recalled twice (-once +twice):\n%s", d)
			}
		})
	}
}
