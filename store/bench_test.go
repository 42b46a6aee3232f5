package store_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/leadgate/leadgate/lead"
)

func person(n int64) lead.Person {
	return lead.Person{Email: fmt.Sprintf("p%d@mail.example", n), Phone: fmt.Sprintf("+4931%08d", n)}
}

// What the touch job asks of the store for one touch that tells nobody.
func BenchmarkTouch(b *testing.B) {
	redises := []struct {
		name string
		open func(testing.TB) *testStore
	}{{"Builtin", openBuiltin}, {"Server", func(t testing.TB) *testStore { return openServer(t, false) }}}
	people := []struct {
		name string
		of   func(n int64) lead.Person
	}{
		{"NewPerson", person},
		{"KnownPerson", func(n int64) lead.Person { return person(n % 500) }},
	}
	for _, r := range redises {
		for _, p := range people {
			b.Run(r.name+"/"+p.name, func(b *testing.B) {
				w := r.open(b)
				var n atomic.Int64
				w.hook.lose(0, false)
				b.SetParallelism(16)
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						i := n.Add(1)
						t := touch(fmt.Sprintf("t%d", i), 1, p.of(i))
						met, err := w.Meet(b.Context(), t, t.ID)
						if err != nil {
							b.Fatal(err)
						}
						w.settleMet(t, met)
					}
				})
				trips, commands := w.hook.counts()
				b.ReportMetric(float64(trips)/float64(n.Load()), "trips/touch")
				b.ReportMetric(float64(commands)/float64(n.Load()), "commands/touch")
				b.ReportMetric(float64(n.Load())/b.Elapsed().Seconds(), "touches/s")
			})
		}
	}
}
