package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/store"
)

// passShelf of the journal: id -> pass. Only used with the built-in Redis.
const passShelf = "passes"

// passes are what handlers let people in by. All replicas share them in the
// store; where that forgets on exit, the journal keeps them.
type passes struct {
	store   *store.Store
	journal *journal.Journal // nil: the store remembers by itself
	known   *knownPasses
	away    func() time.Time // since when the store is; zero: it is there
}

// openPasses puts what the journal kept back into the store, but for what has
// ended meanwhile.
func openPasses(ctx context.Context, s *store.Store, j *journal.Journal, away func() time.Time, now time.Time) (passes, error) {
	p := passes{s, j, &knownPasses{all: map[string]session.Credential{}}, away}
	if j == nil {
		return p, nil
	}
	var ended []journal.Op
	var kept []session.Credential
	var broken error
	err := j.Each(passShelf, "", func(id string, b []byte) bool {
		var one session.Credential
		if err := json.Unmarshal(b, &one); err != nil {
			broken = fmt.Errorf("read pass: %w", err)
			return false
		}
		if one.ExpiresAt.IsZero() || now.Before(one.ExpiresAt) {
			kept = append(kept, one)
		} else {
			ended = append(ended, journal.Delete(passShelf, id))
		}
		return true
	})
	if err = errors.Join(err, broken); err != nil {
		return p, err
	}
	for _, one := range kept {
		if err := p.share(ctx, one); err != nil {
			return p, err
		}
	}
	if len(ended) == 0 {
		return p, nil
	}
	return p, j.Settle(ctx, ended...)
}

func (p passes) share(ctx context.Context, one session.Credential) error {
	b, err := json.Marshal(one)
	if err != nil {
		return fmt.Errorf("encode pass: %w", err)
	}
	return p.store.PutPass(ctx, one.ID, string(b))
}

func (p passes) Pass(ctx context.Context, id string) (one session.Credential, err error) {
	kept, err := "", lead.ErrUnavailable
	if p.away().IsZero() {
		kept, err = p.store.Pass(ctx, id)
	}
	if err != nil && !errors.Is(err, lead.ErrNotFound) {
		if known, ok := p.known.get(id, time.Now()); ok {
			return known, nil
		}
	}
	if err != nil {
		return one, err
	}
	if err := json.Unmarshal([]byte(kept), &one); err != nil {
		return one, fmt.Errorf("read pass: %w", err)
	}
	return one, nil
}

func (p passes) Passes(ctx context.Context) ([]session.Credential, error) {
	all, err := p.store.Passes(ctx)
	if err != nil {
		return nil, err
	}
	var some []session.Credential
	for id, kept := range all {
		var one session.Credential
		if err := json.Unmarshal([]byte(kept), &one); err != nil {
			return nil, fmt.Errorf("read pass %.12s: %w", id, err)
		}
		some = append(some, one)
	}
	return some, nil
}

// Put keeps a pass, on disk first where only the disk remembers.
func (p passes) Put(ctx context.Context, one session.Credential) error {
	if p.journal != nil {
		b, err := json.Marshal(one)
		if err != nil {
			return fmt.Errorf("encode pass: %w", err)
		}
		if err := p.journal.Commit(ctx, journal.Put(passShelf, one.ID, b)); err != nil {
			return err
		}
	}
	if err := p.share(ctx, one); err != nil {
		return err
	}
	p.known.put(one)
	return nil
}

// Drop forgets a pass in the store first: nobody gets in by it from then on.
func (p passes) Drop(ctx context.Context, id string) error {
	if err := p.store.DropPass(ctx, id); err != nil {
		return err
	}
	p.known.drop(id)
	if p.journal == nil {
		return nil
	}
	return p.journal.Settle(ctx, journal.Delete(passShelf, id))
}
