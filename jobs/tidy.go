package jobs

import (
	"context"
	"time"

	"github.com/leadgate/leadgate/jobs/audit"
	"github.com/leadgate/leadgate/jobs/delivery"
	"github.com/leadgate/leadgate/jobs/enrich"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

const (
	sweepEvery = time.Second
	tidyEvery  = time.Hour
)

// housekeep brings to the store what it lacks, and drops what is too old.
func (j *Jobs) housekeep(ctx context.Context) {
	if j.redis.Ready(ctx) != nil {
		return
	}
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	var tidied time.Time
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if j.redis.Up() {
			if err := j.carryDeeds(ctx, ""); err != nil && ctx.Err() == nil {
				j.redis.ReportError(err)
			}
			if err := j.books.Publish(ctx); err != nil && ctx.Err() == nil {
				j.redis.ReportError(err)
			}
		}
		if now := j.now(); now.Sub(tidied) > tidyEvery {
			tidied = now
			j.tidy(ctx, now)
		}
	}
}

// tidyBatch is how many values are deleted in one commit.
const tidyBatch = 1000

// tidy drops settled touches and leads that are older than Keep, and requests
// that are older than Retention: no other place has those.
func (j *Jobs) tidy(ctx context.Context, now time.Time) {
	limit, requestLimit := now.Add(-j.o.Keep), now.Add(-j.o.Retention)
	dropped := false
	old := map[string]func(key string, value []byte) bool{
		repo.RequestShelf: func(key string, value []byte) bool {
			if at, ok := lead.TimeOf(key); ok {
				return at.Before(requestLimit)
			}
			r, err := repo.DecodeRequest(value)
			return err == nil && r.ReceivedAt.Before(requestLimit)
		},
		repo.TouchShelf: func(_ string, value []byte) bool {
			var t lead.Touch
			return decodeKept(value, &t) == nil && t.ReceivedAt.Before(limit)
		},
		repo.LeadShelf: func(_ string, value []byte) bool {
			var l lead.Lead
			return decodeKept(value, &l) == nil && l.UpdatedAt.Before(limit)
		},
	}
	old[audit.Shelf] = func(key string, _ []byte) bool {
		at, ok := lead.TimeOf(key)
		return ok && at.Before(limit)
	}
	shelf, isOld := delivery.Expired(now)
	old[shelf] = isOld
	shelf, isOld = enrich.Expired(limit)
	old[shelf] = isOld
	for shelf, isOld := range old {
		var ops []journal.Op
		flush := func() {
			if err := j.o.Journal.Settle(ctx, ops...); err != nil {
				j.log.Warn("drop what is past its retention", "shelf", shelf, "error", err)
			}
			ops = ops[:0]
		}
		err := j.o.Journal.Each(shelf, "", func(key string, value []byte) bool {
			if isOld(key, value) {
				dropped = true
				if ops = append(ops, journal.Delete(shelf, key)); len(ops) == tidyBatch {
					flush()
				}
			}
			return ctx.Err() == nil
		})
		if err != nil {
			j.log.Warn("look for what is past its retention", "shelf", shelf, "error", err)
		}
		if len(ops) > 0 {
			flush()
		}
	}
	// What was dropped is still in the file until it is rewritten.
	if dropped && now.Sub(j.compacted) > rewriteEvery {
		if err := j.o.Journal.Compact(ctx); err != nil {
			j.log.Warn("rewrite the journal without what was dropped", "error", err)
			return
		}
		j.compacted = now
	}
}

// rewriteEvery bounds how often the file is rewritten: commits wait meanwhile.
const rewriteEvery = 24 * time.Hour
