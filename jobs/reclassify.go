package jobs

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// reclassifyAtOnce is how many leads of a page are written at the same time.
const reclassifyAtOnce = 8

// Reclassify gives the chosen leads the verdict of the rules in force. Messages
// about those whose class changes are rewritten; nobody is told anew unless
// chosen.Alert says that targets hear of those that turn hot. Every page of leads
// is on disk before the next one is read, and running it twice changes nothing
// more. dry: nothing is written.
func (j *Jobs) Reclassify(ctx context.Context, chosen lead.Chosen, dry bool, told lead.Walk) (lead.Reclassified, error) {
	r := lead.Reclassified{Rules: j.o.Rules().Version(), Turns: map[string]int{}, DryRun: dry}
	if !dry { // of an earlier run that broke off
		if err := j.keepPromises(ctx, j.now().Add(-promiseAge)); err != nil {
			return r, err
		}
	}
	done := 0
	err := j.o.Store.EachLead(ctx, func(page []*lead.Lead, all int) error {
		turned, alerted, err := j.reclassifyPage(ctx, page, chosen, dry)
		r.Alerted += alerted
		for _, t := range turned {
			r.Leads++
			if t.Before.SameClass(t.After) {
				r.Same++
				continue
			}
			r.Turned++
			r.Turns[turnName(t.Before, t.After)]++
			if err := told.Tell(t); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
		done += len(page)
		return told.Reached(lead.Progress{Done: done, All: max(all, done)})
	})
	return r, err
}

// reclassifyPage classifies the chosen leads of a page and keeps them.
func (j *Jobs) reclassifyPage(ctx context.Context, page []*lead.Lead, chosen lead.Chosen, dry bool) (turned []lead.Turn, alerted int, err error) {
	rules, now := j.o.Rules(), j.now()
	var written []*lead.Lead
	again := map[string]*lead.Touch{} // by lead id: to be told of
	var mu sync.Mutex
	var g errgroup.Group
	g.SetLimit(reclassifyAtOnce)
	for _, l := range page {
		before := rules.AsOf(l, now)
		if !chosen.Has(l, before) {
			continue
		}
		g.Go(func() error {
			t := lead.Turn{LeadID: l.ID, Person: l.Person, At: now.UTC(), Before: before, After: rules.Classify(l, now)}
			if !dry && l.Rules != rules.Version() {
				var touch *lead.Touch
				if chosen.Alert && t.Before.Temperature < lead.Hot && t.After.Temperature == lead.Hot {
					var err error
					if touch, err = j.lastTouch(ctx, l); err != nil {
						return err
					}
					if touch != nil {
						if err := j.promise(ctx, l.ID, touch); err != nil {
							return fmt.Errorf("reclassify lead %s: %w", l.ID, err)
						}
					}
				}
				tells := false
				after, err := j.o.Store.UpdateLead(ctx, l.ID, 0, func(l *lead.Lead) error {
					t.Before = rules.AsOf(l, now)
					l.Judge(rules, now)
					if t.After = l.Verdict; !t.Before.SameClass(t.After) {
						l.Trail = append(l.Trail, lead.Step{At: now.UTC(), Step: lead.StepReclassified, Why: rules.Version(), Note: turnName(t.Before, t.After)})
					}
					tells = touch != nil && j.decideAnew(l, touch, t.Before)
					return nil
				})
				if errors.Is(err, ErrNotFound) {
					return nil // erased meanwhile
				}
				if err != nil {
					return fmt.Errorf("reclassify lead %s: %w", l.ID, err)
				}
				mu.Lock()
				written = append(written, after)
				if tells {
					again[after.ID] = touch
				}
				mu.Unlock()
			}
			mu.Lock()
			turned = append(turned, t)
			mu.Unlock()
			return nil
		})
	}
	err = g.Wait()
	return turned, len(again), errors.Join(err, j.keepReclassified(ctx, written, again))
}

// keepReclassified keeps what was written in one commit, has the messages about
// these leads rewritten, and sets the touches in again on their way.
func (j *Jobs) keepReclassified(ctx context.Context, leads []*lead.Lead, again map[string]*lead.Touch) error {
	if len(leads) == 0 {
		return nil
	}
	ids := make([]string, len(leads))
	for i, l := range leads {
		ids[i] = l.ID
	}
	defer j.leads.lock(ids...)()
	var ops []journal.Op
	var shown []*lead.Lead
	var begun []*anew
	for _, l := range leads {
		op, err := j.keepLead(l)
		if err != nil {
			return err
		}
		if op != nil { // else the journal has a later one
			if ops = append(ops, *op); len(l.Posts) > 0 {
				ops, shown = append(ops, j.refreshOp(l)), append(shown, l)
			}
		}
		if !j.promised(l.ID) {
			continue
		}
		ops = append(ops, journal.Delete(promiseShelf, l.ID))
		if t := again[l.ID]; t != nil {
			a, more, err := j.reopenOps(ctx, t)
			if err != nil {
				return err
			}
			ops, begun = append(ops, more...), append(begun, a)
		}
	}
	if err := j.o.Journal.Settle(ctx, ops...); err != nil {
		return fmt.Errorf("keep %d leads: %w", len(leads), err)
	}
	for _, l := range shown {
		j.rewrite(l)
	}
	for _, a := range begun {
		j.begin(a)
	}
	return nil
}
