package schedule

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

const (
	escalateMost  = 100              // leads in one run
	escalateLease = 15 * time.Second // of a lead, so that one replica escalates it
	lateAfter     = time.Minute      // an escalation call says that it is late
	levelPatience = time.Minute      // after that a level is done when one of its targets has the call
)

// escalate calls the next level of every lead whose time has come.
func (s *Schedule) escalate(ctx context.Context) error {
	now := s.o.Now()
	due, err := s.o.Prompt.Due(ctx, now, escalateMost)
	if err != nil {
		return err
	}
	for _, l := range due {
		if err := s.escalateLead(ctx, l, now); err != nil {
			return fmt.Errorf("escalate lead %s: %w", l.ID, err)
		}
	}
	return nil
}

func (s *Schedule) escalateLead(ctx context.Context, l *lead.Lead, now time.Time) error {
	if free, err := s.lease(ctx, "escalate/"+l.ID, escalateLease); err != nil || !free {
		return err
	}
	levels := s.o.Policy.Levels(l)
	switch {
	case !l.Waits(), l.Escalated >= len(levels):
		return s.o.Prompt.Rewind(ctx, l.ID, now, time.Time{})
	case l.EscalatesAt.After(now):
		return s.o.Prompt.Rewind(ctx, l.ID, now, l.EscalatesAt)
	}
	at := l.EscalatesAt
	if at.IsZero() { // a level was added since
		at = s.o.Policy.DueAt(l, levels[l.Escalated])
	}
	c := call{lead: l, to: levels[l.Escalated], level: l.Escalated + 1, due: at}
	if len(levels) > c.level {
		c.next, c.nextAt = levels[c.level].To, s.o.Policy.DueAt(l, levels[c.level])
	}
	done, err := s.send(ctx, c, now)
	if err != nil || !done {
		return err
	}
	return s.advance(ctx, c, now)
}

// call is one level of one lead's escalation whose time has come.
type call struct {
	lead   *lead.Lead
	to     routing.Level
	level  int // number, from 1
	due    time.Time
	next   string
	nextAt time.Time
}

// targetsOf are those that get a call: the thread of the alert, and the level's
// own target if it is one.
func (s *Schedule) targetsOf(c call) (names []string) {
	if s.o.Targets.Known(c.to.Thread) {
		names = append(names, c.to.Thread)
	}
	if c.to.To != c.to.Thread && s.o.Targets.Known(c.to.To) {
		names = append(names, c.to.To)
	}
	return names
}

// name is the name of a call's notification, the same on every replica.
func (c call) name(target string) string {
	return fmt.Sprintf("escalation:%s:%d:%d:%s", c.lead.ID, c.lead.WaitsSince.UnixMilli(), c.level, target)
}

// send sends a call to the targets that do not have it, and says whether the level
// is done.
func (s *Schedule) send(ctx context.Context, c call, now time.Time) (done bool, err error) {
	targets := s.targetsOf(c)
	names := make([]string, len(targets))
	for i, target := range targets {
		names[i] = c.name(target)
	}
	sent, err := s.o.Prompt.Receipts(ctx, names...)
	if err != nil {
		return false, err
	}
	if len(sent) == len(targets) {
		return true, nil
	}
	t, err := s.alertedTouch(ctx, c.lead)
	if err != nil {
		return false, err
	}
	for i, target := range targets {
		if _, ok := sent[names[i]]; !ok {
			if err := s.o.Targets.Send(target, s.itemOf(c, target, t, now)); err != nil {
				return false, err
			}
		}
	}
	// A target that takes nothing does not delay the levels above.
	overdue := now.Sub(c.due) > levelPatience && len(sent) > 0
	return overdue || !c.nextAt.IsZero() && !now.Before(c.nextAt), nil
}

// alertedTouch is the touch that a lead's alert was about, or what the lead
// remembers of it.
func (s *Schedule) alertedTouch(ctx context.Context, l *lead.Lead) (*lead.Touch, error) {
	past, _ := routing.LatestAlert(l)
	t, err := s.o.Repo.Touch(ctx, past.ID)
	if errors.Is(err, lead.ErrNotFound) {
		return &lead.Touch{ID: past.ID, LeadID: l.ID, Source: past.Source, Action: past.Action, At: past.At, ReceivedAt: past.At, Person: l.Person, Message: past.Message}, nil
	}
	return t, err
}

func (s *Schedule) itemOf(c call, target string, t *lead.Touch, now time.Time) *delivery.Item {
	r := &lead.Reminder{Waited: s.o.Policy.People().Shifts(c.to.Team).Between(c.lead.WaitsSince, now), To: c.to.To, Next: c.next, NextAt: c.nextAt}
	if late := now.Sub(c.due); late > lateAfter {
		r.Late = late
	}
	a := notify.Alert{Kind: lead.Escalated, Lead: c.lead, Touch: t, Notice: c.name(target), Reminder: r}
	if target == c.to.Thread {
		a.Thread = c.lead.Alerts[target]
	}
	return &delivery.Item{Alert: a, Notification: &delivery.Notification{
		Since: c.due,
		Stale: func(ctx context.Context) bool {
			l, err := s.o.Prompt.Lead(ctx, c.lead.ID)
			return err == nil && (!l.Waits() || !l.WaitsSince.Equal(c.lead.WaitsSince))
		},
		Delivered: func(ctx context.Context, receipt string) {
			if receipt == "" { // given up
				return
			}
			p := lead.Post{Target: target, Receipt: receipt, Kind: lead.Escalated, Touches: []string{t.ID}, At: s.o.Now().UTC()}
			if _, err := s.o.Messages.Posted(ctx, c.lead.ID, p, 0); err != nil {
				s.log.Warn("keep where an escalation was posted", "lead_id", c.lead.ID, "error", err)
			}
		},
	}}
}

// advance records that a level is done, and schedules the next.
func (s *Schedule) advance(ctx context.Context, c call, now time.Time) error {
	l, err := s.o.Repo.Update(ctx, c.lead.ID, repo.Change{Prompt: true, Apply: func(l *lead.Lead) error {
		if l.Escalated != c.level-1 || !l.WaitsSince.Equal(c.lead.WaitsSince) {
			return errAdvanced
		}
		l.Escalated = c.level
		l.Trail = append(l.Trail, lead.Step{At: now.UTC(), Step: lead.StepEscalated, Note: c.to.To, MS: float64(now.Sub(l.WaitsSince).Milliseconds())})
		s.o.Policy.Schedule(l)
		return nil
	}})
	if err != nil && !errors.Is(err, errAdvanced) {
		return err
	}
	s.escalations.WithLabelValues(c.to.To).Inc()
	if err := errors.Join(s.o.Repo.Keep(ctx, repo.Commit{}, l), s.o.Messages.Update(ctx, l)); err != nil {
		return err
	}
	return s.o.Prompt.Rewind(ctx, l.ID, now, l.EscalatesAt)
}

var errAdvanced = errors.New("the lead is past this level")
