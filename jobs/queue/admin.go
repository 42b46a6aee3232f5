package queue

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

// States counts the lanes' tasks. Redis must be up.
func (q *Queue) States(ctx context.Context) ([]ops.Queue, error) {
	var all []ops.Queue
	for _, l := range q.lanes() {
		info, err := ask(ctx, func() (*asynq.QueueInfo, error) { return q.inspector.GetQueueInfo(l.name) })
		switch {
		case unknownQueue(err):
			all = append(all, ops.Queue{Name: l.name})
			continue
		case err != nil:
			return nil, fmt.Errorf("look at queue %s: %w", l.name, err)
		}
		all = append(all, ops.Queue{Name: l.name, Paused: info.Paused, Latency: info.Latency.Seconds(), Pending: info.Pending, Active: info.Active,
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
func (q *Queue) PauseQueue(ctx context.Context, queue string, paused bool) error {
	l := q.lane(queue)
	if l == nil {
		return fmt.Errorf("queue %s: %w", queue, lead.ErrNotFound)
	}
	// asynq answers with an error when it is so already.
	set := q.inspector.UnpauseQueue
	if paused {
		set = q.inspector.PauseQueue
	}
	_, err := ask(ctx, func() (bool, error) {
		info, err := q.inspector.GetQueueInfo(queue)
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
		q.announce(l)
	}
	return nil
}

// Tasks lists up to limit tasks of a queue that are pending, active, scheduled,
// retry or archived.
func (q *Queue) Tasks(ctx context.Context, queue, state string, limit int) ([]ops.Task, error) {
	if q.lane(queue) == nil {
		return nil, fmt.Errorf("queue %s: %w", queue, lead.ErrNotFound)
	}
	list := map[string]func(string, ...asynq.ListOption) ([]*asynq.TaskInfo, error){
		"pending": q.inspector.ListPendingTasks, "active": q.inspector.ListActiveTasks, "scheduled": q.inspector.ListScheduledTasks,
		"retry": q.inspector.ListRetryTasks, "archived": q.inspector.ListArchivedTasks,
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
func (q *Queue) RunTask(ctx context.Context, queue, id string) error {
	return q.onTask(ctx, queue, id, q.inspector.RunTask)
}

// DeleteTask removes a task. Its touches are safe in the journal, and the
// sweeper drives again what is not settled.
func (q *Queue) DeleteTask(ctx context.Context, queue, id string) error {
	return q.onTask(ctx, queue, id, q.inspector.DeleteTask)
}

func (q *Queue) onTask(ctx context.Context, queue, id string, do func(queue, id string) error) error {
	l := q.lane(queue)
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
	q.announce(l)
	return nil
}
