package store

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
)

// arrivedPage is how many touches Arrived reads at once.
const arrivedPage = 500

// Arrived calls each with all touches that arrived from a moment on and before
// another, the oldest first, page by page. Repeats are not among them. It stops
// at the first error of each and returns it.
func (s *Store) Arrived(ctx context.Context, from, to time.Time, each func([]*lead.Touch) error) error {
	args := redis.ZRangeArgs{Key: s.touchesKey(), Start: from.UnixMicro(), Stop: fmt.Sprintf("(%d", to.UnixMicro()), ByScore: true, Count: arrivedPage}
	for {
		ids, err := s.rdb.ZRangeArgs(ctx, args).Result()
		if err != nil {
			return fmt.Errorf("read the touches of a time: %w", err)
		}
		if len(ids) == 0 {
			return nil
		}
		found, err := s.TouchesByID(ctx, ids)
		if err != nil {
			return err
		}
		some := found[:0]
		for _, t := range found {
			if t != nil {
				some = append(some, t)
			}
		}
		if err := each(some); err != nil {
			return err
		}
		args.Offset += int64(len(ids))
	}
}
