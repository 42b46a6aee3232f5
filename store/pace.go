package store

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
)

// Admit asks in one round trip whether a message may go to its target. Wait is
// how long it has to wait for its pace; 0: it may go now, and is counted, whoever
// has the leases. Elsewhere is true for each lease that another owner has; the
// others are taken, or prolonged. On a cluster some of that may have been done
// when there is an error.
func (s *Store) Admit(ctx context.Context, a lead.Admission) (wait time.Duration, elsewhere []bool, err error) {
	pipe := s.rdb.Pipeline()
	leases := make([]*redis.Cmd, len(a.Leases))
	for i, name := range a.Leases {
		leases[i] = lease.Eval(ctx, pipe, []string{s.leaseKey(name)}, a.Owner, max(a.For.Milliseconds(), 1))
	}
	var paced *redis.Cmd
	if a.Every > 0 {
		paced = pace.Eval(ctx, pipe, []string{s.paceKey(a.Pace)}, a.Every.Microseconds(), a.Burst)
	}
	if err := exec(ctx, pipe); err != nil {
		return 0, nil, fmt.Errorf("admit a message: %w", err)
	}
	for _, l := range leases {
		n, err := l.Int()
		if err != nil {
			return 0, nil, fmt.Errorf("lease: %w", err)
		}
		elsewhere = append(elsewhere, n == 0)
	}
	if paced == nil {
		return 0, elsewhere, nil
	}
	us, err := paced.Int64()
	if err != nil {
		return 0, nil, fmt.Errorf("keep the pace: %w", err)
	}
	return time.Duration(us) * time.Microsecond, elsewhere, nil
}

// Hold lets no replica send anything for d. A longer hold that runs stays.
func (s *Store) Hold(ctx context.Context, name string, d, every time.Duration, burst int) error {
	if err := hold.Run(ctx, s.rdb, []string{s.paceKey(name)}, every.Microseconds(), burst, d.Microseconds()).Err(); err != nil {
		return fmt.Errorf("hold the pace: %w", err)
	}
	return nil
}

// Pauses are the paused targets, with what was written then.
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

// Lease takes the lease called name for d, or prolongs it; false when another
// owner has it. A lease keeps replicas from doing the same at the same time; it
// is no proof that none did, for Redis may have been wiped.
func (s *Store) Lease(ctx context.Context, name, owner string, d time.Duration) (bool, error) {
	n, err := lease.Run(ctx, s.rdb, []string{s.leaseKey(name)}, owner, max(d.Milliseconds(), 1)).Int()
	if err != nil {
		return false, fmt.Errorf("lease: %w", err)
	}
	return n == 1, nil
}

// Release gives a lease back early; that of another owner stays.
func (s *Store) Release(ctx context.Context, name, owner string) error {
	if err := release.Run(ctx, s.rdb, []string{s.leaseKey(name)}, owner).Err(); err != nil {
		return fmt.Errorf("release a lease: %w", err)
	}
	return nil
}
