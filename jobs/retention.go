package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/jobs/books"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// oldKeeper finds what is past its retention.
type oldKeeper interface {
	OldTouches(ctx context.Context, before time.Time, limit int) (ids []string, err error)
	OldLeads(ctx context.Context, before time.Time, skip, limit int) (ids []string, leads []*lead.Lead, err error)
}

const (
	expireBatch = 500             // touches and leads that one pass erases at most
	expireEvery = time.Minute     // between passes that found all there was
	expireSoon  = 2 * time.Second // and after one that did not
)

// expire erases from the store what is older than the retention: touches by
// their arrival, leads by what happened to them last. One node does so at a time,
// a little in each pass, so that nobody notices. The journals see to themselves.
func (j *Jobs) expire(ctx context.Context) {
	if j.redis.Ready(ctx) != nil {
		return
	}
	skip := 0 // leads that are old and have been alive since
	for wait := expireSoon; ; {
		availability.Sleep(ctx, wait)
		if ctx.Err() != nil {
			return
		}
		wait = expireEvery
		if !j.redis.Up() {
			continue
		}
		mine, err := j.o.Prompt.Lease(ctx, "retention", j.o.Node, 2*expireEvery)
		if err != nil || !mine {
			continue
		}
		more, err := j.expireSome(ctx, j.now().Add(-j.o.Retention), &skip)
		switch {
		case err != nil && ctx.Err() == nil:
			j.log.Warn("erase what is past its retention; it is tried again", "error", err)
		case more:
			wait = expireSoon
		}
	}
}

// expireSome is one pass; more says that another one would find something.
func (j *Jobs) expireSome(ctx context.Context, before time.Time, skip *int) (more bool, err error) {
	old := lead.Erasure{Aged: true}
	if old.Touches, err = j.o.Store.OldTouches(ctx, before, expireBatch); err != nil {
		return false, err
	}
	ids, leads, err := j.o.Store.OldLeads(ctx, before, *skip, expireBatch)
	if err != nil {
		return false, err
	}
	for i, l := range leads {
		if l != nil && !l.UpdatedAt.Before(before) {
			*skip++
			continue
		}
		old.Leads = append(old.Leads, ids[i])
	}
	if len(ids) < expireBatch {
		*skip = 0 // from the start next time
	}
	if len(old.Touches)+len(old.Leads) == 0 {
		return len(ids) == expireBatch, nil
	}
	gone, err := j.o.Store.Erase(ctx, &old)
	if err != nil {
		return false, fmt.Errorf("erase %d touches and %d leads: %w", len(old.Touches), len(old.Leads), err)
	}
	var ops []journal.Op
	for day, n := range gone.Days { // they leave the books on both sides
		ops = append(ops, books.CountOp(day, -int64(n)))
	}
	if err := j.o.Journal.Settle(ctx, ops...); err != nil {
		return false, fmt.Errorf("take %d touches out of the books: %w", gone.Touches, err)
	}
	j.log.Info("erased what is past its retention", "touches", gone.Touches, "leads", gone.Leads)
	return len(old.Touches) == expireBatch || len(ids) == expireBatch, nil
}
