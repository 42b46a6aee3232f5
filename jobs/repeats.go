package jobs

import (
	"sync"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// sameWithin is how long the same content from the same source is one touch;
// the store's Same keeps to it, too.
const sameWithin = 10 * time.Minute

// repeatsMost bounds what is remembered in each of two halves.
const repeatsMost = 4096

// repeats remembers what hot touches said, for the time when the store cannot
// be asked whether the same was sent a moment before: a double click while
// Redis is away must not ring twice.
type repeats struct {
	mu       sync.Mutex
	now, old map[string]said
}

type said struct {
	id string
	at time.Time
}

// hear remembers what t says, unless the same was said a moment before.
func (r *repeats) hear(t *lead.Touch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.Content == "" || r.find(t) != t.ID {
		return
	}
	if r.now == nil || len(r.now) >= repeatsMost {
		r.now, r.old = map[string]said{}, r.now
	}
	r.now[saidKey(t)] = said{t.ID, t.ReceivedAt}
}

// first returns the id of the touch that said the same first, which is t's own
// when none is remembered.
func (r *repeats) first(t *lead.Touch) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.find(t)
}

func (r *repeats) find(t *lead.Touch) string {
	s, ok := r.now[saidKey(t)]
	if !ok {
		s, ok = r.old[saidKey(t)]
	}
	if ok && t.ReceivedAt.Sub(s.at) < sameWithin {
		return s.id
	}
	return t.ID
}

func saidKey(t *lead.Touch) string { return t.Source + "\n" + t.Content }
