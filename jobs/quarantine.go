package jobs

import (
	"context"
	"fmt"
	"slices"

	"github.com/leadgate/leadgate/lead"
)

// hold ends a touch in quarantine, as the only one of a lead of its own: it is
// kept apart from everybody it claims to be, and can be looked at and released.
func (j *Jobs) hold(ctx context.Context, t *lead.Touch) error {
	step := j.step(t, lead.StepQuarantine, t.Held, "")
	l, err := j.o.Store.Quarantine(ctx, t, t.ID, func(l *lead.Lead) error {
		j.policy.Judge(l, t)
		l.Apart, l.Status = true, lead.HeldInQuarantine
		l.Trail = append(l.Trail, step)
		return nil
	})
	if err != nil {
		return err
	}
	t.LeadID = l.ID
	t.Trail = append(t.Trail, step)
	return j.end(ctx, t, l, lead.OutcomeQuarantined)
}

// Release takes a lead out of quarantine: its touch goes on its way as if it had
// never been held, to the person's other touches if there are any, and is told
// like any other. The lead that comes back is the one it then belongs to. To
// release it twice changes nothing. With a revision it holds only if nobody
// changed the lead since; the lead as it is comes back with lead.ErrConflict.
func (j *Jobs) Release(ctx context.Context, leadID, by string, revision int64) (*lead.Lead, error) {
	if err := j.redis.Ready(ctx); err != nil {
		return nil, fmt.Errorf("release lead %s: %w", leadID, err)
	}
	l, err := j.repo.Lead(ctx, leadID)
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
		t, err := j.repo.Touch(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("release lead %s: %w", leadID, err)
		}
		if t.State != lead.Quarantined {
			continue
		}
		t.ReleasedBy, t.Held, t.AgainAt, t.ResendTo = by, "", j.now().UTC().Round(0), nil
		t.Trail = append(t.Trail, j.step(t, lead.StepReleased, "", by))
		if err := j.again(ctx, t); err != nil {
			return nil, fmt.Errorf("release lead %s: %w", leadID, err)
		}
	}
	j.audit.Record(ctx, lead.Command{Verb: lead.VerbRelease, By: by}.Entry(leadID))
	return j.repo.Lead(ctx, leadID)
}

// released notes on a lead who let its touch out of quarantine, once.
func released(l *lead.Lead, t *lead.Touch) {
	if t.ReleasedBy == "" {
		return
	}
	step := t.StepAt(t.AgainAt, lead.StepReleased)
	step.Note = t.ReleasedBy
	there := func(s lead.Step) bool { return s.Step == step.Step && s.At.Equal(step.At) }
	if !slices.ContainsFunc(l.Trail, there) {
		l.Trail = append(l.Trail, step)
	}
}
