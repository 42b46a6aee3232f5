package handlers

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/session"
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
	maxRules     = 1 << 20 // bytes of a rules file
	rehearseDays = 30      // are tried when the caller names no time
)

// explain answers GET /leads/{id}/explain.
func (s *Server) explain(c echo.Context) error {
	x, err := s.o.Judge.Explain(c.Request().Context(), c.Param("id"))
	if err != nil {
		return fmt.Errorf("explain lead: %w", err)
	}
	return show(c, x)
}

// rehearseRules answers POST /rules/try?since=30d, whose body is a rules file. Nothing
// is changed.
func (s *Server) rehearseRules(c echo.Context) error {
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
	src, err := io.ReadAll(io.LimitReader(c.Request().Body, maxRules+1))
	switch {
	case err != nil:
		return problem.Problem{Code: problem.Malformed, Detail: "The body could not be read.", Because: err}
	case len(src) > maxRules:
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
		return s.rehearse(c.Request().Context(), set, since, told)
	})
}

// reclassify answers POST /reclassify.
func (s *Server) reclassify(c echo.Context) error {
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
			s.sessions.Did(c, lead.ActReclassify, sourceName(in.Source))
		}
		return result, err
	})
}

// reclassifyLead answers POST /leads/{id}/reclassify with the verdicts before and
// after.
func (s *Server) reclassifyLead(c echo.Context) error {
	var in struct {
		By       string `json:"by"`
		Revision int64  `json:"revision"`
		Alert    bool   `json:"alert"`
		DryRun   bool   `json:"dry_run"`
	}
	if err := readAsk(c, &in, `{"by": "Dana", "revision": 3, "alert": false, "dry_run": true}; all of it may be left out`); err != nil {
		return err
	}
	by := cmp.Or(strings.TrimSpace(in.By), session.Of(c).Name)
	t, err := s.o.Judge.ReclassifyLead(c.Request().Context(), c.Param("id"), lead.ReclassifyOne{By: by, Revision: in.Revision, Alert: in.Alert, DryRun: in.DryRun})
	if lead.IsConflict(err) {
		return problem.Problem{Code: problem.Conflict, Detail: taken(nil), Because: err}
	}
	if err != nil {
		return fmt.Errorf("reclassify lead: %w", err)
	}
	return show(c, t)
}
