package store

import (
	"context"
	"fmt"
	"time"
)

// Pace counts one message towards the pace that all replicas keep together:
// one in every, and burst of them at once after a quiet time. It returns how
// long to wait instead; 0: the message may go now, and is counted.
func (s *Store) Pace(ctx context.Context, name string, every time.Duration, burst int) (wait time.Duration, err error) {
	us, err := pace.Run(ctx, s.rdb, []string{s.paceKey(name)}, every.Microseconds(), burst).Int64()
	if err != nil {
		return 0, fmt.Errorf("keep the pace: %w", err)
	}
	return time.Duration(us) * time.Microsecond, nil
}

// Hold lets no replica send anything for d. A longer hold that runs stays.
func (s *Store) Hold(ctx context.Context, name string, d, every time.Duration, burst int) error {
	if err := hold.Run(ctx, s.rdb, []string{s.paceKey(name)}, every.Microseconds(), burst, d.Microseconds()).Err(); err != nil {
		return fmt.Errorf("hold the pace: %w", err)
	}
	return nil
}

// Pauses are the targets that somebody paused, with what was written then.
func (s *Store) Pauses(ctx context.Context) (map[string]string, error) {
	all, err := s.rdb.HGetAll(ctx, s.pausesKey()).Result()
	if err != nil {
		return nil, fmt.Errorf("read pauses: %w", err)
	}
	return all, nil
}

// Pause writes down that a target is paused; nothing ends the pause.
func (s *Store) Pause(ctx context.Context, target, pause string) error {
	var err error
	if pause == "" {
		err = s.rdb.HDel(ctx, s.pausesKey(), target).Err()
	} else {
		err = s.rdb.HSet(ctx, s.pausesKey(), target, pause).Err()
	}
	if err != nil {
		return fmt.Errorf("write a pause: %w", err)
	}
	return nil
}
