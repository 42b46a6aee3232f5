package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/leadgate/leadgate/lead"
)

const (
	eachPage  = 500    // leads that EachLead reads at once
	eachPlace = 10_000 // places of the list, of which the built-in Redis sorts all for every read
)

// EachLead walks over all leads, the newest first, and hands them over in pages
// as they were written, with how many there are. Leads that were merged into
// others are left out. It ends with the first error of see.
func (s *Store) EachLead(ctx context.Context, see func(page []*lead.Lead, all int) error) error {
	all, err := s.rdb.ZCard(ctx, s.leadsKey()).Result()
	if err != nil {
		return fmt.Errorf("count leads: %w", err)
	}
	w := listing[lead.Lead]{key: s.leadsKey()}
	var at *cursor
	for {
		places, err := w.inList(ctx, s.rdb, at, eachPlace)
		if err != nil || len(places) == 0 {
			return err
		}
		for page := range slices.Chunk(places, eachPage) {
			leads, err := s.LeadsByID(ctx, idsOf(page))
			if err != nil {
				return err
			}
			leads = slices.DeleteFunc(leads, func(l *lead.Lead) bool { return l == nil || l.MergedInto != "" })
			if err := see(leads, int(all)); err != nil {
				return err
			}
		}
		at = &places[len(places)-1]
	}
}
