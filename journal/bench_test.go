package journal_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/leadgate/leadgate/journal"
)

// BenchmarkCommit commits touches of 700 bytes from so many callers at once, as
// intake does: a new key that ascends, and a counter.
func BenchmarkCommit(b *testing.B) {
	for _, callers := range []int{1, 64, 256} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			j := open(b, journal.Options{Reserve: -1})
			value := make([]byte, 700)
			var next atomic.Int64
			var wg sync.WaitGroup
			b.ReportAllocs()
			for b.Loop() {
				// Loop runs in one goroutine; a round is what all callers do.
				for range callers {
					wg.Go(func() {
						for range rounds {
							key := fmt.Sprintf("01K%023d", next.Add(1))
							if err := j.Commit(b.Context(), journal.PutNew("a", key, value), journal.Add("b", "day", 1)); err != nil {
								b.Error(err)
							}
						}
					})
				}
				wg.Wait()
			}
			b.ReportMetric(float64(next.Load())/b.Elapsed().Seconds(), "commits/s")
		})
	}
}

const rounds = 50
