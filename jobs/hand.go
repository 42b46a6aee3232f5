package jobs

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

	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// hand enqueues tasks for touches, staged for every replica. Those that
// could not be handed over wait again; an error from Redis is not the word that
// nothing arrived, so a task may run all the same.
func (j *Jobs) hand(ctx context.Context, l *lane, ids []string) error {
	var touches []*lead.Touch
	var flights []*flight
	for _, id := range ids {
		j.flight(id, l).takes()
	}
	for _, id := range ids {
		f := j.flight(id, l)
		t := f.held()
		if t == nil {
			var err error
			switch t, err = j.repo.Waiting(l.shelf, id); {
			case errors.Is(err, journal.ErrNotFound):
				j.forget(id) // settled in the meantime, by a task of an earlier run
				continue
			case errors.Is(err, journal.ErrUnavailable), errors.Is(err, journal.ErrClosed):
				j.back(l, ids)
				return fmt.Errorf("read touch %s: %w", id, err)
			case err != nil:
				j.log.Error("a touch in the journal cannot be read; it stays there", "touch_id", id, "lane", l.shelf, "error", err)
				j.forget(id)
				continue
			}
			if !j.o.Embedded && j.roomToHold() {
				f.hold(t)
			}
		}
		touches, flights = append(touches, t), append(flights, f)
	}
	if len(touches) == 0 {
		return nil
	}
	for _, t := range touches {
		if err := j.reopened(ctx, t); err != nil {
			j.back(l, idsOf(touches))
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
			err := j.enqueue(j.staged(ctx, touches[from:to]), l, group)
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
	if l.crowded() { // otherwise the others would only look in vain, or take what is in memory here
		j.announce(l)
	}
	if len(failed) > 0 {
		j.back(l, failed)
		return fmt.Errorf("enqueue %d of %d touches: %w", len(failed), len(touches), first)
	}
	return nil
}

// enqueue makes one task of a group of touches, named after them, so that
// handing them over twice is handing them over once. A hot touch has a task of
// its own. A touch that an earlier run of the process may have handed over gets
// a new name: the task of that run may be done, with the alert it was for still
// in the memory of a process that died.
func (j *Jobs) enqueue(ctx context.Context, l *lane, group []*flight) error {
	now := j.now()
	ids := make([]string, len(group))
	generation, first := 0, true
	for i, f := range group {
		ids[i] = f.id
		generation = max(generation, f.drive(now))
		first = first && f.first()
	}
	payload := strings.Join(ids, " ")
	taskID := payload
	if len(ids) > 1 {
		taskID = lead.DerivedID(l.shelf, payload)
	}
	if !first {
		taskID += ":" + j.launch + ":g" + strconv.Itoa(generation)
	}
	opts := []asynq.Option{asynq.TaskID(taskID), asynq.Queue(l.shelf), asynq.MaxRetry(maxRetry), asynq.Timeout(taskTimeout)}
	if l == j.hot {
		opts = append(opts, asynq.Retention(24*time.Hour))
	}
	_, err := j.client.EnqueueContext(ctx, asynq.NewTask(touchTask, []byte(payload)), opts...)
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
	return repo.DecodeWaiting(b)
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
