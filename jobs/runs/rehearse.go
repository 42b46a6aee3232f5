package runs

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/rules"
)

// Rehearse tries rules on everybody who did something since: whose class would
// have been another at their latest touch, and how many alerts there would have
// been. Nothing is changed. Both sides are worked out anew from the history, so
// what differs is the rules' doing.
func (w *Runs) Rehearse(ctx context.Context, set *rules.Set, since time.Time, told lead.Walk) (lead.Rehearsal, error) {
	if err := w.o.Redis.Ready(ctx); err != nil {
		return lead.Rehearsal{}, err
	}
	now, inUse := w.o.Now(), w.o.Policy.Rules()
	r := lead.Rehearsal{Rules: set.Version(), RulesInUse: inUse.Version(), Since: since.UTC(), Turns: map[string]int{}}
	err := w.eachLead(ctx, told, func(l *lead.Lead) func() error {
		first := slices.IndexFunc(l.History, func(p lead.Past) bool { return !p.At.Before(since) && !p.Test })
		if first < 0 {
			return nil
		}
		before, alertsBefore := w.o.Policy.Rehearse(l, inUse, first)
		after, alertsAfter := w.o.Policy.Rehearse(l, set, first)
		return func() error {
			r.Leads++
			r.Alerts.Before += alertsBefore
			r.Alerts.After += alertsAfter
			switch {
			case !before.SameClass(after):
				r.Turned++
				r.Turns[turnName(before, after)]++
				return told.Tell(lead.Turn{LeadID: l.ID, Person: l.Person, At: l.History[len(l.History)-1].At, Before: before, After: after})
			case before.Score != after.Score:
				r.Rescored++
			}
			return nil
		}
	})
	if days := now.Sub(since).Hours() / 24; days > 0 {
		r.Alerts.BeforePerDay, r.Alerts.AfterPerDay = float64(r.Alerts.Before)/days, float64(r.Alerts.After)/days
	}
	return r, err
}

func turnName(before, after lead.Verdict) string { return before.Class() + " -> " + after.Class() }

// eachLead looks at every lead on all processors. What look returns is carried
// out by one goroutine at a time; nil: nothing is to be done.
func (w *Runs) eachLead(ctx context.Context, told lead.Walk, look func(*lead.Lead) func() error) error {
	var mu sync.Mutex
	return w.eachPage(ctx, told, func(page []*lead.Lead) error {
		var g errgroup.Group
		g.SetLimit(runtime.GOMAXPROCS(0))
		for chunk := range slices.Chunk(page, 32) {
			g.Go(func() error {
				for _, l := range chunk {
					then := look(l)
					if then == nil {
						continue
					}
					mu.Lock()
					err := then()
					mu.Unlock()
					if err != nil {
						return err
					}
				}
				return ctx.Err()
			})
		}
		if err := g.Wait(); err != nil {
			return fmt.Errorf("look at %d leads: %w", len(page), err)
		}
		return nil
	})
}

// eachPage looks at all leads, a page at a time, and reports how far it is.
func (w *Runs) eachPage(ctx context.Context, told lead.Walk, look func(page []*lead.Lead) error) error {
	all, err := w.o.Store.CountLeads(ctx)
	if err != nil {
		return err
	}
	done := 0
	for page, err := range w.o.Store.LeadPages(ctx) {
		if err != nil {
			return err
		}
		if err := look(page); err != nil {
			return err
		}
		done += len(page)
		if err := told.Reached(lead.Progress{Done: done, All: max(all, done)}); err != nil {
			return err
		}
	}
	return nil
}
