// Package queue gives the id of every unsettled touch of this node's journal to
// a worker until Done is called for it.
//
// It promises that a touch that Add, Push or Load brought in is worked on, by
// some replica, as long as it is not done: tasks in Redis are hints that are made
// again at any time, the journal is the truth. A touch is worked on once at a
// time by this process. It must not know what the work is: that is the Handler's.
//
// A touch takes this way: it waits in a lane, is enqueued as an asynq task while
// the lane's window has room, is dequeued behind the gate, handled, and done. The
// sweeper enqueues it once more when it is not done in time. To change a lane's
// concurrency, see Options; to add a type of task, add it to server.go.
package queue

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// The lanes: each is a shelf of the journal and a queue of the same name.
const (
	Hot  = "hot"  // touches that look hot on their own; one to a task
	Bulk = "bulk" // all others, up to bulkGroup to a task
)

const (
	bulkGroup      = 32     // touches in one task; asynq's own work is most of a small task's
	window         = 50_000 // tasks of a lane that are in Redis
	embeddedWindow = 2_000  // miniredis copies a list on each push
)

// Options of New; all are required.
type Options struct {
	Journal *journal.Journal
	Repo    Repo
	Store   Store
	Redis   *availability.Monitor

	Producer redis.UniversalClient // enqueues
	Hot      redis.UniversalClient // of the hot lane's asynq server, for it alone
	Bulk     redis.UniversalClient // of the bulk lane's
	Shared   bool                  // other replicas may use this Redis

	HotSlots  int // jobs at once in the hot lane
	BulkSlots int // jobs at once in the bulk lane, each of up to bulkGroup touches

	Launch  string                        // names this run of the process in its tasks
	KeepAll bool                          // touches stay in memory until they are done
	Skip    func(id string) bool          // a touch on a lane's shelf is not to be enqueued yet
	Backoff func(fails int) time.Duration // before a failed task is retried

	Registry prometheus.Registerer
	Logger   *slog.Logger
	Now      func() time.Time
}

// Repo reads unsettled touches; jobs/repo is one.
type Repo interface {
	Waiting(lane, id string) (*lead.Touch, error) // journal.ErrNotFound when it is not on that lane's shelf
}

// Store is what the queue needs of Redis besides asynq's own keys.
type Store interface {
	StageIn(ctx context.Context, pipe redis.Pipeliner, touches []*lead.Touch) error
	TouchesByID(ctx context.Context, ids []string) ([]*lead.Touch, error) // nil where there is none
}

// Handler does the work; jobs/pipeline is one.
type Handler interface {
	// Touch is one run of the job of a touch. It may run any number of times.
	Touch(ctx context.Context, id string) error
	// Alert is the job of a delivery whose first attempt failed.
	Alert(ctx context.Context, touchID, target string) error
	// Ended settles a touch that another replica has brought to its end.
	Ended(ctx context.Context, t *lead.Touch) error
	// BeforeEnqueue makes the store ready for a touch.
	BeforeEnqueue(ctx context.Context, t *lead.Touch) error
	// Delivering says that a touch waits for a target here, so that it need not be
	// enqueued once more.
	Delivering(id string) bool
}

// Queue is this node's part of the queues. Create it with New, start it with Run.
type Queue struct {
	o         Options
	log       *slog.Logger
	client    *asynq.Client
	inspector *asynq.Inspector
	handler   Handler

	hot, bulk *lane
	load      backpressure
	checks    chan struct{} // the sweeper has something to look at now
	redriven  prometheus.Counter

	mu       sync.Mutex
	inFlight map[string]*inFlight
	urgent   map[string]*inFlight // those of the hot lane
}

// New prepares the lanes; nothing is enqueued before Run.
func New(o Options) *Queue {
	most := window
	if !o.Shared {
		most = embeddedWindow
	}
	q := &Queue{o: o, log: o.Logger,
		client:    asynq.NewClientFromRedisClient(o.Producer),
		inspector: asynq.NewInspectorFromRedisClient(o.Producer),
		hot:       newLane(Hot, most, 1, o.HotSlots),
		bulk:      newLane(Bulk, most, bulkGroup, o.BulkSlots),
		checks:    make(chan struct{}, 1),
		redriven: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "leadgate_redriven_total", Help: "Touches that were driven again because they had not settled in time.",
		}),
		inFlight: map[string]*inFlight{},
		urgent:   map[string]*inFlight{},
	}
	o.Registry.MustRegister(q.redriven)
	o.Producer.AddHook(newEnqueueHook(o.Producer))
	return q
}

func (q *Queue) lanes() []*lane { return []*lane{q.hot, q.bulk} }

// lane returns the lane of a name, nil where there is none.
func (q *Queue) lane(name string) *lane {
	for _, l := range q.lanes() {
		if l.name == name {
			return l
		}
	}
	return nil
}

// Run works from the monitor's Ready on until ctx ends.
func (q *Queue) Run(ctx context.Context, h Handler) {
	if q.o.Redis.Ready(ctx) != nil {
		return
	}
	q.handler = h
	var wg sync.WaitGroup
	for _, l := range q.lanes() {
		wg.Go(func() { q.feed(ctx, l) })
	}
	wg.Go(func() { q.serve(ctx, q.hot, q.o.Hot) })
	wg.Go(func() { q.serve(ctx, q.bulk, q.o.Bulk) })
	wg.Go(func() { q.sweep(ctx) })
	wg.Go(func() { q.listen(ctx) })
	wg.Wait()
}

