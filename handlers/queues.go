package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/lead"
)

// plant is the machinery behind the intake. The program joins it with jobs, the
// journal and the store. Its errors wrap problem.ErrNotFound, ErrConflict or
// problem.ErrUnavailable.
type plant interface {
	// Plant says how everything is; it always answers, with what is known.
	Plant(ctx context.Context) Plant
	PauseQueue(ctx context.Context, queue string, paused bool) error
	Tasks(ctx context.Context, queue, state string, limit int) ([]Task, error)
	RunTask(ctx context.Context, queue, id string) error
	DeleteTask(ctx context.Context, queue, id string) error
}

// Plant is how the machinery is. Its JSON is the API's.
type Plant struct {
	Redis   RedisState    `json:"redis"`
	Journal JournalState  `json:"journal"`
	Queues  []Queue       `json:"queues"` // none while Redis is away
	Targets []TargetState `json:"targets"`
}

// RedisState is how Redis is.
type RedisState struct {
	Up       bool   `json:"up"`
	Embedded bool   `json:"embedded"` // it is in this process
	Version  string `json:"version,omitempty"`
	Used     int64  `json:"used_bytes,omitempty"`
	Most     int64  `json:"max_bytes,omitempty"` // of its memory; absent: as much as there is
	Eviction string `json:"eviction,omitempty"`  // what it does when its memory is full
}

// JournalState is how this node's journal is.
type JournalState struct {
	Waiting int     `json:"waiting"` // touches accepted and not settled
	Bytes   int64   `json:"bytes"`   // of its file
	Error   string  `json:"error,omitempty"`
	Shelves []Shelf `json:"shelves"`
}

// Shelf is one shelf of the journal and how much is on it.
type Shelf struct {
	Name string `json:"name"`
	Kept int    `json:"kept"`
}

// Queue is one lane's tasks in Redis, of all nodes.
type Queue struct {
	Name    string  `json:"name"`
	Paused  bool    `json:"paused"`
	Latency float64 `json:"latency_seconds"` // age of the oldest task that waits

	Pending   int `json:"pending"` // ready for a worker
	Active    int `json:"active"`  // a worker has it
	Scheduled int `json:"scheduled"`
	Retry     int `json:"retry"`    // failed, and is tried again
	Archived  int `json:"archived"` // given up by asynq; the journal drives its touches again
	Completed int `json:"completed"`

	Processed int `json:"processed_today"` // UTC
	Failed    int `json:"failed_today"`
}

// Task is one task of a queue. It names touches and no people.
type Task struct {
	ID         string    `json:"id"`
	Queue      string    `json:"queue"`
	Type       string    `json:"type"`
	State      string    `json:"state"`
	Touches    []string  `json:"touches"`
	Retried    int       `json:"retried"`
	LastError  string    `json:"last_error,omitempty"`
	LastFailed time.Time `json:"last_failed_at,omitzero"`
	Next       time.Time `json:"next_at,omitzero"`
}

// TargetState is how a target fares.
type TargetState struct {
	Name        string    `json:"name"`
	Kind        string    `json:"kind"`
	State       string    `json:"state"`              // ok, retrying, broken or paused
	Waiting     int       `json:"waiting"`            // deliveries
	Oldest      time.Time `json:"oldest_at,omitzero"` // when the one that waits longest was received
	PausedBy    string    `json:"paused_by,omitempty"`
	PausedAt    time.Time `json:"paused_at,omitzero"`
	PausedWhy   string    `json:"paused_why,omitempty"`
	FailingFrom time.Time `json:"failing_from,omitzero"`
	Fails       int       `json:"fails,omitempty"` // in a row
	LastError   string    `json:"last_error,omitempty"`
	LastErrorAt time.Time `json:"last_error_at,omitzero"`
	NextTry     time.Time `json:"next_try_at,omitzero"`
	LastSentAt  time.Time `json:"last_sent_at,omitzero"`
}

// plantLimit bounds how long Redis may take to tell of itself.
const plantLimit = time.Second

func (s *Server) showQueues(c echo.Context) error {
	if s.o.Plant == nil {
		return problem.ErrUnavailable
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), plantLimit)
	defer cancel()
	return show(c, s.o.Plant.Plant(ctx))
}

// setQueue answers POST /queues/{name}/pause and /resume with all of them.
func (s *Server) setQueue(c echo.Context) error {
	verb := c.Param("verb")
	if s.o.Plant == nil || verb != "pause" && verb != "resume" {
		return problem.ErrNotFound
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), plantLimit)
	defer cancel()
	if err := s.o.Plant.PauseQueue(ctx, c.Param("name"), verb == "pause"); err != nil {
		return fmt.Errorf("%s a queue: %w", verb, err)
	}
	s.sessions.Did(c, lead.Act(verb+"_queue"), c.Param("name"))
	return s.showQueues(c)
}

// listTasks answers GET /queues/{name}/tasks?state=retry.
func (s *Server) listTasks(c echo.Context) error {
	q := query{values: c.QueryParams()}
	q.only("state", "limit")
	state := q.oneOf("state", "pending", "active", "scheduled", "retry", "archived")
	limit := q.limit()
	if state == "" {
		state = "retry"
	}
	if q.err != nil {
		return q.err
	}
	if s.o.Plant == nil {
		return problem.ErrUnavailable
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), plantLimit)
	defer cancel()
	tasks, err := s.o.Plant.Tasks(ctx, c.Param("name"), state, limit)
	if err != nil {
		return fmt.Errorf("list tasks: %w", err)
	}
	return show(c, struct {
		Items []Task `json:"items"`
	}{tasks})
}

// onTask answers POST /queues/{name}/tasks/{id}/run and /delete.
func (s *Server) onTask(c echo.Context) error {
	if s.o.Plant == nil {
		return problem.ErrUnavailable
	}
	do := map[string]func(context.Context, string, string) error{"run": s.o.Plant.RunTask, "delete": s.o.Plant.DeleteTask}[c.Param("verb")]
	if do == nil {
		return problem.ErrNotFound
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), plantLimit)
	defer cancel()
	err := do(ctx, c.Param("name"), c.Param("id"))
	if errors.Is(err, ErrConflict) {
		return problem.Problem{Code: problem.Conflict, Detail: "The task runs already, or is about to; look again.", Because: err}
	}
	if err != nil {
		return fmt.Errorf("%s a task: %w", c.Param("verb"), err)
	}
	s.sessions.Did(c, lead.Act(c.Param("verb")+"_task"), c.Param("name"))
	return c.NoContent(http.StatusNoContent)
}
