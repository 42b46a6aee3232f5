package session

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
	"github.com/leadgate/leadgate/lead"
)

// Slack lets reps sign in with their Slack account
// (https://docs.slack.dev/authentication/sign-in-with-slack).
type Slack struct {
	ClientID     string // of the Slack app; empty: signing in with Slack is off
	ClientSecret string
	APIURL       string // ends with a slash; default https://slack.com/api/
}

const (
	// stateCookie holds what Slack has to bring back, so that a link cannot sign
	// anybody in as somebody else, and where to go on to.
	stateCookie = "leadgate_signin"
	stateLife   = 10 * time.Minute
	slackLimit  = 8 * time.Second // for Slack's two answers
)

// Refused says to a person why Slack did not sign them in.
type Refused string

func (r Refused) Error() string { return string(r) }

var errNoSlack = problem.Problem{Code: problem.NotFound, Detail: "Signing in with Slack is not set up: slack.client_id and slack.client_secret are missing."}

// OffersSlack says whether signing in with Slack is set up.
func (s *Sessions) OffersSlack() bool { return s.o.Slack.ClientID != "" }

func (s *Sessions) slackCallback() string { return s.o.Public.String() + "/signin/slack/callback" }

// ToSlack sends the browser to Slack, which asks who it is and sends it back.
func (s *Sessions) ToSlack(c echo.Context, next string) error {
	if !s.OffersSlack() {
		return errNoSlack
	}
	state := rand.Text()
	s.setCookie(c, stateCookie, state+"."+url.QueryEscape(next), "/signin", s.o.Now().Add(stateLife))
	q := url.Values{"response_type": {"code"}, "scope": {"openid profile email"}, "client_id": {s.o.Slack.ClientID},
		"redirect_uri": {s.slackCallback()}, "state": {state}, "nonce": {rand.Text()}}
	return c.Redirect(http.StatusSeeOther, strings.TrimSuffix(s.o.Slack.APIURL, "api/")+"openid/connect/authorize?"+q.Encode())
}

// FromSlack opens a session for the rep whom Slack sends back, and returns where
// to go on to. The error can be a Refused.
func (s *Sessions) FromSlack(c echo.Context) (next string, err error) {
	if !s.OffersSlack() {
		return "", errNoSlack
	}
	kept := ""
	if cookie, err := c.Cookie(stateCookie); err == nil {
		kept = cookie.Value
	}
	s.setCookie(c, stateCookie, "", "/signin", time.Unix(1, 0)) // it works once
	state, next, _ := strings.Cut(kept, ".")
	if !SameSecret(c.QueryParam("state"), state) {
		return "", Refused("This browser did not begin to sign in, or more than ten minutes ago. Try again.")
	}
	if c.QueryParam("error") != "" {
		return "", Refused("Slack did not let you in.")
	}
	who, err := s.askSlack(c.Request().Context(), c.QueryParam("code"))
	if err != nil {
		s.o.Logger.Warn("slack did not confirm a sign-in", "error", err)
		return "", Refused("Slack did not confirm who you are. Try again.")
	}
	rep, ok := s.repOf(who)
	if !ok {
		return "", Refused("You are none of the reps in the configuration. Ask the owner to add your Slack id " + who.UserID + " under reps.")
	}
	next, _ = url.QueryUnescape(next) // an empty path leads to the inbox
	return next, s.open(c, Credential{Kind: "slack", Name: rep.Name, Right: Write})
}

// askSlack exchanges a code for the person who brought it.
func (s *Sessions) askSlack(ctx context.Context, code string) (*slack.OpenIDConnectUserInfoResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, slackLimit)
	defer cancel()
	o := s.o.Slack
	token, err := slack.GetOpenIDConnectTokenContext(ctx, http.DefaultClient, o.ClientID, o.ClientSecret, code, s.slackCallback(), slack.OAuthOptionAPIURL(o.APIURL))
	if err != nil {
		return nil, err
	}
	return slack.New(token.AccessToken, slack.OptionAPIURL(o.APIURL)).GetOpenIDConnectUserInfoContext(ctx)
}

// repOf finds the rep by the Slack id, or, where none is configured, by an
// address that Slack has verified.
func (s *Sessions) repOf(who *slack.OpenIDConnectUserInfoResponse) (lead.Rep, bool) {
	for _, r := range s.o.Reps() {
		if r.Slack != "" && r.Slack == who.UserID ||
			r.Slack == "" && r.Email != "" && who.EmailVerified && strings.EqualFold(r.Email, who.Email) {
			return r, true
		}
	}
	return lead.Rep{}, false
}
