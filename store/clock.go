package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
)

// A lead that waits for a rep is in the list of timers, at the moment when the
// next level is alerted. The lead itself says when that is
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
// at is zero. One that another node moved beyond now meanwhile stays.
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
// were sent that belong to no touch.
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
// sent at all.
func (s *Store) Receipts(ctx context.Context, notices ...string) (map[string]string, error) {
	pipe := s.rdb.Pipeline()
	replies := make([]*redis.StringCmd, len(notices))
	for i, name := range notices {
		replies[i] = pipe.Get(ctx, s.noticeKey(name))
	}
	if err := exec(ctx, pipe); err != nil {
		return nil, fmt.Errorf("look for receipts: %w", err)
	}
	sent := map[string]string{}
	for i, r := range replies {
		if receipt, err := r.Result(); err == nil {
			sent[notices[i]] = receipt
		} else if !errors.Is(err, redis.Nil) {
			return nil, fmt.Errorf("look for receipts: %w", err)
		}
	}
	return sent, nil
}

// LastSeen records when sources last sent something to a node, where no later
// moment is known, and returns it of all sources.
func (s *Store) LastSeen(ctx context.Context, latest map[string]time.Time) (map[string]time.Time, error) {
	args := make([]any, 0, 2*len(latest))
	for source, at := range latest {
		args = append(args, source, at.UnixMilli())
	}
	if err := keepLater.Run(ctx, s.rdb, []string{s.heardKey()}, args...).Err(); err != nil {
		return nil, fmt.Errorf("record when sources were last seen: %w", err)
	}
	kept, err := s.rdb.HGetAll(ctx, s.heardKey()).Result()
	if err != nil {
		return nil, fmt.Errorf("read when sources were last seen: %w", err)
	}
	seen := map[string]time.Time{}
	for source, ms := range kept {
		n, err := strconv.ParseInt(ms, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("read when source %s was last seen: %w", source, err)
		}
		seen[source] = time.UnixMilli(n).UTC()
	}
	return seen, nil
}

// ArrivalRates returns how often touches of sources arrive, by source.
func (s *Store) ArrivalRates(ctx context.Context) (map[string]lead.ArrivalRate, error) {
	kept, err := s.rdb.HGetAll(ctx, s.arrivalRatesKey()).Result()
	if err != nil {
		return nil, fmt.Errorf("read rates: %w", err)
	}
	rates := map[string]lead.ArrivalRate{}
	for source, doc := range kept {
		var r lead.ArrivalRate
		if err := json.Unmarshal([]byte(doc), &r); err != nil {
			return nil, fmt.Errorf("decode the rhythm of source %s: %w", source, err)
		}
		rates[source] = r
	}
	return rates, nil
}

// SetArrivalRates writes how often touches of sources arrive; onlyNew: what is there stays.
func (s *Store) SetArrivalRates(ctx context.Context, rates map[string]lead.ArrivalRate, onlyNew bool) error {
	pipe := s.rdb.Pipeline()
	for source, r := range rates {
		b, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("encode the rhythm of source %s: %w", source, err)
		}
		if onlyNew {
			pipe.HSetNX(ctx, s.arrivalRatesKey(), source, b)
		} else {
			pipe.HSet(ctx, s.arrivalRatesKey(), source, b)
		}
	}
	if err := exec(ctx, pipe); err != nil {
		return fmt.Errorf("write rates: %w", err)
	}
	return nil
}
