// Package slack lets people answer from Slack: buttons, dialogs and /leads, over
// HTTP or Socket Mode. What is pressed is durable before Slack has its answer.
//
// It must not know how messages look, which is notify's. A new verb is a row of
// lead.Verbs; a new need of a verb is one row of dialogs.
package slack

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/slack-go/slack"

	"github.com/leadgate/leadgate/handlers/api"
	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/lead"
)

// Options are how people answer from Slack: over HTTP when there is a signing
// secret, over Socket Mode when there is an app token. Reader, Actor, API and what
// follows are required.
type Options struct {
	SigningSecret string // of Slack's requests; empty: they are refused
	AppToken      string // xapp-...; empty: no Socket Mode
	BotToken      string // xoxb-...: names members and opens dialogs
	APIURL        string // default https://slack.com/api/

	Reader leadReader
	Actor  clicker

	API      *api.API
	Reps     func() []lead.Rep                  // who takes leads; none: anybody
	Inbox    string                             // URL of a lead's page, without its id
	ReadBody func(echo.Context) ([]byte, error) // of a request
	Logger   *slog.Logger
	Now      func() time.Time
}

// leadReader finds leads. Its errors wrap lead.ErrNotFound or lead.ErrUnavailable.
type leadReader interface {
	Lead(ctx context.Context, id string) (*lead.Lead, error)
	Leads(ctx context.Context, q lead.Query) (lead.LeadPage, error)
}

// clicker carries out what people press; jobs.Jobs does.
type clicker interface {
	Act(ctx context.Context, leadID string, c lead.Command, revision int64) (*lead.Lead, error)
}

// App answers what people do in Slack. HTTP and Socket Mode hand over to
// the same methods: interact for what is pressed, command for what is typed.
type App struct {
	o      Options
	api    *slack.Client // nil without a bot token
	seen   seen
	home   home
	people members
	later  chan func(context.Context)
}

const (
	slackTimeout = 5 * time.Second // of one call of Slack's API
	laterMost    = 256             // what may wait to be said after an answer
	laterAtOnce  = 4
)

// New returns the app of o.
func New(o Options) *App {
	a := &App{o: o, later: make(chan func(context.Context), laterMost)}
	if o.APIURL == "" {
		a.o.APIURL = slack.APIURL
	}
	if o.BotToken != "" {
		a.api = slack.New(o.BotToken, slack.OptionAPIURL(a.o.APIURL), slack.OptionHTTPClient(&http.Client{Timeout: slackTimeout}))
	}
	return a
}

// Run answers over Socket Mode, if there is an app token, and says what is left
// to say after an answer, until ctx ends.
func (a *App) Run(ctx context.Context) error {
	a.whoAmI(ctx)
	var wg sync.WaitGroup
	for range laterAtOnce {
		wg.Go(func() {
			for {
				select {
				case f := <-a.later:
					f(ctx)
				case <-ctx.Done():
					return
				}
			}
		})
	}
	if a.o.AppToken != "" {
		a.socket(ctx)
	}
	wg.Wait()
	return nil
}

// afterwards does something once Slack has its answer, which it wants within
// three seconds.
func (a *App) afterwards(what string, f func(context.Context) error) {
	do := func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, slackTimeout)
		defer cancel()
		if err := f(ctx); err != nil && ctx.Err() != context.Canceled {
			a.o.Logger.Warn("slack was not told", "what", what, "error", slackCode(err))
		}
	}
	select {
	case a.later <- do:
	default:
		a.o.Logger.Warn("slack was not told; too much waits", "what", what)
	}
}

// Interaction takes what people press in Slack.
func (a *App) Interaction(c echo.Context) error {
	form, err := a.verified(c)
	if err != nil {
		return err
	}
	var ic slack.InteractionCallback
	if err := json.Unmarshal([]byte(form.Get("payload")), &ic); err != nil {
		return problem.Problem{Code: problem.Malformed, Detail: "The payload is no interaction of Slack's.", Because: err}
	}
	return a.answer(c, func(ctx context.Context) (any, error) { return a.interact(ctx, ic) })
}

// Command takes what people type in Slack.
func (a *App) Command(c echo.Context) error {
	if _, err := a.verified(c); err != nil {
		return err
	}
	cmd, err := slack.SlashCommandParse(c.Request())
	if err != nil {
		return problem.Problem{Code: problem.Malformed, Detail: "This is no command of Slack's.", Because: err}
	}
	return a.answer(c, func(ctx context.Context) (any, error) { return a.command(ctx, cmd) })
}

// answer answers with what handle returns: an empty 200 for nothing.
func (a *App) answer(c echo.Context, handle func(context.Context) (any, error)) error {
	result, err := handle(c.Request().Context())
	switch {
	case err != nil:
		return problem.Problem{Code: problem.Forbidden, Detail: "This Slack workspace or app is not the configured one.", Because: err}
	case result == nil:
		return c.NoContent(http.StatusOK)
	}
	return c.JSON(http.StatusOK, result)
}

// verified checks that Slack signed the body within five minutes of now, and
// that it comes for the first time.
func (a *App) verified(c echo.Context) (url.Values, error) {
	body, err := a.o.ReadBody(c)
	if err != nil {
		return nil, err
	}
	h := c.Request().Header
	v, err := slack.NewSecretsVerifier(h, a.o.SigningSecret) // refuses an empty secret
	if err == nil {
		_, _ = v.Write(body) // a hash takes everything
		err = v.Ensure()
	}
	if err != nil {
		return nil, problem.Problem{Code: problem.BadSignature, Detail: "Slack's signature is missing, too old or not that of the configured signing secret."}
	}
	if !a.seen.first(c.Path()+" "+h.Get("X-Slack-Signature"), a.o.Now()) {
		return nil, problem.Problem{Code: problem.Stale, Detail: "This request was here before."}
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, problem.Problem{Code: problem.Malformed, Detail: "The body is no form.", Because: err}
	}
	c.Request().PostForm, c.Request().Form = form, form
	return form, nil
}

// seen remembers what came lately, so that it counts once.
type seen struct {
	mu    sync.Mutex
	at    map[string]time.Time
	swept time.Time
}

// seenFor is longer than Slack's signatures hold, five minutes to either side.
const seenFor = 11 * time.Minute

func (s *seen) first(name string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at == nil {
		s.at = map[string]time.Time{}
	}
	if now.Sub(s.swept) > time.Minute {
		s.swept = now
		for name, at := range s.at {
			if now.Sub(at) > seenFor {
				delete(s.at, name)
			}
		}
	}
	if _, known := s.at[name]; known {
		return false
	}
	s.at[name] = now
	return true
}

// slackCode is what an error of Slack's library may say in a log: its own words
// can hold a URL.
func slackCode(err error) string {
	var refused slack.SlackErrorResponse
	if errors.As(err, &refused) && !strings.ContainsAny(refused.Err, " /:") {
		return refused.Err
	}
	return "the call did not get through"
}
