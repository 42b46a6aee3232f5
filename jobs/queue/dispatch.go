package queue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"golang.org/x/sync/errgroup"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

const (
	// dispatchBatch is how many touches are enqueued together.
	dispatchBatch = 256
	// dispatchRest is how long a lane rests after Redis did not take its touches.
	dispatchRest = 100 * time.Millisecond
	// linger is how long the bulk lane lets touches gather, so that a steady stream
	// makes a task of ten and not ten tasks. A person does not notice; the processor
	// does.
	linger = 10 * time.Millisecond
)

// feed enqueues the lane's waiting touches while Redis is up.
func (q *Queue) feed(ctx context.Context, l *lane) {
	for q.o.Redis.Await(ctx) {
		if l == q.bulk || l.len() > busyFrom {
			q.load.yield(ctx)
		}
		ids, refill := l.take(dispatchBatch)
		if refill {
			q.refill(l)
			continue
		}
		if len(ids) == 0 {
			select {
			case <-l.changed:
				if l.group > 1 {
					availability.Sleep(ctx, linger)
				}
			case <-ctx.Done():
			}
			continue
		}
		if err := q.dispatch(ctx, l, ids); err != nil && ctx.Err() == nil {
			q.o.Redis.ReportError(err)
			availability.Sleep(ctx, dispatchRest) // a Redis that answers and takes nothing, for it is full
		}
	}
}

// refill reads waiting ids from the shelf, oldest first, but for those in flight
// already.
func (q *Queue) refill(l *lane) {
	l.mu.Lock()
	l.overflow = false
	l.mu.Unlock()
	var ids []string
	more := false
	err := q.o.Journal.Each(l.name, "", func(id string, _ []byte) bool {
		if q.of(id) != nil || q.o.Skip(id) {
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
		q.log.Warn("read waiting touches", "lane", l.name, "error", err)
	}
	l.add(ids, more || err != nil)
}

// dispatch enqueues tasks for touches, staged for every replica. What could not
// be enqueued waits again; an error from Redis does not mean that nothing
// arrived, so a task may run all the same.
func (q *Queue) dispatch(ctx context.Context, l *lane, ids []string) error {
	touches, flights, err := q.read(l, ids)
	if err != nil || len(touches) == 0 {
		return err
	}
	for _, t := range touches {
		if err := q.handler.BeforeEnqueue(ctx, t); err != nil {
			q.requeue(l, idsOf(flights))
			return err
		}
	}
	var failed []string
	var mu sync.Mutex
	var g errgroup.Group
	g.SetLimit(16)
	var first error
	for from := 0; from < len(flights); from += l.group {
		to := min(from+l.group, len(flights))
		group := flights[from:to]
		put := func() error {
			err := q.enqueue(q.staged(ctx, touches[from:to]), l, group)
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = append(failed, idsOf(group)...)
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
	if l.crowded() { // otherwise the others would only look in vain, or take what is in memory here
		q.announce(l)
	}
	if len(failed) > 0 {
		q.requeue(l, failed)
		return fmt.Errorf("enqueue %d of %d touches: %w", len(failed), len(touches), first)
	}
	return nil
}

// read returns the touches of ids that a lane's window has room for, but for
// those that were settled meanwhile or cannot be read.
func (q *Queue) read(l *lane, ids []string) (touches []*lead.Touch, flights []*inFlight, err error) {
	for _, id := range ids {
		q.track(id, l).takeRoom()
	}
	for _, id := range ids {
		f := q.track(id, l)
		t := f.kept()
		if t == nil {
			switch t, err = q.o.Repo.Waiting(l.name, id); {
			case errors.Is(err, journal.ErrNotFound): // settled meanwhile, by a task of an earlier run
				q.Done(id)
				continue
			case errors.Is(err, journal.ErrUnavailable), errors.Is(err, journal.ErrClosed):
				q.requeue(l, ids)
				return nil, nil, fmt.Errorf("read touch %s: %w", id, err)
			case err != nil:
				q.log.Error("a touch in the journal cannot be read; it stays there", "touch_id", id, "lane", l.name, "error", err)
				q.Done(id)
				continue
			}
			if q.o.Shared && q.roomInMemory() {
				f.keep(t)
			}
		}
		touches, flights = append(touches, t), append(flights, f)
	}
	return touches, flights, nil
}

// enqueue makes one task of a group of touches, named after them, so that
// enqueueing them twice is enqueueing them once. A touch that an earlier run of
// the process may have enqueued gets a new name: the task of that run may be
// done, with the alert it was for still in the memory of a process that died.
func (q *Queue) enqueue(ctx context.Context, l *lane, group []*inFlight) error {
	now := q.o.Now()
	generation, first := 0, true
	for _, f := range group {
		generation = max(generation, f.dispatch(now))
		first = first && f.first()
	}
	payload := strings.Join(idsOf(group), " ")
	taskID := payload
	if len(group) > 1 {
		taskID = lead.DerivedID(l.name, payload)
	}
	if !first {
		taskID += ":" + q.o.Launch + ":g" + strconv.Itoa(generation)
	}
	opts := []asynq.Option{asynq.TaskID(taskID), asynq.Queue(l.name), asynq.MaxRetry(maxRetry), asynq.Timeout(taskTimeout)}
	if l == q.hot {
		opts = append(opts, asynq.Retention(24*time.Hour))
	}
	_, err := q.client.EnqueueContext(ctx, asynq.NewTask(touchTask, []byte(payload)), opts...)
	if err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
		return err
	}
	now = q.o.Now()
	for _, f := range group {
		f.setQueued(now)
	}
	return nil
}

// EnqueueAlert enqueues the job of a delivery whose first attempt failed, to run
// after some time.
func (q *Queue) EnqueueAlert(ctx context.Context, touchID, target string, after time.Duration) error {
	_, err := q.client.EnqueueContext(ctx, asynq.NewTask(alertTask, []byte(touchID+"/"+target)),
		asynq.TaskID(alertTask+":"+touchID+":"+target), asynq.Queue(Hot), asynq.MaxRetry(maxRetry), asynq.Timeout(taskTimeout), asynq.ProcessIn(after))
	if errors.Is(err, asynq.ErrTaskIDConflict) {
		return nil
	}
	return err
}

func idsOf(group []*inFlight) []string {
	ids := make([]string, len(group))
	for i, f := range group {
		ids[i] = f.id
	}
	return ids
}
