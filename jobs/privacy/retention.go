package privacy

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/jobs/books"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

const (
	expireBatch = 500             // touches and leads that one pass erases at most
	expireEvery = time.Minute     // between passes that found all there was
	expireSoon  = 2 * time.Second // and after one that did not
)

// expire erases from the store what is older than the retention: touches by
// their arrival, leads by what happened to them last. One node does so at a time,
// a little in each pass, so that nobody notices. The journals see to themselves.
func (p *Privacy) expire(ctx context.Context) {
	skip := 0 // leads that are old and have been alive since
	for wait := expireSoon; ; {
		availability.Sleep(ctx, wait)
		if ctx.Err() != nil {
			return
		}
		wait = expireEvery
		if !p.o.Redis.Up() {
			continue
		}
		mine, err := p.o.Prompt.Lease(ctx, "retention", p.o.Node, 2*expireEvery)
		if err != nil || !mine {
			continue
		}
		more, err := p.expireSome(ctx, p.o.Now().Add(-p.o.Retention), &skip)
		switch {
		case err != nil && ctx.Err() == nil:
			p.log.Warn("erase what is past its retention; it is tried again", "error", err)
		case more:
			wait = expireSoon
		}
	}
}

// expireSome is one pass; more says that another one would find something.
func (p *Privacy) expireSome(ctx context.Context, before time.Time, skip *int) (more bool, err error) {
	old := lead.Erasure{Aged: true}
	if old.Touches, err = p.o.Store.OldTouches(ctx, before, expireBatch); err != nil {
		return false, err
	}
	ids, leads, err := p.o.Store.OldLeads(ctx, before, *skip, expireBatch)
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
	gone, err := p.o.Store.Erase(ctx, &old)
	if err != nil {
		return false, fmt.Errorf("erase %d touches and %d leads: %w", len(old.Touches), len(old.Leads), err)
	}
	var ops []journal.Op
	for day, n := range gone.Days { // they leave the books on both sides
		ops = append(ops, books.CountOp(day, -int64(n)))
	}
	if err := p.o.Journal.Settle(ctx, ops...); err != nil {
		return false, fmt.Errorf("take %d touches out of the books: %w", gone.Touches, err)
	}
	p.log.Info("erased what is past its retention", "touches", gone.Touches, "leads", gone.Leads)
	return len(old.Touches) == expireBatch || len(ids) == expireBatch, nil
}

// tidyBatch is how many values are deleted in one commit.
const tidyBatch = 1000

// Tidy drops from the journal settled touches and leads that are older than Keep, and requests
// that are older than Retention: no other place has those.
func (p *Privacy) Tidy(ctx context.Context) {
	now := p.o.Now()
	limit, requestLimit := now.Add(-p.o.Keep), now.Add(-p.o.Retention)
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
			return json.Unmarshal(value, &t) == nil && t.ReceivedAt.Before(limit)
		},
		repo.LeadShelf: func(_ string, value []byte) bool {
			var l lead.Lead
			return json.Unmarshal(value, &l) == nil && l.UpdatedAt.Before(limit)
		},
	}
	for _, e := range p.o.Expired {
		shelf, isOld := e(now, limit)
		old[shelf] = isOld
	}
	for shelf, isOld := range old {
		var ops []journal.Op
		flush := func() {
			if err := p.o.Journal.Settle(ctx, ops...); err != nil {
				p.log.Warn("drop what is past its retention", "shelf", shelf, "error", err)
			}
			ops = ops[:0]
		}
		err := p.o.Journal.Each(shelf, "", func(key string, value []byte) bool {
			if isOld(key, value) {
				dropped = true
				if ops = append(ops, journal.Delete(shelf, key)); len(ops) == tidyBatch {
					flush()
				}
			}
			return ctx.Err() == nil
		})
		if err != nil {
			p.log.Warn("look for what is past its retention", "shelf", shelf, "error", err)
		}
		if len(ops) > 0 {
			flush()
		}
	}
	// What was dropped is still in the file until it is rewritten.
	if dropped && now.Sub(p.compacted) > rewriteEvery {
		if err := p.o.Journal.Compact(ctx); err != nil {
			p.log.Warn("rewrite the journal without what was dropped", "error", err)
			return
		}
		p.compacted = now
	}
}

// rewriteEvery bounds how often the file is rewritten: commits wait meanwhile.
const rewriteEvery = 24 * time.Hour
