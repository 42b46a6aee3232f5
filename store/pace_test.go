package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// pace asks for leave to send a message that needs no lease.
func (w *testStore) pace(t *testing.T, name string, every time.Duration, burst int) (time.Duration, error) {
	wait, _, err := w.Admit(t.Context(), lead.Admission{Pace: name, Every: every, Burst: burst})
	return wait, err
}

// Two replicas together send no more than the burst and one in every second.
func TestStore_Pace(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		const every, burst = time.Second, 3
		counted := 0
		for range 10 {
			wait, err := w.pace(t, "slack:C1", every, burst)
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
		if wait, err := w.pace(t, "slack:C2", every, burst); wait != 0 || err != nil {
			t.Errorf("another channel waits %s, %v", wait, err)
		}
	})
}

// A lease that another has holds back nobody else's, nor does the pace.
func TestStore_Admit(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ask := func(owner string, every time.Duration, leases ...string) (time.Duration, []bool) {
			t.Helper()
			wait, elsewhere, err := w.Admit(t.Context(), lead.Admission{Leases: leases, Owner: owner, For: time.Minute, Pace: "slack:C1", Every: every, Burst: 1})
			if err != nil {
				t.Fatal(err)
			}
			return wait, elsewhere
		}
		for _, step := range []struct {
			name, owner string
			every       time.Duration
			leases      []string
			wait        bool
			elsewhere   []bool
		}{
			{"First", "one", time.Hour, []string{"a", "b"}, false, []bool{false, false}},
			{"SoonAgain", "one", time.Hour, []string{"a"}, true, []bool{false}},
			{"Another", "two", time.Hour, []string{"a", "c"}, true, []bool{true, false}},
			{"TooLate", "one", 0, []string{"b", "c"}, false, []bool{false, true}},
		} {
			if wait, elsewhere := ask(step.owner, step.every, step.leases...); (wait > 0) != step.wait || !slices.Equal(elsewhere, step.elsewhere) {
				t.Errorf("%s: wait %s, elsewhere %v; want a wait: %v, and %v", step.name, wait, elsewhere, step.wait, step.elsewhere)
			}
		}
	})
}

func TestStore_Hold(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		const every, burst = time.Second, 3
		for _, d := range []time.Duration{time.Minute, time.Second} { // the shorter one changes nothing
			if err := w.Hold(t.Context(), "slack:C1", d, every, burst); err != nil {
				t.Fatal(err)
			}
		}
		wait, err := w.pace(t, "slack:C1", every, burst)
		if err != nil || wait > time.Minute || wait < 50*time.Second {
			t.Errorf("wait = %s, %v, want a minute", wait, err)
		}
		if err := w.Hold(t.Context(), "slack:C3", time.Millisecond, every, burst); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(5 * time.Second); ; { // then one goes, and not the whole burst
			wait, err := w.pace(t, "slack:C3", every, burst)
			if err != nil || time.Now().After(deadline) {
				t.Fatalf("after the hold: %s, %v", wait, err)
			}
			if wait == 0 {
				break
			}
		}
		if wait, err := w.pace(t, "slack:C3", every, burst); err != nil || wait == 0 {
			t.Errorf("a second one at once after a hold: %s, %v, want a wait", wait, err)
		}
	})
}

func TestStore_Pauses(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
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
