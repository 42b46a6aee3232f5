package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/jobs/delivery"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/routing"
)

// timerKeeper is the list of leads that wait for somebody to take them.
type timerKeeper interface {
	Due(ctx context.Context, now time.Time, most int) ([]*lead.Lead, error)
	Rewind(ctx context.Context, leadID string, now, at time.Time) error
}

const (
	clockEvery   = 500 * time.Millisecond
	escalateMost = 100              // leads in one look
	clockLease   = 15 * time.Second // of a lead, so that one replica escalates it
	lateAfter    = time.Minute      // an escalation says that it is late
	rungPatience = time.Minute      // after that a level is done when one of its targets has heard
)

// escalate tells the next level of every lead whose time has come.
func (j *Jobs) escalate(ctx context.Context, now time.Time) error {
	due, err := j.o.Prompt.Due(ctx, now, escalateMost)
	if err != nil {
		return err
	}
	for _, l := range due {
		if err := j.escalateLead(ctx, l, now); err != nil {
			return fmt.Errorf("escalate lead %s: %w", l.ID, err)
		}
	}
	return nil
}

func (j *Jobs) escalateLead(ctx context.Context, l *lead.Lead, now time.Time) error {
	if !j.o.Embedded {
		if free, err := j.o.Prompt.Lease(ctx, "escalate/"+l.ID, j.o.Node, clockLease); err != nil || !free {
			return err
		}
	}
	rungs := j.policy.Levels(l)
	switch {
	case !l.Waits(), l.Escalated >= len(rungs):
		return j.o.Prompt.Rewind(ctx, l.ID, now, time.Time{})
	case l.EscalatesAt.After(now):
		return j.o.Prompt.Rewind(ctx, l.ID, now, l.EscalatesAt)
	}
	at := l.EscalatesAt
	if at.IsZero() { // the ladder was made longer since
		at = j.policy.DueAt(l, rungs[l.Escalated])
	}
	c := summons{lead: l, rung: rungs[l.Escalated], level: l.Escalated + 1, due: at}
	if len(rungs) > c.level {
		c.next, c.nextAt = rungs[c.level].To, j.policy.DueAt(l, rungs[c.level])
	}
	done, err := j.callOut(ctx, c, now)
	if err != nil || !done {
		return err
	}
	return j.climb(ctx, c, now)
}

// summons is one level of one lead's ladder whose time has come.
type summons struct {
	lead   *lead.Lead
	rung   routing.Level
	level  int // from 1
	due    time.Time
	next   string
	nextAt time.Time
}

// targets are those that hear: the thread of the alert, and the level's own
// target if it is one.
func (j *Jobs) callTargets(c summons) (names []string) {
	if j.targets.Known(c.rung.Thread) {
		names = append(names, c.rung.Thread)
	}
	if c.rung.To != c.rung.Thread && j.targets.Known(c.rung.To) {
		names = append(names, c.rung.To)
	}
	return names
}

// notice names what a target hears of a summons, the same on every replica.
func (c summons) notice(target string) string {
	return fmt.Sprintf("escalation:%s:%d:%d:%s", c.lead.ID, c.lead.WaitsSince.UnixMilli(), c.level, target)
}

// callOut sees to it that the level hears, and says whether it has.
func (j *Jobs) callOut(ctx context.Context, c summons, now time.Time) (done bool, err error) {
	targets := j.callTargets(c)
	names := make([]string, len(targets))
	for i, target := range targets {
		names[i] = c.notice(target)
	}
	told, err := j.o.Prompt.Receipts(ctx, names...)
	if err != nil {
		return false, err
	}
	if len(told) == len(targets) {
		return true, nil
	}
	t, err := j.alertedTouch(ctx, c.lead)
	if err != nil {
		return false, err
	}
	for i, target := range targets {
		if _, ok := told[names[i]]; !ok {
			if err := j.targets.Send(target, j.callNote(c, target, t, now)); err != nil {
				return false, err
			}
		}
	}
	// A target that takes nothing does not hold up the levels above.
	overdue := now.Sub(c.due) > rungPatience && len(told) > 0
	return overdue || !c.nextAt.IsZero() && !now.Before(c.nextAt), nil
}

// alertedTouch is the touch that a lead's alert was about, or what the lead
// remembers of it.
func (j *Jobs) alertedTouch(ctx context.Context, l *lead.Lead) (*lead.Touch, error) {
	past, _ := routing.LatestAlert(l)
	t, err := j.repo.Touch(ctx, past.ID)
	if errors.Is(err, lead.ErrNotFound) {
		return &lead.Touch{ID: past.ID, LeadID: l.ID, Source: past.Source, Action: past.Action, At: past.At, ReceivedAt: past.At, Person: l.Person, Message: past.Message}, nil
	}
	return t, err
}

func (j *Jobs) callNote(c summons, target string, t *lead.Touch, now time.Time) *delivery.Item {
	r := &lead.Reminder{Waited: j.people().Shifts(c.rung.Team).Between(c.lead.WaitsSince, now), To: c.rung.To, Next: c.next, NextAt: c.nextAt}
	if late := now.Sub(c.due); late > lateAfter {
		r.Late = late
	}
	a := notify.Alert{Kind: lead.Escalated, Lead: c.lead, Touch: t, Notice: c.notice(target), Reminder: r}
	if target == c.rung.Thread {
		a.Thread = c.lead.Alerts[target]
	}
	return &delivery.Item{Alert: a, Notification: &delivery.Notification{
		Since: c.due,
		Stale: func(ctx context.Context) bool {
			l, err := j.o.Prompt.Lead(ctx, c.lead.ID)
			return err == nil && (!l.Waits() || !l.WaitsSince.Equal(c.lead.WaitsSince))
		},
		Delivered: func(ctx context.Context, receipt string) {
			if receipt == "" { // given up
				return
			}
			p := lead.Post{Target: target, Receipt: receipt, Kind: lead.Escalated, Touches: []string{t.ID}, At: j.now().UTC()}
			if _, err := j.messages.Posted(ctx, c.lead.ID, p, 0); err != nil {
				j.log.Warn("keep where an escalation was posted", "lead_id", c.lead.ID, "error", err)
			}
		},
	}}
}

// climb takes down that a level has heard, and winds the timer for the next.
func (j *Jobs) climb(ctx context.Context, c summons, now time.Time) error {
	l, err := j.repo.Update(ctx, c.lead.ID, repo.Change{Prompt: true, Apply: func(l *lead.Lead) error {
		if l.Escalated != c.level-1 || !l.WaitsSince.Equal(c.lead.WaitsSince) {
			return errClimbed
		}
		l.Escalated = c.level
		l.Trail = append(l.Trail, lead.Step{At: now.UTC(), Step: lead.StepEscalated, Note: c.rung.To, MS: float64(now.Sub(l.WaitsSince).Milliseconds())})
		j.policy.Schedule(l)
		return nil
	}})
	if err != nil && !errors.Is(err, errClimbed) {
		return err
	}
	j.metrics.escalations.WithLabelValues(c.rung.To).Inc()
	if err := errors.Join(j.repo.Keep(ctx, repo.Commit{}, l), j.messages.Update(ctx, l)); err != nil {
		return err
	}
	return j.o.Prompt.Rewind(ctx, l.ID, now, l.EscalatesAt)
}

var errClimbed = errors.New("the lead is past this level")
