package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/lead"
)

const (
	sweepEvery = time.Second
	sweepMost  = 512 // flights looked at in one sweep
	firstLook  = 2 * time.Second
	lookMost   = time.Minute

	redriveHot = 10 * time.Second // a touch not settled so long after it was driven is driven again
	redrive    = 60 * time.Second

	tidyEvery = time.Hour
)

// sweep settles what other replicas have done and drives again what has come
// to nothing: a task lost with Redis, left active by a worker that died, or
// stuck where asynq would find it only after a minute or two.
func (j *Jobs) sweep(ctx context.Context) {
	if j.redis.Ready(ctx) != nil {
		return
	}
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	var tidied time.Time
	for {
		select {
		case <-tick.C:
		case <-j.looks:
		case <-ctx.Done():
			return
		}
		if j.redis.Up() {
			if err := j.look(ctx); err != nil && ctx.Err() == nil {
				j.redis.ReportError(err)
			}
			if err := j.carryDeeds(ctx, ""); err != nil && ctx.Err() == nil {
				j.redis.ReportError(err)
			}
			if err := j.publish(ctx); err != nil && ctx.Err() == nil {
				j.redis.ReportError(err)
			}
		}
		if now := j.now(); now.Sub(tidied) > tidyEvery {
			tidied = now
			j.tidy(ctx, now)
		}
	}
}

// look asks the store about the flights that are due.
func (j *Jobs) look(ctx context.Context) error {
	now := j.now()
	var due []*flight
	j.mu.Lock()
	for id, f := range j.flights {
		if len(due) == sweepMost {
			break
		}
		if tel := j.tellings[id]; tel != nil {
			continue // it waits for a target here
		}
		f.mu.Lock()
		if !f.driven.IsZero() && !f.running && now.After(f.look) {
			due = append(due, f)
			f.look = now.Add(min(max(2*now.Sub(f.driven), firstLook), lookMost))
		}
		f.mu.Unlock()
	}
	j.mu.Unlock()
	if len(due) == 0 {
		return nil
	}
	ids := make([]string, len(due))
	for i, f := range due {
		ids[i] = f.id
	}
	found, err := j.o.Prompt.TouchesByID(ctx, ids)
	if err != nil {
		return fmt.Errorf("ask for touches on their way: %w", err)
	}
	for i, f := range due {
		j.follow(ctx, f, found[i], now)
	}
	return nil
}

// follow settles a flight that another replica ended, or drives it again.
func (j *Jobs) follow(ctx context.Context, f *flight, t *lead.Touch, now time.Time) {
	if t != nil && t.Ended && j.isLatest(f, t) {
		var l *lead.Lead
		if t.LeadID != "" {
			var err error
			if l, err = j.o.Prompt.Lead(ctx, t.LeadID); err != nil {
				return // the next look tries again
			}
		}
		if err := j.settle(ctx, t, l); err != nil {
			j.log.Warn("settle", "touch_id", t.ID, "error", err)
		}
		return
	}
	limit := redrive
	if f.lane == j.hot {
		limit = redriveHot
	}
	f.mu.Lock()
	stale := !f.running && now.Sub(f.driven) >= limit*time.Duration(min(f.generation, 10))
	if stale {
		f.driven = time.Time{}
	}
	f.mu.Unlock()
	if stale {
		j.metrics.redriven.Inc()
		j.back(f.lane, []string{f.id})
	}
}

// isLatest says that what the store says of a touch is about the way that it is
// on here, and not about an earlier one from which it was set on its way again.
func (j *Jobs) isLatest(f *flight, t *lead.Touch) bool {
	here, err := j.repo.Waiting(f.lane.shelf, f.id)
	return err != nil || here.AgainAt.Equal(t.AgainAt)
}

// publish tells the other replicas' books what this node accepted today and
// yesterday and has waiting.
func (j *Jobs) publish(ctx context.Context) error {
	if j.o.Embedded {
		return nil
	}
	for _, at := range []time.Time{j.now(), j.now().Add(-24 * time.Hour)} {
		day := lead.Day(at)
		total, err := j.acceptedOn(day)
		if err != nil || total == 0 {
			continue
		}
		if err := j.o.Prompt.Accepted(ctx, day, j.o.Node, total, j.days.of(day)); err != nil {
			return fmt.Errorf("publish the count of %s: %w", day, err)
		}
	}
	return nil
}
