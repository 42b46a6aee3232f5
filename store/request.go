package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
)

// SaveRequest keeps a request as it arrived for ttl, 0: for ever. The body is
// kept as it is, after its head as one line of JSON.
func (s *Store) SaveRequest(ctx context.Context, r *lead.Request, ttl time.Duration) error {
	head := *r
	head.Body = nil
	b, err := json.Marshal(&head)
	if err != nil {
		return fmt.Errorf("encode request %s: %w", r.ID, err)
	}
	kept := append(append(b, '\n'), r.Body...)
	if err := s.rdb.Set(ctx, s.requestKey(r.ID), kept, max(ttl, 0)).Err(); err != nil {
		return fmt.Errorf("save request %s: %w", r.ID, err)
	}
	return nil
}

// Request returns a request as it arrived; ErrNotFound when it is not, or no
// longer, kept.
func (s *Store) Request(ctx context.Context, id string) (*lead.Request, error) {
	kept, err := s.rdb.Get(ctx, s.requestKey(id)).Bytes()
	if errors.Is(err, redis.Nil) {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("request %s: %w", id, err)
	}
	head, body, _ := bytes.Cut(kept, []byte("\n"))
	r := new(lead.Request)
	if err := json.Unmarshal(head, r); err != nil {
		return nil, fmt.Errorf("decode request %s: %w", id, err)
	}
	if len(body) > 0 {
		r.Body = body
	}
	return r, nil
}
