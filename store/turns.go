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

// Turns changes how far the round robins have come, by compare-and-set: change
// runs again on whatever is there after another replica was faster. When it
// returns an error nothing is written.
func (s *Store) Turns(ctx context.Context, change func(*lead.Turns) error) error {
	kept, err := s.rdb.Get(ctx, s.turnsKey()).Result()
	if errors.Is(err, redis.Nil) {
		kept, err = s.begin(ctx)
	}
	if err != nil {
		return fmt.Errorf("read turns: %w", err)
	}
	for range mostTries {
		var t lead.Turns
		if err := json.Unmarshal([]byte(doc(kept)), &t); err != nil {
			return fmt.Errorf("decode turns: %w", err)
		}
		if err := change(&t); err != nil {
			return err
		}
		was := t.Revision
		t.Revision++
		b, err := json.Marshal(t)
		if err != nil {
			return fmt.Errorf("encode turns: %w", err)
		}
		reply, err := swap.Run(ctx, s.rdb, []string{s.turnsKey()}, revisionPrefix(was), revisionPrefix(t.Revision)+string(b)).Result()
		if err != nil {
			return fmt.Errorf("write turns: %w", err)
		}
		switch v := reply.(type) {
		case string:
			kept = v
		case int64:
			if v == 1 {
				return nil
			}
			if kept, err = s.begin(ctx); err != nil { // wiped in between
				return fmt.Errorf("read turns: %w", err)
			}
		}
	}
	return fmt.Errorf("turns: %w again and again", ErrConflict)
}

// begin makes the turns unless another node just has.
func (s *Store) begin(ctx context.Context) (string, error) {
	if err := s.rdb.SetNX(ctx, s.turnsKey(), revisionPrefix(0)+"{}", 0).Err(); err != nil {
		return "", err
	}
	return s.rdb.Get(ctx, s.turnsKey()).Result()
}

// Off takes down that a rep is away until a moment; a zero one means that the
// rep is back.
func (s *Store) Off(ctx context.Context, rep string, until time.Time) error {
	var err error
	if until.IsZero() {
		err = s.rdb.HDel(ctx, s.offKey(), rep).Err()
	} else {
		err = s.rdb.HSet(ctx, s.offKey(), rep, until.UnixMilli()).Err()
	}
	if err != nil {
		return fmt.Errorf("take down who is off: %w", err)
	}
	return nil
}

// WhoIsOff returns until when reps are away, by their names; past moments too.
func (s *Store) WhoIsOff(ctx context.Context) (map[string]time.Time, error) {
	all, err := s.rdb.HGetAll(ctx, s.offKey()).Result()
	if err != nil {
		return nil, fmt.Errorf("read who is off: %w", err)
	}
	off := map[string]time.Time{}
	for rep, ms := range all {
		n, err := strconv.ParseInt(ms, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("read until when a rep is off: %w", err)
		}
		off[rep] = time.UnixMilli(n).UTC()
	}
	return off, nil
}
