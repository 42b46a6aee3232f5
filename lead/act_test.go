package lead

import (
	"errors"
	"testing"
	"time"
)

func TestLead_Act(t *testing.T) {
	at := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	dana := &Claim{By: "Dana", At: at}
	for _, c := range []struct {
		name   string
		before Lead
		verb   Verb
		by     string
		status Status
		claim  string
		err    error
		steps  int
	}{
		{"ClaimNew", Lead{Status: New}, VerbClaim, "Dana", Claimed, "Dana", nil, 1},
		{"ClaimMine", Lead{Status: Claimed, Claim: dana}, VerbClaim, "Dana", Claimed, "Dana", nil, 0},
		{"ClaimTaken", Lead{Status: Claimed, Claim: dana}, VerbClaim, "Lee", Claimed, "Dana", ErrTaken, 0},
		{"UnclaimMine", Lead{Status: Claimed, Claim: dana}, VerbUnclaim, "Dana", New, "", nil, 1},
		{"UnclaimNobodys", Lead{Status: New}, VerbUnclaim, "Dana", New, "", nil, 0},
		{"UnclaimTaken", Lead{Status: Claimed, Claim: dana}, VerbUnclaim, "Lee", Claimed, "Dana", ErrTaken, 0},
		{"ContactedUnclaimed", Lead{Status: New}, VerbContacted, "Dana", Contacted, "Dana", nil, 1},
		{"ContactedTaken", Lead{Status: Claimed, Claim: dana}, VerbContacted, "Lee", Claimed, "Dana", ErrTaken, 0},
		{"ContactedTwice", Lead{Status: Contacted, Claim: dana}, VerbContacted, "Dana", Contacted, "Dana", nil, 0},
		{"JunkByAnybody", Lead{Status: Claimed, Claim: dana}, VerbJunk, "Lee", Junk, "Dana", nil, 1},
		{"NoVerb", Lead{Status: New}, "sing", "Dana", New, "", ErrNoVerb, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := c.before
			err := l.Act(c.verb, c.by, at)
			by := ""
			if l.Claim != nil {
				by = l.Claim.By
			}
			if !errors.Is(err, c.err) || l.Status != c.status || by != c.claim || len(l.Trail) != c.steps {
				t.Errorf("Act(%s, %s) = %v: status %s, claim %q, %d steps; want %v: %s, %q, %d", c.verb, c.by, err, l.Status, by, len(l.Trail), c.err, c.status, c.claim, c.steps)
			}
		})
	}
}
