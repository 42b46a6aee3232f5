package jobs

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/jobs/audit"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify/pace"
)

// audited are the acts in a node's audit while Redis is away, the oldest first, as
// short texts.
func audited(t *testing.T, j *Jobs) (all []string) {
	t.Helper()
	j.redis.SetUp(false)
	entries, _, err := j.Entries(t.Context(), lead.AuditMost, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range slices.Backward(entries) {
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", e.By, e.Did, e.LeadID, e.About)))
	}
	return all
}

// newAuditing are jobs with one lead, whose clock goes on with every look at it:
// no two acts are in the same millisecond.
func newAuditing(t *testing.T) (*Jobs, *oneLead) {
	t.Helper()
	clock := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	b := newTicking(t, &scripted{most: 1}, pace.Pace{Off: true}, func(o *Options) {
		o.Now = func() time.Time { clock = clock.Add(time.Millisecond); return clock }
	})
	s := &oneLead{l: lead.Lead{ID: "l1", Status: lead.New, Revision: 1}}
	use(b.j, s)
	b.j.redis.SetUp(true)
	return b.j, s
}

// A deed is recorded with it, once, whether Redis is there or not; one that
// changes nothing is none, nor is one that was refused.
func TestJobs_AuditOfDeeds(t *testing.T) {
	for _, away := range []bool{false, true} {
		t.Run(fmt.Sprintf("Away=%t", away), func(t *testing.T) {
			j, s := newAuditing(t)
			act := func(d lead.Command) {
				t.Helper()
				if _, err := j.Act(t.Context(), "l1", d, 0); err != nil && !errors.Is(err, lead.ErrTaken) {
					t.Fatal(err)
				}
			}
			act(lead.Command{Verb: lead.VerbClaim, By: "Dana"})
			s.away = away
			j.redis.SetUp(!away)
			act(lead.Command{Verb: lead.VerbClaim, By: "Dana"}) // has it already
			act(lead.Command{Verb: lead.VerbClaim, By: "Lee"})  // comes second
			act(lead.Command{Verb: lead.VerbAssign, By: "Dana", To: "Eva"})
			act(lead.Command{Verb: lead.VerbJunk, By: "Eva", Why: "a friend of Vera Vanish"})
			if d := cmp.Diff([]string{"Dana claim l1", "Dana assign l1 Eva", "Eva junk l1"}, audited(t, j)); d != "" {
				t.Errorf("the journal's audit (-want +got):\n%s", d)
			}
			j.redis.SetUp(!away)
			if err := j.commands.Replay(t.Context(), ""); !away && err != nil {
				t.Error(err)
			}
			if n := j.o.Journal.Len(audit.Shelf); n != 3 {
				t.Errorf("%d entries once the deeds were carried, want 3", n)
			}
		})
	}
}

// Nothing that was only typed stays: an id of no lead that Redis could confirm,
// nor a name without end.
func TestJobs_AuditOfErasures(t *testing.T) {
	j, s := newAuditing(t)
	for _, w := range []lead.EraseRequest{{LeadID: "l1", By: "Dana"}, {Email: "vera.vanish@works.example", By: strings.Repeat("é", 150)}} {
		if _, err := j.Erase(t.Context(), w, 0); err != nil {
			t.Fatal(err)
		}
	}
	s.away = true
	j.redis.SetUp(false)
	if _, err := j.Erase(t.Context(), lead.EraseRequest{LeadID: "vera.vanish", By: "Lee"}, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Erase(t.Context(), lead.EraseRequest{LeadID: "nobody"}, 0); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"Dana erase l1", strings.Repeat("é", 100) + " erase", "Lee erase", "erase"}, audited(t, j)); d != "" {
		t.Errorf("the audit (-want +got):\n%s", d)
	}
}
