package privacy

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/jobs/books"
	"github.com/leadgate/leadgate/jobs/events"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// attic is a store with old leads in it.
type attic struct {
	Store
	leads   []*lead.Lead
	erased  []string
	request bool // an erasure was somebody's request
	books   lead.Books
}

func (a *attic) OldTouches(context.Context, time.Time, int) ([]string, error) { return nil, nil }

func (a *attic) OldLeads(_ context.Context, before time.Time, skip, limit int) (ids []string, leads []*lead.Lead, err error) {
	for _, l := range a.leads[min(skip, len(a.leads)):] {
		if len(ids) < limit && !slices.Contains(a.erased, l.ID) {
			ids, leads = append(ids, l.ID), append(leads, l)
		}
	}
	return ids, leads, nil
}

func (a *attic) Erase(_ context.Context, e *lead.Erasure) (lead.Erased, error) {
	a.erased = append(a.erased, e.Leads...)
	a.request = a.request || !e.Aged
	return lead.Erased{Leads: len(e.Leads), Days: map[string]int{"2026-11-25": 1}}, nil
}

func (a *attic) Accepted(context.Context, string, string, int64, int64) error { return nil }

func (a *attic) Books(context.Context, string, string) (lead.Books, error) { return a.books, nil }

var now = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

func newPrivacy(t *testing.T, s *attic) *Privacy {
	t.Helper()
	jr, err := journal.Open(journal.Options{Dir: t.TempDir(), Shelves: slices.Concat(Shelves(), repo.Shelves(), books.Shelves()), Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { jr.Close() })
	log, clock := slog.New(slog.DiscardHandler), func() time.Time { return now }
	redis := availability.New(availability.Options{Logger: log, Now: clock})
	return New(Options{Journal: jr, Repo: repo.New(repo.Options{Journal: jr, Redis: redis, Events: events.NewLog("run", clock), Logger: log, Now: clock}), Store: s, Prompt: s, Redis: redis,
		Books: books.New(books.Options{Journal: jr, Store: s, Redis: redis, Node: "n1", Registry: prometheus.NewRegistry(), Now: clock}),
		Expired: []Expired{func(_, limit time.Time) (string, func(string, []byte) bool) {
			return repo.ReceiptShelf, func(key string, _ []byte) bool { return key == "old" }
		}},
		Keep: time.Hour, Retention: 3 * time.Hour, Node: "n1", Logger: log, Now: clock})
}

// Leads that were made long ago and are alive do not stand in the way of others.
func TestPrivacy_Expire(t *testing.T) {
	old := &attic{}
	p := newPrivacy(t, old)
	for i := range expireBatch + 3 {
		l := &lead.Lead{ID: lead.NewID(now.Add(time.Duration(i))), UpdatedAt: now.Add(time.Hour)}
		if i >= expireBatch {
			l.UpdatedAt = now.Add(-time.Hour)
		}
		old.leads = append(old.leads, l)
	}
	skip := 0
	if more, err := p.expireSome(t.Context(), now, &skip); err != nil || !more || skip != expireBatch {
		t.Errorf("first pass = %v, %v, skips %d, want more to come behind those that are alive", more, err, skip)
	}
	if more, err := p.expireSome(t.Context(), now, &skip); err != nil || more || len(old.erased) != 3 || skip != 0 {
		t.Errorf("second pass = %v, %v, erased %v, want the three old ones and a start anew", more, err, old.erased)
	}
	if old.request {
		t.Error("what is past its retention is erased as if somebody had asked for it, and would leave the reports")
	}
	if b, err := p.o.Books.Of(t.Context(), "2026-11-25"); err != nil || b.Accepted != -1 {
		t.Errorf("books = %+v, %v, want what was erased taken out of them", b, err)
	}
	p.o.Journal.Close()
	old.leads = old.leads[expireBatch:]
	old.erased = nil
	if _, err := p.expireSome(t.Context(), now, &skip); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("with a closed journal: %v", err)
	}
}

func TestPrivacy_Tidy(t *testing.T) {
	p := newPrivacy(t, &attic{})
	keep := func(age time.Duration) (request, touch string) {
		at := now.Add(-age)
		request, touch = lead.NewID(at), lead.NewID(at)
		op, err := repo.SettledOp(&lead.Touch{ID: touch, ReceivedAt: at})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.o.Journal.Commit(t.Context(), repo.RequestOp(&lead.Request{ID: request, ReceivedAt: at}), op); err != nil {
			t.Fatal(err)
		}
		return request, touch
	}
	oldRequest, oldTouch := keep(4 * time.Hour)
	middleRequest, middleTouch := keep(2 * time.Hour)
	newRequest, newTouch := keep(time.Minute)
	if err := p.o.Journal.Commit(t.Context(), journal.Put(repo.ReceiptShelf, "old", nil), journal.Put(repo.ReceiptShelf, "new", nil)); err != nil {
		t.Fatal(err)
	}
	p.Tidy(t.Context())
	for _, c := range []struct {
		shelf, key string
		kept       bool
	}{
		{repo.RequestShelf, oldRequest, false}, {repo.RequestShelf, middleRequest, true}, {repo.RequestShelf, newRequest, true},
		{repo.TouchShelf, oldTouch, false}, {repo.TouchShelf, middleTouch, false}, {repo.TouchShelf, newTouch, true},
		{repo.ReceiptShelf, "old", false}, {repo.ReceiptShelf, "new", true},
	} {
		if _, err := p.o.Journal.Get(c.shelf, c.key); errors.Is(err, journal.ErrNotFound) == c.kept {
			t.Errorf("%s %s after Tidy: %v, want it kept: %v", c.shelf, c.key, err, c.kept)
		}
	}
	if !p.compacted.Equal(now) {
		t.Error("what was dropped is still in the file")
	}
}
