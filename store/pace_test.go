package store_test

import (
	"testing"
	"time"
)

// Two replicas together send no more than the burst and one in every second.
func TestStore_Pace(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		const every, burst = time.Second, 3
		counted := 0
		for range 10 {
			wait, err := w.Pace(t.Context(), "slack:C1", every, burst)
			if err != nil {
				t.Fatal(err)
			}
			if wait == 0 {
				counted++
			} else if wait > every {
				t.Errorf("wait = %s, want at most %s", wait, every)
			}
		}
		if counted != burst {
			t.Errorf("%d messages at once, want %d", counted, burst)
		}
		if wait, err := w.Pace(t.Context(), "slack:C2", every, burst); wait != 0 || err != nil {
			t.Errorf("another channel waits %s, %v", wait, err)
		}
	})
}

func TestStore_Hold(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		const every, burst = time.Second, 3
		for _, d := range []time.Duration{time.Minute, time.Second} { // the shorter one changes nothing
			if err := w.Hold(t.Context(), "slack:C1", d, every, burst); err != nil {
				t.Fatal(err)
			}
		}
		wait, err := w.Pace(t.Context(), "slack:C1", every, burst)
		if err != nil || wait > time.Minute || wait < 50*time.Second {
			t.Errorf("wait = %s, %v, want a minute", wait, err)
		}
		if err := w.Hold(t.Context(), "slack:C3", time.Millisecond, every, burst); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(5 * time.Second); ; { // then one goes, and not the whole burst
			wait, err := w.Pace(t.Context(), "slack:C3", every, burst)
			if err != nil || time.Now().After(deadline) {
				t.Fatalf("after the hold: %s, %v", wait, err)
			}
			if wait == 0 {
				break
			}
		}
		if wait, err := w.Pace(t.Context(), "slack:C3", every, burst); err != nil || wait == 0 {
			t.Errorf("a second one at once after a hold: %s, %v, want a wait", wait, err)
		}
	})
}

func TestStore_Pauses(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		for _, step := range []struct{ target, pause string }{{"crm", "by Dana"}, {"sales", "by Sam"}, {"crm", ""}, {"none", ""}} {
			if err := w.Pause(t.Context(), step.target, step.pause); err != nil {
				t.Fatal(err)
			}
		}
		got, err := w.Pauses(t.Context())
		if err != nil || len(got) != 1 || got["sales"] != "by Sam" {
			t.Errorf("Pauses = %v, %v, want the one of sales", got, err)
		}
	})
}
