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
	"github.com/leadgate/leadgate/lead/ops"
)

// machinery is what works behind the intake; jobs.Jobs is one. Its errors wrap
// lead.ErrNotFound or ops.ErrBusy.
type machinery interface {
	// Machinery returns the state of everything, as far as it is known.
	Machinery(ctx context.Context) ops.Machinery
	PauseQueue(ctx context.Context, queue string, paused bool) error
	Tasks(ctx context.Context, queue, state string, limit int) ([]ops.Task, error)
	RunTask(ctx context.Context, queue, id string) error
	DeleteTask(ctx context.Context, queue, id string) error
}

// machineryLimit bounds how long Redis may take to answer.
const machineryLimit = time.Second

func (s *Server) showQueues(c echo.Context) error {
	if s.o.Machinery == nil {
		return lead.ErrUnavailable
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), machineryLimit)
	defer cancel()
	return show(c, s.o.Machinery.Machinery(ctx))
}

// setQueue answers POST /queues/{name}/pause and /resume with all of them.
func (s *Server) setQueue(c echo.Context) error {
	verb := c.Param("verb")
	if s.o.Machinery == nil || verb != "pause" && verb != "resume" {
		return lead.ErrNotFound
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), machineryLimit)
	defer cancel()
	if err := s.o.Machinery.PauseQueue(ctx, c.Param("name"), verb == "pause"); err != nil {
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
	if s.o.Machinery == nil {
		return lead.ErrUnavailable
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), machineryLimit)
	defer cancel()
	tasks, err := s.o.Machinery.Tasks(ctx, c.Param("name"), state, limit)
	if err != nil {
		return fmt.Errorf("list tasks: %w", err)
	}
	return show(c, struct {
		Items []ops.Task `json:"items"`
	}{tasks})
}

// onTask answers POST /queues/{name}/tasks/{id}/run and /delete.
func (s *Server) onTask(c echo.Context) error {
	if s.o.Machinery == nil {
		return lead.ErrUnavailable
	}
	do := map[string]func(context.Context, string, string) error{"run": s.o.Machinery.RunTask, "delete": s.o.Machinery.DeleteTask}[c.Param("verb")]
	if do == nil {
		return lead.ErrNotFound
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), machineryLimit)
	defer cancel()
	err := do(ctx, c.Param("name"), c.Param("id"))
	if errors.Is(err, ops.ErrBusy) {
		return problem.Problem{Code: problem.Conflict, Detail: "The task runs already, or is about to; look again.", Because: err}
	}
	if err != nil {
		return fmt.Errorf("%s a task: %w", c.Param("verb"), err)
	}
	s.sessions.Did(c, lead.Act(c.Param("verb")+"_task"), c.Param("name"))
	return c.NoContent(http.StatusNoContent)
}
