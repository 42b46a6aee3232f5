package handlers

import (
	"context"
	"fmt"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/lead"
)

// auditor keeps who did what. The program joins it with jobs, which record by
// themselves what is done about leads; here it is what else people do. Its
// errors wrap ErrBadQuery or ErrUnavailable.
type auditor interface {
	Audit(ctx context.Context, e lead.Entry)
	Entries(ctx context.Context, limit int, cursor string) (entries []lead.Entry, next string, err error)
}

// noAuditor is what a server without an audit has.
type noAuditor struct{}

func (noAuditor) Audit(context.Context, lead.Entry) {}
func (noAuditor) Entries(context.Context, int, string) ([]lead.Entry, string, error) {
	return []lead.Entry{}, "", nil
}

// did records that the caller did something.
func (s *Server) did(c echo.Context, act lead.Act, about string) {
	s.didBy(c, callerOf(c).Name, act, about)
}

// didBy records that somebody did something, by the name that the caller gave.
func (s *Server) didBy(c echo.Context, by string, act lead.Act, about string) {
	s.o.Auditor.Audit(c.Request().Context(), lead.Entry{By: by, Did: act, About: about})
}

// AuditPage is a page of who did what, newest first.
type AuditPage struct {
	Items []lead.Entry `json:"items"`
	Next  string       `json:"next,omitempty"` // cursor of the next page; absent: this was the last
}

// showAudit answers GET /audit.
func (s *Server) showAudit(c echo.Context) error {
	q := query{values: c.QueryParams()}
	q.only("limit", "cursor")
	limit, cursor := q.limit(), q.text("cursor")
	if q.err != nil {
		return q.err
	}
	page, err := s.auditPage(c, limit, cursor)
	if err != nil {
		return err
	}
	return show(c, page)
}

func (s *Server) auditPage(c echo.Context, limit int, cursor string) (p AuditPage, err error) {
	if p.Items, p.Next, err = s.o.Auditor.Entries(c.Request().Context(), limit, cursor); err != nil {
		return p, fmt.Errorf("read the audit: %w", err)
	}
	return p, nil
}
