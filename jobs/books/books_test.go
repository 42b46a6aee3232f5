package books

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// others are the books of the other nodes.
type others struct {
	books     lead.Books
	published map[string][2]int64
	err       error
}

func (o *others) Accepted(_ context.Context, day, _ string, total, waiting int64) error {
	if o.err == nil {
		o.published[day] = [2]int64{total, waiting}
	}
	return o.err
}

func (o *others) Books(context.Context, string, string) (lead.Books, error) { return o.books, o.err }

var now = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

const today = "2026-11-25"

func newBooks(t *testing.T, jr *journal.Journal, shared bool) (*Books, *others) {
	t.Helper()
	if jr == nil {
		var err error
		jr, err = journal.Open(journal.Options{Dir: t.TempDir(), Shelves: append(Shelves(), repo.Shelves()...), Reserve: -1})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { jr.Close() })
	}
	o := &others{published: map[string][2]int64{}}
	clock := func() time.Time { return now }
	redis := availability.New(availability.Options{Logger: slog.New(slog.DiscardHandler), Now: clock})
	redis.MarkReady()
	return New(Options{Journal: jr, Store: o, Redis: redis, Node: "n1", Shared: shared, Registry: prometheus.NewRegistry(), Now: clock}), o
}

// accept keeps touches of a lane as intake does.
func (b *Books) accept(t *testing.T, touches ...*lead.Touch) {
	t.Helper()
	var ops []journal.Op
	n := int64(0)
	for _, touch := range touches {
		op, err := repo.NewOp(repo.BulkShelf, touch)
		if err != nil {
			t.Fatal(err)
		}
		if ops = append(ops, op); !touch.Test {
			n++
		}
	}
	if err := b.o.Journal.Commit(t.Context(), append(ops, CountOp(today, n))...); err != nil {
		t.Fatal(err)
	}
	b.Accepted(today, n)
}

// Every accepted touch is in a column or unaccounted, those of other nodes and of
// earlier runs included, tests left out.
func TestBooks(t *testing.T) {
	b, o := newBooks(t, nil, true)
	one, two, test := &lead.Touch{ID: "1", ReceivedAt: now.Add(-time.Minute)}, &lead.Touch{ID: "2", ReceivedAt: now.Add(-time.Minute)}, &lead.Touch{ID: "3", ReceivedAt: now, Test: true}
	b.accept(t, one, two, test)
	b.Settled(one)
	b.Settled(test)
	b.Reopened(test)
	o.books = lead.Books{Accepted: 3, Alerted: 2, Waiting: 1}
	check := func(b *Books, unaccounted, waiting int64) {
		t.Helper()
		of, err := b.Of(t.Context(), today)
		if err != nil || of.Accepted != 5 || of.Unaccounted != unaccounted || of.Waiting != waiting {
			t.Errorf("books = %+v, %v; want 5 accepted, %d waiting, %d unaccounted", of, err, waiting, unaccounted)
		}
	}
	check(b, 1, 2) // the one that was settled is in no column yet
	if got := b.unaccounted(); got != 1 {
		t.Errorf("unaccounted = %v, want 1", got)
	}
	b.Reopened(one)
	check(b, 0, 3)
	if n := b.Waiting(); n != 3 {
		t.Errorf("%d wait, want all that are on a lane's shelf", n)
	}
	if err := b.Publish(t.Context()); err != nil || o.published[today] != [2]int64{2, 2} || len(o.published) != 1 {
		t.Errorf("published %v, %v; want 2 accepted and 2 waiting today", o.published, err)
	}

	later, o2 := newBooks(t, b.o.Journal, false) // as after a start
	o2.books = o.books
	if err := later.Load(); err != nil {
		t.Fatal(err)
	}
	check(later, 0, 3)
	if err := later.Publish(t.Context()); err != nil || len(o2.published) != 0 {
		t.Errorf("a lone node published %v, %v", o2.published, err)
	}
}

func TestBooks_Errors(t *testing.T) {
	b, o := newBooks(t, nil, true)
	b.accept(t, &lead.Touch{ID: "1", ReceivedAt: now})
	b.missing.Store(7)
	o.err = errors.New("timeout")
	if _, err := b.Of(t.Context(), today); !errors.Is(err, o.err) {
		t.Errorf("Of while the store fails = %v", err)
	}
	if err := b.Publish(t.Context()); !errors.Is(err, o.err) {
		t.Errorf("Publish while the store fails = %v", err)
	}
	if got := b.unaccounted(); got != 7 {
		t.Errorf("unaccounted = %v, want what it was before", got)
	}
	o.err = nil
	b.o.Journal.Close()
	if _, err := b.Of(t.Context(), today); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("Of a closed journal = %v", err)
	}
	if err := b.Load(); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("Load from a closed journal = %v", err)
	}
}
