package jobs

import (
	"context"
	"errors"
	"testing"

	"github.com/leadgate/leadgate/lead"
)

func TestJobs_StartRun(t *testing.T) {
	j := newIdle(t)
	j.redis.MarkReady()
	good, err := j.startRun("replay", false, func(_ context.Context, add func(lead.Result)) error {
		add(lead.Result{Result: "read"})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	bad, err := j.startRun("replay", true, func(context.Context, func(lead.Result)) error { return errors.New("no luck") })
	if err != nil {
		t.Fatal(err)
	}
	if r, err := j.RunOf(good.run.ID); err != nil || r.State != "waiting" {
		t.Errorf("before its turn: %+v, %v", r, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go j.runErrands(ctx)
	if r := good.await(ctx); r.State != "done" || r.Counts["read"] != 1 {
		t.Errorf("the first = %+v, want it done", r)
	}
	if r := bad.await(ctx); r.State != "failed" || r.Error != "no luck" || !r.DryRun {
		t.Errorf("the second = %+v, want it failed with its reason", r)
	}
	if _, err := j.RunOf("nope"); !errors.Is(err, lead.ErrNotFound) {
		t.Errorf("RunOf(nope) = %v, want lead.ErrNotFound", err)
	}
}

func TestJobs_StartRun_TooMany(t *testing.T) {
	j := newIdle(t)
	idle := func(context.Context, func(lead.Result)) error { return nil }
	for range errandsWait {
		if _, err := j.startRun("replay", false, idle); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := j.startRun("replay", false, idle); err == nil {
		t.Error("one more than may wait: no error")
	}
}
