package jobs

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

// Rehearse tries rules on everybody who did something since: whose class would
// have been another at their latest touch, and how many alerts there would have
// been. Nothing is changed. Both sides are worked out anew from the history, so
// what differs is the rules' doing.
func (j *Jobs) Rehearse(ctx context.Context, rules *lead.Rules, since time.Time, told lead.Walk) (lead.Rehearsal, error) {
	now, inUse, routes := j.now(), j.o.Rules(), j.routes()
	r := lead.Rehearsal{Rules: rules.Version(), RulesInUse: inUse.Version(), Since: since.UTC(), Turns: map[string]int{}}
	err := j.eachLead(ctx, told, func(l *lead.Lead) func() error {
		first := slices.IndexFunc(l.History, func(p lead.Past) bool { return !p.At.Before(since) && !p.Test })
		if first < 0 {
			return nil
		}
		before, alertsBefore := rehearse(l, inUse, routes, first)
		after, alertsAfter := rehearse(l, rules, routes, first)
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

// rehearse lets a lead's touches from first on happen once more under other
// rules: the verdict at the last of them, and how many of them are alerts.
func rehearse(l *lead.Lead, rules *lead.Rules, routes []notify.Route, first int) (v lead.Verdict, alerts int) {
	again := lead.Lead{ID: l.ID, Person: l.Person, Status: lead.New, History: slices.Clone(l.History)}
	past := again.History
	for i := range past {
		past[i].Decisions = nil
	}
	for i := first; i < len(past); i++ {
		at := past[i].At
		again.History = past[:i+1]
		again.Verdict = rules.Classify(&again, at)
		v = again.Verdict
		if v.Temperature < lead.Hot || past[i].Test {
			continue
		}
		asked := notify.Asked{Lead: &again, Touch: touchOf(l.Person, &past[i]), Known: i > 0, Routes: routes, Now: at}
		alone := rules.ClassifyTouch(asked.Touch, at)
		asked.Alone = &alone
		if i > 0 {
			earlier := again
			earlier.History = past[:i]
			asked.Before = rules.Classify(&earlier, at)
		}
		past[i].Decisions = notify.Decide(asked)
		if slices.ContainsFunc(past[i].Decisions, isAlert) {
			again.AlertedAt = at
			alerts++
		}
	}
	return v, alerts
}

// isAlert says whether a target is told at once and anew.
func isAlert(d lead.Decision) bool { return d.Kind == lead.HotAlert || d.Kind == lead.JustTurnedHot }

// touchOf is a touch as the history remembers it.
func touchOf(p lead.Person, past *lead.Past) *lead.Touch {
	return &lead.Touch{ID: past.ID, State: lead.Settled, Action: past.Action, Source: past.Source, At: past.At, Person: cmp.Or(past.Said, p), Event: lead.Event{Title: past.Event},
		Message: past.Message, PageURL: past.PageURL, UTM: past.UTM, Fields: past.Fields, Marks: past.Marks, Consent: past.Consent, Test: past.Test}
}

// eachLead looks at every lead on all processors. What look returns is carried
// out by one goroutine at a time; nil: nothing is to be done.
func (j *Jobs) eachLead(ctx context.Context, told lead.Walk, look func(*lead.Lead) func() error) error {
	var mu sync.Mutex
	done := 0
	return j.o.Store.EachLead(ctx, func(page []*lead.Lead, all int) error {
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
		done += len(page)
		return told.Reached(lead.Progress{Done: done, All: max(all, done)})
	})
}
