package handlers

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
)

// reclassifyPage answers POST /l/{id}/reclassify: at first with what today's rules
// would make of the lead, and when somebody is sure, by doing it.
func (s *Server) reclassifyPage(c echo.Context) error {
	id, me := c.Param("id"), session.Of(c)
	revision := revisionSeen(c)
	sure := c.FormValue("sure") != ""
	how := lead.ReclassifyOne{By: me.Name, Revision: revision, Alert: c.FormValue("alert") != "", DryRun: !sure}
	if !sure {
		how.Alert = true // so that the page says who would hear
	}
	t, err := s.o.Judge.ReclassifyLead(c.Request().Context(), id, how)
	switch {
	case lead.IsConflict(err):
		return s.showLeadPage(c, http.StatusConflict, "The lead has changed since. This is how it is now.")
	case err != nil:
		return fmt.Errorf("reclassify lead: %w", err)
	case sure:
		return c.Redirect(http.StatusSeeOther, withSaid("/l/"+t.LeadID, "reclassified"))
	}
	v := confirmView{Title: "Judge again: " + brief(60, whoIs(t.Person)), Action: "/l/" + t.LeadID + "/reclassify", Button: "Judge again", Back: "/l/" + t.LeadID, Turns: []lead.Turn{t},
		Text: "This is what the rules of today make of the lead. Messages about it follow."}
	v.keep("revision", strconv.FormatInt(revision, 10))
	switch {
	case t.Same():
		v.Button, v.Turns, v.Text = "", nil, "The rules of today say what the lead says already. There is nothing to change."
	case len(t.Told) > 0:
		v.Offer = "Tell " + strings.Join(t.Told, ", ") + " that the lead is hot"
	case t.Before.Temperature < lead.Hot && t.After.Temperature == lead.Hot:
		v.Text += " No target would be alerted: no route wants to hear of it, or all have heard."
	default:
		v.Text += " Nobody is alerted."
	}
	return s.confirm(c, v)
}
