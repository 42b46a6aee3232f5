package session

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/lead"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// fakeStore keeps passes in memory.
type fakeStore struct {
	mu   sync.Mutex
	all  map[string]Credential
	err  error
	puts int
}

func newFakeStore() *fakeStore { return &fakeStore{all: map[string]Credential{}} }

func (f *fakeStore) Pass(_ context.Context, id string) (Credential, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p, ok := f.all[id]
	if f.err != nil {
		return Credential{}, f.err
	}
	if !ok {
		return Credential{}, lead.ErrNotFound
	}
	return p, nil
}

func (f *fakeStore) Passes(context.Context) (some []Credential, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.all {
		some = append(some, p)
	}
	return some, f.err
}

func (f *fakeStore) Put(_ context.Context, p Credential) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return f.err
	}
	f.all[p.ID] = p
	f.puts++
	return nil
}

func (f *fakeStore) Drop(_ context.Context, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.all[id]; !ok {
		return lead.ErrNotFound
	}
	delete(f.all, id)
	return f.err
}

// fakeAudit keeps what was done.
type fakeAudit struct{ did []lead.Act }

func (f *fakeAudit) Record(_ context.Context, e lead.Entry) { f.did = append(f.did, e.Did) }

func TestSessions_Valid(t *testing.T) {
	now := noon
	f := newFakeStore()
	s := New(Options{Store: f, Audit: &fakeAudit{}, Public: &url.URL{Scheme: "https", Host: "leads.example.com"}, Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }})
	admit := func(kind Kind, r Right, life time.Duration) string {
		secret, _, err := s.issue(t.Context(), Credential{Kind: kind, Name: "Dana", Right: r}, life)
		if err != nil {
			t.Fatal(err)
		}
		return secret
	}
	session, token := admit(Browser, Write, time.Hour), admit(Token, Read, 0)
	ok := func(secret string, kind Kind) bool {
		_, err := s.valid(t.Context(), secret, kind)
		return err == nil
	}
	for _, tc := range []struct {
		name, secret string
		kind         Kind
		after        time.Duration
		want         bool
	}{
		{"Session", session, Browser, 0, true},
		{"OtherKind", session, Token, 0, false},
		{"TokenAsCookie", token, Browser, 0, false},
		{"Empty", "", Browser, 0, false},
		{"Wrong", session + "x", Browser, 0, false},
		{"JustBeforeTheEnd", session, Browser, time.Hour - 1, true},
		{"AtTheEnd", session, Browser, time.Hour, false},
		{"TokensNeverEnd", token, Token, 1000 * time.Hour, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			now = noon.Add(tc.after)
			if got := ok(tc.secret, tc.kind); got != tc.want {
				t.Errorf("valid = %v, want %v", got, tc.want)
			}
		})
	}
	for id, p := range f.all {
		if id == session || id == token || p.ID != id {
			t.Errorf("kept under %s: %+v, which must be a digest and nothing else", id, p)
		}
	}
	now = noon
	token = admit(Token, Read, 0)
	ok(token, Token)
	puts := f.puts
	if ok(token, Token); f.puts != puts {
		t.Error("the time of last use is written with every use")
	}
	now = noon.Add(seenEvery)
	if ok(token, Token); !f.all[idOf(token)].SeenAt.Equal(now) {
		t.Errorf("last used %s, want %s", f.all[idOf(token)].SeenAt, now)
	}
}

// A request writes with a token that may write, never with a browser's session.
func TestSessions_Writes(t *testing.T) {
	s := New(Options{Store: newFakeStore(), Audit: &fakeAudit{}, Tokens: []string{"configured"}, Public: &url.URL{Scheme: "https", Host: "leads.example.com"}, Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return noon }})
	admit := func(kind Kind, r Right) string {
		secret, _, err := s.issue(t.Context(), Credential{Kind: kind, Name: "Dana", Right: r}, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return secret
	}
	for name, c := range map[string]struct {
		header, cookie string
		want           bool
	}{
		"Configured": {"Bearer configured", "", true},
		"Writer":     {"Bearer " + admit(Token, Write), "", true},
		"Reader":     {"Bearer " + admit(Token, Read), "", false},
		"Unknown":    {"Bearer no-such-token", "", false},
		"NoToken":    {"Basic eA==", "", false},
		"Browser":    {"", admit(Browser, Owner), false},
		"Nothing":    {"", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/in/contact", nil)
			if c.header != "" {
				r.Header.Set("Authorization", c.header)
			}
			r.AddCookie(&http.Cookie{Name: sessionCookie, Value: c.cookie})
			if got := s.Writes(r); got != c.want {
				t.Errorf("Writes = %v, want %v", got, c.want)
			}
		})
	}
}

