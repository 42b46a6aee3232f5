package jobs

import (
	"slices"
	"sync"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// flight is an unsettled touch of this journal that is on its way: waiting in
// the hot lane, handed to Redis, being worked on, or waiting for a target.
type flight struct {
	id   string
	lane *lane

	mu         sync.Mutex
	touch      *lead.Touch // kept from acceptance so that nobody need read it again; may be nil
	kept       time.Time   // when the journal had it
	queuedAt   time.Time   // when Redis had it
	driven     time.Time   // when it was last set on its way
	look       time.Time   // when the sweeper looks at it next
	generation int         // how often it was handed over
	running    bool        // a job works on it now
	directed   bool        // told from the journal alone
	shown      bool        // Observe has seen it
	counts     bool        // it takes room of its lane's window
	handed     chan struct{}
}

func (f *flight) held() *lead.Touch {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.touch
}

func (f *flight) hold(t *lead.Touch) {
	f.mu.Lock()
	f.touch = t
	f.mu.Unlock()
}

// drive counts a hand-over and returns its number.
func (f *flight) drive(now time.Time) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.generation++
	f.driven = now
	f.look = now.Add(firstLook)
	return f.generation
}

// takes says that the flight has taken room of its lane's window.
func (f *flight) takes() {
	f.mu.Lock()
	f.counts = true
	f.mu.Unlock()
}

// gives says whether the flight had room to give back; it has none afterwards.
func (f *flight) gives() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	had := f.counts
	f.counts = false
	return had
}

func (f *flight) queued(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queuedAt = now
	select {
	case <-f.handed:
	default:
		close(f.handed)
	}
}

// first says that this is the only time the touch was handed over: since it was
// accepted by this process nobody else can have worked on it.
func (f *flight) first() bool {
	if f == nil {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.kept.IsZero() && f.generation <= 1
}

// show says whether Observe has still to see the touch, and that it has now.
func (f *flight) show() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	had := f.shown
	f.shown = true
	return !had
}

// enter claims the touch for one job at a time.
func (f *flight) enter() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running {
		return false
	}
	f.running = true
	return true
}

func (f *flight) leave() {
	f.mu.Lock()
	f.running = false
	f.mu.Unlock()
}

// trail tells what happened before a job picked the touch up.
func (f *flight) trail(t *lead.Touch) []lead.Step {
	f.mu.Lock()
	defer f.mu.Unlock()
	var steps []lead.Step
	if !f.kept.IsZero() && !slices.ContainsFunc(t.Trail, func(s lead.Step) bool { return s.Step == lead.StepAccepted }) {
		steps = append(steps, t.StepAt(f.kept, lead.StepAccepted))
	}
	if !f.queuedAt.IsZero() {
		steps = append(steps, t.StepAt(f.queuedAt, lead.StepQueued))
	}
	return steps
}

// start sets a touch that has just been accepted on its way.
func (j *Jobs) start(t *lead.Touch, l *lane, kept time.Time) {
	// A hot touch must be found by the direct way from the first moment on, and
	// a window's worth of others need not be read again.
	if l == j.hot {
		j.said.hear(t)
	}
	if l == j.hot || j.o.Sync || j.roomToHold() {
		j.mu.Lock()
		j.depart(&flight{id: t.ID, lane: l, touch: t, kept: kept, look: kept.Add(firstLook), handed: make(chan struct{})})
		j.mu.Unlock()
	}
	l.push(t.ID)
	if l == j.hot && !j.redis.Up() {
		j.redis.Wake()
	}
}

// holdMost is how many touches are kept in memory between acceptance and job.
const holdMost = 4_000

func (j *Jobs) roomToHold() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.flights) < holdMost
}

// flight returns the flight of id, made if it is new.
func (j *Jobs) flight(id string, l *lane) *flight {
	j.mu.Lock()
	defer j.mu.Unlock()
	f := j.flights[id]
	if f == nil {
		f = &flight{id: id, lane: l, handed: make(chan struct{})}
		j.depart(f)
	}
	return f
}

// depart takes a new flight down; the caller holds the lock.
func (j *Jobs) depart(f *flight) {
	j.flights[f.id] = f
	if f.lane == j.hot {
		j.urgent[f.id] = f
	}
}

func (j *Jobs) flightOf(id string) *flight {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.flights[id]
}

// forget ends a flight and gives its room back.
func (j *Jobs) forget(id string) {
	j.mu.Lock()
	f := j.flights[id]
	delete(j.flights, id)
	delete(j.urgent, id)
	delete(j.tellings, id)
	j.mu.Unlock()
	if f != nil && f.gives() {
		f.lane.release(1)
	}
}
