package repo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// latestLooks bounds how many touches are looked at for one lead that is shown.
const latestLooks = 5

// Latest returns up to n leads of those who came to this node last, the latest
// lead first: as the journal keeps them, and those of touches that wait. What
// was damaged or is past its time is left out.
func (r *Repo) Latest(ctx context.Context, n int) ([]*lead.Lead, error) {
	found := map[string]*lead.Lead{}
	looks := 0
	err := r.o.Journal.Back(RequestShelf, func(_ string, value []byte) bool {
		req, err := DecodeRequest(value)
		if err != nil {
			return true
		}
		for _, id := range slices.Backward(req.Touches) {
			if looks++; looks > latestLooks*n || len(found) == n || ctx.Err() != nil {
				return false
			}
			l, err := r.LatestOf(id)
			for err == nil && l.MergedInto != "" {
				l, err = r.LeadHere(l.MergedInto)
			}
			if err == nil {
				found[l.ID] = l
			}
		}
		return true
	})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("look for leads in the journal: %w", err)
	}
	all := make([]*lead.Lead, 0, len(found))
	for _, l := range found {
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b *lead.Lead) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), strings.Compare(b.ID, a.ID))
	})
	return all, nil
}

// LatestOf returns a lead as this node last saw it; the id may be that of a touch
// of the lead. lead.ErrNotFound when the journal does not have it.
func (r *Repo) LatestOf(id string) (*lead.Lead, error) {
	l, err := r.LeadHere(id) // named after its first touch, or waiting
	if !errors.Is(err, lead.ErrNotFound) {
		return l, err
	}
	t, err := r.touches.Get(id)
	if errors.Is(err, journal.ErrNotFound) || err == nil && t.LeadID == "" {
		err = lead.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("look for lead %s in the journal: %w", id, err)
	}
	return r.LeadHere(t.LeadID)
}
