package app

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/store"
)

// Who is signed in stays in while Redis is away; who was not, or no longer, does
// not get in.
func TestCredentials_Away(t *testing.T) {
	clients, err := openRedis(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer clients.close()
	var since time.Time
	p, err := openCredentials(t.Context(), store.New(clients.producer, store.Options{}), nil, func() time.Time { return since }, time.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"stays", "ended"} {
		if err := p.Put(t.Context(), session.Credential{ID: id, Kind: session.Browser, Name: id, Right: session.Read}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Drop(t.Context(), "ended"); err != nil {
		t.Fatal(err)
	}
	look := func(when string) {
		t.Helper()
		if one, err := p.Pass(t.Context(), "stays"); err != nil || one.Name != "stays" || time.Since(one.SeenAt) > time.Minute {
			t.Errorf("%s: Pass(stays) = %+v, %v, want it as seen just now", when, one, err)
		}
		for _, id := range []string{"ended", "stranger"} {
			if one, err := p.Pass(t.Context(), id); err == nil || errors.Is(err, lead.ErrNotFound) {
				t.Errorf("%s: Pass(%s) = %+v, %v, want an error that says that it cannot be known", when, id, one, err)
			}
		}
	}
	since = time.Now()
	look("while redis is known to be away")
	since = time.Time{}
	clients.close()
	look("before anybody has noticed")
}

// What other nodes have made and ended is known soon.
func TestCredentials_Watch(t *testing.T) {
	clients, err := openRedis(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer clients.close()
	here := func() time.Time { return time.Time{} }
	p, err := openCredentials(t.Context(), store.New(clients.producer, store.Options{}), nil, here, time.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	other, err := openCredentials(t.Context(), p.store, nil, here, time.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(other.Put(t.Context(), session.Credential{ID: "new", Right: session.Read}), p.Put(t.Context(), session.Credential{ID: "old", Right: session.Read}), other.Drop(t.Context(), "old")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { p.watch(ctx); close(ended) }()
	awaitFor(t, "the credentials to be known", 5*time.Second, func() bool {
		_, isNew := p.known.get("new", time.Now())
		_, isOld := p.known.get("old", time.Now())
		return isNew && !isOld
	})
	cancel()
	<-ended
}
