// Package books answers one question: did every accepted touch reach an end?
//
// It promises that what this node accepts is counted in the commit that accepts
// it, and that the books of a day over all nodes name what is in no column. Test
// leads are left out. It must not know how a touch reaches its end: the store
// counts outcomes when they are written.
//
// To add a column, add an outcome to lead.Books and to the store's counting.
package books

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// shelf of the journal: UTC day -> how many touches were accepted here.
const shelf = "days"

// Shelves are the journal's that books use.
func Shelves() []string { return []string{shelf} }

// Store counts a day's touches by outcome, over all nodes.
type Store interface {
	Accepted(ctx context.Context, day, node string, total, waiting int64) error
	Books(ctx context.Context, day, butNode string) (lead.Books, error)
}

// Options of New; all are required.
type Options struct {
	Journal  *journal.Journal
	Store    Store
	Redis    *availability.Monitor
	Node     string // name of this journal among the replicas
	Shared   bool   // other replicas may read what this node accepted
	Registry prometheus.Registerer
	Now      func() time.Time
}

// Books count what this node accepted and has not settled, by UTC day.
type Books struct {
	o       Options
	started time.Time

	mu      sync.Mutex
	waiting map[string]int64
	missing atomic.Int64 // unaccounted, as last seen
}

// New returns books that know nothing of earlier runs; see Load.
func New(o Options) *Books {
	b := &Books{o: o, started: o.Now(), waiting: map[string]int64{}}
	o.Registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "leadgate_journal_waiting", Help: "Touches accepted and not settled."},
			func() float64 { return float64(b.Waiting()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "leadgate_unaccounted", Help: "Touches of today that are in no column of the books; 0 or a bug."},
			b.unaccounted))
	return b
}

// CountOp counts n touches of a day, in the commit that accepts them or, with a
// negative n, erases them.
func CountOp(day string, n int64) journal.Op { return journal.Add(shelf, day, n) }

// Accepted notes that n touches of a day wait.
func (b *Books) Accepted(day string, n int64) {
	if n == 0 {
		return
	}
	b.mu.Lock()
	b.waiting[day] += n
	b.mu.Unlock()
}

// Settled notes that a touch waits no more. Tests are not counted.
func (b *Books) Settled(t *lead.Touch) {
	if t.Test {
		return
	}
	day := lead.Day(t.ReceivedAt)
	b.mu.Lock()
	if b.waiting[day]--; b.waiting[day] <= 0 {
		delete(b.waiting, day)
	}
	b.mu.Unlock()
}

// Reopened notes that a touch waits once more. Tests are not counted.
func (b *Books) Reopened(t *lead.Touch) {
	if !t.Test {
		b.Accepted(lead.Day(t.ReceivedAt), 1)
	}
}

func (b *Books) waitingOn(day string) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.waiting[day]
}

// Load counts what earlier runs of the process have left in the journal: what this
// one accepts is counted when it is.
func (b *Books) Load() error {
	started := b.started.Truncate(time.Millisecond) // as exact as Arrival
	for _, shelf := range []string{repo.HotShelf, repo.BulkShelf} {
		err := b.o.Journal.Each(shelf, "", func(_ string, value []byte) bool {
			if at, test := repo.Arrival(value); !test && at.Before(started) {
				b.Accepted(lead.Day(at), 1)
			}
			return true
		})
		if err != nil {
			return fmt.Errorf("count waiting touches: %w", err)
		}
	}
	return nil
}

// Waiting is how many touches this node has accepted and not settled.
func (b *Books) Waiting() int {
	return b.o.Journal.Len(repo.HotShelf) + b.o.Journal.Len(repo.BulkShelf)
}

// Of returns the books of a UTC day over all nodes: what the nodes counted when
// they accepted, what became of it, what waits, and what is in no column.
func (b *Books) Of(ctx context.Context, day string) (lead.Books, error) {
	of, err := b.o.Store.Books(ctx, day, b.o.Node)
	if err != nil {
		return of, fmt.Errorf("books of %s: %w", day, err)
	}
	mine, err := b.acceptedOn(day)
	if err != nil {
		return of, fmt.Errorf("books of %s: %w", day, err)
	}
	of.Accepted += mine
	of.Waiting += b.waitingOn(day)
	of.Unaccounted = max(0, of.Accepted-of.Alerted-of.Held-of.Digested-of.Quarantined-of.Merged-of.Unread-of.Failed-of.Waiting)
	return of, nil
}

// unaccounted is that of today's books, or what it was when Redis was up last.
func (b *Books) unaccounted() float64 {
	ctx, cancel := context.WithTimeout(context.Background(), availability.CheckTimeout)
	defer cancel()
	if b.o.Redis.Ready(ctx) == nil {
		if of, err := b.Of(ctx, lead.Day(b.o.Now())); err == nil {
			b.missing.Store(of.Unaccounted)
		}
	}
	return float64(b.missing.Load())
}

func (b *Books) acceptedOn(day string) (int64, error) {
	v, err := b.o.Journal.Get(shelf, day)
	if errors.Is(err, journal.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return journal.Number(v), nil
}

// Publish writes to the other replicas' books what this node accepted today and
// yesterday and has waiting.
func (b *Books) Publish(ctx context.Context) error {
	if !b.o.Shared {
		return nil
	}
	for _, at := range []time.Time{b.o.Now(), b.o.Now().Add(-24 * time.Hour)} {
		day := lead.Day(at)
		total, err := b.acceptedOn(day)
		if err != nil || total == 0 {
			continue
		}
		if err := b.o.Store.Accepted(ctx, day, b.o.Node, total, b.waitingOn(day)); err != nil {
			return fmt.Errorf("publish the count of %s: %w", day, err)
		}
	}
	return nil
}
