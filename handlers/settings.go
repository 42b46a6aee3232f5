package handlers

import (
	"context"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
)

// settings is the page about the people, who may come in, and how all is.
type settings struct {
	lead.Staff
	Me *lead.RepState // the signed-in person, when that is a rep

	Sessions, Tokens, Links []session.Credential
	Token                   string // just made, shown once

	Found    []Finding
	FoundAll bool // all looks were taken

	Audit  AuditPage
	Before string // cursor of the audit; empty: it begins with the latest
}

// auditShown is how many entries of the audit are on the page.
const auditShown = 25

func (s *Server) settingsPage(c echo.Context) error { return s.showSettings(c, http.StatusOK, nil) }

// showSettings shows the page with what was just done.
func (s *Server) showSettings(c echo.Context, status int, done func(*settings)) error {
	v := settings{Before: c.QueryParam("before")}
	if s.o.People != nil {
		all, err := s.o.People.Staff(c.Request().Context())
		if err != nil {
			return fmt.Errorf("list reps: %w", err)
		}
		v.Staff = all
	}
	me := session.Of(c)
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
func (s *Server) ownSettings(c echo.Context, v *settings) error {
	all, err := s.sessions.Active(c.Request().Context())
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
	if s.o.Doctor != nil && !v.FoundAll {
		ctx, cancel := context.WithTimeout(c.Request().Context(), machineryLimit)
		defer cancel()
		v.Found = s.o.Doctor.QuickChecks(ctx)
	}
	v.Audit, err = s.auditPage(c, auditShown, v.Before)
	return err
}

// changeName is how the signed-in person wants to be called in trails.
func (s *Server) changeName(c echo.Context) error {
	if err := s.sessions.Rename(c, c.FormValue("name")); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/settings?said=named")
}

func (s *Server) makeToken(c echo.Context) error {
	var r session.Right
	if err := r.UnmarshalText([]byte(c.FormValue("right"))); err != nil {
		return problem.Problem{Code: problem.Malformed, Detail: "The right of a token is read or write."}
	}
	token, _, err := s.sessions.NewToken(c, c.FormValue("name"), r)
	if err != nil {
		return err
	}
	return s.showSettings(c, http.StatusCreated, func(v *settings) { v.Token = token })
}

func (s *Server) endPass(c echo.Context) error {
	if err := s.sessions.End(c, c.FormValue("id")); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/settings?said=ended")
}
