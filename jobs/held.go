package jobs

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

// What this node's journal can show of leads, for people who cannot wait until
// Redis is back.

// heldLooks bounds how many touches are looked at for one lead that is shown.
const heldLooks = 5

// Held returns up to n leads of those who came to this node last, the latest
// lead first: as the journal keeps them, and those of touches that wait. What
// was damaged or is past its time is left out.
func (j *Jobs) Held(ctx context.Context, n int) ([]*lead.Lead, error) {
	found := map[string]*lead.Lead{}
	looks := 0
	err := j.o.Journal.Back(requestShelf, func(_ string, value []byte) bool {
		req, err := decodeRequest(value)
		if err != nil {
			return true
		}
		for _, id := range slices.Backward(req.Touches) {
			if looks++; looks > heldLooks*n || len(found) == n || ctx.Err() != nil {
				return false
			}
			l, err := j.heldLead(id)
			for err == nil && l.MergedInto != "" {
				l, err = j.leadInJournal(l.MergedInto)
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
		all = append(all, j.asOfNow(l))
	}
	slices.SortFunc(all, func(a, b *lead.Lead) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), strings.Compare(b.ID, a.ID))
	})
	return all, nil
}

// HeldLead returns a lead as this node last saw it; the id may be that of a touch
// of the lead. ErrNotFound when the journal does not have it.
func (j *Jobs) HeldLead(id string) (*lead.Lead, error) {
	l, err := j.heldLead(id)
	return j.asOfNow(l), err
}

func (j *Jobs) heldLead(id string) (*lead.Lead, error) {
	l, err := j.leadInJournal(id) // named after its first touch, or waiting
	if !errors.Is(err, ErrNotFound) {
		return l, err
	}
	var t struct {
		LeadID string `json:"lead_id"`
	}
	b, err := j.o.Journal.Get(touchShelf, id)
	if err == nil {
		err = decodeKept(b, &t)
	}
	if errors.Is(err, journal.ErrNotFound) || err == nil && t.LeadID == "" {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("look for lead %s in the journal: %w", id, err)
	}
	return j.leadInJournal(t.LeadID)
}
