package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
)

// final are the outcomes that are counted here. What waits the nodes count
// themselves, for only their journals know it.
var final = [...]lead.Outcome{lead.OutcomeAlerted, lead.OutcomeHeld, lead.OutcomeDigested, lead.OutcomeQuarantined,
	lead.OutcomeMerged, lead.OutcomeUnread, lead.OutcomeFailed}

// entry is a touch in the books.
type entry struct {
	touchID, day string
	outcome      lead.Outcome
	had          *redis.SliceCmd // which of final its touch had before
}

// book enters a touch under one outcome of its day. The caller writes the
// entry's fields to the touch in the same pipeline, and calls strike after it.
func (s *Store) book(ctx context.Context, pipe redis.Pipeliner, day, touchID string, o lead.Outcome) entry {
	var names []string
	for _, f := range final {
		names = append(names, prefixOutcome+string(f))
	}
	e := entry{touchID: touchID, day: day, outcome: o, had: pipe.HMGet(ctx, s.touchKey(touchID), names...)}
	if o == lead.OutcomeWaiting {
		return e
	}
	key := s.bookKey(day, o)
	pipe.SAdd(ctx, key, touchID)
	if s.lives.due(key, s.now()) {
		pipe.Expire(ctx, key, bookLife)
	}
	return e
}

// fields are what the touch remembers of its entry.
func (e entry) fields() []any {
	if e.outcome == lead.OutcomeWaiting {
		return nil
	}
	return []any{prefixOutcome + string(e.outcome), "1"}
}

// strike takes touches out of the outcomes that they had before: one that was
// released, or sent after it had failed. The touch forgets an outcome only when
// the books have, so whoever runs again after a crash finds what is left to do.
func (s *Store) strike(ctx context.Context, entries []entry) error {
	books, touches := s.rdb.Pipeline(), s.rdb.Pipeline()
	for _, e := range entries {
		for i, had := range e.had.Val() {
			if had == nil || final[i] == e.outcome {
				continue
			}
			books.SRem(ctx, s.bookKey(e.day, final[i]), e.touchID)
			touches.HDel(ctx, s.touchKey(e.touchID), prefixOutcome+string(final[i]))
		}
	}
	if books.Len() == 0 {
		return nil
	}
	if err := exec(ctx, books); err != nil {
		return fmt.Errorf("strike %d former outcomes: %w", books.Len(), err)
	}
	if err := exec(ctx, touches); err != nil {
		return fmt.Errorf("forget former outcomes: %w", err)
	}
	return nil
}

// Accepted publishes what a node's journal has counted: how many touches of a
// UTC day it accepted in all, tests left out, and how many of them wait.
func (s *Store) Accepted(ctx context.Context, day, node string, total, waiting int64) error {
	key := s.nodesKey(day)
	pipe := s.rdb.Pipeline()
	pipe.HSet(ctx, key, "a:"+node, total, "w:"+node, waiting)
	pipe.Expire(ctx, key, bookLife)
	if err := exec(ctx, pipe); err != nil {
		return fmt.Errorf("publish the count of %s: %w", day, err)
	}
	return nil
}

// Books returns a UTC day's books. Accepted and Waiting are what all nodes but
// butNode have published: that node counts its own better. With an empty
// butNode it is all of them. Unaccounted is left to who knows all nodes.
func (s *Store) Books(ctx context.Context, day, butNode string) (lead.Books, error) {
	var b lead.Books
	columns := [len(final)]*int64{&b.Alerted, &b.Held, &b.Digested, &b.Quarantined, &b.Merged, &b.Unread, &b.Failed}
	var counts [len(final)]*redis.IntCmd
	pipe := s.rdb.Pipeline()
	for i, o := range final {
		counts[i] = pipe.SCard(ctx, s.bookKey(day, o))
	}
	nodes := pipe.HGetAll(ctx, s.nodesKey(day))
	if err := exec(ctx, pipe); err != nil {
		return lead.Books{}, fmt.Errorf("books of %s: %w", day, err)
	}
	for i, c := range counts {
		*columns[i] = c.Val()
	}
	for name, value := range nodes.Val() {
		kind, node, _ := strings.Cut(name, ":")
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return lead.Books{}, fmt.Errorf("books of %s: count of node %s: %w", day, node, err)
		}
		switch {
		case butNode != "" && node == butNode:
		case kind == "a":
			b.Accepted += n
		case kind == "w":
			b.Waiting += n
		}
	}
	return b, nil
}
