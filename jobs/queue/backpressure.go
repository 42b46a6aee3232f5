package queue

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/leadgate/leadgate/jobs/availability"
)

const (
	busyFrom  = 12                     // acceptances at once that make the lanes yield
	yieldMost = 400 * time.Millisecond // how long they do at most
	yieldStep = 2 * time.Millisecond
)

// backpressure counts acceptances in progress, so that the lanes yield while
// intake needs the processor.
type backpressure struct{ now atomic.Int64 }

func (b *backpressure) enter() (leave func()) {
	b.now.Add(1)
	return func() { b.now.Add(-1) }
}

// yield waits while intake is busy, for yieldMost at most: the lanes slow down
// under a flood and never stop. What is accepted meanwhile is on disk; working on
// it costs several times what accepting it does.
func (b *backpressure) yield(ctx context.Context) {
	for begin := time.Now(); b.now.Load() >= busyFrom && time.Since(begin) < yieldMost && ctx.Err() == nil; {
		availability.Sleep(ctx, yieldStep)
	}
}
