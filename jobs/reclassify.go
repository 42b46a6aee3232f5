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
// about those whose class changes are rewritten; nobody is told anew. Every page
// of leads is on disk before the next one is read, and running it twice changes
// nothing more. dry: nothing is written.
func (j *Jobs) Reclassify(ctx context.Context, chosen lead.Chosen, dry bool, told lead.Walk) (lead.Reclassified, error) {
	r := lead.Reclassified{Rules: j.o.Rules().Version(), Turns: map[string]int{}, DryRun: dry}
	done := 0
	err := j.o.Store.EachLead(ctx, func(page []*lead.Lead, all int) error {
		turned, err := j.reclassifyPage(ctx, page, chosen, dry)
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
func (j *Jobs) reclassifyPage(ctx context.Context, page []*lead.Lead, chosen lead.Chosen, dry bool) ([]lead.Turn, error) {
	rules, now := j.o.Rules(), j.now()
	var turned []lead.Turn
	var written []*lead.Lead
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
				after, err := j.o.Store.UpdateLead(ctx, l.ID, 0, func(l *lead.Lead) error {
					t.Before = rules.AsOf(l, now)
					l.Judge(rules, now)
					if t.After = l.Verdict; !t.Before.SameClass(t.After) {
						l.Trail = append(l.Trail, lead.Step{At: now.UTC(), Step: lead.StepReclassified, Why: rules.Version(), Note: turnName(t.Before, t.After)})
					}
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
				mu.Unlock()
			}
			mu.Lock()
			turned = append(turned, t)
			mu.Unlock()
			return nil
		})
	}
	err := g.Wait()
	return turned, errors.Join(err, j.keepReclassified(ctx, written))
}

// keepReclassified keeps what was written in one commit and has the messages
// about these leads rewritten.
func (j *Jobs) keepReclassified(ctx context.Context, leads []*lead.Lead) error {
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
	for _, l := range leads {
		op, err := j.keepLead(l)
		if err != nil {
			return err
		}
		if op == nil {
			continue // the journal has a later one
		}
		ops = append(ops, *op)
		if len(l.Posts) > 0 {
			ops, shown = append(ops, j.refreshOp(l)), append(shown, l)
		}
	}
	if err := j.o.Journal.Settle(ctx, ops...); err != nil {
		return fmt.Errorf("keep %d leads: %w", len(leads), err)
	}
	for _, l := range shown {
		j.rewrite(l)
	}
	return nil
}
