package jobs

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// errands are the runs that people asked for, carried out one after another.
type errands struct {
	mu    sync.Mutex
	known map[string]*errand
	order []string
	queue chan *errand
}

// errand is a run and what carries it out. do calls add for each result.
type errand struct {
	mu   sync.Mutex
	run  lead.Run
	do   func(ctx context.Context, add func(lead.Result)) error
	done chan struct{}
}

const (
	errandsWait = 64  // may wait for their turn
	errandsKept = 100 // can be looked at; the oldest are forgotten
)

func newErrands() *errands {
	return &errands{known: map[string]*errand{}, queue: make(chan *errand, errandsWait)}
}

// startRun lets a run wait for its turn.
func (j *Jobs) startRun(what string, dryRun bool, do func(ctx context.Context, add func(lead.Result)) error) (*errand, error) {
	e := &errand{do: do, done: make(chan struct{}), run: lead.Run{ID: lead.NewID(j.now()), What: what, State: "waiting", DryRun: dryRun,
		StartedAt: j.now().UTC(), Counts: map[string]int{}}}
	select {
	case j.errands.queue <- e:
	default:
		return nil, fmt.Errorf("%d runs wait already; try again when some are done", errandsWait)
	}
	j.errands.know(e)
	return e, nil
}

// RunOf returns a run as it is now; lead.ErrNotFound when there is none of this id,
// or it was long ago.
func (j *Jobs) RunOf(id string) (lead.Run, error) {
	j.errands.mu.Lock()
	e := j.errands.known[id]
	j.errands.mu.Unlock()
	if e == nil {
		return lead.Run{}, fmt.Errorf("run %s: %w", id, lead.ErrNotFound)
	}
	return e.now(), nil
}

// now is a copy that nobody changes.
func (e *errand) now() lead.Run {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.run
	r.Counts, r.Results = maps.Clone(r.Counts), slices.Clone(r.Results)
	return r
}

// await waits until the run has ended, or ctx; it returns the run as it is.
func (e *errand) await(ctx context.Context) lead.Run {
	select {
	case <-e.done:
	case <-ctx.Done():
	}
	return e.now()
}

// runErrands carries out what waits, until ctx ends.
func (j *Jobs) runErrands(ctx context.Context) {
	if j.redis.Ready(ctx) != nil {
		return
	}
	for {
		select {
		case e := <-j.errands.queue:
			e.carryOut(ctx, j)
		case <-ctx.Done():
			return
		}
	}
}

func (e *errand) carryOut(ctx context.Context, j *Jobs) {
	e.begin()
	err := e.do(ctx, func(x lead.Result) {
		e.mu.Lock()
		e.run.Add(x)
		e.mu.Unlock()
	})
	e.end(nil, j.now(), err)
	r := e.now()
	j.log.Info("run ended", "run", r.ID, "what", r.What, "state", r.State, "dry_run", r.DryRun, "looked", r.Looked, "counts", r.Counts, "error", r.Error)
}

// know lets a run be looked at that is carried out elsewhere.
func (x *errands) know(e *errand) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.known[e.run.ID] = e
	if x.order = append(x.order, e.run.ID); len(x.order) > errandsKept {
		delete(x.known, x.order[0])
		x.order = x.order[1:]
	}
}

// of returns the run of an id, made if an earlier process had it.
func (x *errands) of(id string) *errand {
	x.mu.Lock()
	defer x.mu.Unlock()
	if e := x.known[id]; e != nil {
		return e
	}
	return &errand{run: lead.Run{ID: id}, done: make(chan struct{})}
}

func (e *errand) begin() {
	e.mu.Lock()
	e.run.State = "running"
	e.mu.Unlock()
}

// end ends the run with what it counted, or why it failed.
func (e *errand) end(counts map[string]int, now time.Time, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.run.State, e.run.EndedAt = "done", now.UTC()
	if counts != nil {
		e.run.Counts = counts
	}
	if err != nil {
		e.run.State, e.run.Error = "failed", err.Error()
	}
	close(e.done)
}
