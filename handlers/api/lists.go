package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
)

// reader finds what was accepted, from the moment of its 2xx on. The program
// joins it with the journal and the store. Its errors wrap lead.ErrNotFound or
// lead.ErrBadCursor; any other means that it cannot be read now.
type reader interface {
	Touch(ctx context.Context, id string) (*lead.Touch, error)
	Touches(ctx context.Context, q lead.TouchQuery) (lead.TouchPage, error)
	Lead(ctx context.Context, id string) (*lead.Lead, error)
	Leads(ctx context.Context, q lead.Query) (lead.LeadPage, error)
	Books(ctx context.Context, day string) (lead.Books, error) // day: 2026-11-25, UTC
}

// ShowTouch answers GET /touches/{id}.
func (s *API) ShowTouch(c echo.Context) error {
	t, err := s.o.Reader.Touch(c.Request().Context(), c.Param("id"))
	if err != nil {
		return fmt.Errorf("read touch: %w", err)
	}
	return show(c, t)
}

// ShowLead answers GET /leads/{id}.
func (s *API) ShowLead(c echo.Context) error {
	l, err := s.o.Reader.Lead(c.Request().Context(), c.Param("id"))
	if err != nil {
		return fmt.Errorf("read lead: %w", err)
	}
	return show(c, l)
}

// ListTouches answers GET /touches.
func (s *API) ListTouches(c echo.Context) error {
	q, err := touchQuery(c.QueryParams(), s.o.Now())
	if err != nil {
		return err
	}
	page, err := s.o.Reader.Touches(c.Request().Context(), q)
	if err != nil {
		return fmt.Errorf("list touches: %w", err)
	}
	if page.Items == nil {
		page.Items = []*lead.Touch{}
	}
	return show(c, page)
}

// ListLeads answers GET /leads.
func (s *API) ListLeads(c echo.Context) error {
	q, err := leadQuery(c.QueryParams(), s.o.Now())
	if err != nil {
		return err
	}
	page, err := s.o.Reader.Leads(c.Request().Context(), q)
	if err != nil {
		return fmt.Errorf("list leads: %w", err)
	}
	if page.Items == nil {
		page.Items = []*lead.Lead{}
	}
	return show(c, page)
}

// ShowBooks answers GET /books?day=.
func (s *API) ShowBooks(c echo.Context) error {
	q := query{values: c.QueryParams()}
	q.only("day")
	day := q.text("day")
	if day == "" {
		day = s.o.Now().UTC().Format(time.DateOnly)
	} else if _, err := time.Parse(time.DateOnly, day); err != nil {
		q.wrong("day=%.40q is not a day; write 2026-11-25", day)
	}
	if q.err != nil {
		return q.err
	}
	b, err := s.o.Reader.Books(c.Request().Context(), day)
	if err != nil {
		return fmt.Errorf("read books of %s: %w", day, err)
	}
	return show(c, b)
}

// show answers with JSON that nobody else may keep: it is about people.
func show(c echo.Context, v any) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(http.StatusOK, v)
}

// ListSources answers GET /api/v1/sources. It asks no vendor, and Redis only for
// how often the sources are heard.
func (s *API) ListSources(c echo.Context) error {
	return show(c, struct {
		Items []source.State `json:"items"`
	}{s.o.Sources.States(c.Request().Context(), session.Of(c))})
}

// OtherLead finds the lead that somebody names by its link, its id or an e-mail
// address. lead.ErrNotFound when there is none.
func (s *API) OtherLead(ctx context.Context, said string) (*lead.Lead, error) {
	said = strings.TrimSpace(said)
	if strings.Contains(said, "@") && !strings.Contains(said, "/") {
		page, err := s.o.Reader.Leads(ctx, lead.Query{Email: said, Limit: 1})
		if err != nil {
			return nil, fmt.Errorf("find the lead of an address: %w", err)
		}
		if len(page.Items) == 0 {
			return nil, fmt.Errorf("find the lead of an address: %w", lead.ErrNotFound)
		}
		return page.Items[0], nil
	}
	if i := strings.LastIndex(said, "/l/"); i >= 0 {
		said, _, _ = strings.Cut(said[i+len("/l/"):], "?")
		said, _, _ = strings.Cut(said, "#")
		if id, err := url.PathUnescape(said); err == nil {
			said = id
		}
	}
	return s.o.Reader.Lead(ctx, said)
}