func TestRight(t *testing.T) {
	for _, r := range []Right{Read, Write, Owner} {
		b, err := r.MarshalText()
		var got Right
		if err != nil || got.UnmarshalText(b) != nil || got != r {
			t.Errorf("%s does not survive its text", r)
		}
	}
	for _, s := range []string{"", "nobody", "all", "OWN"} {
		if new(Right).UnmarshalText([]byte(s)) == nil {
			t.Errorf("%q is taken for a right", s)
		}
	}
}

// Signing in, out, and by whom what was done.
func TestSessions_SignIn(t *testing.T) {
	f, audit := newFakeStore(), &fakeAudit{}
	s := New(Options{Store: f, Audit: audit, Tokens: []string{"api-token"}, Public: &url.URL{Scheme: "https", Host: "leads.example.com"},
		Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return noon }})
	visit := func(header, value string) (echo.Context, *httptest.ResponseRecorder) {
		r, w := httptest.NewRequest("POST", "/signin", nil), httptest.NewRecorder()
		r.Header.Set(header, value)
		return echo.New().NewContext(r, w), w
	}
	link, _, err := s.NewLink(t.Context(), " Dana  Reyes ")
	if err != nil || !strings.HasPrefix(link, "https://leads.example.com/signin#") {
		t.Fatalf("NewLink = %s, %v", link, err)
	}
	c, w := visit("User-Agent", strings.Repeat("browser ", 40))
	if err := s.SignIn(c, link); err != nil {
		t.Fatal(err)
	}
	if err := s.SignIn(c, link); !errors.Is(err, lead.ErrNotFound) {
		t.Errorf("the link a second time: %v, want %v", err, lead.ErrNotFound)
	}
	cookie, _, _ := strings.Cut(w.Header().Get("Set-Cookie"), ";")
	c, _ = visit("Cookie", cookie)
	p, err := s.Identify(c)
	if err != nil || p.Name != "Dana Reyes" || p.Right != Owner || Of(c).ID != p.ID || len(p.Browser) > 80 || s.Ended(t.Context(), p) {
		t.Fatalf("Identify = %+v, %v", p, err)
	}
	if err := s.Rename(c, "Dee"); err != nil || f.all[p.ID].Name != "Dee" {
		t.Errorf("Rename: %v, %+v", err, f.all[p.ID])
	}
	for _, name := range []string{"", strings.Repeat("x", 61)} {
		if err := s.Rename(c, name); problem.Of(err).Code != problem.Malformed {
			t.Errorf("Rename(%q) = %v, want %s", name, err, problem.Malformed)
		}
	}
	token, _, err := s.NewToken(c, "crm", Read)
	if err != nil || !strings.HasPrefix(token, "lg_") {
		t.Fatalf("NewToken = %s, %v", token, err)
	}
	if _, _, err := s.NewToken(c, "crm", Owner); problem.Of(err).Code != problem.Malformed {
		t.Errorf("a token that may do everything: %v", err)
	}
	for bearer, want := range map[string]Right{"bearer " + token: Read, "Bearer api-token": Owner, "Bearer " + token + "x": Anonymous, "Basic api-token": Anonymous} {
		c, _ := visit("Authorization", bearer)
		if p, err := s.Identify(c); err != nil || p.Right != want {
			t.Errorf("%s: %+v, %v, want the right to %s", bearer, p, err, want)
		}
	}
	if all, err := s.Active(t.Context()); err != nil || len(all) != 2 {
		t.Errorf("Active = %+v, %v, want the session and the token", all, err)
	}
	if err := s.SignOut(c); err != nil || !s.Ended(t.Context(), p) {
		t.Errorf("SignOut: %v; the session goes on", err)
	}
	if err := s.End(c, p.ID); problem.Of(err).Code != problem.NotFound {
		t.Errorf("ending it again: %v, want %s", err, problem.NotFound)
	}
	want := []lead.Act{lead.ActSignIn, lead.ActRename, lead.ActMakeToken, lead.ActSignOut}
	if !slices.Equal(audit.did, want) {
		t.Errorf("recorded %v, want %v", audit.did, want)
	}
	f.err = lead.ErrUnavailable
	for name, err := range map[string]error{"NewLink": second(s.NewLink(t.Context(), "Dana")), "SignIn": s.SignIn(c, "code"), "End": s.End(c, "id"),
		"Active": func() error { _, err := s.Active(t.Context()); return err }()} {
		if !errors.Is(err, lead.ErrUnavailable) {
			t.Errorf("%s without a store: %v, want %v", name, err, lead.ErrUnavailable)
		}
	}
}

func second[A, B any](_ A, _ B, err error) error { return err }
