package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"golang.org/x/sync/errgroup"

	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// lane is one of the two ways through Redis: a shelf of the journal, a queue of
// the same name, an asynq server. Redis holds a window of what waits; the
// journal holds all of it.
type lane struct {
	shelf  string
	window int
	group  int // touches in one task; asynq's own work is most of a small task's
	gate   *gate
	signal chan struct{} // something waits, or room was made

	mu       sync.Mutex
	waiting  []string // ids to be handed to Redis, oldest first
	overflow bool     // the shelf holds more that is not in waiting
	out      int      // handed over and not settled
}

// remember is how many waiting ids are kept in memory; the rest are found on
// the shelf again when their turn comes.
const remember = 100_000

func newLane(shelf string, window, group int) *lane {
	return &lane{shelf: shelf, window: window, group: group, gate: newGate(), signal: make(chan struct{}, 1)}
}

func (l *lane) nudge() {
	select {
	case l.signal <- struct{}{}:
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
	l.nudge()
}

// unshift puts ids back before all others.
func (l *lane) unshift(ids ...string) {
	if len(ids) == 0 {
		return
	}
	l.mu.Lock()
	l.waiting = append(append(make([]string, 0, len(ids)+len(l.waiting)), ids...), l.waiting...)
	l.mu.Unlock()
	l.nudge()
}

func (l *lane) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting)
}

// take returns up to n ids, as many as the window has room for. look says that
// the shelf has to be looked through for more.
func (l *lane) take(n int) (ids []string, look bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n = min(n, len(l.waiting), l.window-l.out)
	if n <= 0 {
		look = len(l.waiting) == 0 && l.overflow && l.out < l.window
		return nil, look
	}
	ids = append(ids, l.waiting[:n]...)
	l.waiting = l.waiting[n:]
	l.out += n
	return ids, false
}

func (l *lane) release(n int) {
	l.mu.Lock()
	l.out -= n
	l.mu.Unlock()
	l.nudge()
}

// linger is how long the bulk lane lets touches gather, so that a steady stream
// makes a task of ten and not ten tasks. A person does not notice; the
// processor does.
const linger = 10 * time.Millisecond

// gather waits for more to come where tasks are shared.
func (l *lane) gather(ctx context.Context) {
	if l.group == 1 {
		return
	}
	t := time.NewTimer(linger)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// feedBatch is how many touches are handed over together.
const feedBatch = 256

// feed hands the lane's waiting touches to Redis while Redis is there.
func (j *Jobs) feed(ctx context.Context, l *lane) {
	select {
	case <-j.loaded:
	case <-ctx.Done():
		return
	}
	for ctx.Err() == nil {
		if !j.pulse.isUp() {
			select {
			case <-j.pulse.changed():
			case <-ctx.Done():
			}
			continue
		}
		if l == j.bulk || l.len() > crowd {
			j.busy.yield(ctx)
		}
		ids, look := l.take(feedBatch)
		if look {
			j.refill(l)
			continue
		}
		if len(ids) == 0 {
			select {
			case <-l.signal:
				l.gather(ctx)
			case <-ctx.Done():
			}
			continue
		}
		if err := j.hand(ctx, l, ids); err != nil && ctx.Err() == nil {
			j.pulse.doubt(err)
		}
	}
}

// refill reads waiting ids from the shelf, oldest first, but for those on
// their way already.
func (j *Jobs) refill(l *lane) {
	l.mu.Lock()
	l.overflow = false
	l.mu.Unlock()
	var ids []string
	more := false
	err := j.o.Journal.Each(l.shelf, "", func(id string, _ []byte) bool {
		if j.flightOf(id) != nil {
			return true
		}
		if len(ids) == remember {
			more = true
			return false
		}
		ids = append(ids, id)
		return true
	})
	if err != nil {
		j.log.Warn("look for waiting touches", "lane", l.shelf, "error", err)
	}
	l.mu.Lock()
	// What was accepted during the walk is in waiting already or was seen by it.
	known := make(map[string]bool, len(l.waiting))
	for _, id := range l.waiting {
		known[id] = true
	}
	for _, id := range ids {
		if !known[id] {
			l.waiting = append(l.waiting, id)
		}
	}
	l.overflow = l.overflow || more || err != nil
	l.mu.Unlock()
}

// hand stages touches for every replica and enqueues their tasks. Those that
// could not be handed over wait again; an error from Redis is not the word that
// nothing arrived, so a task may run all the same.
func (j *Jobs) hand(ctx context.Context, l *lane, ids []string) error {
	var touches []*lead.Touch
	var flights []*flight
	for _, id := range ids {
		f := j.flight(id, l)
		f.takes()
		t := f.held()
		if t == nil {
			var err error
			if t, err = j.waitingTouch(l, id); errors.Is(err, journal.ErrNotFound) {
				j.forget(id) // settled in the meantime, by a task of an earlier run
				continue
			} else if err != nil {
				j.back(l, ids)
				return fmt.Errorf("read touch %s: %w", id, err)
			}
			if !j.o.Embedded {
				f.hold(t)
			}
		}
		touches, flights = append(touches, t), append(flights, f)
	}
	if len(touches) == 0 {
		return nil
	}
	if !j.o.Embedded { // otherwise nobody else could work on it
		if err := j.o.Prompt.Stage(ctx, touches); err != nil {
			j.back(l, idsOf(touches))
			return fmt.Errorf("stage touches: %w", err)
		}
	}
	var failed []string
	var mu sync.Mutex
	var g errgroup.Group
	g.SetLimit(16)
	var first error
	for group := range slices.Chunk(flights, l.group) {
		put := func() error {
			err := j.enqueue(ctx, l, group)
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				for _, f := range group {
					failed = append(failed, f.id)
				}
				first = err
			}
			return nil
		}
		if len(flights) <= l.group {
			put()
			break
		}
		g.Go(put)
	}
	g.Wait()
	l.gate.wake()
	j.announce(l)
	if len(failed) > 0 {
		j.back(l, failed)
		return fmt.Errorf("enqueue %d of %d touches: %w", len(failed), len(touches), first)
	}
	return nil
}

