// Package runs answers one question: how far is the long work that people
// started?
//
// It promises that runs are carried out one after another, that each can be looked
// at while it lasts and for some time afterwards, and that a run that fails says
// why. What a run does to one lead or touch survives a crash; the run itself does
// not, and is started again. It must not know how a touch is worked on.
//
// To add one, call Registry.Start with a function that adds its results.
package runs

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/leadgate/leadgate/lead"
)

const (
	waitMost = 64  // runs that may wait for their turn
	keepMost = 100 // runs that can be looked at; the oldest are forgotten
)

// Registry are the runs of this node. Create it with NewRegistry, start it with
// Run.
type Registry struct {
	log *slog.Logger
	now func() time.Time

	queue chan *Run
	mu    sync.Mutex
	known map[string]*Run
	order []string
}

// NewRegistry returns a registry without runs.
func NewRegistry(log *slog.Logger, now func() time.Time) *Registry {
	return &Registry{log: log, now: now, known: map[string]*Run{}, queue: make(chan *Run, waitMost)}
}

// Run is one run and what carries it out.
type Run struct {
	do   func(ctx context.Context, add func(lead.Result)) error
	done chan struct{}

	mu  sync.Mutex
	run lead.Run
}

// Start lets a run wait for its turn. do calls add for each result.
func (r *Registry) Start(what string, dryRun bool, do func(ctx context.Context, add func(lead.Result)) error) (*Run, error) {
	run := newRun(lead.Run{ID: lead.NewID(r.now()), What: what, State: "waiting", DryRun: dryRun, StartedAt: r.now().UTC()})
	run.do = do
	select {
	case r.queue <- run:
	default:
		return nil, fmt.Errorf("%d runs wait already; try again when some are done", waitMost)
	}
	r.remember(run)
	return run, nil
}

func newRun(run lead.Run) *Run {
	run.Counts = map[string]int{}
	return &Run{run: run, done: make(chan struct{})}
}

// Track lets a run be looked at that is carried out elsewhere: by whoever calls
// Begin and End.
func (r *Registry) Track(id, what string, at time.Time) *Run {
	run := newRun(lead.Run{ID: id, What: what, State: "waiting", StartedAt: at})
	r.remember(run)
	return run
}

func (r *Registry) remember(run *Run) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known[run.run.ID] = run
	if r.order = append(r.order, run.run.ID); len(r.order) > keepMost {
		delete(r.known, r.order[0])
		r.order = r.order[1:]
	}
}

// Tracked returns the run of an id, made if an earlier process had it.
func (r *Registry) Tracked(id string) *Run {
	r.mu.Lock()
	defer r.mu.Unlock()
	if run := r.known[id]; run != nil {
		return run
	}
	return newRun(lead.Run{ID: id})
}

// Get returns a run as it is now; lead.ErrNotFound when there is none of this id,
// or it was long ago.
func (r *Registry) Get(id string) (lead.Run, error) {
	r.mu.Lock()
	run := r.known[id]
	r.mu.Unlock()
	if run == nil {
		return lead.Run{}, fmt.Errorf("run %s: %w", id, lead.ErrNotFound)
	}
	return run.Now(), nil
}

// Run carries out what waits, until ctx ends.
func (r *Registry) Run(ctx context.Context) {
	for {
		select {
		case run := <-r.queue:
			run.carryOut(ctx, r)
		case <-ctx.Done():
			return
		}
	}
}

func (run *Run) carryOut(ctx context.Context, r *Registry) {
	run.Begin()
	err := run.do(ctx, func(x lead.Result) {
		run.mu.Lock()
		run.run.Add(x)
		run.mu.Unlock()
	})
	run.End(nil, r.now(), err)
	now := run.Now()
	r.log.Info("run ended", "run", now.ID, "what", now.What, "state", now.State, "dry_run", now.DryRun, "looked", now.Looked, "counts", now.Counts, "error", now.Error)
}

// Now is the run as it is; nobody changes the copy.
func (run *Run) Now() lead.Run {
	run.mu.Lock()
	defer run.mu.Unlock()
	r := run.run
	r.Counts, r.Results = maps.Clone(r.Counts), slices.Clone(r.Results)
	return r
}

// Wait waits until the run has ended, or ctx; it returns the run as it is.
func (run *Run) Wait(ctx context.Context) lead.Run {
	select {
	case <-run.done:
	case <-ctx.Done():
	}
	return run.Now()
}

// Begin says that the run is being carried out.
func (run *Run) Begin() {
	run.mu.Lock()
	run.run.State = "running"
	run.mu.Unlock()
}

// End ends the run with what it counted, or why it failed.
func (run *Run) End(counts map[string]int, now time.Time, err error) {
	run.mu.Lock()
	defer run.mu.Unlock()
	run.run.State, run.run.EndedAt = "done", now.UTC()
	if counts != nil {
		run.run.Counts = counts
	}
	if err != nil {
		run.run.State, run.run.Error = "failed", err.Error()
	}
	close(run.done)
}
