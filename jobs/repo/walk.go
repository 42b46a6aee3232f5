package repo

import (
	"context"
	"slices"

	"github.com/leadgate/leadgate/lead"
)

// WithMerged are the leads of these ids and all that were merged with them:
// together they are what is known of the people.
func (r *Repo) WithMerged(ctx context.Context, ids []string) (leads []*lead.Lead, err error) {
	ids = slices.Clone(ids)
	for i := 0; i < len(ids); i++ {
		if slices.Contains(ids[:i], ids[i]) {
			continue
		}
		found, err := r.o.Store.LeadsByID(ctx, ids[i:i+1])
		if err != nil {
			return nil, err
		}
		if l := found[0]; l != nil {
			leads = append(leads, l)
			ids = append(ids, l.Absorbed...)
			if l.MergedInto != "" {
				ids = append(ids, l.MergedInto)
			}
		}
	}
	return leads, nil
}
