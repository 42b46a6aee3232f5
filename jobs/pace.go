package jobs

import (
	"context"
	"time"
)

// paceKeeper is how replicas keep the pace of a channel together.
type paceKeeper interface {
	Pace(ctx context.Context, name string, every time.Duration, burst int) (wait time.Duration, err error)
	Hold(ctx context.Context, name string, d, every time.Duration, burst int) error
}

// reserve says how long to wait before the next message; 0: it may go now, and
// is counted. While Redis is away each replica keeps the pace by itself.
func (b *outbox) reserve(ctx context.Context, now time.Time) time.Duration {
	wait := b.pacer.Reserve(now)
	name, every, burst := b.pacer.Bound()
	if wait > 0 || every <= 0 || !b.j.shared() {
		return wait
	}
	wait, err := b.j.o.Prompt.Pace(ctx, name, every, burst)
	if err != nil {
		b.j.pulse.doubt(err)
		return 0
	}
	if wait > 0 {
		b.pacer.Return()
	}
	return wait
}

// hold lets nothing out for so long; asked says that the target wants it so,
// from all replicas.
func (b *outbox) hold(ctx context.Context, now time.Time, wait time.Duration, asked bool) {
	b.pacer.PauseUntil(now.Add(wait))
	name, every, burst := b.pacer.Bound()
	if asked && every > 0 && b.j.shared() {
		if err := b.j.o.Prompt.Hold(ctx, name, wait, every, burst); err != nil {
			b.j.pulse.doubt(err) // the others will be told by the target itself
		}
	}
}
