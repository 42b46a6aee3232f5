package handlers

import (
	"cmp"
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
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
)

// people knows who takes leads, and who is away; jobs.Jobs does. Its errors wrap
// lead.ErrNotFound or lead.ErrUntil.
type people interface {
	Staff(ctx context.Context) (lead.Staff, error)

	// OffUntil keeps a rep out of the round robins until the moment that words
	// name, in the rep's zone. It returns that moment; zero: the rep is back.
	OffUntil(ctx context.Context, rep, words string) (time.Time, error)
}

// showPeople answers GET /reps.
func (s *Server) showPeople(c echo.Context) error {
	all, err := s.o.People.Staff(c.Request().Context())
	if err != nil {
		return fmt.Errorf("list reps: %w", err)
	}
	return show(c, all)
}

// setOff answers POST /reps/{name}/off with until when the rep is away.
func (s *Server) setOff(c echo.Context) error {
	var in struct {
		Until string `json:"until"`
	}
	b, err := io.ReadAll(io.LimitReader(c.Request().Body, maxAction))
	if err == nil {
		err = json.Unmarshal(b, &in)
	}
	if err != nil {
		return problem.Problem{Code: problem.Malformed, Detail: `Send JSON: {"until": "14:00"}.`, Because: err}
	}
	until, err := s.off(c.Request().Context(), session.Of(c).Name, c.Param("name"), in.Until)
	if err != nil {
		return noMoment(in.Until, err)
	}
	return show(c, struct {
		Rep      string    `json:"rep"`
		OffUntil time.Time `json:"off_until,omitzero"`
	}{c.Param("name"), until.UTC()})
}

// setOffPage answers POST /settings/off: everybody for himself, the owner for
// anybody.
func (s *Server) setOffPage(c echo.Context) error {
	me := session.Of(c)
	rep := cmp.Or(c.FormValue("rep"), me.Name)
	if rep != me.Name && me.Right < session.Owner {
		return problem.Problem{Code: problem.Forbidden, Detail: "You may say this of yourself; of others the owner may."}
	}
	words := c.FormValue("until")
	if c.FormValue("back") != "" {
		words = "back"
	}
	until, err := s.off(c.Request().Context(), me.Name, rep, words)
	if err != nil {
		return noMoment(words, err)
	}
	said := "off"
	if until.IsZero() {
		said = "back"
	}
	return c.Redirect(http.StatusSeeOther, "/settings?said="+said+"#people")
}

// off keeps a rep away, or brings one back, and records who did so.
func (s *Server) off(ctx context.Context, by, rep, words string) (time.Time, error) {
	until, err := s.o.People.OffUntil(ctx, rep, strings.TrimSpace(words))
	if err != nil {
		return until, fmt.Errorf("rep is off: %w", err)
	}
	e := lead.Entry{By: by, Did: lead.ActOff, About: rep}
	if until.IsZero() {
		e.Did = lead.ActBack
	}
	s.o.Auditor.Audit(ctx, e)
	return until, nil
}

// noMoment tells the one who wrote it what can be read.
func noMoment(words string, err error) error {
	if errors.Is(err, lead.ErrUntil) {
		return problem.Problem{Code: problem.Malformed, Detail: fmt.Sprintf("until=%.40q is no moment to come; %v.", words, lead.ErrUntil), Because: err}
	}
	return err
}
