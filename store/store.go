// Package store keeps leads, touches, trails, receipts and the books where all
// replicas see them: in Redis. The same code runs on the built-in Redis, on one
// server from 6.2, on Sentinel and on Cluster, for every command has one key or
// keys of one hash tag. Redis may forget everything at any time: the journal is
// the truth, and Restore puts it back.
//
// Whatever a job writes here it can write again. What counts is round trips, so
// nearly every method is one pipeline; scripts are used only to compare and set.
// keys.go lists every key with its type, its lifetime and what it means.
package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/ops"
)

// What the methods of Store can say besides the errors of Redis.
var (
	ErrNotFound  = lead.ErrNotFound
	ErrConflict  = lead.ErrConflict
	ErrWiped     = errors.New("redis was wiped") // the marker of NewGeneration is gone
	ErrBadCursor = lead.ErrBadCursor
	ErrOldServer = errors.New("redis is older than 6.2")
)

// Options of New; all may be left out.
type Options struct {
	Prefix string           // before every key; default "lg"
	Look   int              // how many places of a list are read at once when many are left out; default 2,000. The built-in Redis sorts a list for each look, so there it should be all of them
	Logger *slog.Logger     // nil discards
	Now    func() time.Time // nil: time.Now

	// PlusTagsSame reports that ada+x@ and ada@ are one person.
	PlusTagsSame bool

	// AsOf gives the verdict of a lead at a moment, for lists: people cool down
	// without a write. Nil: the verdict that was written.
	AsOf func(l *lead.Lead, now time.Time) lead.Verdict
}

// Store is the shared memory of all replicas. Create it with New. Its methods
// may be called at the same time.
type Store struct {
	rdb    redis.UniversalClient
	prefix string
	look   int
	log    *slog.Logger
	now    func() time.Time
	tags   bool // see PlusTagsSame
	asOf   func(*lead.Lead, time.Time) lead.Verdict
	lives  lifetimes
	index  searchIndex
}

// New returns a store in rdb, which stays the caller's to close.
func New(rdb redis.UniversalClient, o Options) *Store {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.AsOf == nil {
		o.AsOf = func(l *lead.Lead, _ time.Time) lead.Verdict { return l.Verdict }
	}
	return &Store{rdb: rdb, prefix: cmp.Or(o.Prefix, "lg"), look: cmp.Or(o.Look, 2000), log: o.Logger, now: o.Now, tags: o.PlusTagsSame, asOf: o.AsOf}
}

// Generation returns the marker of NewGeneration, which names this life of Redis. It is empty
// in a Redis that is new, was flushed, or came back without what it held.
func (s *Store) Generation(ctx context.Context) (string, error) {
	life, err := s.rdb.Get(ctx, s.bornKey()).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return "", fmt.Errorf("look for the marker: %w", err)
	}
	return life, nil
}

// NewGeneration sets the marker, once everything that has to be in Redis is in it, and
// returns it; another replica may have been faster.
func (s *Store) NewGeneration(ctx context.Context) (string, error) {
	if err := s.rdb.SetNX(ctx, s.bornKey(), lead.NewID(s.now()), 0).Err(); err != nil {
		return "", fmt.Errorf("set the marker: %w", err)
	}
	return s.Generation(ctx)
}

// Ping asks Redis for an answer.
func (s *Store) Ping(ctx context.Context) error { return s.rdb.Ping(ctx).Err() }

// CheckServer returns what in the server's configuration will hurt, in words for
// the operator. It returns ErrOldServer for a server that cannot carry the
// store. A server that does not report it, like the built-in one, passes.
func (s *Store) CheckServer(ctx context.Context) (warnings []string, err error) {
	if err := s.Ping(ctx); err != nil {
		return nil, err
	}
	if v := s.info(ctx, "server", "redis_version"); v != "" {
		var major, minor int
		if _, err := fmt.Sscanf(v, "%d.%d", &major, &minor); err == nil && (major < 6 || major == 6 && minor < 2) {
			return nil, fmt.Errorf("%w: it says %s", ErrOldServer, v)
		}
	}
	if p := s.info(ctx, "memory", "maxmemory_policy"); p != "" && p != "noeviction" {
		warnings = append(warnings, fmt.Sprintf(
			"redis drops keys when its memory is full (maxmemory-policy %s), leads and waiting tasks among them; set maxmemory-policy noeviction", p))
	}
	return warnings, nil
}

// Time is the server's clock.
func (s *Store) Time(ctx context.Context) (time.Time, error) { return s.rdb.Time(ctx).Result() }

// Server returns what the Redis server reports of itself; empty where it does not.
func (s *Store) Server(ctx context.Context) (v ops.Redis) {
	v.Version = s.info(ctx, "server", "redis_version")
	v.Used, _ = strconv.ParseInt(s.info(ctx, "memory", "used_memory"), 10, 64)
	v.Most, _ = strconv.ParseInt(s.info(ctx, "memory", "maxmemory"), 10, 64)
	v.Eviction = s.info(ctx, "memory", "maxmemory_policy")
	return v
}

// info reads one line of INFO; "" when the server does not report it.
func (s *Store) info(ctx context.Context, section, name string) string {
	text, err := s.rdb.Info(ctx, section).Result()
	if err != nil {
		return "" // the built-in Redis, or an ACL that forbids it
	}
	for line := range strings.Lines(text) {
		if v, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// exec sends a pipeline. A reply of nil is no error.
func exec(ctx context.Context, pipe redis.Pipeliner) error {
	cmds, err := pipe.Exec(ctx)
	if err == nil {
		return nil
	}
	for _, c := range cmds {
		if err := c.Err(); err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
	}
	if errors.Is(err, redis.Nil) {
		return nil
	}
	return err
}
