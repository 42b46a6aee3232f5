package api

import (
	"context"
	"fmt"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
)

// auditor keeps who did what. The program joins it with jobs, which record by
// themselves what is done about leads; here it is what else people do. Its
// errors wrap lead.ErrBadCursor or lead.ErrUnavailable.
type auditor interface {
	Audit(ctx context.Context, e lead.Entry)
	Entries(ctx context.Context, limit int, cursor string) (entries []lead.Entry, next string, err error)
}

// sourceName is what a filter names when it can be a source's name: nothing that
// was only typed stays in the audit.
func sourceName(s string) string {
	if !source.ValidName(s) {
		return ""
	}
	return s
}

// AuditPage is a page of who did what, newest first.
type AuditPage struct {
	Items []lead.Entry `json:"items"`
	Next  string       `json:"next,omitempty"` // cursor of the next page; absent: this was the last
}

// ShowAudit answers GET /audit.
func (s *API) ShowAudit(c echo.Context) error {
	q := Query{Values: c.QueryParams()}
	q.only("limit", "cursor")
	limit, cursor := q.limit(), q.text("cursor")
	if q.Err != nil {
		return q.Err
	}
	page, err := s.AuditPage(c.Request().Context(), limit, cursor)
	if err != nil {
		return err
	}
	return show(c, page)
}

// AuditPage returns a page of who did what, newest first.
func (s *API) AuditPage(ctx context.Context, limit int, cursor string) (p AuditPage, err error) {
	if p.Items, p.Next, err = s.o.Auditor.Entries(ctx, limit, cursor); err != nil {
		return p, fmt.Errorf("read the audit: %w", err)
	}
	return p, nil
}
