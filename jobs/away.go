package jobs

import (
	"context"
	"time"
)

// AwaySince is when Redis went away; zero while it is there, and while the store
// is still being filled after the start.
func (j *Jobs) AwaySince() time.Time {
	select {
	case <-j.loaded:
	default:
		return time.Time{}
	}
	j.pulse.mu.Lock()
	defer j.pulse.mu.Unlock()
	if j.pulse.up {
		return time.Time{}
	}
	if j.pulse.since.IsZero() { // it has not been there since the start
		return j.begun
	}
	return j.pulse.since
}

// WhenAway calls f each time Redis goes away, until ctx ends.
func (j *Jobs) WhenAway(ctx context.Context, f func()) {
	for up := false; ; {
		changed := j.pulse.changed()
		now := j.pulse.isUp()
		if up && !now {
			f()
		}
		up = now
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}
