package handlers

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/lead"
)

// errPassName says how a pass may be called.
var errPassName = problem.Problem{Code: problem.Malformed, Detail: "Give it a name of 1 to 60 characters: who or what acts with it."}

// listPasses answers GET /passes: sessions, tokens and links that still let
// somebody in, the latest first.
func (s *Server) listPasses(c echo.Context) error {
	all, err := s.alive(c)
	if err != nil {
		return err
	}
	return show(c, struct {
		Items []Pass `json:"items"`
	}{all})
}

// alive returns the passes that have not ended.
func (s *Server) alive(c echo.Context) ([]Pass, error) {
	all, err := s.o.Passes.Passes(c.Request().Context())
	if err != nil {
		return nil, fmt.Errorf("list passes: %w", err)
	}
	now := s.o.Now()
	all = slices.DeleteFunc(all, func(p Pass) bool { return !p.ExpiresAt.IsZero() && !now.Before(p.ExpiresAt) })
	slices.SortFunc(all, func(a, b Pass) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return append([]Pass{}, all...), nil
}

// makePass answers POST /passes with a token, or with a link to sign in.
func (s *Server) makePass(c echo.Context) error {
	in := struct {
		Kind  PassKind `json:"kind"`
		Name  string   `json:"name"`
		Right Right    `json:"right"`
	}{Kind: TokenPass}
	b, err := io.ReadAll(io.LimitReader(c.Request().Body, maxAction))
	if err == nil {
		err = json.Unmarshal(b, &in)
	}
	if err != nil {
		return problem.Problem{Code: problem.Malformed, Detail: `Send JSON: {"kind": "token", "name": "crm", "right": "read"}; the right is read or write, the kind token or link.`, Because: err}
	}
	var out struct {
		Pass
		Token string `json:"token,omitempty"` // shown once, kept nowhere
		URL   string `json:"url,omitempty"`
	}
	switch in.Kind {
	case TokenPass:
		out.Token, out.Pass, err = s.newToken(c, in.Name, in.Right)
	case LinkPass:
		if in.Name, err = passName(in.Name); err == nil {
			var secret string
			secret, out.Pass, err = s.issue(c.Request().Context(), Pass{Kind: LinkPass, Name: in.Name, Right: Own, By: "command"}, linkLife)
			out.URL = s.public.String() + "/signin#" + secret
			if err == nil {
				s.did(c, lead.ActMakeLink, in.Name)
			}
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

// newToken makes a token for a program. Tokens that may do everything are those
// of the configuration.
func (s *Server) newToken(c echo.Context, name string, r Right) (string, Pass, error) {
	name, err := passName(name)
	if err != nil {
		return "", Pass{}, err
	}
	if r != Read && r != Write {
		return "", Pass{}, problem.Problem{Code: problem.Malformed, Detail: "The right of a token is read or write."}
	}
	secret, p, err := s.issue(c.Request().Context(), Pass{Kind: TokenPass, Name: name, Right: r, By: callerOf(c).Name}, 0)
	if err == nil {
		s.o.Logger.Info("token made", "right", r.String())
		s.did(c, lead.ActMakeToken, name)
	}
	return secret, p, err
}

func passName(name string) (string, error) {
	name = strings.Join(strings.Fields(name), " ")
	if name == "" || len([]rune(name)) > 60 {
		return "", errPassName
	}
	return name, nil
}

// dropPass answers DELETE /passes/{id}: whoever has it is out at once.
func (s *Server) dropPass(c echo.Context) error {
	if err := s.end(c, c.Param("id")); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (s *Server) end(c echo.Context, id string) error {
	ctx := c.Request().Context()
	p, err := s.o.Passes.Pass(ctx, id)
	if err == nil {
		err = s.o.Passes.Drop(ctx, id)
	}
	if errors.Is(err, problem.ErrNotFound) {
		return problem.Problem{Code: problem.NotFound, Detail: "It has ended already."}
	}
	if err != nil {
		return fmt.Errorf("end pass: %w", err)
	}
	s.o.Logger.Info("pass ended", "kind", string(p.Kind))
	s.did(c, map[PassKind]lead.Act{TokenPass: lead.ActEndToken, SessionPass: lead.ActEndSession, LinkPass: lead.ActEndLink}[p.Kind], p.Name)
	return nil
}
