package jobs

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/leadgate/leadgate/jobs/availability"
)

// lane is one of the two ways through Redis: a shelf of the journal, a queue of
// the same name, an asynq server. Redis holds a window of what waits; the
// journal holds all of it.
type lane struct {
	shelf  string
	window int
	group  int // touches in one task; asynq's own work is most of a small task's
	slots  int // tasks that this node works on at once
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

func newLane(shelf string, window, group, slots int) *lane {
	return &lane{shelf: shelf, window: window, group: group, slots: slots, gate: newGate(), signal: make(chan struct{}, 1)}
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

// all are the ids that wait.
func (l *lane) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.waiting)
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

// crowded says that more is on its way than this node works on at once.
func (l *lane) crowded() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out > l.slots*l.group
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
	availability.Sleep(ctx, linger)
}

// feedBatch is how many touches are handed over together.
const feedBatch = 256

// feed hands the lane's waiting touches to Redis while Redis is there.
func (j *Jobs) feed(ctx context.Context, l *lane) {
	if j.redis.Ready(ctx) != nil {
		return
	}
	for j.redis.Await(ctx) {
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
			j.redis.ReportError(err)
			availability.Sleep(ctx, handAgain) // a Redis that answers and takes nothing, for it is full
		}
	}
}

// handAgain is how long a lane rests after Redis did not take its touches.
const handAgain = 100 * time.Millisecond

// refill reads waiting ids from the shelf, oldest first, but for those on
// their way already.
func (j *Jobs) refill(l *lane) {
	l.mu.Lock()
	l.overflow = false
	l.mu.Unlock()
	var ids []string
	more := false
	err := j.o.Journal.Each(l.shelf, "", func(id string, _ []byte) bool {
		if j.flightOf(id) != nil || j.desk.waits(id) {
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
