package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify/pace"
)

// audited are the acts in a node's audit while Redis is away, the oldest first, as
// short texts.
func audited(t *testing.T, j *Jobs) (all []string) {
	t.Helper()
	j.Redis.SetUp(false)
	entries, _, err := j.Audit.Entries(t.Context(), lead.AuditMost, "")
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
	b.j.Redis.SetUp(true)
	return b.j, s
}

// Nothing that was only typed stays: an id of no lead that Redis could confirm,
// nor a name without end.
func TestJobs_AuditOfErasures(t *testing.T) {
	j, s := newAuditing(t)
	for _, w := range []lead.EraseRequest{{LeadID: "l1", By: "Dana"}, {Email: "vera.vanish@works.example", By: strings.Repeat("é", 150)}} {
		if _, err := j.Privacy.Erase(t.Context(), w, 0); err != nil {
			t.Fatal(err)
		}
	}
	s.away = true
	j.Redis.SetUp(false)
	if _, err := j.Privacy.Erase(t.Context(), lead.EraseRequest{LeadID: "vera.vanish", By: "Lee"}, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Privacy.Erase(t.Context(), lead.EraseRequest{LeadID: "nobody"}, 0); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"Dana erase l1", strings.Repeat("é", 100) + " erase", "Lee erase", "erase"}, audited(t, j)); d != "" {
		t.Errorf("the audit (-want +got):\n%s", d)
	}
}

// oneLead is a store of one lead, with the compare-and-set of the real one. While
// it is away it answers with an error.
type oneLead struct {
	Store
	mu   sync.Mutex
	l    lead.Lead
	away bool
}

var errGone = errors.New("connection refused")

func (s *oneLead) UpdateLead(_ context.Context, id string, revision int64, change func(*lead.Lead) error) (*lead.Lead, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return nil, errGone
	}
	if id != s.l.ID {
		return nil, lead.ErrNotFound
	}
	l := s.l
	if revision != 0 && revision != l.Revision {
		return &l, lead.ErrConflict
	}
	if err := change(&l); err != nil {
		old := s.l
		return &old, err
	}
	l.Revision++
	s.l = l
	return &l, nil
}

func (s *oneLead) Lead(_ context.Context, id string) (*lead.Lead, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return nil, errGone
	}
	if id != s.l.ID {
		return nil, lead.ErrNotFound
	}
	l := s.l
	return &l, nil
}

func (s *oneLead) TouchesByID(_ context.Context, ids []string) ([]*lead.Touch, error) {
	if s.away {
		return nil, errGone
	}
	return make([]*lead.Touch, len(ids)), nil
}
