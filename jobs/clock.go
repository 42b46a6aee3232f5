package jobs

import (
	"context"
	"time"
)

// clock does what the time of day asks for, while Redis is there. What fell due
// while it was away, or while nothing ran, is done as soon as it is back.
func (j *Jobs) clock(ctx context.Context) {
	if j.redis.Ready(ctx) != nil {
		return
	}
	tick := time.NewTicker(clockEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if !j.redis.Up() {
			continue
		}
		for _, look := range []func(context.Context, time.Time) error{j.escalate, j.digest, j.listenToSources} {
			if err := look(ctx, j.now()); err != nil && ctx.Err() == nil {
				j.log.Warn("look at the clock; trying again", "error", err)
				j.redis.ReportError(err)
			}
		}
	}
}

const (
	carryEvery = time.Second
	tidyEvery  = time.Hour
)

// housekeep brings to the store what it lacks, and drops what is too old.
func (j *Jobs) housekeep(ctx context.Context) {
	if j.redis.Ready(ctx) != nil {
		return
	}
	tick := time.NewTicker(carryEvery)
	defer tick.Stop()
	var tidied time.Time
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if j.redis.Up() {
			if err := j.commands.Replay(ctx, ""); err != nil && ctx.Err() == nil {
				j.redis.ReportError(err)
			}
			if err := j.books.Publish(ctx); err != nil && ctx.Err() == nil {
				j.redis.ReportError(err)
			}
		}
		if now := j.now(); now.Sub(tidied) > tidyEvery {
			tidied = now
			j.privacy.Tidy(ctx)
		}
	}
}
