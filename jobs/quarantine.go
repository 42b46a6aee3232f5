package jobs

import (
	"context"
	"fmt"

	"github.com/leadgate/leadgate/lead"
)

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
		if err := j.pipeline.Reopen(ctx, t); err != nil {
			return nil, fmt.Errorf("release lead %s: %w", leadID, err)
		}
	}
	j.audit.Record(ctx, lead.Command{Verb: lead.VerbRelease, By: by}.Entry(leadID))
	return j.repo.Lead(ctx, leadID)
}
