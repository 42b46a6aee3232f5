package handlers

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/leadgate/leadgate/handlers/problem"
)

// fakePasses keeps passes in memory.
type fakePasses struct {
	mu   sync.Mutex
	all  map[string]Pass
	err  error
	puts int
}

func newFakePasses() *fakePasses { return &fakePasses{all: map[string]Pass{}} }

func (f *fakePasses) Pass(_ context.Context, id string) (Pass, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p, ok := f.all[id]
	if f.err != nil {
		return Pass{}, f.err
	}
	if !ok {
		return Pass{}, problem.ErrNotFound
	}
	return p, nil
}

func (f *fakePasses) Passes(context.Context) (some []Pass, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.all {
		some = append(some, p)
	}
	return some, f.err
}

func (f *fakePasses) Put(_ context.Context, p Pass) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return f.err
	}
	f.all[p.ID] = p
	f.puts++
	return nil
}

func (f *fakePasses) Drop(_ context.Context, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.all[id]; !ok {
		return problem.ErrNotFound
	}
	delete(f.all, id)
	return f.err
}

// admit makes a pass and returns its secret.
func admit(t testing.TB, s *Server, kind PassKind, name string, r Right, life time.Duration) string {
	t.Helper()
	secret, _, err := s.issue(t.Context(), Pass{Kind: kind, Name: name, Right: r}, life)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func TestServer_Valid(t *testing.T) {
	now := noon
	f := newFakePasses()
	s, _ := testServer(t, nil, func(o *Options) { o.Passes, o.Now = f, func() time.Time { return now } })
	session := admit(t, s, SessionPass, "Dana", Write, time.Hour)
	token := admit(t, s, TokenPass, "crm", Read, 0)
	ok := func(secret string, kind PassKind) bool {
		_, err := s.valid(t.Context(), secret, kind)
		return err == nil
	}
	for _, tc := range []struct {
		name, secret string
		kind         PassKind
		after        time.Duration
		want         bool
	}{
		{"Session", session, SessionPass, 0, true},
		{"OtherKind", session, TokenPass, 0, false},
		{"TokenAsCookie", token, SessionPass, 0, false},
		{"Empty", "", SessionPass, 0, false},
		{"Wrong", session + "x", SessionPass, 0, false},
		{"JustBeforeTheEnd", session, SessionPass, time.Hour - 1, true},
		{"AtTheEnd", session, SessionPass, time.Hour, false},
		{"TokensNeverEnd", token, TokenPass, 1000 * time.Hour, true},
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
	token = admit(t, s, TokenPass, "cron", Read, 0)
	ok(token, TokenPass)
	puts := f.puts
	if ok(token, TokenPass); f.puts != puts {
		t.Error("the time of last use is written with every use")
	}
	now = noon.Add(seenEvery)
	if ok(token, TokenPass); !f.all[passID(token)].SeenAt.Equal(now) {
		t.Errorf("last used %s, want %s", f.all[passID(token)].SeenAt, now)
	}
}

func TestRight(t *testing.T) {
	for _, r := range []Right{Read, Write, Own} {
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
