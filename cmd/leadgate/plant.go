package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/leadgate/leadgate/handlers"
	"github.com/leadgate/leadgate/jobs"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/store"
)

// plant is what handlers show of the machinery.
type plant struct {
	jobs     *jobs.Jobs
	journal  *journal.Journal
	store    *store.Store
	embedded bool
}

func (p plant) Plant(ctx context.Context) handlers.Plant {
	out := handlers.Plant{
		Redis:   handlers.RedisState{Up: p.jobs.RedisUp(), Embedded: p.embedded},
		Journal: handlers.JournalState{Waiting: p.jobs.Waiting(), Bytes: p.journal.Size(), Shelves: []handlers.Shelf{}},
		Queues:  []handlers.Queue{},
		Targets: pauser{p.jobs}.Targets(),
	}
	if p.journal.Err() != nil {
		out.Journal.Error = "the journal cannot be written"
	}
	for _, s := range p.jobs.Backlog() {
		out.Journal.Shelves = append(out.Journal.Shelves, handlers.Shelf(s))
	}
	if !out.Redis.Up {
		return out
	}
	queues, err := p.jobs.Queues(ctx)
	if err != nil {
		out.Redis.Up = false
		return out
	}
	for _, q := range queues {
		out.Queues = append(out.Queues, handlers.Queue(q))
	}
	if !p.embedded {
		s := p.store.Server(ctx)
		out.Redis.Version, out.Redis.Used, out.Redis.Most, out.Redis.Eviction = s.Version, s.Used, s.Most, s.Eviction
	}
	return out
}

func (p plant) PauseQueue(ctx context.Context, queue string, paused bool) error {
	return plantError(p.jobs.PauseQueue(ctx, queue, paused))
}

func (p plant) Tasks(ctx context.Context, queue, state string, limit int) ([]handlers.Task, error) {
	found, err := p.jobs.Tasks(ctx, queue, state, limit)
	tasks := make([]handlers.Task, len(found))
	for i, t := range found {
		tasks[i] = handlers.Task(t)
	}
	return tasks, plantError(err)
}

func (p plant) RunTask(ctx context.Context, queue, id string) error {
	return plantError(p.jobs.RunTask(ctx, queue, id))
}

func (p plant) DeleteTask(ctx context.Context, queue, id string) error {
	return plantError(p.jobs.DeleteTask(ctx, queue, id))
}

func plantError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jobs.ErrNoQueue), errors.Is(err, jobs.ErrNoTask):
		return fmt.Errorf("%w: %w", handlers.ErrNotFound, err)
	case errors.Is(err, jobs.ErrBusy):
		return fmt.Errorf("%w: %w", handlers.ErrConflict, err)
	}
	return fmt.Errorf("%w: %w", handlers.ErrUnavailable, err)
}
