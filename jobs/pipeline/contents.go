package pipeline

import (
	"sync"
	"time"

	"github.com/leadgate/leadgate/lead"
)

const (
	// sameWithin is how long the same content from the same source is one touch; the
	// store's Meet keeps to it, too.
	sameWithin = 10 * time.Minute
	// contentsMost bounds what is remembered in each of two halves.
	contentsMost = 4096
)

// contents remembers the content of hot touches, for the time when the store
// cannot be asked whether the same was sent a moment before: a double click while
// Redis is away must not alert twice.
type contents struct {
	mu       sync.Mutex
	now, old map[string]content
}

type content struct {
	id string
	at time.Time
}

// add remembers the content of t, unless it came a moment before.
func (c *contents) add(t *lead.Touch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.Content == "" || c.find(t) != t.ID {
		return
	}
	if c.now == nil || len(c.now) >= contentsMost {
		c.now, c.old = map[string]content{}, c.now
	}
	c.now[contentKey(t)] = content{t.ID, t.ReceivedAt}
}

// first returns the id of the touch that had the content first, which is t's own
// when none is remembered.
func (c *contents) first(t *lead.Touch) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.find(t)
}

func (c *contents) find(t *lead.Touch) string {
	known, ok := c.now[contentKey(t)]
	if !ok {
		known, ok = c.old[contentKey(t)]
	}
	if ok && t.ReceivedAt.Sub(known.at) < sameWithin {
		return known.id
	}
	return t.ID
}

func contentKey(t *lead.Touch) string { return t.Source + "\n" + t.Content }
