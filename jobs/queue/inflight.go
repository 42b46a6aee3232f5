package queue

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// memoryMost is how many touches are kept in memory between acceptance and job.
const memoryMost = 4_000

// directAfter is how long a hot touch may be on its way through a Redis that
// answers before it is alerted from the journal all the same: a worker may hang
// in a call that the monitor does not see.
const directAfter = 2 * time.Second

// inFlight is an unsettled touch of this journal that is on its way: waiting in
// the hot lane, enqueued, being worked on, or waiting for a target.
type inFlight struct {
	id       string
	lane     *lane
	enqueued chan struct{} // closed once Redis has its task

	mu         sync.Mutex
	touch      *lead.Touch // kept from acceptance so that it need not be read again; may be nil
	accepted   time.Time   // when the journal had it; zero: in an earlier run
	queued     time.Time   // when Redis had it
	dispatched time.Time   // when it was last enqueued; zero: it waits in its lane
	checkAt    time.Time   // when the sweeper looks at it next
	generation int         // how often it was enqueued
	running    bool        // a job works on it now
	directed   bool        // Direct has returned it
	seen       bool        // see FirstSeen
	hasRoom    bool        // it takes room of its lane's window
}

func newInFlight(id string, l *lane) *inFlight {
	return &inFlight{id: id, lane: l, enqueued: make(chan struct{})}
}

func (f *inFlight) kept() *lead.Touch {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.touch
}

func (f *inFlight) keep(t *lead.Touch) {
	f.mu.Lock()
	f.touch = t
	f.mu.Unlock()
}

// dispatch counts an enqueueing and returns its number.
func (f *inFlight) dispatch(now time.Time) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.generation++
	f.dispatched = now
	f.checkAt = now.Add(firstCheck)
	return f.generation
}

func (f *inFlight) takeRoom() {
	f.mu.Lock()
	f.hasRoom = true
	f.mu.Unlock()
}

// giveRoom says whether the touch had room to give back; it has none afterwards.
func (f *inFlight) giveRoom() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	had := f.hasRoom
	f.hasRoom = false
	return had
}

func (f *inFlight) setQueued(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queued = now
	select {
	case <-f.enqueued:
	default:
		close(f.enqueued)
	}
}

// first says that the touch was accepted by this process and enqueued once.
func (f *inFlight) first() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.accepted.IsZero() && f.generation <= 1
}

func (f *inFlight) see() (first bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	first = !f.seen
	f.seen = true
	return first
}

// direct says, once, that the touch has to be alerted without Redis.
func (f *inFlight) direct(now time.Time, away bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.directed || !away && (f.accepted.IsZero() || now.Sub(f.accepted) <= directAfter) {
		return false
	}
	f.directed = true
	return true
}

// begin claims the touch for one job at a time.
func (f *inFlight) begin() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running {
		return false
	}
	f.running = true
	return true
}

func (f *inFlight) end() {
	f.mu.Lock()
	f.running = false
	f.mu.Unlock()
}

// due says whether the sweeper has to look at the touch now, and when next.
func (f *inFlight) due(now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dispatched.IsZero() || f.running || !now.After(f.checkAt) {
		return false
	}
	f.checkAt = now.Add(min(max(2*now.Sub(f.dispatched), firstCheck), checkMost))
	return true
}

// checkNow has the sweeper look at the touch.
func (f *inFlight) checkNow(now time.Time) {
	f.mu.Lock()
	f.checkAt = now
	f.mu.Unlock()
}

// stale says that the touch was enqueued so long ago that it is enqueued once
// more. Each time it may take longer.
func (f *inFlight) stale(now time.Time, limit time.Duration) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running || now.Sub(f.dispatched) < limit*time.Duration(min(f.generation, 10)) {
		return false
	}
	f.dispatched = time.Time{}
	return true
}

// lost says that the touch had a task, which Redis lost.
func (f *inFlight) lost(now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dispatched.IsZero() || f.running {
		return false
	}
	f.checkAt, f.dispatched = now.Add(firstCheck), time.Time{}
	return true
}

// trail is what happened before a job picked the touch up.
func (f *inFlight) trail(t *lead.Touch) (steps []lead.Step) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.accepted.IsZero() && !slices.ContainsFunc(t.Trail, func(s lead.Step) bool { return s.Step == lead.StepAccepted }) {
		steps = append(steps, t.StepAt(f.accepted, lead.StepAccepted))
	}
	if !f.queued.IsZero() {
		steps = append(steps, t.StepAt(f.queued, lead.StepQueued))
	}
	return steps
}

// track returns what is known of a touch, made if it is new.
func (q *Queue) track(id string, l *lane) *inFlight {
	q.mu.Lock()
	defer q.mu.Unlock()
	f := q.inFlight[id]
	if f == nil {
		f = newInFlight(id, l)
		q.insert(f)
	}
	return f
}

// insert adds a touch; the caller holds the lock.
func (q *Queue) insert(f *inFlight) {
	q.inFlight[f.id] = f
	if f.lane == q.hot {
		q.urgent[f.id] = f
	}
}

func (q *Queue) of(id string) *inFlight {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.inFlight[id]
}

// all are the touches in flight, in no order.
func (q *Queue) all(from map[string]*inFlight) []*inFlight {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Collect(maps.Values(from))
}

func (q *Queue) roomInMemory() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.inFlight) < memoryMost
}
