package intake

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/leadgate/leadgate/jobs/books"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

var now = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

// parts are the parts that take touches over; they keep what they get.
type parts struct {
	mu       sync.Mutex
	started  []string // id lane
	lookups  []string
	expected int // lookups that are announced and not on disk yet
	counted  map[string]int64
	heard    []string
	err      error
}

func (p *parts) LaneOf(t *lead.Touch) string {
	if t.Action == "demo_request" {
		return repo.HotShelf
	}
	return repo.BulkShelf
}

func (p *parts) Start(t *lead.Touch, lane string, _ time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.started = append(p.started, t.ID+" "+lane)
}

func (p *parts) Accepting() func()                             { return func() {} }
func (p *parts) Enqueued(context.Context, []*lead.Touch) error { return p.err }
func (p *parts) Accepted(day string, n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counted[day] += n
}

// lookups are the parts as they take touches that lack something.
type lookups struct{ *parts }

func (l lookups) Needs(t *lead.Touch) bool { return t.NeedsFetch }
func (l lookups) Expect(t *lead.Touch, _ string) (journal.Op, func()) {
	l.expected++
	return journal.Put("questions", t.ID, nil), func() { l.expected-- }
}
func (l lookups) Start(t *lead.Touch, lane string, _ time.Time) {
	l.lookups = append(l.lookups, t.ID+" "+lane)
}

func newIntake(t *testing.T) (*Intake, *parts) {
	t.Helper()
	jr, err := journal.Open(journal.Options{Dir: t.TempDir(), Shelves: slices.Concat(repo.Shelves(), books.Shelves(), []string{"questions"}), Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { jr.Close() })
	p := &parts{counted: map[string]int64{}}
	return New(Options{Journal: jr, Pipeline: p, Enrich: lookups{p}, Queue: p, Books: p, Now: func() time.Time { return now },
		OnAccept: []func(*lead.Touch, time.Time){func(t *lead.Touch, _ time.Time) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.heard = append(p.heard, t.ID)
		}}}), p
}

func request(id string) *lead.Request {
	return &lead.Request{ID: id, Source: "s", Provider: "json", ReceivedAt: now, Body: []byte(`{"a":1}`)}
}

func named(name string) *lead.Touch {
	return &lead.Touch{ID: lead.DerivedID("s", name), DeliveryID: name, State: lead.Accepted, Source: "s", Action: "webinar_registered", ReceivedAt: now}
}

func TestIntake_Accept(t *testing.T) {
	i, p := newIntake(t)
	touches := []*lead.Touch{{ID: "hot", Action: "demo_request"}, {ID: "stub", NeedsFetch: true}, {ID: "test", Test: true}}
	if isNew, err := i.Accept(t.Context(), request("r1"), touches); err != nil || !isNew {
		t.Fatalf("Accept = %v, %v, want new", isNew, err)
	}
	if !slices.Equal(p.started, []string{"hot hot", "test bulk"}) || !slices.Equal(p.lookups, []string{"stub bulk"}) || p.expected != 0 {
		t.Errorf("started %v, looked up %v, %d still expected", p.started, p.lookups, p.expected)
	}
	if day := lead.Day(now); p.counted[day] != 2 || i.o.Journal.Len(books.Shelves()[0]) != 1 {
		t.Errorf("counted %d, want 2: tests are left out", p.counted[day])
	}
	if !slices.Equal(p.heard, []string{"hot", "stub", "test"}) {
		t.Errorf("OnAccept got %v", p.heard)
	}
	if jr := i.o.Journal; jr.Len(repo.HotShelf) != 1 || jr.Len(repo.BulkShelf) != 2 || jr.Len("questions") != 1 || jr.Len(repo.RequestShelf) != 1 {
		t.Error("not all is in the journal")
	}
	b, err := i.o.Journal.Get(repo.RequestShelf, "r1")
	if err != nil {
		t.Fatal(err)
	}
	if r, err := repo.DecodeRequest(b); err != nil || !slices.Equal(r.Touches, []string{"hot", "stub", "test"}) {
		t.Errorf("kept request = %+v, %v", r, err)
	}
}

func TestIntake_RepeatedDelivery(t *testing.T) {
	i, p := newIntake(t)
	one := named("one")
	for n, tt := range []struct {
		touches []*lead.Touch
		isNew   bool
	}{
		{[]*lead.Touch{named("one")}, true},
		{[]*lead.Touch{named("one")}, false},
		{[]*lead.Touch{named("one"), named("two"), named("two")}, true}, // new in part
		{[]*lead.Touch{named("one")}, false},                            // settled by now
		{nil, false},
	} {
		if n == 3 {
			if err := i.o.Journal.Commit(t.Context(), journal.Delete(repo.BulkShelf, one.ID), journal.Put(repo.TouchShelf, one.ID, []byte("{}"))); err != nil {
				t.Fatal(err)
			}
		}
		if isNew, err := i.Accept(t.Context(), request("r"), tt.touches); err != nil || isNew != tt.isNew {
			t.Errorf("request %d = %v, %v, want new %v", n, isNew, err, tt.isNew)
		}
	}
	if len(p.started) != 2 {
		t.Errorf("started %v, want each once", p.started)
	}
}

func TestIntake_SameDeliveryAtOnce(t *testing.T) {
	i, p := newIntake(t)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := i.Accept(t.Context(), request("r"), []*lead.Touch{named("one")}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(p.started) != 1 {
		t.Errorf("started %v, want one", p.started)
	}
}

func TestIntake_NotDurable(t *testing.T) {
	i, p := newIntake(t)
	i.o.Enqueued, p.err = true, journal.ErrUnavailable
	if _, err := i.Accept(t.Context(), request("r"), []*lead.Touch{{ID: "a"}}); !errors.Is(err, lead.ErrNotDurable) {
		t.Errorf("a Redis that takes no tasks = %v, want lead.ErrNotDurable", err)
	}
	i.o.Journal.Close()
	for _, touch := range []*lead.Touch{{ID: "b"}, named("b")} {
		if isNew, err := i.Accept(t.Context(), request("r"), []*lead.Touch{touch}); err == nil || isNew {
			t.Errorf("Accept on a closed journal = %v, %v, want an error", isNew, err)
		}
	}
	if len(p.started) != 1 {
		t.Errorf("started %v, want nothing that is not on disk", p.started)
	}
}
