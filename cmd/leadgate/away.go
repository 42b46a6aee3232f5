package main

import (
	"context"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/handlers"
	"github.com/leadgate/leadgate/jobs"
	"github.com/leadgate/leadgate/lead"
)

// standby is what handlers show while Redis is away.
type standby struct {
	jobs  *jobs.Jobs
	rules *rulebook
}

func (s standby) AwaySince() time.Time { return s.jobs.AwaySince() }

func (s standby) Held(ctx context.Context, n int) ([]*lead.Lead, error) {
	leads, err := s.jobs.Held(ctx, n)
	for _, l := range leads {
		l.Verdict = s.rules.now().AsOf(l, time.Now())
	}
	return leads, readable(err)
}

func (s standby) HeldLead(id string) (*lead.Lead, error) {
	l, err := s.jobs.HeldLead(id)
	if err != nil {
		return nil, readable(err)
	}
	l.Verdict = s.rules.now().AsOf(l, time.Now())
	return l, nil
}

// present waits until the store holds what the journal kept; an error says at
// once that Redis is away, for a call to it would only find out slowly.
func present(ctx context.Context, j *jobs.Jobs) error {
	if err := j.Loaded(ctx); err != nil {
		return readable(err)
	}
	if since := j.AwaySince(); !since.IsZero() {
		return fmt.Errorf("%w: redis is away since %s", handlers.ErrUnavailable, since.UTC().Format(time.TimeOnly))
	}
	return nil
}
