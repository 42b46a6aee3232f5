package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/leadgate/leadgate/handlers"
	"github.com/leadgate/leadgate/jobs"
)

// pauser is what handlers know of targets.
type pauser struct{ jobs *jobs.Jobs }

func (p pauser) Targets() []handlers.TargetState {
	all := []handlers.TargetState{}
	for _, t := range p.jobs.Targets() {
		all = append(all, handlers.TargetState(t))
	}
	return all
}

func (p pauser) PauseTarget(ctx context.Context, name, by, why string) error {
	return pauseError(p.jobs.Pause(ctx, name, by, why))
}

func (p pauser) ResumeTarget(ctx context.Context, name string) error {
	return pauseError(p.jobs.Resume(ctx, name))
}

func pauseError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jobs.ErrNoTarget):
		return fmt.Errorf("%w: %w", handlers.ErrNotFound, err)
	}
	return fmt.Errorf("%w: %w", handlers.ErrUnavailable, err)
}
