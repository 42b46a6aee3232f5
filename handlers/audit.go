package handlers

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

// noAuditor is what a server without an audit has.
type noAuditor struct{}

func (noAuditor) Audit(context.Context, lead.Entry) {}
func (noAuditor) Entries(context.Context, int, string) ([]lead.Entry, string, error) {
	return []lead.Entry{}, "", nil
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

// actWords are what the page says of an act that is no verb: before the lead, and between it
// and what else it was done to.
var actWords = map[lead.Act][2]string{
	lead.ActResend: {"resent", "to"}, lead.ActMerge: {"merged", "into"}, lead.ActUnmerge: {"unmerged"}, lead.ActReplay: {"read again"},
	lead.ActReclassify: {"reclassified"}, lead.ActErase: {"erased"}, lead.ActExport: {"exported"}, lead.ActImport: {"imported"},

	lead.ActSignIn: {"signed in", "by"}, lead.ActSignOut: {"signed out"}, lead.ActRename: {"took the name"}, lead.ActMakeToken: {"made the token"},
	lead.ActMakeLink: {"made a link for"}, lead.ActEndToken: {"ended the token"}, lead.ActEndSession: {"ended a session of"}, lead.ActEndLink: {"ended a link for"},

	lead.ActOff: {"took off duty"}, lead.ActBack: {"brought back"}, lead.ActReload: {"put in force"},
	lead.ActPauseTarget: {"paused the target"}, lead.ActResumeTarget: {"resumed the target"}, lead.ActPauseQueue: {"paused the queue"},
	lead.ActResumeQueue: {"resumed the queue"}, lead.ActRunTask: {"ran a task of"}, lead.ActDeleteTask: {"deleted a task of"},
}

// wordsOf are those of an act; one that has none stands for itself.
func wordsOf(a lead.Act) [2]string {
	if row, ok := lead.Verb(a).Row(); ok {
		return row.Audit
	}
	if words, ok := actWords[a]; ok {
		return words
	}
	return [2]string{string(a)}
}
