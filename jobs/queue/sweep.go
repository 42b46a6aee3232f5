package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/lead"
)

const (
	sweepEvery = time.Second
	sweepMost  = 512 // touches looked at in one sweep
	firstCheck = 2 * time.Second
	checkMost  = time.Minute

	redriveHot  = 10 * time.Second // a touch not settled so long after it was enqueued is enqueued once more
	redriveBulk = 60 * time.Second
)

// sweep settles what other replicas have brought to its end and enqueues once
// more what was not settled in time: a task lost with Redis, left active by a
// worker that died, or stuck where asynq would find it only after a minute or two.
func (q *Queue) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-q.checks:
		case <-ctx.Done():
			return
		}
		if q.o.Redis.Up() {
			if err := q.check(ctx); err != nil && ctx.Err() == nil {
				q.o.Redis.ReportError(err)
			}
		}
	}
}

// check asks the store about the touches that are due.
func (q *Queue) check(ctx context.Context) error {
	now := q.o.Now()
	var due []*inFlight
	for _, f := range q.all(q.inFlight) {
		if len(due) == sweepMost {
			break
		}
		if !q.handler.Delivering(f.id) && f.due(now) {
			due = append(due, f)
		}
	}
	if len(due) == 0 {
		return nil
	}
	found, err := q.o.Store.TouchesByID(ctx, idsOf(due))
	if err != nil {
		return fmt.Errorf("read touches in flight: %w", err)
	}
	for i, f := range due {
		q.followUp(ctx, f, found[i], now)
	}
	return nil
}

// followUp settles a touch that another replica ended, or enqueues it once more.
func (q *Queue) followUp(ctx context.Context, f *inFlight, t *lead.Touch, now time.Time) {
	if t != nil && t.Ended && q.isLatest(f, t) {
		if err := q.handler.Ended(ctx, t); err != nil {
			q.log.Warn("settle a touch that another replica ended", "touch_id", t.ID, "error", err)
		}
		return
	}
	limit := redriveBulk
	if f.lane == q.hot {
		limit = redriveHot
	}
	if f.stale(now, limit) {
		q.redriven.Inc()
		q.requeue(f.lane, []string{f.id})
	}
}

// isLatest says that the store's touch is about the way that it is on here, and
// not about an earlier one after which it was reopened.
func (q *Queue) isLatest(f *inFlight, t *lead.Touch) bool {
	here, err := q.o.Repo.Waiting(f.lane.name, f.id)
	return err != nil || here.AgainAt.Equal(t.AgainAt)
}