// Load brings in the touches that an earlier run of the process left. It is
// called once, before the monitor is ready.
func (q *Queue) Load() {
	for _, l := range q.lanes() {
		q.refill(l)
	}
	for _, id := range q.hot.all() { // should Redis be away, they are alerted from the journal
		q.track(id, q.hot)
	}
}

// Add brings in a touch that was accepted at a moment.
func (q *Queue) Add(name string, t *lead.Touch, accepted time.Time) {
	l := q.lane(name)
	// A hot touch must be found by Direct from the first moment on, and a window's
	// worth of others need not be read again.
	if l == q.hot || q.o.KeepAll || q.roomInMemory() {
		f := newInFlight(t.ID, l)
		f.touch, f.accepted, f.checkAt = t, accepted, accepted.Add(firstCheck)
		q.mu.Lock()
		q.insert(f)
		q.mu.Unlock()
	}
	l.push(t.ID)
	if l == q.hot && !q.o.Redis.Up() {
		q.o.Redis.Wake()
	}
}

// Push brings in a touch of a lane's shelf.
func (q *Queue) Push(name, id string) { q.lane(name).push(id) }

// Resume tracks a touch that the caller works on at once, as if it had been
// enqueued. Should that fail, Requeue lets it wait in its lane.
func (q *Queue) Resume(name string, t *lead.Touch) {
	f := q.track(t.ID, q.lane(name))
	f.keep(t)
	f.dispatch(q.o.Now())
}

// Requeue makes touches wait in their lane once more, before all others.
func (q *Queue) Requeue(name string, ids ...string) { q.requeue(q.lane(name), ids) }

func (q *Queue) requeue(l *lane, ids []string) {
	room := 0
	for _, id := range ids {
		if f := q.of(id); f == nil || f.giveRoom() {
			room++ // one that is not tracked was taken a moment ago
		}
	}
	l.release(room)
	l.unshift(ids...)
}

// RequeueAll enqueues once more what is in flight, after Redis lost its tasks;
// but for what skip chooses.
func (q *Queue) RequeueAll(skip func(id string) bool) {
	now := q.o.Now()
	again := map[*lane][]string{}
	for _, f := range q.all(q.inFlight) {
		if !skip(f.id) && f.lost(now) {
			again[f.lane] = append(again[f.lane], f.id)
		}
	}
	for l, ids := range again {
		q.requeue(l, ids)
	}
}

// InFlight is what this node knows of a touch that is worked on.
type InFlight struct {
	Touch *lead.Touch // as it was accepted; nil: it has to be read
	First bool        // no other run, here or elsewhere, can have worked on it
}

// Work calls do for a touch, unless it is being worked on here already.
func (q *Queue) Work(id string, do func(InFlight) error) error {
	f := q.of(id)
	if f == nil {
		return do(InFlight{})
	}
	if !f.begin() {
		return nil // the sweeper looks after it
	}
	defer f.end()
	return do(InFlight{Touch: f.kept(), First: f.first()})
}

// Trail is what a touch in flight has gone through since it was written.
func (q *Queue) Trail(t *lead.Touch) []lead.Step {
	if f := q.of(t.ID); f != nil {
		return f.trail(t)
	}
	return nil
}

// FirstSeen says, once for each time that a touch is in flight, that it is true;
// always for a touch that is not.
func (q *Queue) FirstSeen(id string) bool {
	f := q.of(id)
	return f == nil || f.see()
}

// Direct returns the hot touches that have to be alerted without Redis: it is
// away, or they were not settled in time. Each is returned once, and not if skip
// chooses it.
func (q *Queue) Direct(skip func(id string) bool) (touches []*lead.Touch) {
	now, away := q.o.Now(), !q.o.Redis.Up()
	due := slices.DeleteFunc(q.all(q.urgent), func(f *inFlight) bool { return skip(f.id) || !f.direct(now, away) })
	slices.SortFunc(due, func(a, b *inFlight) int { return cmp.Compare(a.id, b.id) })
	for _, f := range due {
		t := f.kept()
		if t == nil { // accepted by an earlier run
			var err error
			if t, err = q.o.Repo.Waiting(Hot, f.id); err != nil {
				continue // settled meanwhile, or its job reports why it cannot be read
			}
		}
		touches = append(touches, t)
	}
	return touches
}

// Done ends a touch, which is settled.
func (q *Queue) Done(id string) {
	q.mu.Lock()
	f := q.inFlight[id]
	delete(q.inFlight, id)
	delete(q.urgent, id)
	q.mu.Unlock()
	if f != nil && f.giveRoom() {
		f.lane.release(1)
	}
}

// enqueueLimit is how long a sender waits for Redis when there is no journal.
const enqueueLimit = 3 * time.Second

// Enqueued waits until Redis has the tasks of touches; journal.ErrUnavailable
// when it does not take them in time.
func (q *Queue) Enqueued(ctx context.Context, touches []*lead.Touch) error {
	ctx, cancel := context.WithTimeout(ctx, enqueueLimit)
	defer cancel()
	for _, t := range touches {
		f := q.of(t.ID)
		if f == nil {
			continue // done already
		}
		select {
		case <-f.enqueued:
		case <-ctx.Done():
			return fmt.Errorf("redis has not taken touch %s: %w", t.ID, journal.ErrUnavailable)
		}
	}
	return nil
}

// Accepting says that intake is busy until done is called; under load the lanes
// yield to it.
func (q *Queue) Accepting() (done func()) { return q.load.enter() }
