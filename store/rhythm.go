package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// Heard takes down when a node heard sources last, as far as nobody knows of a
// later moment, and returns when all of them were heard last.
func (s *Store) Heard(ctx context.Context, latest map[string]time.Time) (map[string]time.Time, error) {
	args := make([]any, 0, 2*len(latest))
	for source, at := range latest {
		args = append(args, source, at.UnixMilli())
	}
	if err := hear.Run(ctx, s.rdb, []string{s.heardKey()}, args...).Err(); err != nil {
		return nil, fmt.Errorf("take down when sources were heard: %w", err)
	}
	kept, err := s.rdb.HGetAll(ctx, s.heardKey()).Result()
	if err != nil {
		return nil, fmt.Errorf("read when sources were heard: %w", err)
	}
	heard := map[string]time.Time{}
	for source, ms := range kept {
		n, err := strconv.ParseInt(ms, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("read when source %s was heard: %w", source, err)
		}
		heard[source] = time.UnixMilli(n).UTC()
	}
	return heard, nil
}

// Rhythms returns how often sources are heard, by their names.
func (s *Store) Rhythms(ctx context.Context) (map[string]lead.Rhythm, error) {
	kept, err := s.rdb.HGetAll(ctx, s.rhythmsKey()).Result()
	if err != nil {
		return nil, fmt.Errorf("read rhythms: %w", err)
	}
	rhythms := map[string]lead.Rhythm{}
	for source, doc := range kept {
		var r lead.Rhythm
		if err := json.Unmarshal([]byte(doc), &r); err != nil {
			return nil, fmt.Errorf("decode the rhythm of source %s: %w", source, err)
		}
		rhythms[source] = r
	}
	return rhythms, nil
}

// SetRhythms writes how often sources are heard; onlyNew: what is there stays.
func (s *Store) SetRhythms(ctx context.Context, rhythms map[string]lead.Rhythm, onlyNew bool) error {
	pipe := s.rdb.Pipeline()
	for source, r := range rhythms {
		b, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("encode the rhythm of source %s: %w", source, err)
		}
		if onlyNew {
			pipe.HSetNX(ctx, s.rhythmsKey(), source, b)
		} else {
			pipe.HSet(ctx, s.rhythmsKey(), source, b)
		}
	}
	if err := exec(ctx, pipe); err != nil {
		return fmt.Errorf("write rhythms: %w", err)
	}
	return nil
}
