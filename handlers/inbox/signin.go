package inbox

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
)

// signInRate bounds attempts to sign in from one address.
var signInRate = source.Rate{N: 10, Per: time.Minute}

// entrance is the page to sign in on.
type entrance struct {
	Next  string // path to go on to
	Wrong string // what was wrong with the attempt before
	Slack bool   // people can sign in with Slack
}

// SignInPage answers GET /signin.
func (s *Pages) SignInPage(c echo.Context) error {
	next := localPath(c.QueryParam("next"))
	if session.Of(c).Right > session.Anonymous {
		return c.Redirect(http.StatusSeeOther, next)
	}
	return s.renderSignIn(c, http.StatusOK, entrance{Next: next})
}

func (s *Pages) renderSignIn(c echo.Context, status int, e entrance) error {
	e.Slack = s.o.Sessions.OffersSlack()
	return s.render(c, status, "signin", s.frame(c, "", "Sign in", e))
}

// SignIn answers POST /signin.
func (s *Pages) SignIn(c echo.Context) error {
	next := localPath(c.FormValue("next"))
	if wait := s.signIns.Take(s.o.Sources.Client(c.Request()), s.o.Now(), 1); wait > 0 {
		seconds := int(math.Ceil(wait.Seconds()))
		return problem.Problem{Code: problem.RateLimited, Retry: seconds, Detail: fmt.Sprintf("Too many attempts to sign in. Try again in %d s.", seconds)}
	}
	err := s.o.Sessions.SignIn(c, c.FormValue("code"))
	if errors.Is(err, lead.ErrNotFound) {
		return s.renderSignIn(c, http.StatusUnauthorized, entrance{Next: next,
			Wrong: "This code is not valid, or no longer: a link works once, for 15 minutes. leadgate signin prints a new one."})
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, next)
}

// SignOut answers POST /signout.
func (s *Pages) SignOut(c echo.Context) error {
	if err := s.o.Sessions.SignOut(c); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/signin")
}

// ToSlack answers GET /signin/slack.
func (s *Pages) ToSlack(c echo.Context) error {
	return s.o.Sessions.ToSlack(c, localPath(c.QueryParam("next")))
}

// FromSlackSignIn answers GET /signin/slack/callback, to which Slack sends back.
func (s *Pages) FromSlackSignIn(c echo.Context) error {
	next, err := s.o.Sessions.FromSlack(c)
	if why, refused := errors.AsType[session.Refused](err); refused {
		return s.renderSignIn(c, http.StatusForbidden, entrance{Next: "/", Wrong: string(why)})
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, localPath(next))
}

// localPath is where a page may send a browser on to: a path here, never
// another site.
func localPath(next string) string {
	if !source.IsPath(next) || strings.HasPrefix(next, "/signin") {
		return "/"
	}
	return next
}
