package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	RehearseDays = 30      // are tried when the caller names no time
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
	q := Query{Values: c.QueryParams()}
	q.only("since")
	since := q.Since(now)
	if q.Err != nil {
		return q.Err
	}
	if since.IsZero() {
		since = now.AddDate(0, 0, -RehearseDays)
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
	q := Query{Values: map[string][]string{"since": {in.Since}}}
	chosen := lead.Chosen{Source: in.Source, Since: q.Since(s.o.Now()), Temperature: in.Temperature, Alert: in.Alert}
	if q.Err != nil {
		return q.Err
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
