package jobs

import (
	"context"
	"errors"
	"fmt"

	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

var (
	errUnchanged = errors.New("nothing changes")     // a deed was done already
	errMerged    = errors.New("the lead was merged") // it is part of another one now
)

// Act carries out what somebody does about a lead, by compare-and-set: of two
// people who claim at the same time one has it and the other learns who. A
// duplicate is merged with the lead that it is, and that one comes back. With a
// revision it holds only if nobody changed the lead since. It is on disk when
// Act returns, and every message about the lead is rewritten afterwards. Of a
// lead that was merged it is the other one that is meant. The lead as it is
// comes back with errors, too.
//
// While Redis is away this node's journal decides, and carries the deed to the
// store when Redis is back. Should another replica have decided otherwise
// meanwhile, the first in the store has the lead and the other is told so.
func (j *Jobs) Act(ctx context.Context, leadID string, d lead.Command, revision int64) (*lead.Lead, error) {
	if d.Verb == lead.VerbRelease {
		l, err := j.Release(ctx, leadID, d.By, revision)
		return j.asOfNow(l), err
	}
	l, err := j.act(ctx, leadID, d, revision)
	if errors.Is(err, errMerged) { // an old message still names it
		return j.Act(ctx, l.MergedInto, d, 0)
	}
	if err != nil {
		return j.asOfNow(l), fmt.Errorf("%s lead %s: %w", d.Verb, leadID, err)
	}
	if d.Verb == lead.VerbClaim {
		j.metrics.hop("claim", j.now().Sub(l.CreatedAt))
	}
	return j.asOfNow(l), nil
}

func (j *Jobs) act(ctx context.Context, leadID string, d lead.Command, revision int64) (*lead.Lead, error) {
	if !j.redis.Up() {
		return j.actInJournal(ctx, leadID, d, revision)
	}
	if err := j.carryDeeds(ctx, leadID); err != nil { // older ones come first
		return j.actInJournal(ctx, leadID, d, revision)
	}
	l, err := j.actInStore(ctx, leadID, d, revision)
	switch {
	case err == nil, decided(err):
		return l, err
	case errors.Is(err, lead.ErrNotFound): // its touch may be on its way still
		return j.actInJournal(ctx, leadID, d, revision)
	}
	// Redis went a moment ago. If it carried out the deed all the same, doing so
	// again will change nothing.
	j.redis.ReportError(err)
	return j.actInJournal(ctx, leadID, d, revision)
}

// decided says that an error is the answer to a deed, not a failure.
func decided(err error) bool {
	for _, answer := range []error{lead.ErrTaken, lead.ErrConflict, lead.ErrHeld, lead.ErrNoVerb, lead.ErrWhom, lead.ErrTwoClaims, lead.ErrSameLead, errMerged} {
		if errors.Is(err, answer) {
			return true
		}
	}
	return false
}

// actInStore carries out a deed in the store and keeps the lead in the journal.
func (j *Jobs) actInStore(ctx context.Context, leadID string, d lead.Command, revision int64) (*lead.Lead, error) {
	if d.Verb == lead.VerbDuplicate {
		return j.duplicate(ctx, leadID, d, revision)
	}
	at := j.now()
	var entry lead.Entry
	l, err := j.repo.Update(ctx, leadID, repo.Change{Revision: revision, Prompt: true,
		Apply: func(l *lead.Lead) error { return j.changed(l, d, at) },
		Keep: &repo.Commit{
			With: func(l *lead.Lead, kept bool) ([]journal.Op, error) {
				var ops []journal.Op
				if entry, ops = j.audit.Entry(d.Entry(l.ID)); kept {
					ops = append(ops, j.messages.Request(l))
				}
				return ops, nil
			},
			Then: func(l *lead.Lead, kept bool) {
				j.audit.Share(entry)
				if kept {
					j.messages.Start(l)
				}
			},
		}})
	if errors.Is(err, errUnchanged) {
		return l, nil
	}
	return l, err
}
