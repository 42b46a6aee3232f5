package api

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/ops"
)

// machinery is what works behind the intake. Its errors wrap
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

// ShowQueues answers GET /queues.
func (s *API) ShowQueues(c echo.Context) error { return show(c, s.Machinery(c.Request().Context())) }

// Machinery returns the state of everything behind the intake, as far as it is
// known in time.
func (s *API) Machinery(ctx context.Context) ops.Machinery {
	ctx, cancel := context.WithTimeout(ctx, machineryLimit)
	defer cancel()
	return s.o.Machinery.Machinery(ctx)
}

// Tasks returns some of a queue's tasks in a state.
func (s *API) Tasks(ctx context.Context, queue, state string, limit int) ([]ops.Task, error) {
	ctx, cancel := context.WithTimeout(ctx, machineryLimit)
	defer cancel()
	tasks, err := s.o.Machinery.Tasks(ctx, queue, state, limit)
	if err != nil {
		err = fmt.Errorf("list tasks: %w", err)
	}
	return tasks, err
}

// ListTasks answers GET /queues/{name}/tasks?state=retry.
func (s *API) ListTasks(c echo.Context) error {
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
	tasks, err := s.Tasks(c.Request().Context(), c.Param("name"), state, limit)
	if err != nil {
		return err
	}
	return show(c, struct {
		Items []ops.Task `json:"items"`
	}{tasks})
}

// pauser knows the targets and stops and starts them by hand. The program joins
// it with jobs. Its errors wrap lead.ErrNotFound or lead.ErrUnavailable.
type pauser interface {
	States() []ops.Target
	Pause(ctx context.Context, name, by, why string) error
	Resume(ctx context.Context, name string) error
}

// ListTargets answers GET /targets: how each one fares, in the order of the
// configuration.
func (s *API) ListTargets(c echo.Context) error {
	return show(c, struct {
		Items []ops.Target `json:"items"`
	}{s.o.Pauser.States()})
}

// SetTarget answers POST /targets/{name}/pause and /resume with all of them.
// What a paused target is to hear waits; resuming a failing one tries it at once.
func (s *API) SetTarget(c echo.Context) error {
	b, err := io.ReadAll(io.LimitReader(c.Request().Body, maxAction))
	if err != nil {
		return problem.Problem{Code: problem.Malformed, Detail: "The body could not be read.", Because: err}
	}
	var in struct {
		By  string `json:"by"`
		Why string `json:"why"`
	}
	if len(b) > 0 && json.Unmarshal(b, &in) != nil {
		return problem.Problem{Code: problem.Malformed, Detail: `Send JSON: {"by": "who does it", "why": "CRM moves"}; why may be left out.`}
	}
	in.By, in.Why = strings.TrimSpace(in.By), strings.TrimSpace(in.Why)
	ctx, name := c.Request().Context(), c.Param("name")
	switch verb := c.Param("verb"); {
	case verb == "pause" && (in.By == "" || len(in.By) > 200 || len(in.Why) > 500):
		return problem.Problem{Code: problem.Malformed, Detail: `Say who pauses it, and in at most 500 characters why: {"by": "Dana", "why": "CRM moves"}.`}
	case verb == "pause":
		err = s.o.Pauser.Pause(ctx, name, in.By, in.Why)
	case verb == "resume":
		err = s.o.Pauser.Resume(ctx, name)
	default:
		return lead.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("%s a target: %w", c.Param("verb"), err)
	}
	s.o.Sessions.DidBy(c.Request().Context(), cmp.Or(in.By, session.Of(c).Name), lead.Act(c.Param("verb")+"_target"), name)
	return s.ListTargets(c)
}