// enqueue makes one task of a group of touches. A hot touch has a task of its
// own, named like it, so that handing it over twice is handing it over once.
func (j *Jobs) enqueue(ctx context.Context, l *lane, group []*flight) error {
	now := j.now()
	ids := make([]string, len(group))
	generation := 0
	for i, f := range group {
		ids[i] = f.id
		generation = max(generation, f.drive(now))
	}
	taskID := ids[0]
	if len(ids) > 1 {
		taskID += "+" + strconv.Itoa(len(ids)-1)
	}
	if generation > 1 {
		taskID += ":g" + strconv.Itoa(generation)
	}
	opts := []asynq.Option{asynq.TaskID(taskID), asynq.Queue(l.shelf), asynq.MaxRetry(maxRetry), asynq.Timeout(taskTimeout)}
	if l == j.hot {
		opts = append(opts, asynq.Retention(24*time.Hour))
	}
	_, err := j.client.EnqueueContext(ctx, asynq.NewTask(touchTask, []byte(strings.Join(ids, " "))), opts...)
	if err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
		return err
	}
	now = j.now()
	for _, f := range group {
		f.queued(now)
	}
	return nil
}

// Tasks carry ids only: what a person said is never in asynq's archives.
const (
	touchTask   = "touch"
	alertTask   = "alert"
	taskTimeout = 2 * time.Minute
	maxRetry    = 100_000 // the age of a delivery ends it, not the count
)

// back makes touches wait again.
func (j *Jobs) back(l *lane, ids []string) {
	room := 0
	for _, id := range ids {
		if f := j.flightOf(id); f == nil || f.gives() {
			room++ // without a flight it was taken a moment ago
		}
	}
	l.release(room)
	l.unshift(ids...)
}

func (j *Jobs) waitingTouch(l *lane, id string) (*lead.Touch, error) {
	b, err := j.o.Journal.Get(l.shelf, id)
	if err != nil {
		return nil, err
	}
	return decodeTouch(b)
}

// handOverLimit is how long a sender waits for Redis when there is no journal.
const handOverLimit = 3 * time.Second

// handOver waits until Redis has the tasks: the promise of a 2xx when there is
// no journal on a disk.
func (j *Jobs) handOver(ctx context.Context, touches []*lead.Touch) error {
	ctx, cancel := context.WithTimeout(ctx, handOverLimit)
	defer cancel()
	for _, t := range touches {
		f := j.flightOf(t.ID)
		if f == nil {
			continue // settled already
		}
		select {
		case <-f.handed:
		case <-ctx.Done():
			return fmt.Errorf("redis has not taken touch %s: %w", t.ID, journal.ErrUnavailable)
		}
	}
	return nil
}

func idsOf(touches []*lead.Touch) []string {
	ids := make([]string, len(touches))
	for i, t := range touches {
		ids[i] = t.ID
	}
	return ids
}
