package jobs

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/leadgate/leadgate/jobs/availability"
)

// meter counts acceptances in progress, so that the drain can stand back while
// intake needs the processor.
type meter struct{ now atomic.Int64 }

func (m *meter) enter() { m.now.Add(1) }
func (m *meter) leave() { m.now.Add(-1) }

const (
	crowd    = 12                     // acceptances at once that make a crowd
	patience = 400 * time.Millisecond // how long the drain waits for a crowd to pass
	glance   = 2 * time.Millisecond
)

// yield waits while intake is crowded, for patience at most: the drain slows
// down under a flood and never stands still. What is accepted meanwhile is on
// disk; draining it costs several times what accepting it does.
func (m *meter) yield(ctx context.Context) {
	for begin := time.Now(); m.now.Load() >= crowd && time.Since(begin) < patience && ctx.Err() == nil; {
		availability.Sleep(ctx, glance)
	}
}
