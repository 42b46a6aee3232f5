package jobs

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestMeter_Yield(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m meter
		waited := func(ctx context.Context) time.Duration {
			begin := time.Now()
			m.yield(ctx)
			return time.Since(begin)
		}
		if d := waited(t.Context()); d != 0 {
			t.Errorf("without a crowd it waits %s", d)
		}
		for range crowd {
			m.enter()
		}
		if d := waited(t.Context()); d < patience || d > patience+glance {
			t.Errorf("in a crowd it waits %s, want %s and then go on", d, patience)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if d := waited(ended); d != 0 {
			t.Errorf("after the end it waits %s", d)
		}
		go func() { time.Sleep(50 * time.Millisecond); m.leave() }()
		if d := waited(t.Context()); d > 50*time.Millisecond+glance {
			t.Errorf("when the crowd passes it waits %s more, want to go on at once", d-50*time.Millisecond)
		}
	})
}
