package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
)

// A lead that waits for somebody to take it is in the list of timers, at the
// moment when the next level hears. The lead itself says when that is
// (EscalatesAt): a timer is only where to look, and may be out of date.

// wind puts a lead in the list of timers.
func (s *Store) wind(ctx context.Context, pipe redis.Pipeliner, l *lead.Lead) {
	if !l.EscalatesAt.IsZero() {
		pipe.ZAdd(ctx, s.timersKey(), place(l.EscalatesAt, l.ID))
	}
}

// Due returns up to most leads whose timers have run down, the oldest first.
// Timers of leads that are gone are forgotten.
func (s *Store) Due(ctx context.Context, now time.Time, most int) ([]*lead.Lead, error) {
	ids, err := s.rdb.ZRangeArgs(ctx, redis.ZRangeArgs{Key: s.timersKey(), Start: "-inf", Stop: now.UnixMicro(), ByScore: true, Count: int64(most)}).Result()
	if err != nil {
		return nil, fmt.Errorf("look for timers: %w", err)
	}
	found, err := s.LeadsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	var due []*lead.Lead
	for i, l := range found {
		if l != nil {
			due = append(due, l)
		} else if err := s.Rewind(ctx, ids[i], now, time.Time{}); err != nil {
			return nil, err
		}
	}
	return due, nil
}

// Rewind moves a lead's timer that was due by now to at, or takes it away when
// at is zero. One that somebody moved beyond now meanwhile stays.
func (s *Store) Rewind(ctx context.Context, leadID string, now, at time.Time) error {
	to := int64(0)
	if !at.IsZero() {
		to = at.UnixMicro()
	}
	if err := rewind.Run(ctx, s.rdb, []string{s.timersKey()}, leadID, now.UnixMicro(), to).Err(); err != nil {
		return fmt.Errorf("rewind the timer of lead %s: %w", leadID, err)
	}
	return nil
}

// SetReceipts takes down what targets called notices, by their names: what they
// were told that is no touch's own telling.
func (s *Store) SetReceipts(ctx context.Context, receipts map[string]string) error {
	pipe := s.rdb.Pipeline()
	for notice, receipt := range receipts {
		pipe.Set(ctx, s.noticeKey(notice), receipt, noticeLife)
	}
	if err := exec(ctx, pipe); err != nil {
		return fmt.Errorf("keep %d receipts: %w", len(receipts), err)
	}
	return nil
}

// Receipts returns what targets called these notices, and which of them were
// told at all.
func (s *Store) Receipts(ctx context.Context, notices ...string) (map[string]string, error) {
	pipe := s.rdb.Pipeline()
	replies := make([]*redis.StringCmd, len(notices))
	for i, name := range notices {
		replies[i] = pipe.Get(ctx, s.noticeKey(name))
	}
	if err := exec(ctx, pipe); err != nil {
		return nil, fmt.Errorf("look for receipts: %w", err)
	}
	told := map[string]string{}
	for i, r := range replies {
		if receipt, err := r.Result(); err == nil {
			told[notices[i]] = receipt
		} else if !errors.Is(err, redis.Nil) {
			return nil, fmt.Errorf("look for receipts: %w", err)
		}
	}
	return told, nil
}
