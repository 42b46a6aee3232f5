package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hibiken/asynq"
)

// Queue is one lane's tasks in Redis, of all nodes.
type Queue struct {
	Name    string
	Paused  bool
	Latency float64 // age of the oldest task that waits

	Pending   int // ready for a worker
	Active    int // a worker has it
	Scheduled int
	Retry     int // failed, and is tried again
	Archived  int // given up; what it was about is driven again by the journal
	Completed int

	Processed int // UTC
	Failed    int
}

// Task is one task of a queue. It names touches and no people.
type Task struct {
	ID         string
	Queue      string
	Type       string
	State      string
	Touches    []string
	Retried    int
	LastError  string
	LastFailed time.Time
	Next       time.Time
}

// What can be wrong with asking about a queue.
var (
	ErrNoQueue = errors.New("no such queue")
	ErrNoTask  = errors.New("no such task")
	ErrNoState = errors.New("no such state of a task")
	ErrBusy    = errors.New("the task runs already, or is about to")
)

// Queues looks at the lanes' tasks. Redis must be there.
func (j *Jobs) Queues(ctx context.Context) ([]Queue, error) {
	var all []Queue
	for _, l := range []*lane{j.hot, j.bulk} {
		info, err := ask(ctx, func() (*asynq.QueueInfo, error) { return j.inspector.GetQueueInfo(l.shelf) })
		switch {
		case unknownQueue(err):
			all = append(all, Queue{Name: l.shelf})
			continue
		case err != nil:
			return nil, fmt.Errorf("look at queue %s: %w", l.shelf, err)
		}
		all = append(all, Queue{Name: l.shelf, Paused: info.Paused, Latency: info.Latency.Seconds(), Pending: info.Pending, Active: info.Active,
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
		return fmt.Errorf("%w: %s", ErrNoQueue, queue)
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
func (j *Jobs) Tasks(ctx context.Context, queue, state string, limit int) ([]Task, error) {
	if j.laneCalled(queue) == nil {
		return nil, fmt.Errorf("%w: %s", ErrNoQueue, queue)
	}
	list := map[string]func(string, ...asynq.ListOption) ([]*asynq.TaskInfo, error){
		"pending": j.inspector.ListPendingTasks, "active": j.inspector.ListActiveTasks, "scheduled": j.inspector.ListScheduledTasks,
		"retry": j.inspector.ListRetryTasks, "archived": j.inspector.ListArchivedTasks,
	}[state]
	if list == nil {
		return nil, fmt.Errorf("%w: %s", ErrNoState, state)
	}
	found, err := ask(ctx, func() ([]*asynq.TaskInfo, error) { return list(queue, asynq.PageSize(limit)) })
	if err != nil && !unknownQueue(err) {
		return nil, fmt.Errorf("list tasks of queue %s: %w", queue, err)
	}
	tasks := []Task{}
	for _, t := range found {
		task := Task{ID: t.ID, Queue: queue, Type: t.Type, State: state, Touches: strings.Fields(string(t.Payload)), Retried: t.Retried,
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
		return fmt.Errorf("%w: %s", ErrNoQueue, queue)
	}
	_, err := ask(ctx, func() (bool, error) { return true, do(queue, id) })
	switch {
	case errors.Is(err, asynq.ErrTaskNotFound), unknownQueue(err):
		return fmt.Errorf("%w: %s", ErrNoTask, id)
	case err != nil && strings.Contains(err.Error(), "FAILED_PRECONDITION"): // which asynq has no value for
		return fmt.Errorf("%w: %s", ErrBusy, id)
	case err != nil:
		return fmt.Errorf("task %s of queue %s: %w", id, queue, err)
	}
	l.gate.wake()
	j.announce(l)
	return nil
}

// Shelf is one shelf of this node's journal.
type Shelf struct {
	Name string
	Kept int
}

// Backlog is what this node's journal holds, shelf by shelf.
func (j *Jobs) Backlog() []Shelf {
	var all []Shelf
	for _, name := range Shelves() {
		all = append(all, Shelf{name, j.o.Journal.Len(name)})
	}
	return all
}
