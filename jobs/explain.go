package jobs

import (
	"context"

	"github.com/leadgate/leadgate/lead"
)

// Explain says why a lead is what it is now by the rules in force, rule by rule,
// also those that nearly counted, and who would hear of its latest touch if it
// came now. Of a lead that was merged it is the other one that is explained.
func (j *Jobs) Explain(ctx context.Context, id string) (lead.Explanation, error) {
	if err := j.Loaded(ctx); err != nil {
		return lead.Explanation{}, err
	}
	l, err := j.repo.Lead(ctx, id)
	for err == nil && l.MergedInto != "" {
		l, err = j.repo.Lead(ctx, l.MergedInto)
	}
	if err != nil {
		return lead.Explanation{}, err
	}
	return j.policy.Explain(l), nil
}
