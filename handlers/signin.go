package handlers

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/lead"
)

// sessionCookie holds the secret of a session.
const sessionCookie = "leadgate"

// signInRate bounds attempts to sign in from one address.
var signInRate = Rate{N: 10, Per: time.Minute}

// Rep is a person who takes leads.
type Rep struct {
	Name  string
	Slack string // id of the member
	Email string
}

// entrance is the page to sign in on.
type entrance struct {
	Next  string // path to go on to
	Wrong string // what was wrong with the attempt before
	Slack bool   // people can sign in with Slack
}

func (s *Server) signInPage(c echo.Context) error {
	next := localPath(c.QueryParam("next"))
	if callerOf(c).Right > Nobody {
		return c.Redirect(http.StatusSeeOther, next)
	}
	return s.render(c, http.StatusOK, "signin", s.frame(c, "", "Sign in", entrance{Next: next, Slack: s.slackSignsIn()}))
}

// signIn opens a session for the code of a one-time link, or for an API token.
func (s *Server) signIn(c echo.Context) error {
	next := localPath(c.FormValue("next"))
	if wait := s.doors.take(household(s.client(c.Request())), s.o.Now()); wait > 0 {
		seconds := int(math.Ceil(wait.Seconds()))
		return problem.Problem{Code: problem.RateLimited, Retry: seconds, Detail: fmt.Sprintf("Too many attempts to sign in. Try again in %d s.", seconds)}
	}
	code := strings.TrimSpace(c.FormValue("code"))
	if _, fragment, ok := strings.Cut(code, "#"); ok { // the whole link was pasted
		code = fragment
	}
	p, err := s.redeem(c, code)
	if errors.Is(err, problem.ErrNotFound) {
		f := s.frame(c, "", "Sign in", entrance{Next: next, Slack: s.slackSignsIn(),
			Wrong: "This code is not valid, or no longer: a link works once, for 15 minutes. leadgate signin prints a new one."})
		return s.render(c, http.StatusUnauthorized, "signin", f)
	}
	if err != nil {
		return err
	}
	if err := s.openSession(c, p); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, next)
}

// redeem returns who a code lets in. A link's is used up by it: of two who come
// with the same one, the first gets in.
func (s *Server) redeem(c echo.Context, code string) (Pass, error) {
	ctx := c.Request().Context()
	p, err := s.valid(ctx, code, LinkPass)
	if err == nil {
		err = s.o.Passes.Drop(ctx, p.ID)
	}
	if !errors.Is(err, problem.ErrNotFound) {
		return p, err
	}
	if p, err = s.bearer(ctx, code); err == nil && p.Right == Nobody {
		err = problem.ErrNotFound
	}
	return p, err
}

// openSession signs the browser in as p.
func (s *Server) openSession(c echo.Context, p Pass) error {
	by := string(p.Kind)
	secret, p, err := s.issue(c.Request().Context(), Pass{Kind: SessionPass, Name: p.Name, Right: p.Right, By: by,
		Browser: brief(80, c.Request().UserAgent())}, sessionLife)
	if err != nil {
		return err
	}
	s.setCookie(c, secret, p.ExpiresAt)
	s.o.Logger.Info("signed in", "by", by, "right", p.Right.String())
	s.didBy(c, p.Name, lead.ActSignIn, by)
	return nil
}

func (s *Server) setCookie(c echo.Context, secret string, until time.Time) {
	c.SetCookie(&http.Cookie{Name: sessionCookie, Value: secret, Path: "/", Expires: until, HttpOnly: true,
		Secure: s.public.Scheme == "https", SameSite: http.SameSiteLaxMode})
}

// signOut ends the session that asks for it.
func (s *Server) signOut(c echo.Context) error {
	if p := callerOf(c); p.Kind == SessionPass {
		if err := s.o.Passes.Drop(c.Request().Context(), p.ID); err != nil && !errors.Is(err, problem.ErrNotFound) {
			return fmt.Errorf("sign out: %w", err)
		}
		s.did(c, lead.ActSignOut, "")
	}
	s.setCookie(c, "", time.Unix(1, 0))
	return c.Redirect(http.StatusSeeOther, "/signin")
}

// localPath is where a page may send a browser on to: a path here, never
// another site.
func localPath(next string) string {
	if !isPath(next) || strings.HasPrefix(next, "/signin") {
		return "/"
	}
	return next
}
