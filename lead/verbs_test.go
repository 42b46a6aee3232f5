package lead

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLead_Act(t *testing.T) {
	at := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	dana := &Claim{By: "Dana", At: at}
	for _, c := range []struct {
		name   string
		before Lead
		verb   Verb
		by     string
		to     string
		status Status
		claim  string
		err    error
		steps  int
	}{
		{"ClaimNew", Lead{Status: New}, VerbClaim, "Dana", "", Claimed, "Dana", nil, 1},
		{"ClaimMine", Lead{Status: Claimed, Claim: dana}, VerbClaim, "Dana", "", Claimed, "Dana", nil, 0},
		{"ClaimTaken", Lead{Status: Claimed, Claim: dana}, VerbClaim, "Lee", "", Claimed, "Dana", ErrTaken, 0},
		{"UnclaimMine", Lead{Status: Claimed, Claim: dana}, VerbUnclaim, "Dana", "", New, "", nil, 1},
		{"UnclaimNobodys", Lead{Status: New}, VerbUnclaim, "Dana", "", New, "", nil, 0},
		{"UnclaimTaken", Lead{Status: Claimed, Claim: dana}, VerbUnclaim, "Lee", "", Claimed, "Dana", ErrTaken, 0},
		{"ContactedUnclaimed", Lead{Status: New}, VerbContacted, "Dana", "", Contacted, "Dana", nil, 1},
		{"ContactedTaken", Lead{Status: Claimed, Claim: dana}, VerbContacted, "Lee", "", Claimed, "Dana", ErrTaken, 0},
		{"ContactedTwice", Lead{Status: Contacted, Claim: dana}, VerbContacted, "Dana", "", Contacted, "Dana", nil, 0},
		{"JunkByAnybody", Lead{Status: Claimed, Claim: dana}, VerbJunk, "Lee", "", Junk, "Dana", nil, 1},
		{"UnclaimJunk", Lead{Status: Junk, Claim: dana}, VerbUnclaim, "Dana", "", Junk, "", nil, 1},
		{"ClaimJunk", Lead{Status: Junk, Claim: dana}, VerbClaim, "Dana", "", Claimed, "Dana", nil, 1},
		{"UnjunkClaimed", Lead{Status: Junk, Claim: dana}, VerbUnjunk, "Lee", "", Claimed, "Dana", nil, 1},
		{"UnjunkNew", Lead{Status: Junk}, VerbUnjunk, "Lee", "", New, "", nil, 1},
		{"UnjunkWhatIsNone", Lead{Status: Claimed, Claim: dana}, VerbUnjunk, "Lee", "", Claimed, "Dana", nil, 0},
		{"AssignNobodys", Lead{Status: New}, VerbAssign, "Lee", "Dana", Claimed, "Dana", nil, 1},
		{"AssignTaken", Lead{Status: Claimed, Claim: dana}, VerbAssign, "Lee", "Eva", Claimed, "Eva", nil, 1},
		{"AssignAgain", Lead{Status: Claimed, Claim: dana}, VerbAssign, "Lee", "Dana", Claimed, "Dana", nil, 0},
		{"AssignToNobody", Lead{Status: New}, VerbAssign, "Lee", "", New, "", ErrWhom, 0},
		{"NotHot", Lead{Status: New, Verdict: Verdict{Temperature: Hot}}, VerbNotHot, "Lee", "", New, "", nil, 1},
		{"NotHotIsWarm", Lead{Status: New, Verdict: Verdict{Temperature: Warm}}, VerbNotHot, "Lee", "", New, "", nil, 0},
		{"Duplicate", Lead{ID: "l1", Status: New}, VerbDuplicate, "Lee", "l2", Closed, "", nil, 1},
		{"DuplicateAgain", Lead{ID: "l1", Status: Closed, DuplicateOf: "l2"}, VerbDuplicate, "Lee", "l2", Closed, "", nil, 0},
		{"DuplicateOfItself", Lead{ID: "l1", Status: New}, VerbDuplicate, "Lee", "l1", New, "", ErrWhom, 0},
		{"NoVerb", Lead{Status: New}, "sing", "Dana", "", New, "", ErrNoVerb, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := c.before
			err := l.Act(Command{Verb: c.verb, By: c.by, To: c.to}, at)
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

// Every row says all that its readers need.
func TestVerbs(t *testing.T) {
	known := map[Verb]bool{}
	for _, v := range Verbs() {
		for what, ok := range map[string]bool{
			"a word of its own":                     v.Verb != "" && !known[v.Verb],
			"a label where pages offer it":          (v.Label != "") == (v.Page != 0) && (v.Done != "") == (v.Page != 0),
			"a button where messages offer it":      (v.Button != "") == (v.OnMessage != 0) && (strings.Count(v.Aloud, "%s") == 1) == (v.OnMessage != 0),
			"a menu line where menus offer it":      (v.Menu != "") == (v.InMenu != 0),
			"one place in a message at a time":      v.OnMessage&v.InMenu == 0,
			"a dialog for what it needs":            (v.Title != "" && v.Question != "") == (v.Needs != NeedsNothing) && len([]rune(v.Title)) <= 24,
			"words for the audit":                   v.Audit[0] != "",
			"an effect, or it is done to the touch": (v.effect != nil) == (v.Verb != VerbRelease),
		} {
			if !ok {
				t.Errorf("%s lacks %s", v.Verb, what)
			}
		}
		known[v.Verb] = true
	}
	if _, ok := Verb("sing").Row(); ok {
		t.Error("a word that is no verb has a row")
	}
}

func TestCommand_Entry(t *testing.T) {
	for verb, about := range map[Verb]string{VerbAssign: "Eva", VerbDuplicate: "", VerbClaim: ""} {
		if e := (Command{Verb: verb, By: "Dana", To: "Eva", Why: "spam"}).Entry("l1"); e != (Entry{By: "Dana", Did: Act(verb), LeadID: "l1", About: about}) {
			t.Errorf("%s: %+v, want it about %q", verb, e, about)
		}
	}
}

func TestIsConflict(t *testing.T) {
	for err, want := range map[error]bool{ErrTaken: true, ErrHeld: true, ErrConflict: true, ErrTwoClaims: true, ErrSameLead: true, ErrNotMerged: true,
		ErrNotFound: false, ErrWhom: false, ErrUnavailable: false, nil: false} {
		wrapped := err
		if err != nil {
			wrapped = fmt.Errorf("act: %w", err)
		}
		if got := IsConflict(wrapped); got != want {
			t.Errorf("IsConflict(%v) = %v, want %v", err, got, want)
		}
	}
}

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
