package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/rules"
	"github.com/leadgate/leadgate/lead/strictyaml"
)

// judge says what rules make of leads. Its errors wrap lead.ErrNotFound, ErrConflict or
// lead.ErrUnavailable.
type judge interface {
	Rehearse(ctx context.Context, set *rules.Set, since time.Time, told lead.Walk) (lead.Rehearsal, error)
	Reclassify(ctx context.Context, chosen lead.Chosen, dry bool, told lead.Walk) (lead.Reclassified, error)
	ReclassifyLead(ctx context.Context, leadID string, how lead.ReclassifyOne) (lead.Turn, error)
	Explain(ctx context.Context, leadID string) (lead.Explanation, error)
}

const (
	MaxRules     = 1 << 20 // bytes of a rules file
	rehearseDays = 30      // are tried when the caller names no time
)

// Explain answers GET /leads/{id}/explain.
func (s *API) Explain(c echo.Context) error {
	x, err := s.o.Judge.Explain(c.Request().Context(), c.Param("id"))
	if err != nil {
		return fmt.Errorf("explain lead: %w", err)
	}
	return show(c, x)
}

// RehearseRules answers POST /rules/try?since=30d, whose body is a rules file. Nothing
// is changed.
func (s *API) RehearseRules(c echo.Context) error {
	now := s.o.Now()
	q := query{values: c.QueryParams()}
	q.only("since")
	since := q.since(now)
	if q.err != nil {
		return q.err
	}
	if since.IsZero() {
		since = now.AddDate(0, 0, -rehearseDays)
	}
	src, err := io.ReadAll(io.LimitReader(c.Request().Body, MaxRules+1))
	switch {
	case err != nil:
		return problem.Problem{Code: problem.Malformed, Detail: "The body could not be read.", Because: err}
	case len(src) > MaxRules:
		return problem.Problem{Code: problem.TooLarge, Detail: "A rules file has at most 1 MiB."}
	}
	set, err := rules.Parse("rules.yaml", src)
	var broken *strictyaml.Error
	if errors.As(err, &broken) {
		p := problem.Problem{Code: problem.BadRules, Detail: broken.Error()}
		for _, m := range broken.Mistakes {
			p.Fields = append(p.Fields, fmt.Sprintf("%s:%d:%d: %s; %s", m.File, m.Line, m.Column, m.Text, m.Fix))
		}
		return p
	}
	return walk(c, func(told lead.Walk) (lead.Rehearsal, error) {
		return s.Rehearse(c.Request().Context(), set, since, told)
	})
}

// Reclassify answers POST /reclassify.
func (s *API) Reclassify(c echo.Context) error {
	var in struct {
		Source      string            `json:"source"`
		Since       string            `json:"since"`
		Temperature *lead.Temperature `json:"temperature"`
		Alert       bool              `json:"alert"`
		DryRun      bool              `json:"dry_run"`
	}
	d := json.NewDecoder(io.LimitReader(c.Request().Body, maxAction))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil && !errors.Is(err, io.EOF) {
		return problem.Problem{Code: problem.Malformed, Because: err,
			Detail: fmt.Sprintf(`Send JSON like {"source": "contact", "since": "30d", "temperature": "warm", "alert": false, "dry_run": true}; all of it may be left out. (%s)`, strings.TrimPrefix(err.Error(), "json: "))}
	}
	q := query{values: map[string][]string{"since": {in.Since}}}
	chosen := lead.Chosen{Source: in.Source, Since: q.since(s.o.Now()), Temperature: in.Temperature, Alert: in.Alert}
	if q.err != nil {
		return q.err
	}
	return walk(c, func(told lead.Walk) (lead.Reclassified, error) {
		result, err := s.o.Judge.Reclassify(c.Request().Context(), chosen, in.DryRun, told)
		if err == nil && !in.DryRun {
			s.o.Sessions.Did(c, lead.ActReclassify, sourceName(in.Source))
		}
		return result, err
	})
}

// Rehearse tries rules on past leads, for one caller at a time: with many leads it
// keeps every processor busy for seconds.
func (s *API) Rehearse(ctx context.Context, set *rules.Set, since time.Time, told lead.Walk) (lead.Rehearsal, error) {
	if !s.rehearsing.TryLock() {
		return lead.Rehearsal{}, problem.Problem{Code: problem.Unavailable, Retry: 5, Detail: "Somebody is trying rules just now, and it is done one at a time. Try again in a few seconds."}
	}
	defer s.rehearsing.Unlock()
	return s.o.Judge.Rehearse(ctx, set, since, told)
}

const (
	// turnsShown is how many turns stand in an answer that is not streamed.
	turnsShown = 1000
	// walkPatience is how long a client of a walk may take to read a line.
	walkPatience = 30 * time.Second
)

// walk answers with a walk over all leads. Who accepts application/x-ndjson gets
// it line by line, {"progress":...} and {"turn":...} as they come and {"result":...}
// or {"error":...} last; everybody else one document at the end.
func walk[R any](c echo.Context, do func(lead.Walk) (R, error)) error {
	control := Patient(c)
	if strings.Contains(c.Request().Header.Get("Accept"), "application/x-ndjson") {
		return walkByLine(c, control, do)
	}
	turns := []lead.Turn{}
	result, err := do(lead.Walk{Turn: func(t lead.Turn) error {
		if len(turns) < turnsShown {
			turns = append(turns, t)
		}
		return nil
	}})
	if err != nil {
		return err
	}
	return show(c, struct {
		Result R           `json:"result"`
		Turns  []lead.Turn `json:"turns"`
	}{result, turns})
}

// Patient lets an answer take as long as it takes.
func Patient(c echo.Context) *http.ResponseController {
	control := http.NewResponseController(c.Response())
	_ = control.SetReadDeadline(time.Time{}) // not every writer has one, and such a writer has no limit
	_ = control.SetWriteDeadline(time.Time{})
	return control
}

// walkLine is one line of a streamed walk.
type walkLine struct {
	Progress *lead.Progress `json:"progress,omitempty"`
	Turn     *lead.Turn     `json:"turn,omitempty"`
	Result   any            `json:"result,omitempty"`
	Error    string         `json:"error,omitempty"`
}

func walkByLine[R any](c echo.Context, control *http.ResponseController, do func(lead.Walk) (R, error)) error {
	h := c.Response().Header()
	h.Set("Content-Type", "application/x-ndjson")
	h.Set("Cache-Control", "no-store")
	out := json.NewEncoder(c.Response())
	write := func(l walkLine) error {
		_ = control.SetWriteDeadline(time.Now().Add(walkPatience)) // as above
		if err := out.Encode(l); err != nil {
			return fmt.Errorf("tell the client: %w", err)
		}
		if l.Turn != nil {
			return nil // goes with the progress of its page
		}
		return control.Flush()
	}
	result, err := do(lead.Walk{
		Turn:     func(t lead.Turn) error { return write(walkLine{Turn: &t}) },
		Progress: func(p lead.Progress) error { return write(walkLine{Progress: &p}) },
	})
	if err != nil {
		if !c.Response().Committed {
			return err
		}
		_ = write(walkLine{Error: problem.Of(err).Detail}) // the client may have gone, which is why it ended
		return err
	}
	return write(walkLine{Result: result})
}
