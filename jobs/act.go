package jobs

import (
	"context"
	"errors"
	"fmt"

	"github.com/leadgate/leadgate/lead"
)

// errMerged: the lead is part of another one now.
var errMerged = errors.New("the lead was merged")

// Act carries out what somebody does about a lead, by compare-and-set: of two
// people who claim at the same time one has it and the other learns who. With a
// revision it holds only if nobody changed the lead since. It is on disk when
// Act returns. Of a lead that was merged it is the other one that is meant. The
// lead as it is comes back with errors, too.
func (j *Jobs) Act(ctx context.Context, leadID string, v lead.Verb, by string, revision int64) (*lead.Lead, error) {
	l, err := j.o.Prompt.UpdateLead(ctx, leadID, revision, func(l *lead.Lead) error {
		if l.MergedInto != "" {
			return errMerged
		}
		err := l.Act(v, by, j.now())
		j.wind(l)
		return err
	})
	if errors.Is(err, errMerged) { // an old message still names it
		return j.Act(ctx, l.MergedInto, v, by, 0)
	}
	if err != nil {
		return l, fmt.Errorf("%s lead %s: %w", v, leadID, err)
	}
	defer j.leads.lock(l.ID)()
	op, err := j.keepLead(l)
	if err != nil || op == nil {
		return l, err
	}
	if err := j.o.Journal.Settle(ctx, *op, j.refreshOp(l)); err != nil {
		return l, fmt.Errorf("keep lead %s: %w", leadID, err)
	}
	j.rewrite(l)
	if v == lead.VerbClaim {
		j.metrics.hop("claim", j.now().Sub(l.CreatedAt))
	}
	return l, nil
}
