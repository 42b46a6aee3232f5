package runs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
)

func TestRegistry(t *testing.T) {
	r := NewRegistry(slog.New(slog.DiscardHandler), time.Now)
	good, err := r.Start("replay", false, func(_ context.Context, add func(lead.Result)) error {
		add(lead.Result{Result: "read"})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	bad, err := r.Start("replay", true, func(context.Context, func(lead.Result)) error { return errors.New("no luck") })
	if err != nil {
		t.Fatal(err)
	}
	if now, err := r.Get(good.run.ID); err != nil || now.State != "waiting" {
		t.Errorf("before its turn: %+v, %v", now, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go r.Run(ctx)
	if now := good.Wait(ctx); now.State != "done" || now.Counts["read"] != 1 {
		t.Errorf("the first = %+v, want it done", now)
	}
	if now := bad.Wait(ctx); now.State != "failed" || now.Error != "no luck" || !now.DryRun {
		t.Errorf("the second = %+v, want it failed with its reason", now)
	}
	if _, err := r.Get("nope"); !errors.Is(err, lead.ErrNotFound) {
		t.Errorf("Get(nope) = %v, want lead.ErrNotFound", err)
	}
}

func TestRegistry_Start_TooMany(t *testing.T) {
	r := NewRegistry(slog.New(slog.DiscardHandler), time.Now)
	idle := func(context.Context, func(lead.Result)) error { return nil }
	for range waitMost {
		if _, err := r.Start("replay", false, idle); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Start("replay", false, idle); err == nil {
		t.Error("one more than may wait: no error")
	}
}

// A run that is carried out elsewhere can be looked at, and the oldest go.
func TestRegistry_Track(t *testing.T) {
	r := NewRegistry(slog.New(slog.DiscardHandler), time.Now)
	now := time.Now()
	run := r.Track("e1", "erase", now)
	if r.Tracked("e1") != run {
		t.Error("Tracked is another run")
	}
	run.Begin()
	if got, err := r.Get("e1"); err != nil || got.State != "running" || got.What != "erase" {
		t.Errorf("Get = %+v, %v", got, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if got := run.Wait(ended); got.State != "running" {
		t.Errorf("Wait for nothing = %+v", got)
	}
	run.End(map[string]int{"leads": 2}, now, nil)
	if got := run.Wait(t.Context()); got.State != "done" || got.Counts["leads"] != 2 {
		t.Errorf("at its end = %+v", got)
	}
	if got := r.Tracked("of an earlier process").Now(); got.ID == "" {
		t.Errorf("Tracked makes %+v", got)
	}
	for i := range keepMost {
		r.Track(fmt.Sprint(i), "erase", now)
	}
	if _, err := r.Get("e1"); !errors.Is(err, lead.ErrNotFound) {
		t.Errorf("the oldest of too many = %v", err)
	}
}
