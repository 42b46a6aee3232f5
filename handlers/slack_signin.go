package handlers

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/slack-go/slack"

	"github.com/leadgate/leadgate/handlers/problem"
)

// SlackSignIn lets reps sign in with their Slack account
// (https://docs.slack.dev/authentication/sign-in-with-slack).
type SlackSignIn struct {
	ClientID     string // of the Slack app; empty: nobody signs in so
	ClientSecret string
	APIURL       string // ends with a slash; default https://slack.com/api/
}

const (
	// stateCookie holds what Slack has to bring back, so that nobody can be
	// signed in as somebody else by a link, and where to go on to.
	stateCookie = "leadgate_signin"
	stateLife   = 10 * time.Minute
	slackLimit  = 8 * time.Second // for Slack's two answers
)

func (s *Server) slackSignsIn() bool { return s.o.SlackSignIn.ClientID != "" }

func (s *Server) slackCallback() string { return s.public.String() + "/signin/slack/callback" }

// toSlack answers GET /signin/slack: off to Slack, which asks and sends back.
func (s *Server) toSlack(c echo.Context) error {
	if !s.slackSignsIn() {
		return problem.Problem{Code: problem.NotFound, Detail: "Signing in with Slack is not set up: slack.client_id and slack.client_secret are missing."}
	}
	state := rand.Text()
	s.setState(c, state+"."+url.QueryEscape(localPath(c.QueryParam("next"))), s.o.Now().Add(stateLife))
	q := url.Values{"response_type": {"code"}, "scope": {"openid profile email"}, "client_id": {s.o.SlackSignIn.ClientID},
		"redirect_uri": {s.slackCallback()}, "state": {state}, "nonce": {rand.Text()}}
	return c.Redirect(http.StatusSeeOther, strings.TrimSuffix(s.o.SlackSignIn.APIURL, "api/")+"openid/connect/authorize?"+q.Encode())
}

// fromSlackSignIn answers GET /signin/slack/callback: Slack has said who it is.
func (s *Server) fromSlackSignIn(c echo.Context) error {
	if !s.slackSignsIn() {
		return problem.Problem{Code: problem.NotFound, Detail: "Signing in with Slack is not set up."}
	}
	kept := ""
	if cookie, err := c.Cookie(stateCookie); err == nil {
		kept = cookie.Value
	}
	s.setState(c, "", time.Unix(1, 0)) // it works once
	state, next, _ := strings.Cut(kept, ".")
	if !same(c.QueryParam("state"), state) {
		return s.notSignedIn(c, "This browser did not begin to sign in, or more than ten minutes ago. Try again.")
	}
	if c.QueryParam("error") != "" {
		return s.notSignedIn(c, "Slack did not let you in.")
	}
	who, err := s.askSlack(c.Request().Context(), c.QueryParam("code"))
	if err != nil {
		s.o.Logger.Warn("slack did not confirm a sign-in", "error", err)
		return s.notSignedIn(c, "Slack did not confirm who you are. Try again.")
	}
	rep, ok := s.repOf(who)
	if !ok {
		return s.notSignedIn(c, "You are none of the reps in the configuration. Ask the owner to add your Slack id "+who.UserID+" under reps.")
	}
	if err := s.openSession(c, Pass{Kind: "slack", Name: rep.Name, Right: Write}); err != nil {
		return err
	}
	path, _ := url.QueryUnescape(next) // an empty path leads to the inbox
	return c.Redirect(http.StatusSeeOther, localPath(path))
}

// askSlack exchanges a code for the person who brought it.
func (s *Server) askSlack(ctx context.Context, code string) (*slack.OpenIDConnectUserInfoResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, slackLimit)
	defer cancel()
	o := s.o.SlackSignIn
	token, err := slack.GetOpenIDConnectTokenContext(ctx, http.DefaultClient, o.ClientID, o.ClientSecret, code, s.slackCallback(), slack.OAuthOptionAPIURL(o.APIURL))
	if err != nil {
		return nil, err
	}
	return slack.New(token.AccessToken, slack.OptionAPIURL(o.APIURL)).GetOpenIDConnectUserInfoContext(ctx)
}

// repOf finds the rep by the Slack id, or, where none is configured, by an
// address that Slack has verified.
func (s *Server) repOf(who *slack.OpenIDConnectUserInfoResponse) (Rep, bool) {
	for _, r := range s.o.Reps() {
		if r.Slack != "" && r.Slack == who.UserID ||
			r.Slack == "" && r.Email != "" && who.EmailVerified && strings.EqualFold(r.Email, who.Email) {
			return r, true
		}
	}
	return Rep{}, false
}

func (s *Server) notSignedIn(c echo.Context, why string) error {
	return s.render(c, http.StatusForbidden, "signin", s.frame(c, "", "Sign in", entrance{Next: "/", Slack: true, Wrong: why}))
}

func (s *Server) setState(c echo.Context, value string, until time.Time) {
	c.SetCookie(&http.Cookie{Name: stateCookie, Value: value, Path: "/signin", Expires: until, HttpOnly: true,
		Secure: s.public.Scheme == "https", SameSite: http.SameSiteLaxMode})
}
