package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
)

// A lead is kept as its revision, a blank, and its JSON, so that a script can
// compare the revision without reading the rest.
func encodeLead(l *lead.Lead) (string, error) {
	b, err := json.Marshal(l)
	if err != nil {
		return "", fmt.Errorf("encode lead %s: %w", l.ID, err)
	}
	return revisionPrefix(l.Revision) + string(b), nil
}

func revisionPrefix(n int64) string { return strconv.FormatInt(n, 10) + " " }

// doc is what follows the revision.
func doc(kept string) string {
	_, doc, _ := strings.Cut(kept, " ")
	return doc
}

func decodeLead(kept string) (*lead.Lead, error) {
	doc := doc(kept)
	if doc == "" {
		return nil, errors.New("decode lead: it has no revision")
	}
	l := new(lead.Lead)
	if err := json.Unmarshal([]byte(doc), l); err != nil {
		return nil, fmt.Errorf("decode lead: %w", err)
	}
	return l, nil
}

// Lead returns a lead; ErrNotFound when there is none.
func (s *Store) Lead(ctx context.Context, id string) (*lead.Lead, error) {
	kept, err := s.rdb.Get(ctx, s.leadKey(id)).Result()
	if errors.Is(err, redis.Nil) {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("lead %s: %w", id, err)
	}
	return decodeLead(kept)
}

// LeadsByID returns leads in one round trip, nil where there is none.
func (s *Store) LeadsByID(ctx context.Context, ids []string) ([]*lead.Lead, error) {
	leads := make([]*lead.Lead, len(ids))
	if len(ids) == 0 {
		return leads, nil
	}
	pipe := s.rdb.Pipeline()
	replies := make([]*redis.StringCmd, len(ids))
	for i, id := range ids {
		replies[i] = pipe.Get(ctx, s.leadKey(id))
	}
	if err := exec(ctx, pipe); err != nil {
		return nil, fmt.Errorf("read %d leads: %w", len(ids), err)
	}
	for i, r := range replies {
		if r.Val() == "" {
			continue
		}
		var err error
		if leads[i], err = decodeLead(r.Val()); err != nil {
			return nil, err
		}
	}
	return leads, nil
}

// mostTries bounds how often a change is tried on a lead that others change at
// the same time. One of them wins each time, so a job that loses so often is
// better run again later.
const mostTries = 200

// UpdateLead changes a lead by compare-and-set. With a revision of 0 change
// runs again on whatever is there after another node was faster; with another
// one UpdateLead then returns ErrConflict and the lead as it is. When change
// returns an error nothing is written and the lead as it is is returned with it.
func (s *Store) UpdateLead(ctx context.Context, id string, revision int64, change func(*lead.Lead) error) (*lead.Lead, error) {
	kept, err := s.rdb.Get(ctx, s.leadKey(id)).Result()
	if errors.Is(err, redis.Nil) {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("lead %s: %w", id, err)
	}
	for range mostTries {
		l, err := decodeLead(kept)
		if err != nil {
			return nil, err
		}
		if revision != 0 && l.Revision != revision {
			return l, fmt.Errorf("lead %s is at revision %d: %w", id, l.Revision, ErrConflict)
		}
		before, row, consent := *l, rowOf(l), l.Consent()
		if err := change(l); err != nil {
			now, decodeErr := decodeLead(kept)
			return now, errors.Join(err, decodeErr)
		}
		l.UpdatedAt = s.now().UTC()
		recount := rowOf(l) != row || len(l.Absorbed) < len(before.Absorbed) // what an unmerged lead brought with it goes, too
		if l.Status != before.Status || l.Temperature != before.Temperature || l.Person != before.Person || !l.EscalatesAt.Equal(before.EscalatesAt) || l.Consent() != consent || recount {
			// Before the change, so that no crash hides the lead from a list.
			pipe := s.rdb.Pipeline()
			if recount {
				s.uncount(ctx, pipe, row, l.ID)
			}
			s.listLead(ctx, pipe, l)
			s.indexLead(ctx, pipe, l)
			if err := exec(ctx, pipe); err != nil {
				return nil, fmt.Errorf("list lead %s: %w", id, err)
			}
		}
		other, err := s.swap(ctx, l)
		if err != nil || other == "" {
			return l, err
		}
		kept = other
	}
	return nil, fmt.Errorf("lead %s: %w again and again", id, ErrConflict)
}

// swap writes l as the next revision of the lead that it was made from. It
// returns the lead that is there when that is another one.
func (s *Store) swap(ctx context.Context, l *lead.Lead) (other string, err error) {
	was := l.Revision
	l.Revision++
	kept, err := encodeLead(l)
	if err != nil {
		return "", err
	}
	switch reply, err := swap.Run(ctx, s.rdb, []string{s.leadKey(l.ID)}, revisionPrefix(was), kept).Result(); v := reply.(type) {
	case string:
		return v, err
	case int64:
		if v == 0 {
			return "", fmt.Errorf("lead %s: %w", l.ID, ErrNotFound)
		}
		return "", err
	default:
		return "", fmt.Errorf("write lead %s: %w", l.ID, err)
	}
}

// Quarantine makes a lead of a quarantined touch alone: no pointer leads to it, so it
// is in no history and no touch joins it. Otherwise it is as Add.
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
	// The mark goes first, so that no reader sees the touch settled with what is new in it.
	if err := s.rdb.HDel(ctx, s.touchKey(t.ID), fieldSettled, fieldMerged).Err(); err != nil {
		return fmt.Errorf("reopen touch %s: %w", t.ID, err)
	}
	if err := s.Finish(ctx, t, nil, lead.OutcomeWaiting); err != nil {
		return fmt.Errorf("reopen: %w", err)
	}
	return nil
}

// Abandon deletes a lead that its last touch has left, and what points at it,
// unless it was changed since. sources are those of its touches.
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
	return s.unlink(ctx, l.ID, pointersOf(l.Person))
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
	s.unindex(ctx, pipe, id)
}

// unlink deletes those of a person's pointers that lead to a lead.
func (s *Store) unlink(ctx context.Context, leadID string, keys []string) error {
	for _, key := range keys {
		if err := unlink.Run(ctx, s.rdb, []string{s.whoKey(key)}, leadID, leadID+hasEmail).Err(); err != nil {
			return fmt.Errorf("delete a pointer to lead %s: %w", leadID, err)
		}
	}
	return nil
}
