package jobs

import (
	"context"
	"errors"
	"fmt"

	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// duplicate makes a lead part of the one that somebody says it is a duplicate of.
// The lead that both are now comes back; lead.ErrTwoClaims and lead.ErrSameLead say
// why they stay two.
func (j *Jobs) duplicate(ctx context.Context, leadID string, d lead.Command, revision int64) (*lead.Lead, error) {
	l, err := j.repo.Stored(ctx, leadID)
	if err != nil {
		return nil, err
	}
	other, err := j.repo.Stored(ctx, d.To)
	if err != nil && !errors.Is(err, lead.ErrNotFound) {
		return l, err
	}
	switch {
	case err != nil, other.ID == l.ID:
		return l, lead.ErrWhom
	case revision != 0 && l.Revision != revision:
		return l, lead.ErrConflict
	case l.Apart, other.Apart:
		return l, lead.ErrHeld
	case l.MergedInto != "" && l.MergedInto != other.ID:
		return l, errMerged
	}
	merged, err := j.unite(ctx, l.ID, other.ID, d.By)
	if err != nil {
		return l, err
	}
	return merged, nil
}

// carryDuplicate merges a lead that was closed as a duplicate while Redis was away.
// Without an error it says what is left: the lead that both are now; that one of
// the two has to reach the store first; or neither, when they cannot be merged and
// the duplicate stays closed.
func (j *Jobs) carryDuplicate(ctx context.Context, id, key string, d deed) (l *lead.Lead, waits bool, err error) {
	l, err = j.duplicate(ctx, id, d.Command, 0)
	switch {
	case errors.Is(err, lead.ErrNotFound) && j.repo.Owns(id), errors.Is(err, lead.ErrWhom) && j.repo.Owns(d.To):
		return nil, true, nil
	case errors.Is(err, lead.ErrNotFound):
		return nil, false, nil
	case errors.Is(err, lead.ErrTwoClaims), errors.Is(err, lead.ErrSameLead), errors.Is(err, lead.ErrWhom), errors.Is(err, lead.ErrHeld), errors.Is(err, errMerged):
		j.log.Warn("a duplicate that was named while redis was away is not merged", "lead_id", id, "error", err)
		return nil, false, nil
	case err != nil:
		return nil, false, err
	}
	if err := j.o.Journal.Settle(ctx, journal.Delete(deedShelf, key)); err != nil {
		return nil, false, fmt.Errorf("keep the merge of lead %s: %w", id, err)
	}
	return l, false, nil
}
