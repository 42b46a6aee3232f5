package api

import (
	"context"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/lead/ops"
)

// doctor looks for what will hurt.
type doctor interface {
	Findings(ctx context.Context) []ops.Finding    // of all looks, of which some ask other people's servers
	QuickChecks(ctx context.Context) []ops.Finding // of the looks that take no time
}

// doctorLimit bounds all looks together.
const doctorLimit = 12 * time.Second

// ShowDoctor answers GET /doctor. It looks anew each time, which takes a moment.
func (s *API) ShowDoctor(c echo.Context) error {
	found := s.Examine(c.Request().Context())
	return show(c, struct {
		Items []ops.Finding `json:"items"`
	}{found})
}

// Examine runs all checks.
func (s *API) Examine(ctx context.Context) []ops.Finding {
	ctx, cancel := context.WithTimeout(ctx, doctorLimit)
	defer cancel()
	return s.o.Doctor.Findings(ctx)
}

// QuickChecks runs the checks that take no time.
func (s *API) QuickChecks(ctx context.Context) []ops.Finding {
	ctx, cancel := context.WithTimeout(ctx, MachineryLimit)
	defer cancel()
	return s.o.Doctor.QuickChecks(ctx)
}
