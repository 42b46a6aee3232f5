package jobs

import (
	"testing"
	"time"
)

func TestLadder(t *testing.T) {
	for fails, want := range map[int]time.Duration{0: 1, 1: 1, 2: 2, 3: 4, 4: 8, 5: 15, 6: 30, 7: 60, 8: 60, 1000: 60} {
		for range 100 {
			if got := ladder(fails); got < want*time.Second || got >= want*time.Second*11/10 {
				t.Fatalf("ladder(%d) = %s, want %ds and up to a tenth more", fails, got, want)
			}
		}
	}
}
