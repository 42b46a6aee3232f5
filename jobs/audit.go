package jobs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

const auditShelf = "audit" // id -> who did what here, lately

const (
	auditLimit = time.Second // for the disk
	nameMost   = 200         // bytes of who did it
)

// auditKeeper is the audit of all replicas.
type auditKeeper interface {
	KeepEntries(ctx context.Context, entries []lead.Entry, since time.Time) error
	Entries(ctx context.Context, since time.Time, limit int, cursor string) (entries []lead.Entry, next string, err error)
}

// clerk holds what the audit of all replicas does not have yet. The journal has
// it, so a crash loses none of it.
type clerk struct {
	mu      sync.Mutex
	waiting []lead.Entry
	some    chan struct{}
}

func newClerk() *clerk { return &clerk{some: make(chan struct{}, 1)} }

func (c *clerk) give(entries ...lead.Entry) {
	c.mu.Lock()
	c.waiting = append(c.waiting, entries...)
	c.waiting = c.waiting[max(0, len(c.waiting)-lead.AuditMost):]
	c.mu.Unlock()
	select {
	case c.some <- struct{}{}:
	default:
	}
}

func (c *clerk) take() []lead.Entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.waiting
	c.waiting = nil
	return all
}

// Audit records what somebody did, on disk when it returns; its id and time are
// set here. Whatever goes wrong is logged, for it was done all the same.
func (j *Jobs) Audit(ctx context.Context, e lead.Entry) {
	e, ops := j.entry(e)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditLimit) // nobody waits long for a disk that hangs
	defer cancel()
	if err := j.o.Journal.Settle(ctx, ops...); err != nil {
		j.log.Error("not in the journal: who did what", "did", string(e.Did), "lead_id", e.LeadID, "error", err)
	}
	j.clerk.give(e)
}

// entry completes an entry, and returns what keeps it in the journal in place of
// the oldest that there is no room for.
func (j *Jobs) entry(e lead.Entry) (lead.Entry, []journal.Op) {
	e.At = j.now().UTC()
	e.By = strings.ToValidUTF8(e.By[:min(len(e.By), nameMost)], "")
	e.ID = lead.NewID(e.At)
	ops := []journal.Op{journal.Put(auditShelf, e.ID, mustJSON(e))}
	if over := j.o.Journal.Len(auditShelf) + 1 - lead.AuditMost; over > 0 {
		err := j.o.Journal.Each(auditShelf, "", func(key string, _ []byte) bool {
			ops = append(ops, journal.Delete(auditShelf, key))
			return len(ops) <= over
		})
		if err != nil {
			j.log.Warn("make room for the audit", "error", err)
		}
	}
	return e, ops
}

// deedEntry is the entry of a deed. Why it was done is told by the lead's trail,
// and goes with it.
func deedEntry(leadID string, d lead.Deed) lead.Entry {
	e := lead.Entry{By: d.By, Did: lead.Act(d.Verb), LeadID: leadID}
	if d.Verb == lead.VerbAssign {
		e.About = d.To
	}
	return e
}

// shareAudit brings what was done here to the audit of all replicas, as soon as
// Redis is there.
func (j *Jobs) shareAudit(ctx context.Context) {
	for {
		select {
		case <-j.clerk.some:
		case <-ctx.Done():
			return
		}
		if !j.redis.Await(ctx) {
			return
		}
		entries := j.clerk.take()
		if err := j.o.Prompt.KeepEntries(ctx, entries, j.auditSince()); err != nil {
			j.redis.ReportError(err)
			j.clerk.give(entries...)
			availability.Sleep(ctx, availability.CheckEvery)
		}
	}
}

// auditSince is the moment before which nothing is told any more.
func (j *Jobs) auditSince() time.Time { return j.now().Add(-j.o.Retention) }

// recallAudit has what the journal kept brought to the audit again: Redis may
// have lost it, or never had it.
func (j *Jobs) recallAudit() error {
	entries, err := j.auditInJournal()
	if err != nil {
		return err
	}
	j.clerk.give(entries...)
	return nil
}

// auditInJournal is what was done on this node, the oldest first.
func (j *Jobs) auditInJournal() (entries []lead.Entry, err error) {
	err = j.o.Journal.Each(auditShelf, "", func(key string, value []byte) bool {
		var e lead.Entry
		if bad := decodeKept(value, &e); bad != nil {
			j.log.Error("an entry of the audit cannot be read; it stays there", "key", key, "error", bad)
			return true
		}
		entries = append(entries, e)
		return true
	})
	if err != nil {
		return nil, fmt.Errorf("read the audit in the journal: %w", err)
	}
	return entries, nil
}

// Entries returns a page of who did what, newest first, and the cursor of the
// next page. While Redis is away it is what was done on this node.
// lead.ErrBadCursor for a cursor that is none.
func (j *Jobs) Entries(ctx context.Context, limit int, cursor string) (entries []lead.Entry, next string, err error) {
	if _, ok := madeAt(cursor); cursor != "" && !ok {
		return nil, "", lead.ErrBadCursor
	}
	if j.redis.Up() {
		entries, next, err := j.o.Prompt.Entries(ctx, j.auditSince(), limit, cursor)
		if err == nil {
			return entries, next, nil
		}
		j.redis.ReportError(err)
	}
	all, err := j.auditInJournal()
	if err != nil {
		return nil, "", err
	}
	slices.Reverse(all)
	entries = []lead.Entry{}
	for _, e := range all {
		switch {
		case cursor != "" && e.ID >= cursor:
		case len(entries) == limit:
			return entries, entries[limit-1].ID, nil
		default:
			entries = append(entries, e)
		}
	}
	return entries, "", nil
}
