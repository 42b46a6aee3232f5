package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// anew is a settled touch that goes on its way once more, because other rules
// made its lead hot and somebody wants the targets to hear.
type anew struct {
	touch *lead.Touch
	lane  string
}

// lastTouch is the latest settled touch of a lead that may be told of, nil when
// there is none.
func (j *Jobs) lastTouch(ctx context.Context, l *lead.Lead) (*lead.Touch, error) {
	for _, past := range slices.Backward(l.History) {
		if past.Test {
			continue
		}
		t, err := j.repo.Touch(ctx, past.ID)
		if errors.Is(err, lead.ErrNotFound) {
			continue // past its retention
		}
		if err != nil {
			return nil, fmt.Errorf("read the latest touch of lead %s: %w", l.ID, err)
		}
		if t.State != lead.Settled {
			return nil, nil // its own job tells, or nobody should
		}
		return t, nil
	}
	return nil, nil
}

// reopenOps are what makes a settled touch wait once more. What it has told
// already the store knows.
func (j *Jobs) reopenOps(ctx context.Context, t *lead.Touch) (*anew, []journal.Op, error) {
	t.State, t.Deliveries = lead.Accepted, nil
	if err := j.o.Store.Reopen(ctx, t); err != nil {
		return nil, nil, fmt.Errorf("reopen touch %s: %w", t.ID, err)
	}
	a := &anew{touch: t, lane: j.laneOf(t)}
	op, err := repo.WaitingOp(a.lane, t)
	if err != nil {
		return nil, nil, fmt.Errorf("encode touch %s: %w", t.ID, err)
	}
	return a, []journal.Op{op, journal.Delete(repo.TouchShelf, t.ID)}, nil
}

// begin sets the touch on its way, once the journal has it.
func (j *Jobs) begin(a *anew) {
	j.books.Reopened(a.touch)
	j.queue.Push(a.lane, a.touch.ID)
}
