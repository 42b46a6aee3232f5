package views

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/jobs/books"
	"github.com/leadgate/leadgate/jobs/events"
	"github.com/leadgate/leadgate/jobs/policy"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/ops"
	"github.com/leadgate/leadgate/lead/rules"
	"github.com/leadgate/leadgate/notify/routing"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// shared is a store of two leads, one of which was merged into the other.
type shared struct{ repo.Store }

// counted is a store of another node's books.
type counted struct{ books.Store }

func (shared) Lead(_ context.Context, id string) (*lead.Lead, error) {
	switch id {
	case "l1":
		return &lead.Lead{ID: "l1", Person: lead.Person{Name: "Ada"}, Touches: []string{"t1"},
			History: []lead.Past{{ID: "t1", At: noon.AddDate(-1, 0, 0), Action: "demo_request"}}, Verdict: lead.Verdict{Temperature: lead.Hot, Score: 90, JudgedAt: noon.AddDate(-1, 0, 0)}}, nil
	case "l2":
		return &lead.Lead{ID: "l2", MergedInto: "l1"}, nil
	}
	return nil, lead.ErrNotFound
}

func (shared) TouchesByID(_ context.Context, ids []string) ([]*lead.Touch, error) {
	return make([]*lead.Touch, len(ids)), nil
}

func (shared) Touches(context.Context, lead.TouchQuery) (lead.TouchPage, error) {
	return lead.TouchPage{Items: []*lead.Touch{{ID: "t1"}}}, nil
}

func (shared) Leads(context.Context, lead.Query) (lead.LeadPage, error) {
	return lead.LeadPage{Items: []*lead.Lead{{ID: "l1"}}}, nil
}

func (shared) Care(context.Context, time.Time, time.Time) ([]lead.Care, error) {
	return make([]lead.Care, 1), nil
}

func (shared) Funnel(context.Context, time.Time, time.Time) ([]lead.Funnel, error) {
	return make([]lead.Funnel, 1), nil
}

func (counted) Books(context.Context, string, string) (lead.Books, error) {
	return lead.Books{Accepted: 3}, nil
}

