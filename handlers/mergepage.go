package handlers

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
)

// mergePage answers POST /l/{id}/merge: at first with both leads side by side, and
// when somebody is sure, by making the lead part of the other.
func (s *Server) mergePage(c echo.Context) error {
	ctx, id, me := c.Request().Context(), c.Param("id"), session.Of(c)
	if c.FormValue("sure") != "" {
		l, err := s.o.Merger.Merge(ctx, id, c.FormValue("into"), me.Name)
		if lead.IsConflict(err) {
			return s.showLeadPage(c, http.StatusConflict, whyApart(err))
		}
		if err != nil {
			return fmt.Errorf("merge leads: %w", err)
		}
		return c.Redirect(http.StatusSeeOther, withSaid("/l/"+l.ID, "merged"))
	}
	l, err := s.o.Reader.Lead(ctx, id)
	if err != nil {
		return fmt.Errorf("read lead: %w", err)
	}
	other, err := s.otherLead(ctx, c.FormValue("into"))
	switch {
	case errors.Is(err, lead.ErrNotFound):
		return s.showLeadPage(c, http.StatusUnprocessableEntity, "No lead has this link, id or e-mail address.")
	case err != nil:
		return fmt.Errorf("find the other lead: %w", err)
	case other.ID == l.ID:
		return s.showLeadPage(c, http.StatusUnprocessableEntity, "That is this lead. Name another one.")
	}
	v := confirmView{Title: "Are these one person?", Action: "/l/" + l.ID + "/merge", Button: "Merge them", Back: "/l/" + l.ID,
		Text: "The first lead becomes part of the second, which then has the touches, the messages and the claim of both. It can be undone."}
	for _, one := range []*lead.Lead{l, other} {
		v.Leads = append(v.Leads, newRow(one, me, v.Back, s.o.Now()))
	}
	v.keep("into", other.ID)
	return s.confirm(c, v)
}

// unmergePage answers POST /l/{id}/unmerge: the lead is its own again.
func (s *Server) unmergePage(c echo.Context) error {
	l, err := s.o.Merger.Unmerge(c.Request().Context(), c.Param("id"), session.Of(c).Name)
	if lead.IsConflict(err) {
		return s.showLeadPage(c, http.StatusConflict, whyApart(err))
	}
	if err != nil {
		return fmt.Errorf("unmerge lead: %w", err)
	}
	return c.Redirect(http.StatusSeeOther, withSaid("/l/"+l.ID, "unmerged"))
}

// kin is a lead that is part of another.
type kin struct{ ID, Who string }

// kinOf names the leads of these ids, by their ids where they cannot be read.
func (s *Server) kinOf(c echo.Context, ids ...string) (all []kin) {
	for _, id := range ids {
		k := kin{id, id}
		if l, err := s.o.Reader.Lead(c.Request().Context(), id); err == nil {
			k.Who = whoIs(l.Person)
		}
		all = append(all, k)
	}
	return all
}
