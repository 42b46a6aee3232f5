package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/lead"
)

// settings is the page about who may come in.
type settings struct {
	Sessions, Tokens, Links []Pass
	Token                   string // just made, shown once
	Reps                    []Rep
}

func (s *Server) settingsPage(c echo.Context) error { return s.showSettings(c, http.StatusOK, "") }

func (s *Server) showSettings(c echo.Context, status int, token string) error {
	page := settings{Token: token, Reps: s.o.Reps}
	if callerOf(c).Right == Own {
		all, err := s.alive(c)
		if err != nil {
			return err
		}
		for _, p := range all {
			switch p.Kind {
			case SessionPass:
				page.Sessions = append(page.Sessions, p)
			case TokenPass:
				page.Tokens = append(page.Tokens, p)
			case LinkPass:
				page.Links = append(page.Links, p)
			}
		}
	}
	return s.render(c, status, "settings", s.frame(c, "settings", "Settings", page))
}

// changeName is how the signed-in person wants to be called in trails.
func (s *Server) changeName(c echo.Context) error {
	p := callerOf(c)
	name, err := passName(c.FormValue("name"))
	if err != nil {
		return err
	}
	if p.Kind != SessionPass || p.By == "slack" {
		return problem{code: forbidden, detail: "This name comes from the configuration."}
	}
	p.Name = name
	if err := s.o.Passes.Put(c.Request().Context(), p); err != nil {
		return err
	}
	s.did(c, lead.ActRename, name)
	return c.Redirect(http.StatusSeeOther, "/settings?said=named")
}

func (s *Server) makeToken(c echo.Context) error {
	var r Right
	if err := r.UnmarshalText([]byte(c.FormValue("right"))); err != nil {
		return problem{code: malformed, detail: "The right of a token is read or write."}
	}
	token, _, err := s.newToken(c, c.FormValue("name"), r)
	if err != nil {
		return err
	}
	return s.showSettings(c, http.StatusCreated, token)
}

func (s *Server) endPass(c echo.Context) error {
	if err := s.end(c, c.FormValue("id")); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/settings?said=ended")
}
