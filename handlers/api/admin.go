package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/ops"
)

// ListPasses answers GET /passes: sessions, tokens and links that still let
// somebody in, the latest first.
func (s *API) ListPasses(c echo.Context) error {
	all, err := s.o.Sessions.Active(c.Request().Context())
	if err != nil {
		return err
	}
	return show(c, struct {
		Items []session.Credential `json:"items"`
	}{all})
}

// MakePass answers POST /passes with a token, or with a link to sign in.
func (s *API) MakePass(c echo.Context) error {
	in := struct {
		Kind  session.Kind  `json:"kind"`
		Name  string        `json:"name"`
		Right session.Right `json:"right"`
	}{Kind: session.Token}
	b, err := io.ReadAll(io.LimitReader(c.Request().Body, maxAction))
	if err == nil {
		err = json.Unmarshal(b, &in)
	}
	if err != nil {
		return problem.Problem{Code: problem.Malformed, Detail: `Send JSON: {"kind": "token", "name": "crm", "right": "read"}; the right is read or write, the kind token or link.`, Because: err}
	}
	var out struct {
		session.Credential
		Token string `json:"token,omitempty"` // shown once, kept nowhere
		URL   string `json:"url,omitempty"`
	}
	switch in.Kind {
	case session.Token:
		out.Token, out.Credential, err = s.o.Sessions.NewToken(c, in.Name, in.Right)
	case session.Link:
		if out.URL, out.Credential, err = s.o.Sessions.NewLink(c.Request().Context(), in.Name); err == nil {
			s.o.Sessions.Did(c, lead.ActMakeLink, out.Name)
		}
	default:
		err = problem.Problem{Code: problem.Malformed, Detail: "The kind is token or link."}
	}
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(http.StatusCreated, out)
}

// DropPass answers DELETE /passes/{id}: whoever has it is out at once.
func (s *API) DropPass(c echo.Context) error {
	if err := s.o.Sessions.End(c, c.Param("id")); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// auditor keeps who did what. The program joins it with jobs, which record by
// themselves what is done about leads; here it is what else people do. Its
// errors wrap lead.ErrBadCursor or lead.ErrUnavailable.
type auditor interface {
	Record(ctx context.Context, e lead.Entry)
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
	q := query{values: c.QueryParams()}
	q.only("limit", "cursor")
	limit, cursor := q.limit(), q.text("cursor")
	if q.err != nil {
		return q.err
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
	ctx, cancel := context.WithTimeout(ctx, machineryLimit)
	defer cancel()
	return s.o.Doctor.QuickChecks(ctx)
}
