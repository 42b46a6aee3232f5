package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/leadgate/leadgate/lead"
)

// doctor looks for what will hurt.
type doctor interface {
	Findings(ctx context.Context) []Finding    // of all looks, of which some ask other people's servers
	QuickChecks(ctx context.Context) []Finding // of the looks that take no time
}

// doctorLimit bounds all looks together.
const doctorLimit = 12 * time.Second

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
		return lead.ErrUnavailable
	}
	found := s.examine(c)
	return show(c, struct {
		Items []Finding `json:"items"`
	}{found})
}

// doctorPage answers POST /settings/doctor with the settings and all findings.
func (s *Server) doctorPage(c echo.Context) error {
	if s.o.Doctor == nil {
		return lead.ErrUnavailable
	}
	found := s.examine(c)
	return s.showSettings(c, http.StatusOK, func(v *settings) { v.Found, v.FoundAll = found, true })
}

func (s *Server) examine(c echo.Context) []Finding {
	ctx, cancel := context.WithTimeout(c.Request().Context(), doctorLimit)
	defer cancel()
	return s.o.Doctor.Findings(ctx)
}
