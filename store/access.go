package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
)

// Members of the audit are an entry's id, a blank, the entry as JSON. All have
// the same score, so Redis orders them by their ids, which is by time.

// KeepEntries adds to the audit what is not there yet. The latest
// lead.AuditMost stay, of those made since then.
func (s *Store) KeepEntries(ctx context.Context, entries []lead.Entry, since time.Time) error {
	if len(entries) == 0 {
		return nil
	}
	members := make([]redis.Z, len(entries))
	for i, e := range entries {
		b, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("encode an entry of the audit: %w", err)
		}
		members[i].Member = e.ID + " " + string(b)
	}
	pipe := s.rdb.Pipeline()
	pipe.ZAdd(ctx, s.auditKey(), members...)
	pipe.ZRemRangeByLex(ctx, s.auditKey(), "-", "("+idSince(since))
	pipe.ZRemRangeByRank(ctx, s.auditKey(), 0, -lead.AuditMost-1)
	if err := exec(ctx, pipe); err != nil {
		return fmt.Errorf("keep the audit: %w", err)
	}
	return nil
}

// Entries returns a page of the audit, newest first, of what was done since
// then, and the cursor of the next page, which is the id of the last entry.
func (s *Store) Entries(ctx context.Context, since time.Time, limit int, cursor string) (entries []lead.Entry, next string, err error) {
	from := "+"
	if cursor != "" {
		from = "(" + cursor
	}
	members, err := s.rdb.ZRevRangeByLex(ctx, s.auditKey(), &redis.ZRangeBy{Max: from, Min: "[" + idSince(since), Count: int64(limit) + 1}).Result()
	if err != nil {
		return nil, "", fmt.Errorf("read the audit: %w", err)
	}
	entries = []lead.Entry{}
	for _, m := range members {
		if len(entries) == limit { // there is at least one more
			return entries, entries[limit-1].ID, nil
		}
		_, text, _ := strings.Cut(m, " ")
		var e lead.Entry
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			return nil, "", fmt.Errorf("read an entry of the audit: %w", err)
		}
		entries = append(entries, e)
	}
	return entries, "", nil
}

// idSince is where ids begin that were made at or after a moment.
func idSince(t time.Time) string {
	const timeLength = 10 // characters of an id
	return lead.NewID(t)[:timeLength]
}

// Credentials let people and programs in. What one is made of is its keeper's;
// here it is a text under an id that reveals nothing.

// PutCredential keeps a credential in place of what was there.
func (s *Store) PutCredential(ctx context.Context, id, kept string) error {
	if err := s.rdb.HSet(ctx, s.passesKey(), id, kept).Err(); err != nil {
		return fmt.Errorf("keep pass: %w", err)
	}
	return nil
}

// Credential returns a credential; ErrNotFound when there is none.
func (s *Store) Credential(ctx context.Context, id string) (string, error) {
	kept, err := s.rdb.HGet(ctx, s.passesKey(), id).Result()
	if errors.Is(err, redis.Nil) {
		err = ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("pass: %w", err)
	}
	return kept, nil
}

// Credentials returns all credentials by id.
func (s *Store) Credentials(ctx context.Context) (map[string]string, error) {
	all, err := s.rdb.HGetAll(ctx, s.passesKey()).Result()
	if err != nil {
		return nil, fmt.Errorf("passes: %w", err)
	}
	return all, nil
}

// DropCredential forgets a credential; ErrNotFound when another node was faster.
func (s *Store) DropCredential(ctx context.Context, id string) error {
	n, err := s.rdb.HDel(ctx, s.passesKey(), id).Result()
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("drop pass: %w", err)
	}
	return nil
}
