package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hibiken/asynq"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/ops"
)

// Queues looks at the lanes' tasks. Redis must be there.
func (j *Jobs) Queues(ctx context.Context) ([]ops.Queue, error) {
	var all []ops.Queue
	for _, l := range []*lane{j.hot, j.bulk} {
		info, err := ask(ctx, func() (*asynq.QueueInfo, error) { return j.inspector.GetQueueInfo(l.shelf) })
		switch {
		case unknownQueue(err):
			all = append(all, ops.Queue{Name: l.shelf})
			continue
		case err != nil:
			return nil, fmt.Errorf("look at queue %s: %w", l.shelf, err)
		}
		all = append(all, ops.Queue{Name: l.shelf, Paused: info.Paused, Latency: info.Latency.Seconds(), Pending: info.Pending, Active: info.Active,
			Scheduled: info.Scheduled, Retry: info.Retry, Archived: info.Archived, Completed: info.Completed, Processed: info.Processed, Failed: info.Failed})
	}
	return all, nil
}

// unknownQueue says whether nothing was ever put into a queue. Some of asynq's
// calls have a value for that, and some have only words.
func unknownQueue(err error) bool {
	return errors.Is(err, asynq.ErrQueueNotFound) || err != nil && strings.Contains(err.Error(), "NOT_FOUND: queue")
}

// ask calls the inspector, which knows no context; what comes after ctx has
// ended is thrown away.
func ask[T any](ctx context.Context, call func() (T, error)) (T, error) {
	type reply struct {
		v   T
		err error
	}
	replies := make(chan reply, 1)
	go func() {
		v, err := call()
		replies <- reply{v, err}
	}()
	select {
	case r := <-replies:
		return r.v, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// PauseQueue stops or resumes handing out a queue's tasks on all nodes. What is
// accepted meanwhile waits in the journal.
func (j *Jobs) PauseQueue(ctx context.Context, queue string, paused bool) error {
	l := j.laneCalled(queue)
	if l == nil {
		return fmt.Errorf("queue %s: %w", queue, lead.ErrNotFound)
	}
	// asynq answers with an error when it is so already.
	set := j.inspector.UnpauseQueue
	if paused {
		set = j.inspector.PauseQueue
	}
	_, err := ask(ctx, func() (bool, error) {
		info, err := j.inspector.GetQueueInfo(queue)
		if err == nil && info.Paused == paused {
			return true, nil
		}
		return true, set(queue)
	})
	if err != nil {
		return fmt.Errorf("pause queue %s (%v): %w", queue, paused, err)
	}
	if !paused {
		l.gate.wake()
		j.announce(l)
	}
	return nil
}

func (j *Jobs) laneCalled(queue string) *lane {
	for _, l := range []*lane{j.hot, j.bulk} {
		if l.shelf == queue {
			return l
		}
	}
	return nil
}

// Tasks lists up to limit tasks of a queue that are pending, active, scheduled,
// retry or archived.
func (j *Jobs) Tasks(ctx context.Context, queue, state string, limit int) ([]ops.Task, error) {
	if j.laneCalled(queue) == nil {
		return nil, fmt.Errorf("queue %s: %w", queue, lead.ErrNotFound)
	}
	list := map[string]func(string, ...asynq.ListOption) ([]*asynq.TaskInfo, error){
		"pending": j.inspector.ListPendingTasks, "active": j.inspector.ListActiveTasks, "scheduled": j.inspector.ListScheduledTasks,
		"retry": j.inspector.ListRetryTasks, "archived": j.inspector.ListArchivedTasks,
	}[state]
	if list == nil {
		return nil, fmt.Errorf("tasks in state %s: %w", state, lead.ErrNotFound)
	}
	found, err := ask(ctx, func() ([]*asynq.TaskInfo, error) { return list(queue, asynq.PageSize(limit)) })
	if err != nil && !unknownQueue(err) {
		return nil, fmt.Errorf("list tasks of queue %s: %w", queue, err)
	}
	tasks := []ops.Task{}
	for _, t := range found {
		task := ops.Task{ID: t.ID, Queue: queue, Type: t.Type, State: state, Touches: strings.Fields(string(t.Payload)), Retried: t.Retried,
			LastError: t.LastErr, LastFailed: t.LastFailedAt}
		if slices.Contains([]string{"scheduled", "retry"}, state) {
			task.Next = t.NextProcessAt
		}
		tasks = append(tasks, task)
	}
	return tasks, nil
}

// RunTask lets a task that waits for its time, or was given up, run at once.
func (j *Jobs) RunTask(ctx context.Context, queue, id string) error {
	return j.onTask(ctx, queue, id, j.inspector.RunTask)
}

// DeleteTask removes a task. Its touches are safe in the journal, and the
// sweeper drives again what is not settled.
func (j *Jobs) DeleteTask(ctx context.Context, queue, id string) error {
	return j.onTask(ctx, queue, id, j.inspector.DeleteTask)
}

func (j *Jobs) onTask(ctx context.Context, queue, id string, do func(queue, id string) error) error {
	l := j.laneCalled(queue)
	if l == nil {
		return fmt.Errorf("queue %s: %w", queue, lead.ErrNotFound)
	}
	_, err := ask(ctx, func() (bool, error) { return true, do(queue, id) })
	switch {
	case errors.Is(err, asynq.ErrTaskNotFound), unknownQueue(err):
		return fmt.Errorf("task %s: %w", id, lead.ErrNotFound)
	case err != nil && strings.Contains(err.Error(), "FAILED_PRECONDITION"): // which asynq has no value for
		return fmt.Errorf("task %s: %w", id, ops.ErrBusy)
	case err != nil:
		return fmt.Errorf("task %s of queue %s: %w", id, queue, err)
	}
	l.gate.wake()
	j.announce(l)
	return nil
}

// Machinery returns the state of Redis, the journal, the queues and the targets,
// as far as it is known: without Redis there are no queues.
func (j *Jobs) Machinery(ctx context.Context) ops.Machinery {
	m := ops.Machinery{
		Journal: ops.Journal{Waiting: j.Waiting(), Bytes: j.o.Journal.Size(), Shelves: []ops.Shelf{}},
		Queues:  []ops.Queue{},
		Targets: j.Targets(),
	}
	if j.o.Journal.Err() != nil {
		m.Journal.Error = "the journal cannot be written"
	}
	for _, name := range Shelves() {
		m.Journal.Shelves = append(m.Journal.Shelves, ops.Shelf{Name: name, Kept: j.o.Journal.Len(name)})
	}
	if j.redis.Up() {
		if queues, err := j.Queues(ctx); err == nil {
			m.Queues, m.Redis.Up = queues, true
		}
	}
	if m.Redis.Up && !j.o.Embedded {
		m.Redis = j.o.Prompt.Server(ctx)
		m.Redis.Up = true
	}
	m.Redis.Embedded = j.o.Embedded
	return m
}
