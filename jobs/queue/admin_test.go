package queue

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hibiken/asynq"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/ops"
)

func looking(t *testing.T) (*Queue, *asynq.Inspector) {
	t.Helper()
	b := newTicking(t)
	return b.Queue, b.inspector
}

func TestQueue_States(t *testing.T) {
	q, look := looking(t)
	empty, err := q.States(t.Context())
	if diff := cmp.Diff([]ops.Queue{{Name: "hot"}, {Name: "bulk"}}, empty); err != nil || diff != "" {
		t.Errorf("before the first task: %v (-want +got):\n%s", err, diff)
	}
	if tasks, err := q.Tasks(t.Context(), "hot", "pending", 10); err != nil || len(tasks) != 0 {
		t.Errorf("tasks before the first one: %v, %v", tasks, err)
	}
	for _, id := range []string{"a", "b", "later"} {
		options := []asynq.Option{asynq.TaskID(id), asynq.Queue("bulk")}
		if id == "later" {
			options = append(options, asynq.ProcessIn(time.Hour))
		}
		if _, err := q.client.Enqueue(asynq.NewTask(touchTask, []byte("t1 t2")), options...); err != nil {
			t.Fatal(err)
		}
	}
	if err := look.ArchiveTask("bulk", "b"); err != nil {
		t.Fatal(err)
	}
	got, err := q.States(t.Context())
	want := []ops.Queue{{Name: "hot"}, {Name: "bulk", Pending: 1, Scheduled: 1, Archived: 1}}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(ops.Queue{}, "Latency")); err != nil || diff != "" {
		t.Errorf("States: %v (-want +got):\n%s", err, diff)
	}
	archived, err := q.Tasks(t.Context(), "bulk", "archived", 10)
	if diff := cmp.Diff([]ops.Task{{ID: "b", Queue: "bulk", Type: touchTask, State: "archived", Touches: []string{"t1", "t2"}}}, archived); err != nil || diff != "" {
		t.Errorf("archived tasks: %v (-want +got):\n%s", err, diff)
	}
	if later, err := q.Tasks(t.Context(), "bulk", "scheduled", 10); err != nil || len(later) != 1 || later[0].Next.IsZero() {
		t.Errorf("scheduled tasks: %+v, %v, want one with its time", later, err)
	}

	for name, step := range map[string]struct{ got, want error }{
		"RunArchived":  {q.RunTask(t.Context(), "bulk", "b"), nil},
		"RunPending":   {q.RunTask(t.Context(), "bulk", "a"), ops.ErrBusy},
		"RunUnknown":   {q.RunTask(t.Context(), "bulk", "x"), lead.ErrNotFound},
		"RunNowhere":   {q.RunTask(t.Context(), "cold", "a"), lead.ErrNotFound},
		"RunEmpty":     {q.RunTask(t.Context(), "hot", "a"), lead.ErrNotFound},
		"Delete":       {q.DeleteTask(t.Context(), "bulk", "later"), nil},
		"DeleteGone":   {q.DeleteTask(t.Context(), "bulk", "later-still"), lead.ErrNotFound},
		"TasksNowhere": {second(q.Tasks(t.Context(), "cold", "retry", 1)), lead.ErrNotFound},
		"TasksState":   {second(q.Tasks(t.Context(), "bulk", "odd", 1)), lead.ErrNotFound},
	} {
		if !errors.Is(step.got, step.want) {
			t.Errorf("%s: %v, want %v", name, step.got, step.want)
		}
	}
	if got, err := q.States(t.Context()); err != nil || got[1].Pending != 2 || got[1].Archived != 0 || got[1].Scheduled != 0 {
		t.Errorf("afterwards: %+v, %v, want two that wait", got, err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestQueue_PauseQueue(t *testing.T) {
	q, _ := looking(t)
	if _, err := q.client.Enqueue(asynq.NewTask(touchTask, nil), asynq.Queue("hot")); err != nil {
		t.Fatal(err)
	}
	for _, paused := range []bool{true, true, false, false} { // saying it twice is no error
		if err := q.PauseQueue(t.Context(), "hot", paused); err != nil {
			t.Fatalf("PauseQueue(%v): %v", paused, err)
		}
		if got, err := q.States(t.Context()); err != nil || got[0].Paused != paused {
			t.Errorf("after PauseQueue(%v): %+v, %v", paused, got, err)
		}
	}
	if err := q.PauseQueue(t.Context(), "cold", true); !errors.Is(err, lead.ErrNotFound) {
		t.Errorf("PauseQueue of no queue: %v", err)
	}
}

// A Redis that hangs does not hang who looks.
func TestQueue_States_Limit(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	forever := make(chan struct{})
	defer close(forever)
	if _, err := ask(ended, func() (int, error) { <-forever; return 1, nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("ask = %v, want the context's error", err)
	}
}
