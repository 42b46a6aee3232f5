package handlers

import (
	"context"

	"github.com/labstack/echo/v4"
)

// doctor looks for what will hurt.
type doctor interface {
	Findings(ctx context.Context) []Finding
}

// Finding is one thing that was looked at.
type Finding struct {
	Check string       `json:"check"`        // what was looked at: settings, data_dir, redis, slack, ...
	State FindingState `json:"state"`        // ok, warn or fail
	Says  string       `json:"says"`         // what is so
	Do    string       `json:"do,omitempty"` // what to do about it
}

// FindingState is how bad a finding is.
type FindingState string

// The states of a finding.
const (
	Fine  FindingState = "ok"
	Warns FindingState = "warn" // will hurt some day
	Fails FindingState = "fail" // hurts now
)

// showDoctor answers GET /doctor. It looks anew each time, which takes a moment.
func (s *Server) showDoctor(c echo.Context) error {
	if s.o.Doctor == nil {
		return ErrUnavailable
	}
	found := s.o.Doctor.Findings(c.Request().Context())
	return show(c, struct {
		Items []Finding `json:"items"`
	}{found})
}
