package jobs

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/leadgate/leadgate/notify"
)

func TestJobs_AwaySince(t *testing.T) {
	b := newTicking(t, &scripted{most: 1}, notify.Pace{Off: true})
	j := b.j
	if at := j.AwaySince(); !at.IsZero() {
		t.Errorf("before the store is filled AwaySince = %v, want none", at)
	}
	close(j.loaded)
	for _, step := range []struct {
		up   bool
		want time.Duration
	}{{false, 0}, {true, -1}, {false, 2 * time.Second}, {false, 2 * time.Second}, {true, -1}} {
		j.pulse.set(step.up, j.now())
		want := time.Time{}
		if step.want >= 0 {
			want = j.begun.Add(step.want)
		}
		b.clock = b.clock.Add(time.Second)
		if at := j.AwaySince(); !at.Equal(want) {
			t.Errorf("with redis up %t AwaySince = %v, want %v", step.up, at, want)
		}
	}
}

func TestJobs_WhenAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &Jobs{pulse: newPulse()}
		calls := 0
		go j.WhenAway(t.Context(), func() { calls++ })
		for i, step := range []struct {
			up   bool
			want int
		}{{false, 0}, {true, 0}, {false, 1}, {false, 1}, {true, 1}, {false, 2}} {
			j.pulse.set(step.up, time.Now())
			synctest.Wait()
			if calls != step.want {
				t.Errorf("step %d: %d calls, want %d", i, calls, step.want)
			}
		}
	})
}
