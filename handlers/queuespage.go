package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/ops"
)

// queuesView is the page of the machinery.
type queuesView struct {
	ops.Machinery
	Queue, State string // whose tasks are listed; empty: nobody's
	Tasks        []ops.Task
}

// taskStates of a queue that can be looked into.
var taskStates = []string{"pending", "active", "scheduled", "retry", "archived"}

// mostTasks are shown of a queue.
const mostTasks = 100

// queuesPage answers GET /queues.
func (s *Server) queuesPage(c echo.Context) error {
	if s.o.Machinery == nil {
		return lead.ErrUnavailable
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), machineryLimit)
	defer cancel()
	v := queuesView{Machinery: s.o.Machinery.Machinery(ctx), Queue: c.QueryParam("queue"), State: c.QueryParam("state")}
	if v.Queue != "" && slices.Contains(taskStates, v.State) {
		tasks, err := s.o.Machinery.Tasks(ctx, v.Queue, v.State, mostTasks)
		if err != nil {
			return fmt.Errorf("list tasks: %w", err)
		}
		v.Tasks = tasks
	}
	return s.render(c, http.StatusOK, "queues", s.frame(c, "queues", "Queues", v))
}

// actOnQueue answers POST /queues/{name}/{verb}: pause and resume, or, with a
// task, run and delete.
func (s *Server) actOnQueue(c echo.Context) error {
	if s.o.Machinery == nil {
		return lead.ErrUnavailable
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), machineryLimit)
	defer cancel()
	name, task := c.Param("name"), c.FormValue("task")
	var err error
	verb, on := c.Param("verb"), "_task"
	switch verb {
	case "pause", "resume":
		on, err = "_queue", s.o.Machinery.PauseQueue(ctx, name, verb == "pause")
	case "run":
		err = s.o.Machinery.RunTask(ctx, name, task)
	case "delete":
		err = s.o.Machinery.DeleteTask(ctx, name, task)
	default:
		err = lead.ErrNotFound
	}
	if errors.Is(err, ops.ErrBusy) {
		return problem.Problem{Code: problem.Conflict, Detail: "The task runs already, or is about to; look again.", Because: err}
	}
	if err != nil {
		return fmt.Errorf("act on a queue: %w", err)
	}
	s.sessions.Did(c, lead.Act(verb+on), name)
	back := "/queues?said=done"
	if task != "" {
		back += "&" + url.Values{"queue": {name}, "state": {c.FormValue("state")}}.Encode()
	}
	return c.Redirect(http.StatusSeeOther, back)
}

// taskCounts are the states of a queue with how many tasks are in each.
func taskCounts(q ops.Queue) []taskCount {
	return []taskCount{{"pending", q.Pending}, {"active", q.Active}, {"scheduled", q.Scheduled}, {"retry", q.Retry}, {"archived", q.Archived}}
}

type taskCount struct {
	State string
	N     int
}
