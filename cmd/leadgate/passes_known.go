package main

import (
	"context"
	"sync"
	"time"

	"github.com/leadgate/leadgate/handlers/session"
)

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
