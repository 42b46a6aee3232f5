package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/lead"
)

// Resend tells targets of a touch of a lead again, whether they have it or not.
// It is on disk when Resend returns. The lead comes back as it is.
func (j *Jobs) Resend(ctx context.Context, leadID string, r lead.ResendOne) (*lead.Lead, error) {
	if !j.redis.Up() {
		return nil, errNeedsRedis
	}
	l, err := j.repo.Lead(ctx, leadID)
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
		targets = toldOf(l)
	}
	if len(targets) == 0 || len(l.Touches) == 0 || slices.ContainsFunc(targets, func(name string) bool { return !j.targets.Known(name) }) {
		return l, fmt.Errorf("resend lead %s: %w", leadID, lead.ErrNoTarget)
	}
	id := cmp.Or(r.TouchID, l.Touches[len(l.Touches)-1])
	if !l.Has(id) {
		return l, fmt.Errorf("resend lead %s: its touch %s: %w", leadID, id, lead.ErrNotFound)
	}
	t, err := j.repo.Touch(ctx, id)
	if err != nil {
		return l, fmt.Errorf("resend lead %s: %w", leadID, err)
	}
	if err := j.resend(ctx, t, targets, r.By); err != nil {
		return l, fmt.Errorf("resend lead %s: %w", leadID, err)
	}
	j.audit.Record(ctx, lead.Entry{By: r.By, Did: lead.ActResend, LeadID: l.ID, About: r.Target})
	return j.repo.Lead(ctx, l.ID)
}

// toldOf are the targets that were told of a lead.
func toldOf(l *lead.Lead) (targets []string) {
	for _, past := range l.History {
		for _, d := range past.Decisions {
			if d.Sends() && !slices.Contains(targets, d.Target) {
				targets = append(targets, d.Target)
			}
		}
	}
	return targets
}

// resend decides that targets hear of a touch, and sets it on its way.
func (j *Jobs) resend(ctx context.Context, t *lead.Touch, targets []string, by string) error {
	if t.State == lead.Accepted {
		return nil // it is on its way to them
	}
	t.AgainAt, t.ResendTo = j.now().UTC().Round(0), targets
	_, err := j.repo.Update(ctx, t.LeadID, repo.Change{Apply: func(l *lead.Lead) error {
		past := l.Past(t.ID)
		if past == nil {
			return fmt.Errorf("touch %s: %w", t.ID, lead.ErrNotFound)
		}
		past.AgainAt = t.AgainAt // it stays with its lead
		for _, target := range targets {
			past.Decisions = j.policy.Resend(past.Decisions, target)
		}
		return nil
	}})
	if err != nil {
		return err
	}
	t.Trail = append(t.Trail, j.step(t, lead.StepResent, "", by))
	return j.pipeline.Reopen(ctx, t)
}

// What resending many comes to.
const (
	resendSent  = "resent"
	resendHasIt = "has_it" // the target has a receipt
)

// ResendAll starts telling a target of the touches that f chooses and that it
// has missed: it was never told, or the delivery failed. With failed only the
// latter; with again also what it has. A second run finds nothing left to do.
func (j *Jobs) ResendAll(ctx context.Context, r lead.ResendMany, wait time.Duration) (lead.Run, error) {
	if !j.targets.Known(r.To) {
		return lead.Run{}, fmt.Errorf("resend to %q: %w", r.To, lead.ErrNoTarget)
	}
	f := r.TouchFilter
	f.State = lead.Settled
	e, err := j.runs.Start("resend", r.DryRun, func(ctx context.Context, add func(lead.Result)) error {
		for t, err := range j.o.Store.AllTouches(ctx, f) {
			if err == nil {
				err = j.resendMissed(ctx, t, r, add)
			}
			if err = errors.Join(err, ctx.Err()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return lead.Run{}, err
	}
	if !r.DryRun {
		j.audit.Record(ctx, lead.Entry{By: r.By, Did: lead.ActResend, About: r.To})
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	return e.Wait(ctx), nil
}

func (j *Jobs) resendMissed(ctx context.Context, t *lead.Touch, r lead.ResendMany, add func(lead.Result)) error {
	if t.State != lead.Settled || t.LeadID == "" || t.Test || t.Silent {
		return nil
	}
	out := lead.Result{TouchID: t.ID, LeadID: t.LeadID, Target: r.To}
	state := lead.DeliveryState("")
	for _, d := range t.Deliveries {
		if d.Target == r.To {
			state = d.State
		}
	}
	switch {
	case r.Failed && state != lead.Failed:
		return nil
	case (state == lead.Sent || state == lead.Previewed) && !r.Again:
		out.Result = resendHasIt
		add(out)
		return nil
	}
	found, err := j.o.Store.LeadsByID(ctx, []string{t.LeadID})
	if err != nil || found[0] == nil {
		return err
	}
	l := found[0]
	if l.Apart || l.NotALead || l.Status == lead.Junk || l.Temperature < r.AtLeast {
		return nil
	}
	out.Result = resendSent
	if !r.DryRun {
		if err := j.resend(ctx, t, []string{r.To}, r.By); err != nil {
			return fmt.Errorf("resend touch %s: %w", t.ID, err)
		}
	}
	add(out)
	return nil
}
