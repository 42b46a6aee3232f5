package replication

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// dataSet is a Redis that a test empties.
type dataSet struct {
	generation string
	made       int
	leads      []string
	touches    []string
	err        error
}

func (d *dataSet) Generation(context.Context) (string, error) { return d.generation, d.err }

func (d *dataSet) NewGeneration(context.Context) (string, error) {
	d.made++
	d.generation = strings.Repeat("g", d.made)
	return d.generation, d.err
}

func (d *dataSet) Restore(_ context.Context, leads []*lead.Lead, touches []*lead.Touch) error {
	for _, l := range leads {
		d.leads = append(d.leads, l.ID)
	}
	for _, t := range touches {
		d.touches = append(d.touches, t.ID)
	}
	return d.err
}

// node is a replica with a journal of its own.
type node struct {
	*Replication
	up       bool
	steps    []string
	turns    lead.Turns
	failing  error
	requeued int
}

func newNode(t *testing.T, jr *journal.Journal, d *dataSet) *node {
	t.Helper()
	n := &node{up: true}
	step := func(name string) Step {
		return Step{Name: name, Do: func(context.Context) error { n.steps = append(n.steps, name); return n.failing }}
	}
	n.Replication = New(Options{Journal: jr, Store: d, Prompt: d, Up: func() bool { return n.up }, Lasting: true,
		Audit: func() error { n.steps = append(n.steps, "audit"); return nil },
		Turns: func(_ context.Context, turns lead.Turns) error { n.turns = turns; return nil }, Restore: []Step{step("rates"), step("names")}, Return: []Step{step("receipts")},
		Requeue: func() { n.requeued++ }, Logger: slog.New(slog.DiscardHandler), Now: time.Now})
	if err := n.Load(); err != nil {
		t.Fatal(err)
	}
	return n
}

func open(t *testing.T) *journal.Journal {
	t.Helper()
	jr, err := journal.Open(journal.Options{Dir: t.TempDir(), Shelves: append(Shelves(), repo.Shelves()...), Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { jr.Close() })
	err = jr.Commit(t.Context(), journal.Put(repo.LeadShelf, "a", []byte(`{"id":"a","assigned":{"to":"Dana","team":"emea","at":"2026-11-25T09:00:00Z"}}`)),
		journal.Put(repo.LeadShelf, "b", []byte("{")), journal.Put(repo.LeadShelf, "c", []byte(`{"id":"c"}`)), journal.Put(repo.TouchShelf, "t", []byte(`{"id":"t"}`)))
	if err != nil {
		t.Fatal(err)
	}
	return jr
}

// An empty data set is filled, in order, and marked; the same data set is left
// alone, also after a restart; one that was emptied is filled again, whichever
// replica sees it first. What cannot be read is left out.
func TestReplication(t *testing.T) {
	jr, d := open(t), &dataSet{}
	n := newNode(t, jr, d)
	if err := n.Check(t.Context()); !errors.Is(err, availability.ErrDataLost) {
		t.Errorf("Check of an empty data set = %v", err)
	}
	if lost, err := n.Fill(t.Context()); err != nil || !lost {
		t.Fatalf("Fill = %t, %v", lost, err)
	}
	if !slices.Equal(d.leads, []string{"a", "c"}) || !slices.Equal(d.touches, []string{"t"}) || len(n.turns.Turn) != 1 {
		t.Errorf("restored %v and %v, turns %+v", d.leads, d.touches, n.turns)
	}
	if want := []string{"audit", "rates", "names"}; !slices.Equal(n.steps, want) {
		t.Errorf("steps %v, want %v", n.steps, want)
	}
	if err := n.Check(t.Context()); err != nil {
		t.Errorf("Check afterwards = %v", err)
	}

	n = newNode(t, jr, d) // as after a restart
	if err := n.OnReturn(t.Context(), false); err != nil || n.requeued != 0 || !slices.Equal(n.steps, []string{"audit", "receipts"}) {
		t.Errorf("OnReturn of the same data set = %v, requeued %d times, steps %v", err, n.requeued, n.steps)
	}
	if err := n.OnReturn(t.Context(), true); err != nil || n.requeued != 1 {
		t.Errorf("OnReturn after a long outage = %v, requeued %d times", err, n.requeued)
	}

	other := newNode(t, open(t), d)
	d.generation, d.leads = "", nil // it lost everything
	if err := n.Check(t.Context()); !errors.Is(err, availability.ErrDataLost) {
		t.Errorf("Check of an emptied data set = %v", err)
	}
	n.up = false
	if err := n.Check(t.Context()); err != nil {
		t.Errorf("Check while it is known to be down = %v, want that it answers", err)
	}
	for i, n := range []*node{other, n} {
		if err := n.OnReturn(t.Context(), false); err != nil || n.requeued != i+1 || len(d.leads) != 2*(i+1) {
			t.Errorf("replica %d: %v, requeued %d times, %v restored in all", i, err, n.requeued, d.leads)
		}
	}
	if d.made != 2 {
		t.Errorf("%d generations, want a second one that both know", d.made)
	}
}

func TestReplication_Errors(t *testing.T) {
	jr, d := open(t), &dataSet{err: errors.New("timeout")}
	n := newNode(t, jr, d)
	if err := n.Check(t.Context()); !errors.Is(err, d.err) {
		t.Errorf("Check = %v", err)
	}
	if _, err := n.Fill(t.Context()); !errors.Is(err, d.err) {
		t.Errorf("Fill = %v", err)
	}
	d.err, n.failing = nil, errors.New("step")
	if err := n.OnReturn(t.Context(), false); !errors.Is(err, n.failing) || n.known() != "" {
		t.Errorf("OnReturn = %v, and the data set counts as filled: %q", err, n.known())
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	n.failing = nil
	if _, err := n.Fill(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("Fill for nobody = %v", err)
	}
	jr.Close()
	if _, err := n.Fill(t.Context()); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("Fill from a closed journal = %v", err)
	}
	if err := n.Load(); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("Load from a closed journal = %v", err)
	}
}
