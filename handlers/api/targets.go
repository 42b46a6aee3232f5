package api

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/ops"
)

// pauser knows the targets and stops and starts them by hand. The program joins
// it with jobs. Its errors wrap lead.ErrNotFound or lead.ErrUnavailable.
type pauser interface {
	Targets() []ops.Target
	PauseTarget(ctx context.Context, name, by, why string) error
	ResumeTarget(ctx context.Context, name string) error
}

// ListTargets answers GET /targets: how each one fares, in the order of the
// configuration.
func (s *API) ListTargets(c echo.Context) error {
	return show(c, struct {
		Items []ops.Target `json:"items"`
	}{s.o.Pauser.Targets()})
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
		err = s.o.Pauser.PauseTarget(ctx, name, in.By, in.Why)
	case verb == "resume":
		err = s.o.Pauser.ResumeTarget(ctx, name)
	default:
		return lead.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("%s a target: %w", c.Param("verb"), err)
	}
	s.o.Sessions.DidBy(c.Request().Context(), cmp.Or(in.By, session.Of(c).Name), lead.Act(c.Param("verb")+"_target"), name)
	return s.ListTargets(c)
}
