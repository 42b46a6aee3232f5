package store

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
)

const (
	walkPage  = 500    // leads or touches that a walk reads at once
	walkPlace = 10_000 // places of a list, of which the built-in Redis sorts all for every read
)

// CountLeads returns about how many leads a walk finds.
func (s *Store) CountLeads(ctx context.Context) (int, error) {
	n, err := s.rdb.ZCard(ctx, s.leadsKey()).Result()
	if err != nil {
		return 0, fmt.Errorf("count leads: %w", err)
	}
	return int(n), nil
}

// LeadPages iterates over all leads, the newest first, a page at a time and as
// they were written. Leads that were merged into others are left out. An error
// comes last.
func (s *Store) LeadPages(ctx context.Context) iter.Seq2[[]*lead.Lead, error] {
	return func(yield func([]*lead.Lead, error) bool) {
		list := listing[lead.Lead]{key: s.leadsKey()}
		var at *cursor
		for {
			places, err := list.inList(ctx, s.rdb, at, walkPlace)
			if err != nil {
				yield(nil, err)
				return
			}
			if len(places) == 0 {
				return
			}
			for page := range slices.Chunk(places, walkPage) {
				leads, err := s.LeadsByID(ctx, idsOf(page))
				leads = slices.DeleteFunc(leads, func(l *lead.Lead) bool { return l == nil || l.MergedInto != "" })
				if !yield(leads, err) || err != nil {
					return
				}
			}
			at = &places[len(places)-1]
		}
	}
}

// AllLeads is LeadPages lead by lead.
func (s *Store) AllLeads(ctx context.Context) iter.Seq2[*lead.Lead, error] {
	return flat(s.LeadPages(ctx))
}

// AllTouches iterates over the touches that f chooses, the newest first. An error
// comes last.
func (s *Store) AllTouches(ctx context.Context, f lead.TouchFilter) iter.Seq2[*lead.Touch, error] {
	return func(yield func(*lead.Touch, error) bool) {
		q, n := lead.TouchQuery{Source: f.Source, State: f.State, Since: f.Since, Limit: 200}, 0
		for {
			page, err := s.Touches(ctx, q)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, t := range page.Items {
				if !f.Until.IsZero() && !t.ReceivedAt.Before(f.Until) {
					continue
				}
				if n++; f.Limit > 0 && n > f.Limit || !yield(t, nil) {
					return
				}
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				return
			}
		}
	}
}

// TouchesBetween iterates over the touches that arrived from a moment on and
// before another, the oldest first, without repeats. An error comes last.
func (s *Store) TouchesBetween(ctx context.Context, from, to time.Time) iter.Seq2[*lead.Touch, error] {
	return flat(func(yield func([]*lead.Touch, error) bool) {
		args := redis.ZRangeArgs{Key: s.touchesKey(), Start: from.UnixMicro(), Stop: fmt.Sprintf("(%d", to.UnixMicro()), ByScore: true, Count: walkPage}
		for {
			ids, err := s.rdb.ZRangeArgs(ctx, args).Result()
			if err != nil {
				yield(nil, fmt.Errorf("read the touches of a time: %w", err))
				return
			}
			if len(ids) == 0 {
				return
			}
			touches, err := s.TouchesByID(ctx, ids)
			touches = slices.DeleteFunc(touches, func(t *lead.Touch) bool { return t == nil })
			if !yield(touches, err) || err != nil {
				return
			}
			args.Offset += int64(len(ids))
		}
	})
}

// flat iterates over the elements of pages.
func flat[T any](pages iter.Seq2[[]*T, error]) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		for page, err := range pages {
			if err != nil {
				yield(nil, err)
				return
			}
			for _, v := range page {
				if !yield(v, nil) {
					return
				}
			}
		}
	}
}

// OldTouches returns ids of up to limit touches that were received before a
// time, the oldest first.
func (s *Store) OldTouches(ctx context.Context, before time.Time, limit int) (ids []string, err error) {
	for _, key := range []string{s.touchesKey(), s.touchesInState(lead.Merged)} { // repeats are in a list of their own
		found, err := s.old(ctx, key, before, 0, limit-len(ids))
		if err != nil {
			return nil, err
		}
		ids = append(ids, found...)
	}
	return ids, nil
}

// OldLeads returns up to limit leads that were made before a time, the oldest
// first, after the first skip of them; nil in the place of one that is gone.
func (s *Store) OldLeads(ctx context.Context, before time.Time, skip, limit int) (ids []string, leads []*lead.Lead, err error) {
	if ids, err = s.old(ctx, s.leadsKey(), before, skip, limit); err != nil {
		return nil, nil, err
	}
	leads, err = s.LeadsByID(ctx, ids)
	return ids, leads, err
}

func (s *Store) old(ctx context.Context, key string, before time.Time, skip, limit int) ([]string, error) {
	if limit <= 0 {
		return nil, nil
	}
	ids, err := s.rdb.ZRangeArgs(ctx, redis.ZRangeArgs{Key: key, ByScore: true, Start: "-inf", Stop: "(" + strconv.FormatInt(before.UnixMicro(), 10),
		Offset: int64(skip), Count: int64(limit)}).Result()
	if err != nil {
		return nil, fmt.Errorf("read what is old in %s: %w", key, err)
	}
	return ids, nil
}
