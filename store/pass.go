package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// Passes let people and programs in. What a pass is made of is its keeper's;
// here it is a text under an id that tells nothing.

// PutPass keeps a pass in place of what was there.
func (s *Store) PutPass(ctx context.Context, id, kept string) error {
	if err := s.rdb.HSet(ctx, s.passesKey(), id, kept).Err(); err != nil {
		return fmt.Errorf("keep pass: %w", err)
	}
	return nil
}

// Pass returns a pass; ErrNotFound when there is none.
func (s *Store) Pass(ctx context.Context, id string) (string, error) {
	kept, err := s.rdb.HGet(ctx, s.passesKey(), id).Result()
	if errors.Is(err, redis.Nil) {
		err = ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("pass: %w", err)
	}
	return kept, nil
}

// Passes returns all passes by id.
func (s *Store) Passes(ctx context.Context) (map[string]string, error) {
	all, err := s.rdb.HGetAll(ctx, s.passesKey()).Result()
	if err != nil {
		return nil, fmt.Errorf("passes: %w", err)
	}
	return all, nil
}

// DropPass forgets a pass; ErrNotFound when somebody else was faster.
func (s *Store) DropPass(ctx context.Context, id string) error {
	n, err := s.rdb.HDel(ctx, s.passesKey(), id).Result()
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("drop pass: %w", err)
	}
	return nil
}
