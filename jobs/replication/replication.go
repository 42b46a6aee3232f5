// Package replication sees to it that what this journal keeps is in Redis, whatever
// happened to Redis.
//
// It promises that a Redis that lost all its data is recognised, by the generation
// that its data set has, and filled again from this journal before it counts as
// up; and that what was done while Redis was away is written to it then. It must
// not know how a touch is worked on. What it does not promise: a Redis that went
// back in time and kept its generation is not recognised.
//
// To restore something more, add it to Options.Restore, which runs after data was
// lost, or to Options.Return, which runs whenever Redis is back.
package replication

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

const (
	generationShelf = "life"  // generationKey -> the generation that has had what is here
	generationKey   = "redis" // of the only Redis there is

	batchSize = 500 // leads or touches that are written together
)

// Shelves are the journal's that replication uses.
func Shelves() []string { return []string{generationShelf} }

// Store is the data set in Redis. store.Store is one.
type Store interface {
	Generation(ctx context.Context) (generation string, err error) // empty: it holds nothing of ours
	NewGeneration(ctx context.Context) (generation string, err error)
	Restore(ctx context.Context, leads []*lead.Lead, touches []*lead.Touch) error
}

// Step restores one thing.
type Step struct {
	Name string // "restore NAME" in errors
	Do   func(ctx context.Context) error
}

// Options of New; all are required.
type Options struct {
	Journal *journal.Journal
	Store   Store // with patience
	Prompt  Store // the same over a client that never waits more than 200 ms
	Up      func() bool
	Lasting bool // Redis may outlive this process: its generation is kept in the journal

	Audit   func() error                                      // shares what a crash kept from the audit
	Turns   func(ctx context.Context, turns lead.Turns) error // restores whose turn it is, and who is off
	Restore []Step                                            // after data was lost, in order
	Return  []Step                                            // when Redis is back, in order
	Requeue func()                                            // enqueues once more what was in flight when it got lost

	Logger *slog.Logger
	Now    func() time.Time
}

// Replication knows which generation of the data set has what this journal keeps.
type Replication struct {
	o Options

	mu         sync.Mutex
	generation string
}

// New returns replication that knows no generation; see Load.
func New(o Options) *Replication { return &Replication{o: o} }

// Load reads from the journal which generation had what is there.
func (r *Replication) Load() error {
	b, err := r.o.Journal.Get(generationShelf, generationKey)
	if err != nil && !errors.Is(err, journal.ErrNotFound) {
		return fmt.Errorf("read which redis was there: %w", err)
	}
	r.mu.Lock()
	r.generation = string(b)
	r.mu.Unlock()
	return nil
}

func (r *Replication) known() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.generation
}

// Check says whether Redis answers and still has what was put into it.
// availability.ErrDataLost when it has not.
func (r *Replication) Check(ctx context.Context) error {
	generation, err := r.o.Prompt.Generation(ctx)
	if err != nil {
		return err
	}
	if (generation == "" || generation != r.known()) && r.o.Up() {
		return availability.ErrDataLost
	}
	return nil
}

// OnReturn restores what Redis lost and what it missed. With lost, or when its data
// was lost, everything that was in flight is enqueued once more; else the sweeper
// finds the few touches whose tasks got lost.
func (r *Replication) OnReturn(ctx context.Context, lost bool) error {
	dataLost, err := r.Fill(ctx)
	if err != nil {
		return err
	}
	if err := do(ctx, r.o.Return); err != nil {
		return err
	}
	if dataLost || lost {
		r.o.Requeue()
	}
	return nil
}

func do(ctx context.Context, steps []Step) error {
	for _, s := range steps {
		if err := s.Do(ctx); err != nil {
			return fmt.Errorf("restore %s: %w", s.Name, err)
		}
	}
	return nil
}

// Fill fills a data set that does not have what this journal keeps, marks it, and
// says that it was so. A data set that lost everything gets another generation,
// also when another replica was the first to see it.
func (r *Replication) Fill(ctx context.Context) (lost bool, err error) {
	generation, err := r.o.Prompt.Generation(ctx)
	if err != nil {
		return false, err
	}
	if err := r.o.Audit(); err != nil {
		return false, err
	}
	if generation != "" && generation == r.known() {
		return false, nil
	}
	begin := r.o.Now()
	var turns lead.Turns
	leads, err := fill(ctx, r.o, repo.LeadShelf, func(batch []*lead.Lead) error {
		for _, l := range batch {
			if l.Assigned != nil {
				turns.Remember(*l.Assigned)
			}
		}
		return r.o.Store.Restore(ctx, batch, nil)
	})
	if err != nil {
		return true, fmt.Errorf("restore leads: %w", err)
	}
	touches, err := fill(ctx, r.o, repo.TouchShelf, func(batch []*lead.Touch) error { return r.o.Store.Restore(ctx, nil, batch) })
	if err != nil {
		return true, fmt.Errorf("restore touches: %w", err)
	}
	if err := r.o.Turns(ctx, turns); err != nil {
		return true, fmt.Errorf("restore turns: %w", err)
	}
	if err := do(ctx, r.o.Restore); err != nil {
		return true, err
	}
	if leads+touches > 0 {
		r.o.Logger.Info("store filled from the journal", "leads", leads, "touches", touches, "ms", r.o.Now().Sub(begin).Milliseconds())
	}
	if generation == "" {
		if generation, err = r.o.Store.NewGeneration(ctx); err != nil {
			return true, err
		}
	}
	return true, r.keep(ctx, generation)
}

// keep remembers the generation that has what this journal keeps.
func (r *Replication) keep(ctx context.Context, generation string) error {
	r.mu.Lock()
	r.generation = generation
	r.mu.Unlock()
	if !r.o.Lasting {
		return nil
	}
	if err := r.o.Journal.Settle(ctx, journal.Put(generationShelf, generationKey, []byte(generation))); err != nil {
		return fmt.Errorf("keep which redis was there: %w", err)
	}
	return nil
}

// fill walks over a shelf and writes its values in batches, but for what cannot be
// read.
func fill[T any](ctx context.Context, o Options, shelf string, put func([]*T) error) (n int, err error) {
	var batch []*T
	flush := func() {
		if err == nil && len(batch) > 0 {
			err = put(batch)
			n += len(batch)
			batch = batch[:0]
		}
	}
	walk := o.Journal.Each(shelf, "", func(key string, value []byte) bool {
		v := new(T)
		if bad := json.Unmarshal(value, v); bad != nil {
			o.Logger.Error("what the journal kept cannot be read; it stays there", "shelf", shelf, "key", key, "error", bad)
			return true
		}
		if batch = append(batch, v); len(batch) == batchSize {
			flush()
		}
		return err == nil && ctx.Err() == nil
	})
	flush()
	return n, errors.Join(err, walk, ctx.Err())
}