// newViews are views whose store is not filled yet, of a Redis outside this process.
func newViews(t *testing.T) *Views {
	t.Helper()
	jr, err := journal.Open(journal.Options{Dir: t.TempDir(), Shelves: append(repo.Shelves(), books.Shelves()...), Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { jr.Close() })
	log, now := slog.New(slog.DiscardHandler), func() time.Time { return noon }
	redis := availability.New(availability.Options{Logger: log, Now: now})
	rulings := policy.Policy{Rules: rules.Default, Routes: func() []routing.Route { return []routing.Route{{To: "sales", AtLeast: lead.Hot}} },
		People: func() lead.People { return lead.People{} }, Now: now}
	leads := repo.New(repo.Options{Journal: jr, Store: shared{}, Prompt: shared{}, Redis: redis, Events: events.NewLog("run", now), Alone: rulings.Alone,
		Overlay:  func(_ string, l *lead.Lead) (*lead.Lead, error) { return l, nil },
		InFlight: func(*lead.Touch) []lead.Step { return nil },
		Updates:  func(string) bool { return true }, Logger: log, Now: now})
	return New(Options{Journal: jr, Shelves: []string{repo.HotShelf, repo.LeadShelf}, Store: store{}, Redis: redis, Repo: leads, Policy: rulings,
		Server:  func(context.Context) ops.Redis { return ops.Redis{Version: "8.0"} },
		Books:   books.New(books.Options{Journal: jr, Store: counted{}, Redis: redis, Node: "n", Shared: true, Registry: prometheus.NewRegistry(), Now: now}),
		Queues:  func(context.Context) ([]ops.Queue, error) { return []ops.Queue{{Name: "hot"}}, nil },
		Targets: func() []ops.Target { return []ops.Target{{Name: "sales"}} }})
}

// store is what views list of shared.
type store struct{ shared }

func (store) Server(context.Context) ops.Redis { return ops.Redis{} }

// lists are all that need a filled store, by name.
func lists(ctx context.Context, v *Views) map[string]func() error {
	return map[string]func() error{
		"Touches": func() error { _, err := v.Touches(ctx, lead.TouchQuery{}); return err },
		"Leads":   func() error { _, err := v.Leads(ctx, lead.Query{}); return err },
		"Care":    func() error { _, err := v.Care(ctx, noon, noon); return err },
		"Funnel":  func() error { _, err := v.Funnel(ctx, noon, noon); return err },
		"Lead":    func() error { _, err := v.Lead(ctx, "l1"); return err },
		"Explain": func() error { _, err := v.Explain(ctx, "l1"); return err },
		"Books":   func() error { _, err := v.Books(ctx, "2026-11-25"); return err },
	}
}

// Lists wait until the store is filled: a caller that cannot wait so long gets
// lead.ErrUnavailable, not an empty list. While Redis is away those that only the
// store has fail at once: a call would only time out.
func TestViews_Lists(t *testing.T) {
	v := newViews(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, list := range lists(ended, v) {
		if err := list(); !errors.Is(err, lead.ErrUnavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("%s before the store is filled: %v, want %v", name, err, lead.ErrUnavailable)
		}
	}
	v.o.Redis.MarkReady()
	for _, name := range []string{"Touches", "Leads", "Care", "Funnel"} {
		if err := lists(t.Context(), v)[name](); !errors.Is(err, lead.ErrUnavailable) {
			t.Errorf("%s while redis is away: %v, want %v", name, err, lead.ErrUnavailable)
		}
	}
	if v.AwaySince().IsZero() {
		t.Error("AwaySince is zero while redis is away")
	}
	v.o.Redis.SetUp(true)
	for name, list := range lists(t.Context(), v) {
		if err := list(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !v.AwaySince().IsZero() {
		t.Error("AwaySince is set while redis is up")
	}
}

// A lead has its verdict as of now: what made it hot is a year old. Of one that was
// merged the other is explained.
func TestViews_Lead(t *testing.T) {
	v := newViews(t)
	v.o.Redis.MarkReady()
	v.o.Redis.SetUp(true)
	if l, err := v.Lead(t.Context(), "l1"); err != nil || l.Temperature == lead.Hot {
		t.Errorf("Lead = %+v, %v, want a verdict as of now", l, err)
	}
	if x, err := v.Explain(t.Context(), "l2"); err != nil || x.LeadID != "l1" || len(x.Decisions) != 1 {
		t.Errorf("Explain of a merged lead = %+v, %v", x, err)
	}
	for name, err := range map[string]error{
		"Lead":     func() error { l, err := v.Lead(t.Context(), "none"); return errors.Join(err, some(l)) }(),
		"Explain":  func() error { _, err := v.Explain(t.Context(), "none"); return err }(),
		"HeldLead": func() error { l, err := v.HeldLead("none"); return errors.Join(err, some(l)) }(),
	} {
		if !errors.Is(err, lead.ErrNotFound) {
			t.Errorf("%s of nobody = %v, want %v", name, err, lead.ErrNotFound)
		}
	}
}

// some is an error if there is a lead.
func some(l *lead.Lead) error {
	if l != nil {
		return errors.New("and a lead")
	}
	return nil
}

func TestViews_Machinery(t *testing.T) {
	v := newViews(t)
	want := ops.Machinery{Journal: ops.Journal{Bytes: v.o.Journal.Size(), Shelves: []ops.Shelf{{Name: "hot"}, {Name: "leads"}}}, Queues: []ops.Queue{}, Targets: []ops.Target{{Name: "sales"}}}
	if d := cmp.Diff(want, v.Machinery(t.Context())); d != "" {
		t.Errorf("while redis is away (-want +got):\n%s", d)
	}
	v.o.Redis.SetUp(true)
	want.Redis, want.Queues = ops.Redis{Up: true, Version: "8.0"}, []ops.Queue{{Name: "hot"}}
	if d := cmp.Diff(want, v.Machinery(t.Context())); d != "" {
		t.Errorf("with redis (-want +got):\n%s", d)
	}
	v.o.Embedded = true
	want.Redis = ops.Redis{Up: true, Embedded: true}
	if d := cmp.Diff(want, v.Machinery(t.Context())); d != "" {
		t.Errorf("with the built-in redis (-want +got):\n%s", d)
	}
	if err := v.o.Journal.Close(); err != nil {
		t.Fatal(err)
	}
	if m := v.Machinery(t.Context()); m.Journal.Error == "" {
		t.Error("Machinery of a closed journal says nothing of it")
	}
}
