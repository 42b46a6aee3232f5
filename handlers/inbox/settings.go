package inbox

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/api"
	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/ops"
)

// settings is the page about the people, who may come in, and how all is.
type settings struct {
	lead.Staff
	Me *lead.RepState // the signed-in person, when that is a rep

	Sessions, Tokens, Links []session.Credential
	Token                   string // just made, shown once

	Found    []ops.Finding
	FoundAll bool // all looks were taken

	Audit  api.AuditPage
	Before string // cursor of the audit; empty: it begins with the latest
}

// auditShown is how many entries of the audit are on the page.
const auditShown = 25

// SettingsPage answers GET /settings.
func (s *Pages) SettingsPage(c echo.Context) error { return s.showSettings(c, http.StatusOK, nil) }

// showSettings shows the page with what was just done.
func (s *Pages) showSettings(c echo.Context, status int, done func(*settings)) error {
	v := settings{Before: c.QueryParam("before")}
	me := session.Of(c)
	var err error
	if v.Staff, err = s.o.API.Staff(c.Request().Context()); err != nil {
		return err
	}
	for i, r := range v.Reps {
		if r.Name == me.Name {
			v.Me = &v.Reps[i]
		}
	}
	if done != nil {
		done(&v)
	}
	if me.Right == session.Owner {
		if err := s.ownSettings(c, &v); err != nil {
			return err
		}
	}
	return s.render(c, status, "settings", s.frame(c, "settings", "Settings", v))
}

// ownSettings adds what is for the owner.
func (s *Pages) ownSettings(c echo.Context, v *settings) error {
	all, err := s.o.Sessions.Active(c.Request().Context())
	if err != nil {
		return err
	}
	for _, p := range all {
		switch p.Kind {
		case session.Browser:
			v.Sessions = append(v.Sessions, p)
		case session.Token:
			v.Tokens = append(v.Tokens, p)
		case session.Link:
			v.Links = append(v.Links, p)
		}
	}
	if !v.FoundAll {
		v.Found = s.o.API.QuickChecks(c.Request().Context())
	}
	v.Audit, err = s.o.API.AuditPage(c.Request().Context(), auditShown, v.Before)
	return err
}

// ChangeName is how the signed-in person wants to be called in trails.
func (s *Pages) ChangeName(c echo.Context) error {
	if err := s.o.Sessions.Rename(c, c.FormValue("name")); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/settings?said=named")
}

// MakeToken answers POST /settings/tokens; the page shows the token once.
func (s *Pages) MakeToken(c echo.Context) error {
	var r session.Right
	if err := r.UnmarshalText([]byte(c.FormValue("right"))); err != nil {
		return problem.Problem{Code: problem.Malformed, Detail: "The right of a token is read or write."}
	}
	token, _, err := s.o.Sessions.NewToken(c, c.FormValue("name"), r)
	if err != nil {
		return err
	}
	return s.showSettings(c, http.StatusCreated, func(v *settings) { v.Token = token })
}

// EndPass answers POST /settings/end.
func (s *Pages) EndPass(c echo.Context) error {
	if err := s.o.Sessions.End(c, c.FormValue("id")); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/settings?said=ended")
}

// DoctorPage answers POST /settings/doctor with the settings and all findings.
func (s *Pages) DoctorPage(c echo.Context) error {
	found := s.o.API.Examine(c.Request().Context())
	return s.showSettings(c, http.StatusOK, func(v *settings) { v.Found, v.FoundAll = found, true })
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
