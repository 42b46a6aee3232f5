// Package session answers who sends a request, and what they may do. People have
// sessions, opened by a one-time link, a token or Slack; programs have tokens.
// Only digests of secrets are kept. What people do besides acting on leads is
// recorded here, in the name of the caller.
//
// It must not know which URL needs which right; that is access.go of handlers. A
// new way to sign in is one file that ends in open.
package session

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/lead"
)

// Options are what Sessions are made of. All are required but Tokens and
// Slack.
type Options struct {
	Store  store
	Audit  auditor
	Tokens []string          // of the configuration; their bearer may do everything
	Public *url.URL          // of this server, for links and for whether cookies are secure
	Reps   func() []lead.Rep // who may sign in with Slack
	Slack  Slack
	Logger *slog.Logger
	Now    func() time.Time
}

// store keeps credentials by their ids: the store and, where the store forgets
// on exit, the journal. Errors wrap lead.ErrNotFound or lead.ErrUnavailable.
type store interface {
	Pass(ctx context.Context, id string) (Credential, error)
	Passes(ctx context.Context) ([]Credential, error)
	Put(ctx context.Context, p Credential) error
	Drop(ctx context.Context, id string) error // ErrNotFound for all but the first who drops it
}

// auditLog keeps who did what; audit.Log is one.
type auditor interface {
	Record(ctx context.Context, e lead.Entry)
}

// Sessions tells who sends a request, signs people in and out, and records what
// they do. Its methods may be called concurrently.
type Sessions struct{ o Options }

// New returns the sessions of o.
func New(o Options) *Sessions {
	if o.Slack.APIURL == "" {
		o.Slack.APIURL = "https://slack.com/api/"
	}
	return &Sessions{o}
}

const callerKey = "caller"

// Of is who sends the request; a Credential without rights is a stranger.
func Of(c echo.Context) Credential {
	p, _ := c.Get(callerKey).(Credential)
	return p
}

// Identify finds out who sends the request, for Of. A credential that is
// unknown or has ended is none; an error means that this cannot be told now.
func (s *Sessions) Identify(c echo.Context) (Credential, error) {
	p, err := s.caller(c.Request())
	if err == nil {
		c.Set(callerKey, p)
	}
	return p, err
}

func (s *Sessions) caller(r *http.Request) (Credential, error) {
	if kind, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(kind, "Bearer") {
		return s.bearer(r.Context(), strings.TrimSpace(token))
	}
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return Credential{}, nil
	}
	p, err := s.valid(r.Context(), c.Value, Browser)
	if errors.Is(err, lead.ErrNotFound) {
		return Credential{}, nil
	}
	return p, err
}

// Writes says whether a request carries a token whose owner may write. A browser's
// session does not count: any page can have a browser send a form.
func (s *Sessions) Writes(r *http.Request) bool {
	if r.Header.Get("Authorization") == "" {
		return false
	}
	p, err := s.caller(r)
	return err == nil && p.Kind == Token && p.Right >= Write
}

// bearer finds the credential of a token: one of the configuration, or one that
// was made since. All of the former are compared, so that the time does not tell
// which one was nearly right.
func (s *Sessions) bearer(ctx context.Context, token string) (Credential, error) {
	known := false
	for _, want := range s.o.Tokens {
		known = SameSecret(token, want) || known
	}
	if known {
		return Credential{Kind: Token, Name: "api", Right: Owner, By: "configuration"}, nil
	}
	p, err := s.valid(ctx, token, Token)
	if errors.Is(err, lead.ErrNotFound) {
		return Credential{}, nil
	}
	return p, err
}

// valid returns the credential of a secret, if it is of this kind and has not
// ended.
func (s *Sessions) valid(ctx context.Context, secret string, kind Kind) (Credential, error) {
	if secret == "" || len(secret) > 200 {
		return Credential{}, lead.ErrNotFound
	}
	p, err := s.o.Store.Pass(ctx, idOf(secret))
	if err != nil {
		return Credential{}, err
	}
	now := s.o.Now()
	if p.Kind != kind || p.ended(now) {
		return Credential{}, lead.ErrNotFound
	}
	if kind != Link && now.Sub(p.SeenAt) >= seenEvery {
		p.SeenAt = now.UTC()
		if err := s.o.Store.Put(ctx, p); err != nil {
			s.o.Logger.Warn("time of last use not kept", "kind", string(kind), "error", err)
		}
	}
	return p, nil
}

// Ended says whether the session of p has been ended meanwhile.
func (s *Sessions) Ended(ctx context.Context, p Credential) bool {
	if p.ID == "" { // a token of the configuration
		return false
	}
	_, err := s.o.Store.Pass(ctx, p.ID)
	return errors.Is(err, lead.ErrNotFound)
}

