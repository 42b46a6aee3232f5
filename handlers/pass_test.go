package handlers

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
)

// fakePasses keeps passes in memory.
type fakePasses struct {
	mu   sync.Mutex
	all  map[string]session.Credential
	err  error
	puts int
}

func newFakePasses() *fakePasses { return &fakePasses{all: map[string]session.Credential{}} }

func (f *fakePasses) Pass(_ context.Context, id string) (session.Credential, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p, ok := f.all[id]
	if f.err != nil {
		return session.Credential{}, f.err
	}
	if !ok {
		return session.Credential{}, lead.ErrNotFound
	}
	return p, nil
}

func (f *fakePasses) Passes(context.Context) (some []session.Credential, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.all {
		some = append(some, p)
	}
	return some, f.err
}

func (f *fakePasses) Put(_ context.Context, p session.Credential) error {
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
		return lead.ErrNotFound
	}
	delete(f.all, id)
	return f.err
}

// admit makes a credential and returns its secret.
func admit(t testing.TB, s *Server, kind session.Kind, name string, r session.Right, life time.Duration) string {
	t.Helper()
	secret := strings.ToLower(rand.Text())
	p := session.Credential{ID: digest(secret), Kind: kind, Name: name, Right: r, CreatedAt: s.o.Now()}
	if life > 0 {
		p.ExpiresAt = s.o.Now().Add(life)
	}
	if err := s.o.Session.Store.Put(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	return secret
}

func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
