package main

import (
	"context"
	"errors"
	"time"

	"github.com/leadgate/leadgate/handlers"
	"github.com/leadgate/leadgate/jobs"
	"github.com/leadgate/leadgate/lead"
)

// judge is what handlers let rules say about leads.
type judge struct{ jobs *jobs.Jobs }

func (j judge) Rehearse(ctx context.Context, rules *lead.Rules, since time.Time, told lead.Walk) (lead.Rehearsal, error) {
	if err := j.jobs.Loaded(ctx); err != nil {
		return lead.Rehearsal{}, readable(err)
	}
	r, err := j.jobs.Rehearse(ctx, rules, since, told)
	return r, readable(err)
}

func (j judge) Reclassify(ctx context.Context, chosen lead.Chosen, dry bool, told lead.Walk) (lead.Reclassified, error) {
	if err := j.jobs.Loaded(ctx); err != nil {
		return lead.Reclassified{}, readable(err)
	}
	r, err := j.jobs.Reclassify(ctx, chosen, dry, told)
	return r, readable(err)
}

func (j judge) ReclassifyLead(ctx context.Context, id string, how lead.Rejudging) (lead.Turn, error) {
	if err := j.jobs.Loaded(ctx); err != nil {
		return lead.Turn{}, readable(err)
	}
	t, err := j.jobs.ReclassifyLead(ctx, id, how)
	if errors.Is(err, lead.ErrConflict) {
		return t, conflicting{err}
	}
	return t, readable(err)
}

func (j judge) Explain(ctx context.Context, id string) (lead.Explanation, error) {
	if err := j.jobs.Loaded(ctx); err != nil {
		return lead.Explanation{}, readable(err)
	}
	x, err := j.jobs.Explain(ctx, id)
	return x, readable(err)
}

// merger is what handlers let people do about two leads.
type merger struct{ jobs *jobs.Jobs }

func (m merger) Merge(ctx context.Context, id, into, by string) (*lead.Lead, error) {
	l, err := m.jobs.Merge(ctx, id, into, by)
	return l, mergeable(err)
}

func (m merger) Unmerge(ctx context.Context, id, by string) (*lead.Lead, error) {
	l, err := m.jobs.Unmerge(ctx, id, by)
	return l, mergeable(err)
}

// mergeable says in handlers' words why leads stay as they are.
func mergeable(err error) error {
	for _, no := range []error{lead.ErrTwoClaims, lead.ErrSameLead, lead.ErrNotMerged, lead.ErrConflict} {
		if errors.Is(err, no) {
			return conflicting{err}
		}
	}
	return readable(err)
}

// conflicting is handlers.ErrConflict in the words of another error.
type conflicting struct{ error }

func (c conflicting) Is(target error) bool { return target == handlers.ErrConflict }
func (c conflicting) Unwrap() error        { return c.error }
