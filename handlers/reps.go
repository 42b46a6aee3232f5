package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/lead"
)

// people keeps who is away. The program joins it with jobs. Its errors wrap
// ErrNotFound, lead.ErrUntil or ErrUnavailable.
type people interface {
	// Off keeps a rep out of the round robins until the moment that words name,
	// in the rep's zone. It returns that moment; zero: the rep is back.
	Off(ctx context.Context, rep, words string) (time.Time, error)
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
		return problem{code: malformed, detail: `Send JSON: {"until": "14:00"}.`, because: err}
	}
	until, err := s.o.People.Off(c.Request().Context(), c.Param("name"), in.Until)
	if errors.Is(err, lead.ErrUntil) {
		return problem{code: malformed, detail: fmt.Sprintf("until=%.40q is no moment to come; %v.", in.Until, lead.ErrUntil), because: err}
	}
	if err != nil {
		return fmt.Errorf("rep is off: %w", err)
	}
	s.didOff(c, c.Param("name"), until)
	return show(c, struct {
		Rep      string    `json:"rep"`
		OffUntil time.Time `json:"off_until,omitzero"`
	}{c.Param("name"), until.UTC()})
}

// didOff records that a rep is away, or back.
func (s *Server) didOff(c echo.Context, rep string, until time.Time) {
	act := lead.ActOff
	if until.IsZero() {
		act = lead.ActBack
	}
	s.did(c, act, rep)
}
