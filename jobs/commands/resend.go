package commands

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/lead"
)

// release takes a lead out of quarantine: its touch is worked on as if it had never
// been held: it joins the person's other touches, if there are any. The lead that comes back is the one it then belongs to. To
// release it twice changes nothing. With a revision it holds only if nobody
// changed the lead since; the lead as it is comes back with lead.ErrConflict.
func (c *Commands) release(ctx context.Context, leadID, by string, revision int64) (*lead.Lead, error) {
	if err := c.o.Redis.Ready(ctx); err != nil {
		return nil, fmt.Errorf("release lead %s: %w", leadID, err)
	}
	l, err := c.o.Repo.Lead(ctx, leadID)
	if err != nil {
		return nil, fmt.Errorf("release lead %s: %w", leadID, err)
	}
	if !l.Apart {
		return l, nil
	}
	if revision != 0 && l.Revision != revision {
		return l, fmt.Errorf("release lead %s: it is at revision %d: %w", leadID, l.Revision, lead.ErrConflict)
	}
	for _, id := range l.Touches {
		t, err := c.o.Repo.Touch(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("release lead %s: %w", leadID, err)
		}
		if t.State != lead.Quarantined {
			continue
		}
		t.ReleasedBy, t.Held, t.AgainAt, t.ResendTo = by, "", c.o.Now().UTC().Round(0), nil
		t.Trail = append(t.Trail, step(t, c.o.Now(), lead.StepReleased, by))
		if err := c.o.Reopen(ctx, t); err != nil {
			return nil, fmt.Errorf("release lead %s: %w", leadID, err)
		}
	}
	c.o.Audit.Record(ctx, lead.Command{Verb: lead.VerbRelease, By: by}.Entry(leadID))
	return c.o.Repo.Lead(ctx, leadID)
}

// Resend sends a touch of a lead to targets once more, whether they have it or not.
// It is on disk when Resend returns. The lead comes back as it is.
func (c *Commands) Resend(ctx context.Context, leadID string, r lead.ResendOne) (*lead.Lead, error) {
	if !c.o.Redis.Up() {
		return nil, availability.ErrNeeded
	}
	l, err := c.o.Repo.Lead(ctx, leadID)
	switch {
	case err != nil:
		return nil, fmt.Errorf("resend lead %s: %w", leadID, err)
	case l.Apart:
		return l, fmt.Errorf("resend lead %s: %w", leadID, lead.ErrHeld)
	case r.Revision != 0 && l.Revision != r.Revision:
		return l, fmt.Errorf("resend lead %s: it is at revision %d: %w", leadID, l.Revision, lead.ErrConflict)
	}
	targets := []string{r.Target}
	if r.Target == "" {
		targets = notifiedOf(l)
	}
	if len(targets) == 0 || len(l.Touches) == 0 || slices.ContainsFunc(targets, func(name string) bool { return !c.o.Known(name) }) {
		return l, fmt.Errorf("resend lead %s: %w", leadID, lead.ErrNoTarget)
	}
	id := cmp.Or(r.TouchID, l.Touches[len(l.Touches)-1])
	if !l.Has(id) {
		return l, fmt.Errorf("resend lead %s: its touch %s: %w", leadID, id, lead.ErrNotFound)
	}
	t, err := c.o.Repo.Touch(ctx, id)
	if err != nil {
		return l, fmt.Errorf("resend lead %s: %w", leadID, err)
	}
	if err := c.ResendTouch(ctx, t, targets, r.By); err != nil {
		return l, fmt.Errorf("resend lead %s: %w", leadID, err)
	}
	c.o.Audit.Record(ctx, lead.Entry{By: r.By, Did: lead.ActResend, LeadID: l.ID, About: r.Target})
	return c.o.Repo.Lead(ctx, l.ID)
}

// notifiedOf are the targets that were notified of a lead.
func notifiedOf(l *lead.Lead) (targets []string) {
	for _, past := range l.History {
		for _, d := range past.Decisions {
			if d.Sends() && !slices.Contains(targets, d.Target) {
				targets = append(targets, d.Target)
			}
		}
	}
	return targets
}

// ResendTouch sends a touch to targets once more. It is on disk when ResendTouch
// returns.
func (c *Commands) ResendTouch(ctx context.Context, t *lead.Touch, targets []string, by string) error {
	if t.State == lead.Accepted {
		return nil // it is being sent to them
	}
	t.AgainAt, t.ResendTo = c.o.Now().UTC().Round(0), targets
	_, err := c.o.Repo.Update(ctx, t.LeadID, repo.Change{Apply: func(l *lead.Lead) error {
		past := l.Past(t.ID)
		if past == nil {
			return fmt.Errorf("touch %s: %w", t.ID, lead.ErrNotFound)
		}
		past.AgainAt = t.AgainAt // it stays with its lead
		for _, target := range targets {
			past.Decisions = c.o.Policy.Resend(past.Decisions, target)
		}
		return nil
	}})
	if err != nil {
		return err
	}
	t.Trail = append(t.Trail, step(t, c.o.Now(), lead.StepResent, by))
	return c.o.Reopen(ctx, t)
}

// step is a step of a touch's trail that somebody took.
func step(t *lead.Touch, at time.Time, name lead.StepName, by string) lead.Step {
	s := t.StepAt(at, name)
	s.Note = by
	return s
}
