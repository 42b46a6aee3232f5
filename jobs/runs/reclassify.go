package runs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/jobs/pipeline"
	"github.com/leadgate/leadgate/jobs/repo"
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
func (w *Runs) Reclassify(ctx context.Context, chosen lead.Chosen, dry bool, told lead.Walk) (lead.Reclassified, error) {
	if err := w.o.Redis.Ready(ctx); err != nil {
		return lead.Reclassified{}, err
	}
	r := lead.Reclassified{Rules: w.o.Policy.Rules().Version(), Turns: map[string]int{}, DryRun: dry}
	if !dry { // of an earlier run that broke off
		if err := w.o.Pipeline.RestorePending(ctx, w.o.Now().Add(-pipeline.PendingAge)); err != nil {
			return r, err
		}
	}
	err := w.eachPage(ctx, told, func(page []*lead.Lead) error {
		turned, alerted, err := w.reclassifyPage(ctx, page, chosen, dry)
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
		return err
	})
	return r, err
}

// ReclassifyLead gives one lead the verdict of the rules in force; of one that was
// merged it is the other one that is meant. lead.ErrConflict when it is at another
// revision. The turn comes back also when both verdicts are the same.
func (w *Runs) ReclassifyLead(ctx context.Context, id string, how lead.ReclassifyOne) (lead.Turn, error) {
	if err := w.o.Redis.Ready(ctx); err != nil {
		return lead.Turn{}, err
	}
	if !w.o.Redis.Up() {
		return lead.Turn{}, availability.ErrNeeded
	}
	l, err := w.o.Repo.Lead(ctx, id)
	for err == nil && l.MergedInto != "" {
		l, err = w.o.Repo.Lead(ctx, l.MergedInto)
	}
	if err != nil {
		return lead.Turn{}, fmt.Errorf("reclassify lead %s: %w", id, err)
	}
	if how.Revision != 0 && l.Revision != how.Revision {
		return lead.Turn{}, fmt.Errorf("reclassify lead %s: it is at revision %d: %w", id, l.Revision, lead.ErrConflict)
	}
	r := &rejudged{ReclassifyOne: how}
	r.Before = w.o.Policy.Rules().AsOf(l, w.o.Now())
	if err := w.retry(ctx, l, r); err != nil {
		return r.Turn, fmt.Errorf("reclassify lead %s: %w", l.ID, err)
	}
	if err := w.keepReclassified(ctx, []*rejudged{r}); err != nil {
		return r.Turn, err
	}
	if !how.DryRun {
		w.o.Audit.Record(ctx, lead.Entry{By: how.By, Did: lead.ActReclassify, LeadID: l.ID})
	}
	return r.Turn, nil
}

// rejudged is a lead that is judged again.
type rejudged struct {
	lead.ReclassifyOne
	lead.Turn
	written *lead.Lead  // as it is now; nil: it was left as it is
	touch   *lead.Touch // that Told hear of
}

// reclassifyPage classifies the chosen leads of a page and keeps them.
func (w *Runs) reclassifyPage(ctx context.Context, page []*lead.Lead, chosen lead.Chosen, dry bool) (turned []lead.Turn, alerted int, err error) {
	rules, now := w.o.Policy.Rules(), w.o.Now()
	var done []*rejudged
	var mu sync.Mutex
	var g errgroup.Group
	g.SetLimit(reclassifyAtOnce)
	for _, l := range page {
		r := &rejudged{ReclassifyOne: lead.ReclassifyOne{Alert: chosen.Alert, DryRun: dry}}
		if r.Before = rules.AsOf(l, now); !chosen.Has(l, r.Before) {
			continue
		}
		g.Go(func() error {
			err := w.retry(ctx, l, r)
			if errors.Is(err, lead.ErrNotFound) {
				return nil // erased meanwhile
			}
			if err != nil {
				return fmt.Errorf("reclassify lead %s: %w", l.ID, err)
			}
			mu.Lock()
			defer mu.Unlock()
			done = append(done, r)
			return nil
		})
	}
	err = g.Wait()
	for _, r := range done {
		turned = append(turned, r.Turn)
		if len(r.Told) > 0 {
			alerted++
		}
	}
	return turned, alerted, errors.Join(err, w.keepReclassified(ctx, done))
}

// retry judges a lead again and writes it.
func (w *Runs) retry(ctx context.Context, l *lead.Lead, r *rejudged) error {
	rules, now := w.o.Policy.Rules(), w.o.Now()
	r.LeadID, r.Person, r.At, r.After = l.ID, l.Person, now.UTC(), rules.Classify(l, now)
	if l.Rules == rules.Version() {
		return nil
	}
	if r.Alert && r.Before.Temperature < lead.Hot && r.After.Temperature == lead.Hot {
		var err error
		if r.touch, err = w.o.Pipeline.LastTouch(ctx, l); err != nil {
			return err
		}
		if r.touch != nil && !r.DryRun {
			if err := w.o.Pipeline.AddPending(ctx, l.ID, r.touch); err != nil {
				return err
			}
		}
	}
	rejudge := func(l *lead.Lead) {
		r.Before = rules.AsOf(l, now)
		rules.Judge(l, now)
		r.After = l.Verdict
		if r.Told = nil; r.touch != nil {
			r.Told = w.o.Policy.Realert(l, r.touch, r.Before)
		}
	}
	if r.DryRun {
		c := *l
		c.History = slices.Clone(l.History)
		rejudge(&c)
		return nil
	}
	var err error
	r.written, err = w.o.Repo.Update(ctx, l.ID, repo.Change{Revision: r.Revision, Apply: func(l *lead.Lead) error {
		if rejudge(l); r.By != "" || !r.Before.SameClass(r.After) {
			l.Trail = append(l.Trail, lead.Step{At: now.UTC(), Step: lead.StepReclassified, Why: rules.Version(), Note: r.note()})
		}
		return nil
	}})
	return err
}

// note is what the trail says of it.
func (r *rejudged) note() string {
	note := turnName(r.Before, r.After)
	if r.Before.SameClass(r.After) {
		note = fmt.Sprintf("%s, score %d -> %d", r.After.Class(), r.Before.Score, r.After.Score)
	}
	if r.By != "" {
		note += " by " + r.By
	}
	return note
}

// keepReclassified keeps what was written in one commit, has the messages about
// these leads rewritten, and sets the touches that targets hear of on their way.
func (w *Runs) keepReclassified(ctx context.Context, done []*rejudged) error {
	done = slices.DeleteFunc(done, func(r *rejudged) bool { return r.written == nil })
	if len(done) == 0 {
		return nil
	}
	of := make(map[string]*rejudged, len(done))
	leads := make([]*lead.Lead, len(done))
	for i, r := range done {
		of[r.written.ID], leads[i] = r, r.written
	}
	var begun []func()
	return w.o.Repo.Keep(ctx, repo.Commit{
		With: func(l *lead.Lead, kept bool) (ops []journal.Op, err error) {
			if kept && len(l.Posts) > 0 {
				ops = append(ops, w.o.Messages.Request(l))
			}
			var alerted *lead.Touch
			if r := of[l.ID]; len(r.Told) > 0 {
				alerted = r.touch
			}
			more, start, err := w.o.Pipeline.EndPending(ctx, l.ID, alerted)
			if err != nil {
				return nil, err
			}
			begun = append(begun, start)
			return append(ops, more...), nil
		},
		Then: func(l *lead.Lead, kept bool) {
			if kept && len(l.Posts) > 0 {
				w.o.Messages.Start(l)
			}
			for _, start := range begun {
				start()
			}
			begun = nil
		},
	}, leads...)
}
