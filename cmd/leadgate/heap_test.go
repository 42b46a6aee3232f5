package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestGCPercentFor(t *testing.T) {
	for live, want := range map[uint64]int{0: 400, 1 << 20: 400, 32 << 20: 400, 64 << 20: 200, 128 << 20: 100, 256 << 20: 50, 4 << 30: 50} {
		if got := gcPercentFor(live); got != want {
			t.Errorf("gcPercentFor(%d MiB) = %d, want %d", live>>20, got, want)
		}
	}
}

// The collector follows the heap up and down.
func TestFitGC(t *testing.T) {
	t.Setenv("GOGC", "")
	before := debug.SetGCPercent(gcPercent)
	defer debug.SetGCPercent(before)
	percent := func() int {
		p := debug.SetGCPercent(gcPercent)
		debug.SetGCPercent(p)
		return p
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	ballast := make([]byte, 160<<20)
	runtime.GC()
	go func() { fitGC(ctx); close(ended) }()
	awaitFor(t, "the collector to hurry", 5*time.Second, func() bool { return percent() < 100 })
	runtime.KeepAlive(ballast)
	ballast = nil
	runtime.GC()
	awaitFor(t, "the collector to rest", 5*time.Second, func() bool { return percent() == gcPercent })
	cancel()
	<-ended

	t.Setenv("GOGC", "400")
	fitGC(t.Context()) // returns at once
}
