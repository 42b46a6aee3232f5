package store

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
)

// Quarantine makes a lead of a quarantined touch alone: no pointer leads to it, so it
// is nobody's history and nobody is recognised as it. Otherwise it is as Add.
func (s *Store) Quarantine(ctx context.Context, t *lead.Touch, newID string, change func(*lead.Lead) error) (*lead.Lead, error) {
	a := &adding{Store: s, touch: t, newID: newID, change: change}
	l, _, err := a.addTo(ctx, newID, false)
	if err != nil {
		return nil, fmt.Errorf("hold touch %s: %w", t.ID, err)
	}
	return l, nil
}

// Reopen lets a touch that had come to an end go on its way once more: as t,
// accepted, waiting in the books. Its receipts stay.
func (s *Store) Reopen(ctx context.Context, t *lead.Touch) error {
	// The mark goes first, so that nobody sees the touch settled with what is new in it.
	if err := s.rdb.HDel(ctx, s.touchKey(t.ID), fieldSettled, fieldMerged).Err(); err != nil {
		return fmt.Errorf("reopen touch %s: %w", t.ID, err)
	}
	if err := s.Finish(ctx, t, nil, lead.OutcomeWaiting); err != nil {
		return fmt.Errorf("reopen: %w", err)
	}
	return nil
}

// Abandon deletes a lead that its last touch has left, and what points at it,
// unless somebody changed it since. sources are those of its touches.
func (s *Store) Abandon(ctx context.Context, l *lead.Lead, sources ...string) error {
	gone, err := drop.Run(ctx, s.rdb, []string{s.leadKey(l.ID)}, revisionPrefix(l.Revision)).Int()
	if err != nil {
		return fmt.Errorf("delete lead %s: %w", l.ID, err)
	}
	if gone == 0 {
		return nil
	}
	pipe := s.rdb.Pipeline()
	s.unlistLead(ctx, pipe, l.ID, sources)
	if err := exec(ctx, pipe); err != nil {
		return fmt.Errorf("take lead %s off the lists: %w", l.ID, err)
	}
	return s.unpoint(ctx, l.ID, pointersOf(l.Person))
}

// unlistLead takes a lead off every list.
func (s *Store) unlistLead(ctx context.Context, pipe redis.Pipeliner, id string, sources []string) {
	keys := []string{s.leadsKey(), s.alertedKey()}
	for t := lead.Cold; t <= lead.Hot; t++ {
		keys = append(keys, s.leadsAt(t))
	}
	for _, status := range lead.Statuses() {
		keys = append(keys, s.leadsWith(status))
	}
	for _, source := range sources {
		keys = append(keys, s.leadsOfSource(source))
	}
	for _, key := range keys {
		pipe.ZRem(ctx, key, id)
	}
	s.dropCard(ctx, pipe, id)
}

// unpoint deletes those of a person's pointers that lead to a lead.
func (s *Store) unpoint(ctx context.Context, leadID string, keys []string) error {
	for _, key := range keys {
		if err := unpoint.Run(ctx, s.rdb, []string{s.whoKey(key)}, leadID, leadID+hasEmail).Err(); err != nil {
			return fmt.Errorf("delete a pointer to lead %s: %w", leadID, err)
		}
	}
	return nil
}
