package repo

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/jobs/events"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// memory is a store in memory.
type memory struct {
	Store
	leads   map[string]*lead.Lead
	touches map[string]*lead.Touch
	err     error
}

func (m *memory) Lead(_ context.Context, id string) (*lead.Lead, error) {
	if m.err != nil {
		return nil, m.err
	}
	if l := m.leads[id]; l != nil {
		c := *l
		return &c, nil
	}
	return nil, lead.ErrNotFound
}

func (m *memory) TouchesByID(_ context.Context, ids []string) ([]*lead.Touch, error) {
	found := make([]*lead.Touch, len(ids))
	for i, id := range ids {
		found[i] = m.touches[id]
	}
	return found, m.err
}

func (m *memory) UpdateLead(ctx context.Context, id string, revision int64, change func(*lead.Lead) error) (*lead.Lead, error) {
	l, err := m.Lead(ctx, id)
	if err != nil {
		return nil, err
	}
	if revision != 0 && l.Revision != revision {
		return l, lead.ErrConflict
	}
	if err := change(l); err != nil {
		return m.leads[id], err
	}
	l.Revision++
	m.leads[id] = l
	return l, nil
}

func (m *memory) Finish(context.Context, *lead.Touch, *lead.Lead, lead.Outcome) error { return m.err }

var start = time.Date(2026, 11, 25, 9, 0, 0, 123e6, time.UTC)

func newRepo(t *testing.T) (*Repo, *memory) {
	t.Helper()
	jr, err := journal.Open(journal.Options{Dir: t.TempDir(), Shelves: Shelves(), Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { jr.Close() })
	m := &memory{leads: map[string]*lead.Lead{}, touches: map[string]*lead.Touch{}}
	log, now := slog.New(slog.DiscardHandler), func() time.Time { return start }
	redis := availability.New(availability.Options{Logger: log, Now: now})
	redis.SetUp(true)
	return New(Options{Journal: jr, Store: m, Prompt: m, Redis: redis, Events: events.NewLog("run", now),
		Alone:    func(t *lead.Touch) *lead.Lead { return &lead.Lead{ID: t.ID, Touches: []string{t.ID}} },
		Overlay:  func(_ string, l *lead.Lead) (*lead.Lead, error) { return l, nil },
		InFlight: func(t *lead.Touch) []lead.Step { return []lead.Step{t.StepAt(start, lead.StepQueued)} },
		Targets:  []string{"sales"}, Updates: func(string) bool { return true }, Logger: log, Now: now}), m
}

func (r *Repo) put(t *testing.T, ops ...journal.Op) {
	t.Helper()
	if err := r.o.Journal.Settle(t.Context(), ops...); err != nil {
		t.Fatal(err)
	}
}

func waiting(t *testing.T, shelf string, touch *lead.Touch) journal.Op {
	t.Helper()
	op, err := WaitingOp(shelf, touch)
	if err != nil {
		t.Fatal(err)
	}
	return op
}

// A touch is found from its acceptance on, wherever it is.
func TestRepo_Touch(t *testing.T) {
	r, m := newRepo(t)
	r.put(t, waiting(t, HotShelf, &lead.Touch{ID: "hot", State: lead.Accepted, ReceivedAt: start}),
		journal.Put(ReceiptShelf, ReceiptKey("hot", "sales"), []byte(`{"target":"sales","state":"sent","receipt":"C1/1"}`)),
		journal.Put(TouchShelf, "old", []byte(`{"id":"old","state":"settled","lead_id":"l1"}`)),
		journal.Put(TouchShelf, "bad", []byte("{")))
	m.touches["both"] = &lead.Touch{ID: "both", State: lead.Settled}
	for _, up := range []bool{true, false} {
		r.o.Redis.SetUp(up)
		hot, err := r.Touch(t.Context(), "hot")
		if err != nil || len(hot.Trail) != 1 || len(hot.Deliveries) != 1 {
			t.Errorf("up %t: waiting touch = %+v, %v; want its progress and its receipt", up, hot, err)
		}
		if old, err := r.Touch(t.Context(), "old"); err != nil || old.State != lead.Settled {
			t.Errorf("up %t: settled touch = %+v, %v", up, old, err)
		}
		if _, err := r.Touch(t.Context(), "none"); !errors.Is(err, lead.ErrNotFound) {
			t.Errorf("up %t: Touch(none) = %v, want lead.ErrNotFound", up, err)
		}
		if _, err := r.Touch(t.Context(), "bad"); err == nil || errors.Is(err, lead.ErrNotFound) {
			t.Errorf("up %t: Touch(bad) = %v, want that it cannot be read", up, err)
		}
	}
	r.o.Redis.SetUp(true)
	if both, err := r.Touch(t.Context(), "both"); err != nil || both.ID != "both" {
		t.Errorf("Touch(both) = %+v, %v, want the store's", both, err)
	}
	m.err = errors.New("timeout")
	if _, err := r.Touch(t.Context(), "none"); !errors.Is(err, m.err) {
		t.Errorf("Touch(none) while the store fails = %v, want its error", err)
	}
	r.o.Journal.Close()
	if _, err := r.Touch(t.Context(), "hot"); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("Touch from a closed journal = %v", err)
	}
}

