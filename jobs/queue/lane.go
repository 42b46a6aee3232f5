package queue

import (
	"slices"
	"sync"
)

// remember is how many waiting ids of a lane are kept in memory; the rest are
// read from the shelf again when their turn comes.
const remember = 100_000

// lane is one of the two ways through Redis: a shelf of the journal, a queue of
// the same name, an asynq server. Redis holds a window of what waits; the journal
// holds all of it.
type lane struct {
	name    string
	window  int
	group   int // touches in one task
	slots   int // tasks that this node works on at once
	gate    *gate
	changed chan struct{} // an id waits, or room was made

	mu       sync.Mutex
	waiting  []string // ids to be enqueued, oldest first
	overflow bool     // the shelf holds more that is not in waiting
	out      int      // enqueued and not done
}

func newLane(name string, window, group, slots int) *lane {
	return &lane{name: name, window: window, group: group, slots: slots, gate: newGate(), changed: make(chan struct{}, 1)}
}

func (l *lane) wake() {
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

func (l *lane) push(ids ...string) {
	l.mu.Lock()
	if room := remember - len(l.waiting); len(ids) > room {
		ids, l.overflow = ids[:max(room, 0)], true
	}
	l.waiting = append(l.waiting, ids...)
	l.mu.Unlock()
	l.wake()
}

// unshift puts ids back before all others.
func (l *lane) unshift(ids ...string) {
	if len(ids) == 0 {
		return
	}
	l.mu.Lock()
	l.waiting = append(append(make([]string, 0, len(ids)+len(l.waiting)), ids...), l.waiting...)
	l.mu.Unlock()
	l.wake()
}

func (l *lane) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting)
}

// all are the ids that wait.
func (l *lane) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.waiting)
}

// take returns up to n ids, as many as the window has room for. refill says that
// more has to be read from the shelf first.
func (l *lane) take(n int) (ids []string, refill bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n = min(n, len(l.waiting), l.window-l.out)
	if n <= 0 {
		refill = len(l.waiting) == 0 && l.overflow && l.out < l.window
		return nil, refill
	}
	ids = append(ids, l.waiting[:n]...)
	l.waiting = l.waiting[n:]
	l.out += n
	return ids, false
}

// crowded says that more is enqueued than this node works on at once.
func (l *lane) crowded() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out > l.slots*l.group
}

func (l *lane) release(n int) {
	l.mu.Lock()
	l.out -= n
	l.mu.Unlock()
	l.wake()
}

// add appends ids that were read from the shelf. What was accepted during the
// walk is waiting already or was seen by it.
func (l *lane) add(ids []string, more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := make(map[string]bool, len(l.waiting))
	for _, id := range l.waiting {
		known[id] = true
	}
	for _, id := range ids {
		if !known[id] {
			l.waiting = append(l.waiting, id)
		}
	}
	l.overflow = l.overflow || more
	l.wake()
}
