package inbox

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

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

// QueuesPage answers GET /queues.
func (s *Pages) QueuesPage(c echo.Context) error {
	ctx := c.Request().Context()
	v := queuesView{Machinery: s.o.API.Machinery(ctx), Queue: c.QueryParam("queue"), State: c.QueryParam("state")}
	if v.Queue != "" && slices.Contains(taskStates, v.State) {
		tasks, err := s.o.API.Tasks(ctx, v.Queue, v.State, mostTasks)
		if err != nil {
			return fmt.Errorf("list tasks: %w", err)
		}
		v.Tasks = tasks
	}
	return s.render(c, http.StatusOK, "queues", s.frame(c, "queues", "Queues", v))
}

// taskCounts are the states of a queue with how many tasks are in each.
func taskCounts(q ops.Queue) []taskCount {
	return []taskCount{{"pending", q.Pending}, {"active", q.Active}, {"scheduled", q.Scheduled}, {"retry", q.Retry}, {"archived", q.Archived}}
}

type taskCount struct {
	State string
	N     int
}