func TestRepo_Lead(t *testing.T) {
	r, m := newRepo(t)
	m.leads["l1"] = &lead.Lead{ID: "l1", Revision: 2}
	m.touches["t1"] = &lead.Touch{ID: "t1", LeadID: "l1"}
	r.put(t, journal.Put(LeadShelf, "l1", []byte(`{"id":"l1","revision":1}`)), journal.Put(LeadShelf, "bad", []byte("{")),
		waiting(t, BulkShelf, &lead.Touch{ID: "new", State: lead.Accepted}), waiting(t, BulkShelf, &lead.Touch{ID: "held", State: lead.Quarantined}))
	tests := map[string]struct {
		id       string
		up       bool
		revision int64
		err      error
	}{
		"Stored":      {"l1", true, 2, nil},
		"OfATouch":    {"t1", true, 2, nil},
		"NotYetMade":  {"new", true, 0, nil},
		"NoLead":      {"none", true, 0, lead.ErrNotFound},
		"Away":        {"l1", false, 1, nil},
		"AwayNew":     {"new", false, 0, nil},
		"AwayHeld":    {"held", false, 0, ErrAway},
		"AwayNoLead":  {"none", false, 0, ErrAway},
		"AwayOfTouch": {"t1", false, 0, ErrAway},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r.o.Redis.SetUp(tt.up)
			l, err := r.Lead(t.Context(), tt.id)
			if !errors.Is(err, tt.err) || err == nil && l.Revision != tt.revision {
				t.Errorf("Lead(%s) = %+v, %v; want revision %d, %v", tt.id, l, err, tt.revision, tt.err)
			}
		})
	}
	if _, err := r.LeadHere("bad"); err == nil || errors.Is(err, lead.ErrNotFound) {
		t.Errorf("LeadHere(bad) = %v, want that it cannot be read", err)
	}
	r.o.Redis.SetUp(true)
	if l, err := r.Stored(t.Context(), "t1"); err != nil || l.ID != "l1" {
		t.Errorf("Stored(t1) = %+v, %v, want the touch's lead", l, err)
	}
	if _, err := r.Stored(t.Context(), "none"); !errors.Is(err, lead.ErrNotFound) {
		t.Errorf("Stored(none) = %v", err)
	}
}

// A change is in the store and on disk, with what belongs to it in the same commit
// and what follows from it under the lead's lock. An older revision never replaces
// a newer one in the journal.
func TestRepo_Update(t *testing.T) {
	r, m := newRepo(t)
	m.leads["l1"] = &lead.Lead{ID: "l1", Revision: 4}
	m.touches["t1"] = &lead.Touch{ID: "t1", LeadID: "l1"}
	var then []bool
	change := func(status lead.Status, keep bool) Change {
		c := Change{Apply: func(l *lead.Lead) error { l.Status = status; return nil }}
		if keep {
			c.Keep = &Commit{
				With: func(l *lead.Lead, kept bool) ([]journal.Op, error) {
					return []journal.Op{journal.Put(RequestShelf, "beside", []byte(l.Status))}, nil
				},
				Then: func(_ *lead.Lead, kept bool) {
					if r.leads[r.leads.of("l1")].TryLock() {
						t.Error("Then is called without the lead's lock")
					}
					then = append(then, kept)
				},
			}
		}
		return c
	}
	here := func() (l lead.Lead) {
		b, err := r.o.Journal.Get(LeadShelf, "l1")
		if err == nil {
			err = json.Unmarshal(b, &l)
		}
		if err != nil && !errors.Is(err, journal.ErrNotFound) {
			t.Fatal(err)
		}
		return l
	}
	place := r.o.Events.Place()
	if l, err := r.Update(t.Context(), "l1", change(lead.Claimed, false)); err != nil || l.Revision != 5 || here().ID != "" {
		t.Errorf("store only: %+v, %v, in the journal %+v", l, err, here())
	}
	if n := r.o.Events.News(t.Context(), place); len(n) != 1 || n[0].LeadID != "l1" {
		t.Errorf("published %+v, want the change", n)
	}
	if l, err := r.Update(t.Context(), "t1", change(lead.Contacted, true)); err != nil || l.Revision != 6 || here().Revision != 6 {
		t.Errorf("by the id of a touch: %+v, %v, in the journal %+v", l, err, here())
	}
	if b, err := r.o.Journal.Get(RequestShelf, "beside"); err != nil || string(b) != string(lead.Contacted) {
		t.Errorf("in the same commit: %q, %v", b, err)
	}
	r.put(t, journal.Put(LeadShelf, "l1", []byte(`{"id":"l1","revision":9}`)))
	if _, err := r.Update(t.Context(), "l1", change(lead.Junk, true)); err != nil || here().Revision != 9 {
		t.Errorf("a newer revision was replaced: %+v, %v", here(), err)
	}
	if !slices.Equal(then, []bool{true, false}) {
		t.Errorf("Then was called with %v", then)
	}

	c := change(lead.New, true)
	c.Revision = 3
	if l, err := r.Update(t.Context(), "l1", c); !errors.Is(err, lead.ErrConflict) || l.Revision != 7 {
		t.Errorf("another revision = %+v, %v, want lead.ErrConflict and the lead as it is", l, err)
	}
	refused := errors.New("refused")
	c = change(lead.New, true)
	c.Keep.With = func(*lead.Lead, bool) ([]journal.Op, error) { return nil, refused }
	if _, err := r.Update(t.Context(), "l1", c); !errors.Is(err, refused) {
		t.Errorf("With fails: %v", err)
	}
	if _, err := r.Update(t.Context(), "none", c); !errors.Is(err, lead.ErrNotFound) {
		t.Errorf("no such lead: %v", err)
	}
	r.o.Journal.Close()
	if _, err := r.Update(t.Context(), "l1", change(lead.New, true)); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("a closed journal: %v", err)
	}
}

