package session

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/lead"
)

// sessionCookie holds the secret of a session.
const sessionCookie = "leadgate"

// SignIn opens a session for the code of a one-time link, or for an API token.
// lead.ErrNotFound: the code is not valid, or no longer.
func (s *Sessions) SignIn(c echo.Context, code string) error {
	code = strings.TrimSpace(code)
	if _, fragment, ok := strings.Cut(code, "#"); ok { // the whole link was pasted
		code = fragment
	}
	p, err := s.redeem(c, code)
	if err != nil {
		return err
	}
	return s.open(c, p)
}

// redeem returns who a code lets in. A link's is used up by it: of two who come
// with the same one, the first gets in.
func (s *Sessions) redeem(c echo.Context, code string) (Credential, error) {
	ctx := c.Request().Context()
	p, err := s.valid(ctx, code, Link)
	if err == nil {
		err = s.o.Store.Drop(ctx, p.ID)
	}
	if !errors.Is(err, lead.ErrNotFound) {
		return p, err
	}
	if p, err = s.bearer(ctx, code); err == nil && p.Right == Anonymous {
		err = lead.ErrNotFound
	}
	return p, err
}

// open signs the browser in as p.
func (s *Sessions) open(c echo.Context, p Credential) error {
	by := string(p.Kind)
	browser := strings.Join(strings.Fields(c.Request().UserAgent()), " ")
	secret, p, err := s.issue(c.Request().Context(), Credential{Kind: Browser, Name: p.Name, Right: p.Right, By: by,
		Browser: strings.ToValidUTF8(browser[:min(len(browser), 80)], "")}, sessionLife)
	if err != nil {
		return err
	}
	s.setCookie(c, sessionCookie, secret, "/", p.ExpiresAt)
	s.o.Logger.Info("signed in", "by", by, "right", p.Right.String())
	s.DidBy(c.Request().Context(), p.Name, lead.ActSignIn, by)
	return nil
}

// SignOut ends the session that asks for it.
func (s *Sessions) SignOut(c echo.Context) error {
	if p := Of(c); p.Kind == Browser {
		if err := s.o.Store.Drop(c.Request().Context(), p.ID); err != nil && !errors.Is(err, lead.ErrNotFound) {
			return fmt.Errorf("sign out: %w", err)
		}
		s.Did(c, lead.ActSignOut, "")
	}
	s.setCookie(c, sessionCookie, "", "/", time.Unix(1, 0))
	return nil
}

func (s *Sessions) setCookie(c echo.Context, name, value, path string, until time.Time) {
	c.SetCookie(&http.Cookie{Name: name, Value: value, Path: path, Expires: until, HttpOnly: true,
		Secure: s.o.Public.Scheme == "https", SameSite: http.SameSiteLaxMode})
}
