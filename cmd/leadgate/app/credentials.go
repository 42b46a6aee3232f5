package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/journal/shelf"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/store"
)

// credentialShelf of the journal: id -> credential. Only used with the built-in Redis.
const credentialShelf = "passes"

// credentials are what sessions and tokens are checked against. All replicas share
// them in the store; where that forgets on exit, the journal keeps them.
type credentials struct {
	store   *store.Store
	journal *journal.Journal                 // nil: the store remembers by itself
	kept    *shelf.Shelf[session.Credential] // of the journal
	known   *knownCredentials
	away    func() time.Time // since when the store is; zero: it is there
}

// openCredentials puts what the journal kept back into the store, but for what has
// expired meanwhile.
func openCredentials(ctx context.Context, s *store.Store, j *journal.Journal, away func() time.Time, now time.Time, log *slog.Logger) (credentials, error) {
	c := credentials{store: s, journal: j, known: &knownCredentials{all: map[string]session.Credential{}}, away: away}
	if j == nil {
		return c, nil
	}
	c.kept = shelf.New[session.Credential](j, credentialShelf, log)
	var expired []journal.Op
	for e, err := range c.kept.All() {
		if err == nil && !e.Value.ExpiresAt.IsZero() && !now.Before(e.Value.ExpiresAt) {
			expired = append(expired, c.kept.Delete(e.Key))
			continue
		}
		if err == nil {
			err = c.share(ctx, e.Value)
		}
		if err != nil {
			return c, err
		}
	}
	if len(expired) == 0 {
		return c, nil
	}
	return c, j.Settle(ctx, expired...)
}

func (c credentials) share(ctx context.Context, one session.Credential) error {
	b, err := json.Marshal(one)
	if err != nil {
		return fmt.Errorf("encode credential: %w", err)
	}
	return c.store.PutCredential(ctx, one.ID, string(b))
}

func (c credentials) Pass(ctx context.Context, id string) (one session.Credential, err error) {
	kept, err := "", lead.ErrUnavailable
	if c.away().IsZero() {
		kept, err = c.store.Credential(ctx, id)
	}
	if err != nil && !errors.Is(err, lead.ErrNotFound) {
		if known, ok := c.known.get(id, time.Now()); ok {
			return known, nil
		}
	}
	if err != nil {
		return one, err
	}
	if err := json.Unmarshal([]byte(kept), &one); err != nil {
		return one, fmt.Errorf("read credential: %w", err)
	}
	return one, nil
}

func (c credentials) Passes(ctx context.Context) ([]session.Credential, error) {
	all, err := c.store.Credentials(ctx)
	if err != nil {
		return nil, err
	}
	var some []session.Credential
	for id, kept := range all {
		var one session.Credential
		if err := json.Unmarshal([]byte(kept), &one); err != nil {
			return nil, fmt.Errorf("read credential %.12s: %w", id, err)
		}
		some = append(some, one)
	}
	return some, nil
}

// Put keeps a credential, on disk first where only the disk remembers.
func (c credentials) Put(ctx context.Context, one session.Credential) error {
	if c.journal != nil {
		if err := c.journal.Commit(ctx, c.kept.Put(one.ID, one)); err != nil {
			return err
		}
	}
	if err := c.share(ctx, one); err != nil {
		return err
	}
	c.known.put(one)
	return nil
}

// Drop deletes a credential in the store first, so that it is refused from then on.
func (c credentials) Drop(ctx context.Context, id string) error {
	if err := c.store.DropCredential(ctx, id); err != nil {
		return err
	}
	c.known.drop(id)
	if c.journal == nil {
		return nil
	}
	return c.journal.Settle(ctx, c.kept.Delete(id))
}

// knownEvery is how often a node reads which credentials there are: for so long
// at most one that another node has ended is still accepted when Redis goes away.
const knownEvery = 10 * time.Second

// knownCredentials are those that the store had a moment ago: who is signed in stays
// in while Redis is away.
type knownCredentials struct {
	mu  sync.Mutex
	all map[string]session.Credential // by id
}

// put remembers a credential.
func (k *knownCredentials) put(one session.Credential) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all[one.ID] = one
}

func (k *knownCredentials) drop(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.all, id)
}

// get returns a credential as seen just now, for that cannot be recorded.
func (k *knownCredentials) get(id string, now time.Time) (session.Credential, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	one, ok := k.all[id]
	one.SeenAt = now
	return one, ok
}

// replace forgets all but these.
func (k *knownCredentials) replace(all []session.Credential) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all = make(map[string]session.Credential, len(all))
	for _, one := range all {
		k.all[one.ID] = one
	}
}

// watch reads from time to time which credentials the store has.
func (c credentials) watch(ctx context.Context) {
	tick := time.NewTicker(knownEvery)
	defer tick.Stop()
	for {
		if all, err := c.Passes(ctx); err == nil { // else Redis is away, and what was known stays so
			c.known.replace(all)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
