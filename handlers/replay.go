package handlers

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

// replayTouch answers POST /touches/{id}/replay.
func (s *Server) replayTouch(c echo.Context) error {
	var in struct {
		DryRun bool `json:"dry_run"`
	}
	if err := readAsk(c, &in, `{"dry_run": true}`); err != nil {
		return err
	}
	run, err := s.o.Replayer.Replay(c.Request().Context(), c.Param("id"), in.DryRun)
	if err != nil {
		return fmt.Errorf("replay touch: %w", err)
	}
	if !in.DryRun {
		s.sessions.Did(c, lead.ActReplay, c.Param("id"))
	}
	return show(c, run)
}

// replayMany answers POST /replay.
func (s *Server) replayMany(c echo.Context) error {
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
	q := query{}
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
	if q.err != nil {
		return q.err
	}
	return s.answerRun(c, func(ctx context.Context) (lead.Run, error) {
		run, err := s.o.Replayer.ReplayAll(ctx, f, in.DryRun)
		if err == nil && !in.DryRun {
			s.sessions.Did(c, lead.ActReplay, sourceName(in.Source))
		}
		return run, err
	})
}

// showRun answers GET /runs/{id}.
func (s *Server) showRun(c echo.Context) error {
	run, err := s.o.Replayer.RunOf(c.Param("id"))
	if err != nil {
		return fmt.Errorf("read run: %w", err)
	}
	return show(c, run)
}

// answerRun starts a run and answers with it: 200 when it has ended soon, else
// 202 and where to look for it.
func (s *Server) answerRun(c echo.Context, start func(context.Context) (lead.Run, error)) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), runAnswered)
	defer cancel()
	run, err := start(ctx)
	if err != nil {
		return fmt.Errorf("start run: %w", err)
	}
	if run.Ended() {
		return show(c, run)
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Location", apiPath+"/runs/"+run.ID)
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
