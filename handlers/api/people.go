package api

import (
	"context"
	"fmt"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/lead"
)

// people knows who takes leads, and who is away. The program joins it with jobs.
// Its errors wrap lead.ErrNotFound, lead.ErrUntil or lead.ErrUnavailable.
type people interface {
	Staff(ctx context.Context) (lead.Staff, error)

	// OffUntil keeps a rep out of the round robins until the moment that words name,
	// in the rep's zone. It returns that moment; zero: the rep is back.
	OffUntil(ctx context.Context, rep, words string) (time.Time, error)
}

// ShowPeople answers GET /reps.
func (s *API) ShowPeople(c echo.Context) error {
	all, err := s.Staff(c.Request().Context())
	if err != nil {
		return err
	}
	return show(c, all)
}

// Staff returns the reps and teams as of now.
func (s *API) Staff(ctx context.Context) (lead.Staff, error) {
	all, err := s.o.People.Staff(ctx)
	if err != nil {
		err = fmt.Errorf("list reps: %w", err)
	}
	return all, err
}
