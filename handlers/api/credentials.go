package api

import (
	"encoding/json"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
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
