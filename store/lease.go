package store

import (
	"context"
	"fmt"
	"time"
)

// Lease takes the lease called name for d, or prolongs it; false when another
// owner has it. A lease keeps replicas from doing the same at the same time; it
// is no proof that nobody did, for Redis may have been wiped.
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
