// Package audit answers one question: who did what?
//
// It promises that an act is on this node's disk when Record returns, that the
// latest lead.AuditMost acts of all nodes can be listed while Redis is up, and
// those of this node at any time. It names no visitor and repeats nothing that
// one said. It must not know how an act is carried out.
//
// To audit a new act, add its name to lead's acts and call Record, or commit
// Entry's operations with the act itself and call Share afterwards.
package audit

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/journal/shelf"
	"github.com/leadgate/leadgate/lead"
)

// Shelf of the journal: id -> entry.
const Shelf = "audit"

const (
	diskLimit = time.Second // nobody waits longer for a disk that hangs
	nameMost  = 200         // bytes of who did it
)

// Store is the audit of all replicas. store.Store is one.
type Store interface {
	KeepEntries(ctx context.Context, entries []lead.Entry, since time.Time) error
	Entries(ctx context.Context, since time.Time, limit int, cursor string) (entries []lead.Entry, next string, err error)
}

// Options of New; all are required.
type Options struct {
	Journal   *journal.Journal
	Store     Store
	Redis     *availability.Monitor
	Retention time.Duration // older entries are not listed
	Logger    *slog.Logger
	Now       func() time.Time
}

// Log keeps what people did. What all replicas do not have yet waits in memory;
// the journal has it, so a crash loses none of it.
type Log struct {
	o       Options
	entries *shelf.Shelf[lead.Entry]
	some    chan struct{} // something waits

	mu      sync.Mutex
	waiting []lead.Entry
}

// New returns a log; Run shares it with the other replicas.
func New(o Options) *Log {
	return &Log{o: o, entries: shelf.New[lead.Entry](o.Journal, Shelf, o.Logger), some: make(chan struct{}, 1)}
}

// Record keeps what somebody did; id and time are set here. A failure is logged
// and not returned, for the act itself was done.
func (l *Log) Record(ctx context.Context, e lead.Entry) {
	e, ops := l.Entry(e)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), diskLimit)
	defer cancel()
	if err := l.o.Journal.Settle(ctx, ops...); err != nil {
		l.o.Logger.Error("not in the journal: who did what", "did", string(e.Did), "lead_id", e.LeadID, "error", err)
	}
	l.Share(e)
}

// Entry completes an entry, and returns what keeps it in the journal in place of
// the oldest ones that there is no room for. After the commit it is given to
// Share.
func (l *Log) Entry(e lead.Entry) (lead.Entry, []journal.Op) {
	e.At = l.o.Now().UTC()
	e.By = strings.ToValidUTF8(e.By[:min(len(e.By), nameMost)], "")
	e.ID = lead.NewID(e.At)
	ops := []journal.Op{l.entries.Put(e.ID, e)}
	if over := l.entries.Len() + 1 - lead.AuditMost; over > 0 {
		err := l.o.Journal.Each(Shelf, "", func(key string, _ []byte) bool {
			ops = append(ops, journal.Delete(Shelf, key))
			return len(ops) <= over
		})
		if err != nil {
			l.o.Logger.Warn("make room for the audit", "error", err)
		}
	}
	return e, ops
}

// Share lets Run write entries to the audit of all replicas.
func (l *Log) Share(entries ...lead.Entry) {
	l.mu.Lock()
	l.waiting = append(l.waiting, entries...)
	l.waiting = l.waiting[max(0, len(l.waiting)-lead.AuditMost):]
	l.mu.Unlock()
	select {
	case l.some <- struct{}{}:
	default:
	}
}

func (l *Log) take() []lead.Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.waiting
	l.waiting = nil
	return all
}

// Run writes what was done here to the audit of all replicas, as soon as Redis is
// up, until ctx ends.
func (l *Log) Run(ctx context.Context) {
	for {
		select {
		case <-l.some:
		case <-ctx.Done():
			return
		}
		if !l.o.Redis.Await(ctx) {
			return
		}
		entries := l.take()
		if err := l.o.Store.KeepEntries(ctx, entries, l.since()); err != nil {
			l.o.Redis.ReportError(err)
			l.Share(entries...)
			availability.Sleep(ctx, availability.CheckEvery)
		}
	}
}

// since is the moment before which nothing is listed any more.
func (l *Log) since() time.Time { return l.o.Now().Add(-l.o.Retention) }

// Restore shares what the journal kept once more: Redis may have lost it, or
// never had it.
func (l *Log) Restore() error {
	entries, err := l.here()
	if err != nil {
		return err
	}
	l.Share(entries...)
	return nil
}

// Expired says which entries are older than a moment.
func Expired(limit time.Time) (shelf string, isOld func(key string, value []byte) bool) {
	return Shelf, func(key string, _ []byte) bool {
		at, ok := lead.TimeOf(key)
		return ok && at.Before(limit)
	}
}

// here is what was done on this node, the oldest first.
func (l *Log) here() (entries []lead.Entry, err error) {
	for e, err := range l.entries.All() {
		if err != nil {
			return nil, fmt.Errorf("read the audit in the journal: %w", err)
		}
		entries = append(entries, e.Value)
	}
	return entries, nil
}

// Entries returns a page of who did what, newest first, and the cursor of the
// next page. While Redis is away it is what was done on this node.
// lead.ErrBadCursor for a cursor that is none.
func (l *Log) Entries(ctx context.Context, limit int, cursor string) (entries []lead.Entry, next string, err error) {
	if _, ok := lead.TimeOf(cursor); cursor != "" && !ok {
		return nil, "", lead.ErrBadCursor
	}
	if l.o.Redis.Up() {
		entries, next, err := l.o.Store.Entries(ctx, l.since(), limit, cursor)
		if err == nil {
			return entries, next, nil
		}
		l.o.Redis.ReportError(err)
	}
	all, err := l.here()
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
