package handlers

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/leadgate/leadgate/handlers/problem"
)

// Pass lets somebody in: whoever opens a one-time link, a browser that is
// signed in, or a program with a token. Only the digest of its secret is kept.
type Pass struct {
	ID        string    `json:"id"` // digest of the secret, so that it can be shown and ended
	Kind      PassKind  `json:"kind"`
	Name      string    `json:"name"` // who acts with it; reaches the trail of leads
	Right     Right     `json:"right"`
	By        string    `json:"by,omitempty"` // how it came to be: link, token, slack, command
	Browser   string    `json:"browser,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at,omitzero"` // zero: never
	SeenAt    time.Time `json:"seen_at,omitzero"`    // to the quarter of an hour
}

// PassKind is the sort of a pass.
type PassKind string

// The kinds of passes.
const (
	LinkPass    PassKind = "link"    // opens one session and is gone
	SessionPass PassKind = "session" // a cookie
	TokenPass   PassKind = "token"   // a bearer token of the API
)

// Right is what a pass allows; each includes those below it.
type Right int

// The rights, in rising order.
const (
	Nobody Right = iota // what everybody may do
	Read
	Write
	Own // make and end passes, erase people
)

var rights = []string{"nobody", "read", "write", "own"}

func (r Right) String() string { return rights[min(max(int(r), 0), len(rights)-1)] }

// MarshalText writes read, write or own.
func (r Right) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads read, write or own.
func (r *Right) UnmarshalText(b []byte) error {
	for i, name := range rights {
		if name == string(b) && i > 0 {
			*r = Right(i)
			return nil
		}
	}
	return fmt.Errorf("%q is not a right; there are read, write and own", b)
}

// How long passes last.
const (
	linkLife    = 15 * time.Minute
	sessionLife = 30 * 24 * time.Hour
	seenEvery   = 15 * time.Minute // how exactly SeenAt is kept
)

// passes keeps passes by their ids. The program joins it with the store and,
// where the store forgets on exit, the journal. Errors wrap ErrNotFound or
// ErrUnavailable.
type passes interface {
	Pass(ctx context.Context, id string) (Pass, error)
	Passes(ctx context.Context) ([]Pass, error)
	Put(ctx context.Context, p Pass) error
	Drop(ctx context.Context, id string) error // ErrNotFound for all but the first who drops it
}

// noPasses is what a server without passes has.
type noPasses struct{}

func (noPasses) Pass(context.Context, string) (Pass, error) { return Pass{}, problem.ErrNotFound }
func (noPasses) Passes(context.Context) ([]Pass, error)     { return nil, nil }
func (noPasses) Put(context.Context, Pass) error            { return problem.ErrUnavailable }
func (noPasses) Drop(context.Context, string) error         { return problem.ErrNotFound }

func passID(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// issue makes a pass and returns its secret, which is kept nowhere.
func (s *Server) issue(ctx context.Context, p Pass, life time.Duration) (secret string, _ Pass, err error) {
	secret = strings.ToLower(rand.Text())
	if p.Kind == TokenPass {
		secret = "lg_" + secret
	}
	p.ID, p.CreatedAt = passID(secret), s.o.Now().UTC()
	if life > 0 {
		p.ExpiresAt = p.CreatedAt.Add(life)
	}
	if err := s.o.Passes.Put(ctx, p); err != nil {
		return "", Pass{}, fmt.Errorf("make a %s: %w", p.Kind, err)
	}
	return secret, p, nil
}

// SignInLink returns a link that signs one browser in, within a quarter of an
// hour, as somebody who may do everything. Its secret is in the fragment, which
// browsers send to nobody.
func (s *Server) SignInLink(ctx context.Context, name string) (string, error) {
	secret, _, err := s.issue(ctx, Pass{Kind: LinkPass, Name: name, Right: Own, By: "command"}, linkLife)
	if err != nil {
		return "", err
	}
	return s.public.String() + "/signin#" + secret, nil
}

// valid returns the pass of a secret, if it is of this kind and has not ended.
func (s *Server) valid(ctx context.Context, secret string, kind PassKind) (Pass, error) {
	if secret == "" || len(secret) > 200 {
		return Pass{}, problem.ErrNotFound
	}
	p, err := s.o.Passes.Pass(ctx, passID(secret))
	if err != nil {
		return Pass{}, err
	}
	now := s.o.Now()
	if p.Kind != kind || !p.ExpiresAt.IsZero() && !now.Before(p.ExpiresAt) {
		return Pass{}, problem.ErrNotFound
	}
	if kind != LinkPass && now.Sub(p.SeenAt) >= seenEvery {
		p.SeenAt = now.UTC()
		if err := s.o.Passes.Put(ctx, p); err != nil {
			s.o.Logger.Warn("time of last use not kept", "kind", string(kind), "error", err)
		}
	}
	return p, nil
}

// caller finds out who sends r. Somebody unknown is a Pass without rights.
func (s *Server) caller(r *http.Request) (Pass, error) {
	if kind, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(kind, "Bearer") {
		return s.bearer(r.Context(), strings.TrimSpace(token))
	}
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return Pass{}, nil
	}
	p, err := s.valid(r.Context(), c.Value, SessionPass)
	if errors.Is(err, problem.ErrNotFound) {
		return Pass{}, nil
	}
	return p, err
}

// bearer finds the pass of a token: one of the configuration, or one that was
// made since. All of the former are compared, so that the time does not tell
// which one was nearly right.
func (s *Server) bearer(ctx context.Context, token string) (Pass, error) {
	known := false
	for _, want := range s.o.APITokens {
		known = same(token, want) || known
	}
	if known {
		return Pass{Kind: TokenPass, Name: "api", Right: Own, By: "configuration"}, nil
	}
	p, err := s.valid(ctx, token, TokenPass)
	if errors.Is(err, problem.ErrNotFound) {
		return Pass{}, nil
	}
	return p, err
}
