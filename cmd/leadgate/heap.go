package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// gcPercent trades some memory for less collecting: leads are many small
// allocations, and the heap is small. GOGC overrides it.
const gcPercent = 400

const (
	mostGarbage    = 128 << 20 // bytes that may wait to be collected, for a heap of up to twice that
	leastGCPercent = 50        // of a larger one, such as the built-in Redis with many leads
)

// gcPercentFor keeps garbage from growing with what is kept.
func gcPercentFor(live uint64) int {
	if live == 0 {
		return gcPercent
	}
	return max(leastGCPercent, min(gcPercent, int(100*mostGarbage/live)))
}

// fitGC adjusts the collector to the heap until ctx ends, unless GOGC says how
// it shall be.
func fitGC(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	for now := gcPercent; ; {
		metrics.Read(live)
		if want := gcPercentFor(live[0].Value.Uint64()); 10*want < 9*now || 10*want > 11*now || want == gcPercent && now != want {
			debug.SetGCPercent(want)
			now = want
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
