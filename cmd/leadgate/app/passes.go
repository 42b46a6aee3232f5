package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
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
	return p.store.PutCredential(ctx, one.ID, string(b))
}

func (p passes) Pass(ctx context.Context, id string) (one session.Credential, err error) {
	kept, err := "", lead.ErrUnavailable
	if p.away().IsZero() {
		kept, err = p.store.Credential(ctx, id)
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
	all, err := p.store.Credentials(ctx)
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
	if err := p.store.DropCredential(ctx, id); err != nil {
		return err
	}
	p.known.drop(id)
	if p.journal == nil {
		return nil
	}
	return p.journal.Settle(ctx, journal.Delete(passShelf, id))
}

// knownEvery is how often a node looks which passes there are: so long at most
// can one that another node has ended still let in when Redis goes away.
const knownEvery = 10 * time.Second

// knownPasses are those that the store had a moment ago: who is signed in stays
// in while Redis is away.
type knownPasses struct {
	mu  sync.Mutex
	all map[string]session.Credential // by id
}

// put remembers a pass.
func (k *knownPasses) put(one session.Credential) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all[one.ID] = one
}

func (k *knownPasses) drop(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.all, id)
}

// get returns a pass as seen just now, for nobody can be told of that.
func (k *knownPasses) get(id string, now time.Time) (session.Credential, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	one, ok := k.all[id]
	one.SeenAt = now
	return one, ok
}

// replace forgets all but these.
func (k *knownPasses) replace(all []session.Credential) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all = make(map[string]session.Credential, len(all))
	for _, one := range all {
		k.all[one.ID] = one
	}
}

// watch looks from time to time which passes the store has.
func (p passes) watch(ctx context.Context) {
	tick := time.NewTicker(knownEvery)
	defer tick.Stop()
	for {
		if all, err := p.Passes(ctx); err == nil { // else Redis is away, and what was known stays so
			p.known.replace(all)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
