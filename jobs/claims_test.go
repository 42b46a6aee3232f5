package jobs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"

	"github.com/leadgate/leadgate/jobs/commands"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify/pace"
)

// oneLead is a store of one lead, with the compare-and-set of the real one. While
// it is away it answers with an error.
type oneLead struct {
	keeper
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

// TestJobs_ClaimsHaveOneWinner lets people claim and give back at the same time,
// many times, with Redis there and away, and replays what they were told: each
// claim that was granted came while nobody else had the lead.
func TestJobs_ClaimsHaveOneWinner(t *testing.T) {
	const people = 5
	runs := 1_000
	if os.Getenv("LEADGATE_LONG") == "1" {
		runs = 10_000
	}
	for _, away := range []bool{false, true} {
		t.Run(fmt.Sprintf("Away=%t", away), func(t *testing.T) {
			j := newTicking(t, &scripted{most: 1}, pace.Pace{Off: true}).j
			store := &oneLead{l: lead.Lead{ID: "l1", Status: lead.New, Revision: 1}}
			use(j, store)
			j.redis.SetUp(true)
			if _, err := j.Act(t.Context(), "l1", lead.Command{Verb: lead.VerbClaim, By: "Dana"}, 0); err != nil { // so that the journal knows it
				t.Fatal(err)
			}
			if _, err := j.Act(t.Context(), "l1", lead.Command{Verb: lead.VerbUnclaim, By: "Dana"}, 0); err != nil {
				t.Fatal(err)
			}
			store.away = away
			j.redis.SetUp(!away)
			rounds := runs / people
			if away {
				rounds /= 10 // each is kept on the disk, and read again by the next
			}
			for round := range rounds {
				var wg sync.WaitGroup
				granted := make([]bool, people)
				for p := range people {
					wg.Go(func() {
						l, err := j.Act(t.Context(), "l1", lead.Command{Verb: lead.VerbClaim, By: fmt.Sprint(p)}, 0)
						switch {
						case err == nil:
							granted[p] = true
						case !errors.Is(err, lead.ErrTaken) || l == nil || l.Claim == nil:
							t.Errorf("claim = %v, %v, want it granted or taken by somebody", l, err)
						}
					})
				}
				wg.Wait()
				owner := -1
				for p, ok := range granted {
					if ok && owner >= 0 {
						t.Fatalf("round %d: both %d and %d were told that they have the lead", round, owner, p)
					}
					if ok {
						owner = p
					}
				}
				l, err := j.repo.Lead(t.Context(), "l1")
				if err != nil || owner < 0 || l.Claim == nil || l.Claim.By != fmt.Sprint(owner) {
					t.Fatalf("round %d: granted to %d, the lead says %+v, %v", round, owner, l.Claim, err)
				}
				if thief := (owner + 1 + rand.IntN(people-1)) % people; thief != owner {
					if _, err := j.Act(t.Context(), "l1", lead.Command{Verb: lead.VerbUnclaim, By: fmt.Sprint(thief)}, 0); !errors.Is(err, lead.ErrTaken) {
						t.Fatalf("round %d: another gave it back: %v", round, err)
					}
				}
				if _, err := j.Act(t.Context(), "l1", lead.Command{Verb: lead.VerbUnclaim, By: fmt.Sprint(owner)}, 0); err != nil {
					t.Fatal(err)
				}
				if n := len(store.l.Trail); n > 50 { // a trail of thousands is not what this is about
					store.mu.Lock()
					store.l.Trail = nil
					store.mu.Unlock()
				}
			}
			if !away {
				return
			}
			store.away = false
			j.redis.SetUp(true)
			if err := j.commands.Replay(t.Context(), ""); err != nil || j.o.Journal.Len(commands.Shelves()[0]) != 0 {
				t.Fatalf("carry = %v, %d actions left", err, j.o.Journal.Len(commands.Shelves()[0]))
			}
			if l, err := j.repo.Lead(t.Context(), "l1"); err != nil || l.Claim != nil || l.Status != lead.New {
				t.Errorf("after all was given back the store has %+v, %v", l, err)
			}
		})
	}
}
