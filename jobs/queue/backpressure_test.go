package queue

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestBackpressure_Yield(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b backpressure
		waited := func(ctx context.Context) time.Duration {
			begin := time.Now()
			b.yield(ctx)
			return time.Since(begin)
		}
		if d := waited(t.Context()); d != 0 {
			t.Errorf("without load it waits %s", d)
		}
		leave := func() {}
		for range busyFrom {
			leave = b.enter()
		}
		if d := waited(t.Context()); d < yieldMost || d > yieldMost+yieldStep {
			t.Errorf("under load it waits %s, want %s and then go on", d, yieldMost)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if d := waited(ended); d != 0 {
			t.Errorf("after the end it waits %s", d)
		}
		go func() { time.Sleep(50 * time.Millisecond); leave() }()
		if d := waited(t.Context()); d > 50*time.Millisecond+yieldStep {
			t.Errorf("when the load passes it waits %s more, want to go on at once", d-50*time.Millisecond)
		}
	})
}
