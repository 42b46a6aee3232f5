package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/lead"
)

// replayer reads kept requests again. Its errors wrap lead.ErrNotFound or
// lead.ErrUnavailable; a run that has not ended when ctx does goes on by itself.
type replayer interface {
	Replay(ctx context.Context, touchID string, dryRun bool) (lead.Run, error)
	ReplayAll(ctx context.Context, f lead.TouchFilter, dryRun bool) (lead.Run, error)
	RunOf(id string) (lead.Run, error)
}

// runAnswered is how long a caller waits for the end of a run before it is told
// where to look for it.
const runAnswered = 5 * time.Second

// ReplayMany answers POST /replay.
func (s *API) ReplayMany(c echo.Context) error {
	var in struct {
		Source string `json:"source"`
		State  string `json:"state"`
		Since  string `json:"since"`
		Until  string `json:"until"`
		Limit  int    `json:"limit"`
		DryRun bool   `json:"dry_run"`
	}
	if err := readAsk(c, &in, `{"source": "zoom", "state": "unread", "since": "30d", "until": "2026-11-25", "limit": 100, "dry_run": true}; all may be left out`); err != nil {
		return err
	}
	now := s.o.Now()
	f := lead.TouchFilter{Source: in.Source, Limit: in.Limit}
	q := Query{}
	f.Since, f.Until = q.moment("since", in.Since, now), q.moment("until", in.Until, now)
	switch in.State {
	case "":
		f.State = lead.Unread
	case "all":
	case string(lead.Unread), string(lead.Settled):
		f.State = lead.State(in.State)
	default:
		q.wrong("state=%.40q is none of unread, settled, all.", in.State)
	}
	if in.Limit < 0 {
		q.wrong("limit=%d is less than nothing.", in.Limit)
	}
	if q.Err != nil {
		return q.Err
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), runAnswered)
	defer cancel()
	run, err := s.o.Replayer.ReplayAll(ctx, f, in.DryRun)
	if err != nil {
		return fmt.Errorf("replay touches: %w", err)
	}
	if !in.DryRun {
		s.o.Sessions.Did(c, lead.ActReplay, sourceName(in.Source))
	}
	return answerRun(c, run)
}

// ShowRun answers GET /runs/{id}.
func (s *API) ShowRun(c echo.Context) error {
	run, err := s.o.Replayer.RunOf(c.Param("id"))
	if err != nil {
		return fmt.Errorf("read run: %w", err)
	}
	return show(c, run)
}

// answerRun answers with a run: 200 when it has ended, else 202 and where to look
// for it.
func answerRun(c echo.Context, run lead.Run) error {
	if run.Ended() {
		return show(c, run)
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Location", Path+"/runs/"+run.ID)
	return c.JSON(http.StatusAccepted, run)
}

// readAsk reads what a caller asks for; an empty body asks for the usual.
func readAsk(c echo.Context, v any, example string) error {
	b, err := io.ReadAll(io.LimitReader(c.Request().Body, maxAction))
	if err != nil {
		return problem.Problem{Code: problem.Malformed, Detail: "The body could not be read.", Because: err}
	}
	if strings.TrimSpace(string(b)) == "" {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.DisallowUnknownFields() // a slip in a filter's name would choose everything
	if err := d.Decode(v); err != nil {
		return problem.Problem{Code: problem.Malformed, Detail: "Send JSON: " + example + ".", Because: err}
	}
	return nil
}
