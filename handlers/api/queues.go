package api

import (
	"context"
	"fmt"
	"time"

	"github.com/labstack/echo/v4"

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
const MachineryLimit = time.Second

// ShowQueues answers GET /queues.
func (s *API) ShowQueues(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), MachineryLimit)
	defer cancel()
	return show(c, s.o.Machinery.Machinery(ctx))
}

// ListTasks answers GET /queues/{name}/tasks?state=retry.
func (s *API) ListTasks(c echo.Context) error {
	q := Query{Values: c.QueryParams()}
	q.only("state", "limit")
	state := q.oneOf("state", "pending", "active", "scheduled", "retry", "archived")
	limit := q.limit()
	if state == "" {
		state = "retry"
	}
	if q.Err != nil {
		return q.Err
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), MachineryLimit)
	defer cancel()
	tasks, err := s.o.Machinery.Tasks(ctx, c.Param("name"), state, limit)
	if err != nil {
		return fmt.Errorf("list tasks: %w", err)
	}
	return show(c, struct {
		Items []ops.Task `json:"items"`
	}{tasks})
}
