package jobs

import (
	"context"
	"fmt"
	"slices"

	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/lead"
)

// wentWithout says whether a touch went its way before its person was known.
// It was then the touch of a lead of its own, of nobody.
func wentWithout(t *lead.Touch) bool {
	return !t.NeedsFetch && t.AgainAt.IsZero() && slices.ContainsFunc(t.Trail, func(s lead.Step) bool { return s.Step == lead.StepFetched && s.Why != "" })
}

// named gives the lead of nobody its name, which the touch now knows, and judges
// anew. Should the person have a lead already, the touch is that one's, and the
// lead of nobody is closed. l is what the store found when the touch was added.
func (j *Jobs) named(ctx context.Context, t *lead.Touch, l *lead.Lead, known bool) (*lead.Lead, error) {
	if l.ID != t.ID {
		return j.close(ctx, t, l)
	}
	if !known {
		return l, nil
	}
	l, err := j.repo.Update(ctx, l.ID, repo.Change{Apply: func(l *lead.Lead) error { l.Untake(t.ID); j.policy.Judge(l, t); return nil }})
	if err != nil {
		return nil, fmt.Errorf("name lead %s: %w", t.ID, err)
	}
	return l, j.messages.Update(ctx, l) // so that its alert names the person
}

// close ends the lead of nobody that a touch was in: its person is l's. Who had
// taken it has l, unless somebody else does.
func (j *Jobs) close(ctx context.Context, t *lead.Touch, l *lead.Lead) (*lead.Lead, error) {
	found, err := j.o.Store.TouchesByID(ctx, []string{t.ID})
	if err != nil {
		return nil, fmt.Errorf("look for lead %s: %w", t.ID, err)
	}
	if found[0] == nil || found[0].LeadID != t.ID {
		return l, nil // it was never made, or is closed
	}
	now := j.now().UTC()
	nobody, err := j.repo.Update(ctx, t.ID, repo.Change{Apply: func(old *lead.Lead) error {
		old.Status, old.UpdatedAt = lead.Closed, now
		old.Trail = append(old.Trail, lead.Step{At: now, Step: lead.StepMerged, Note: "the person is lead " + l.ID})
		return nil
	}})
	if err != nil {
		return nil, fmt.Errorf("close lead %s: %w", t.ID, err)
	}
	if claim := nobody.Claim; claim != nil && l.Claim == nil {
		l, err = j.repo.Update(ctx, l.ID, repo.Change{Apply: func(l *lead.Lead) error {
			if l.Claim == nil {
				l.Claim, l.Status = claim, lead.Claimed
			}
			return nil
		}})
		if err != nil {
			return nil, fmt.Errorf("hand over the claim of lead %s: %w", t.ID, err)
		}
	}
	if err := j.repo.Keep(ctx, repo.Commit{}, nobody); err != nil {
		return nil, err
	}
	return l, j.messages.Update(ctx, nobody)
}
