package handlers

import (
	"context"
	"encoding/json"
	"io"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/lead"
)

// merger makes one lead of two, and two of one again. Its errors wrap
// lead.ErrNotFound, lead.ErrConflict, whose words are for the caller, or lead.ErrUnavailable.
type merger interface {
	Merge(ctx context.Context, leadID, into, by string) (*lead.Lead, error)
	Unmerge(ctx context.Context, leadID, by string) (*lead.Lead, error)
}

// merge answers POST /leads/{id}/merge with the lead that both are now.
func (s *Server) merge(c echo.Context) error {
	in, err := readMerge(c)
	if err != nil {
		return err
	}
	if in.Into == "" {
		return problem.Problem{Code: problem.Malformed, Detail: `Say which lead it becomes part of: {"by": "Dana", "into": "ID"}.`}
	}
	l, err := s.o.Merger.Merge(c.Request().Context(), c.Param("id"), in.Into, in.By)
	return showMerged(c, l, err)
}

// unmerge answers POST /leads/{id}/unmerge with the lead that is its own again.
func (s *Server) unmerge(c echo.Context) error {
	in, err := readMerge(c)
	if err != nil {
		return err
	}
	if in.Into != "" {
		return problem.Problem{Code: problem.Malformed, Detail: `The lead knows itself what it was merged into; send {"by": "Dana"}.`}
	}
	l, err := s.o.Merger.Unmerge(c.Request().Context(), c.Param("id"), in.By)
	return showMerged(c, l, err)
}

type mergeBody struct {
	By   string `json:"by"`
	Into string `json:"into"`
}

func readMerge(c echo.Context) (in mergeBody, err error) {
	if err := json.NewDecoder(io.LimitReader(c.Request().Body, maxAction)).Decode(&in); err != nil {
		return in, problem.Problem{Code: problem.Malformed, Detail: `Send JSON: {"by": "who does it", "into": "ID"}; to undo it, by alone.`, Because: err}
	}
	if in.By = strings.TrimSpace(in.By); in.By == "" || len(in.By) > 200 {
		return in, problem.Problem{Code: problem.Malformed, Detail: `Say who does it: {"by": "Dana"}.`}
	}
	return in, nil
}

func showMerged(c echo.Context, l *lead.Lead, err error) error {
	if lead.IsConflict(err) {
		return problem.Problem{Code: problem.Conflict, Detail: problem.Sentence(err, ""), Because: err}
	}
	if err != nil {
		return err
	}
	return show(c, l)
}
