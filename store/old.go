package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
)

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