// A touch is settled once, and one that is reopened keeps its receipts.
func TestRepo_SettleAndReopen(t *testing.T) {
	r, _ := newRepo(t)
	touch := &lead.Touch{ID: "t1", State: lead.Settled, LeadID: "l1", Deliveries: []lead.Delivery{{Target: "sales", State: lead.Sent, Receipt: "C1/1"}}}
	r.put(t, waiting(t, HotShelf, touch), journal.Put(ReceiptShelf, ReceiptKey("t1", "sales"), []byte(`{"state":"sent"}`)))
	var done []bool
	settle := func(touch *lead.Touch) {
		t.Helper()
		if err := r.Settle(t.Context(), touch, &lead.Lead{ID: "l1", Revision: 1}, func(owned bool) { done = append(done, owned) }); err != nil {
			t.Fatal(err)
		}
	}
	settle(touch)
	if _, ok := r.Receipt("t1", "sales"); ok || r.Owns("t1") || !r.Settled("t1") {
		t.Error("after Settle the touch is still a task")
	}
	if l, err := r.LeadHere("l1"); err != nil || l.Revision != 1 {
		t.Errorf("its lead = %+v, %v", l, err)
	}
	settle(touch) // another node's by now, or done twice
	if !slices.Equal(done, []bool{true, false}) {
		t.Errorf("done = %v", done)
	}
	begun, err := r.Reopen(t.Context(), touch, BulkShelf, journal.Put(RequestShelf, "more", nil))
	if d, ok := r.Receipt("t1", "sales"); err != nil || !begun || !ok || d.Receipt != "C1/1" || r.Settled("t1") {
		t.Errorf("Reopen = %t, %v, receipt %+v", begun, err, d)
	}
	if begun, err := r.Reopen(t.Context(), touch, BulkShelf); begun || err != nil {
		t.Errorf("Reopen again = %t, %v", begun, err)
	}
	r.o.Journal.Close()
	if err := r.Settle(t.Context(), touch, nil, func(bool) {}); err == nil {
		t.Error("Settle in a closed journal: no error")
	}
}

// Many who lock several leads at once never wait for each other for ever.
func TestLocks(t *testing.T) {
	var l Locks
	var all sync.WaitGroup
	n := 0
	for i := range 50 {
		all.Go(func() {
			names := []string{"a", "b", "c"}
			if i%2 == 0 {
				slices.Reverse(names)
			}
			for range 100 {
				unlock := l.Lock(names...)
				n++
				unlock()
			}
		})
	}
	all.Wait()
	if n != 5000 {
		t.Errorf("%d of 5000 counted", n)
	}
}

func TestCodecs(t *testing.T) {
	for _, test := range []bool{false, true} {
		b, err := encodeWaiting(&lead.Touch{ID: "a", ReceivedAt: start, Test: test})
		if err != nil {
			t.Fatal(err)
		}
		if got, isTest := Arrival(b); !got.Equal(start) || isTest != test {
			t.Errorf("Arrival = %s, %v, want %s, %v", got, isTest, start, test)
		}
		if back, err := DecodeWaiting(b); err != nil || back.ID != "a" {
			t.Errorf("DecodeWaiting = %+v, %v", back, err)
		}
	}
	for _, short := range [][]byte{nil, []byte("12345678")} {
		if _, err := DecodeWaiting(short); err == nil {
			t.Errorf("DecodeWaiting(%q) has no error", short)
		}
		if _, err := DecodeRequest(short[:min(len(short), 3)]); err == nil {
			t.Errorf("DecodeRequest(%q) has no error", short)
		}
	}
	if _, err := DecodeRequest([]byte{0, 0, 0, 9, 1}); err == nil {
		t.Error("DecodeRequest of a length beyond the end has no error")
	}
	if id := TouchOf(ReceiptKey("t1", "sales/eu")); id != "t1" {
		t.Errorf("TouchOf = %s", id)
	}
}