// issue makes a credential and returns its secret, which is kept nowhere.
func (s *Sessions) issue(ctx context.Context, p Credential, life time.Duration) (secret string, _ Credential, err error) {
	secret = strings.ToLower(rand.Text())
	if p.Kind == Token {
		secret = "lg_" + secret
	}
	p.ID, p.CreatedAt = idOf(secret), s.o.Now().UTC()
	if life > 0 {
		p.ExpiresAt = p.CreatedAt.Add(life)
	}
	if err := s.o.Store.Put(ctx, p); err != nil {
		return "", Credential{}, fmt.Errorf("make a %s: %w", p.Kind, err)
	}
	return secret, p, nil
}

// NewToken makes a token for a program, in the name of the caller. Tokens that
// may do everything are those of the configuration.
func (s *Sessions) NewToken(c echo.Context, name string, r Right) (string, Credential, error) {
	name, err := cleanName(name)
	if err != nil {
		return "", Credential{}, err
	}
	if r != Read && r != Write {
		return "", Credential{}, problem.Problem{Code: problem.Malformed, Detail: "The right of a token is read or write."}
	}
	secret, p, err := s.issue(c.Request().Context(), Credential{Kind: Token, Name: name, Right: r, By: Of(c).Name}, 0)
	if err == nil {
		s.o.Logger.Info("token made", "right", r.String())
		s.Did(c, lead.ActMakeToken, name)
	}
	return secret, p, err
}

// NewLink makes a link that signs one browser in, within a quarter of an hour,
// as an owner of that name. Its secret is in the fragment, which browsers send
// to no server.
func (s *Sessions) NewLink(ctx context.Context, name string) (link string, _ Credential, err error) {
	if name, err = cleanName(name); err != nil {
		return "", Credential{}, err
	}
	secret, p, err := s.issue(ctx, Credential{Kind: Link, Name: name, Right: Owner, By: "command"}, linkLife)
	return s.o.Public.String() + "/signin#" + secret, p, err
}

// Rename gives the caller's session another name, by which trails show who acts.
func (s *Sessions) Rename(c echo.Context, name string) error {
	p := Of(c)
	name, err := cleanName(name)
	if err != nil {
		return err
	}
	if p.Kind != Browser || p.By == "slack" {
		return problem.Problem{Code: problem.Forbidden, Detail: "This name comes from the configuration."}
	}
	p.Name = name
	if err := s.o.Store.Put(c.Request().Context(), p); err != nil {
		return err
	}
	s.Did(c, lead.ActRename, name)
	return nil
}

func cleanName(name string) (string, error) {
	name = strings.Join(strings.Fields(name), " ")
	if name == "" || len([]rune(name)) > 60 {
		return "", problem.Problem{Code: problem.Malformed, Detail: "Give it a name of 1 to 60 characters: who or what acts with it."}
	}
	return name, nil
}

// Active returns the credentials that have not ended, the latest first.
func (s *Sessions) Active(ctx context.Context) ([]Credential, error) {
	all, err := s.o.Store.Passes(ctx)
	if err != nil {
		return nil, fmt.Errorf("list credentials: %w", err)
	}
	now := s.o.Now()
	all = slices.DeleteFunc(all, func(p Credential) bool { return p.ended(now) })
	slices.SortFunc(all, func(a, b Credential) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return append([]Credential{}, all...), nil
}

// End ends a credential at once.
func (s *Sessions) End(c echo.Context, id string) error {
	ctx := c.Request().Context()
	p, err := s.o.Store.Pass(ctx, id)
	if err == nil {
		err = s.o.Store.Drop(ctx, id)
	}
	if errors.Is(err, lead.ErrNotFound) {
		return problem.Problem{Code: problem.NotFound, Detail: "It has ended already."}
	}
	if err != nil {
		return fmt.Errorf("end credential: %w", err)
	}
	s.o.Logger.Info("credential ended", "kind", string(p.Kind))
	s.Did(c, map[Kind]lead.Act{Token: lead.ActEndToken, Browser: lead.ActEndSession, Link: lead.ActEndLink}[p.Kind], p.Name)
	return nil
}

// Did records that the caller did something.
func (s *Sessions) Did(c echo.Context, act lead.Act, about string) {
	s.DidBy(c.Request().Context(), Of(c).Name, act, about)
}

// DidBy records that somebody did something, by the name that the caller gave.
func (s *Sessions) DidBy(ctx context.Context, by string, act lead.Act, about string) {
	s.o.Audit.Record(ctx, lead.Entry{By: by, Did: act, About: about})
}
