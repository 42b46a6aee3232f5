package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
)

// resendPage answers POST /l/{id}/resend: it asks whether somebody is sure, and
// then one target is told of one touch again.
func (s *Server) resendPage(c echo.Context) error {
	id, me := c.Param("id"), session.Of(c)
	revision := revisionSeen(c)
	r := lead.ResendOne{TouchID: c.FormValue("touch"), Target: c.FormValue("target"), By: me.Name, Revision: revision}
	if r.Target == "" {
		return problem.Problem{Code: problem.Malformed, Detail: "Press the button of a target on the lead's page."}
	}
	if c.FormValue("sure") == "" {
		l, err := s.o.Reader.Lead(c.Request().Context(), id)
		if err != nil {
			return fmt.Errorf("read lead: %w", err)
		}
		what := ""
		if i := slices.IndexFunc(l.History, func(p lead.Past) bool { return p.ID == r.TouchID }); i >= 0 {
			what = " (" + s.o.Rules().Label(l.History[i].Action) + ")"
		}
		v := confirmView{Title: "Send again", Action: "/l/" + id + "/resend", Button: "Send again", Back: "/l/" + id,
			Text: fmt.Sprintf("%s is told of %s again%s, whether it has it or not. What it has it may have twice then.", brief(60, r.Target), brief(60, whoIs(l.Person)), what)}
		v.keep("revision", strconv.FormatInt(l.Revision, 10))
		v.keep("touch", r.TouchID)
		v.keep("target", r.Target)
		return s.confirm(c, v)
	}
	l, err := s.o.Resender.Resend(c.Request().Context(), id, r)
	switch {
	case lead.IsConflict(err):
		return s.showLeadPage(c, http.StatusConflict, taken(l))
	case errors.Is(err, lead.ErrNoTarget):
		return problem.Problem{Code: problem.Malformed, Detail: noTarget, Because: err}
	case err != nil:
		return fmt.Errorf("resend lead: %w", err)
	}
	return c.Redirect(http.StatusSeeOther, withSaid("/l/"+id, "resent"))
}
