package load

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestHistogram_Quantile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		us := rapid.SliceOfN(rapid.Int64Range(0, 100_000_000), 1, 300).Draw(t, "microseconds")
		p := rapid.Float64Range(0, 1).Draw(t, "p")
		var h, second histogram
		for i, n := range us {
			to := &h
			if i%2 == 1 {
				to = &second
			}
			to.add(time.Duration(n) * time.Microsecond)
		}
		h.merge(&second)
		slices.Sort(us)
		exact := us[max(1, int(math.Ceil(p*float64(len(us)))))-1]
		got := h.quantile(p).Microseconds()
		if got < exact || float64(got) > float64(exact)*(1+1.0/histSteps)+1 {
			t.Fatalf("quantile(%v) = %d us, want %d or up to 1/%d more", p, got, exact, histSteps)
		}
		if h.n != uint64(len(us)) || h.quantile(1).Microseconds() != us[len(us)-1] {
			t.Fatalf("n = %d, quantile(1) = %s, want %d and the maximum %d us", h.n, h.quantile(1), len(us), us[len(us)-1])
		}
	})
}

func TestHistogram_Edges(t *testing.T) {
	var h histogram
	if got := h.quantile(.99); got != 0 {
		t.Errorf("quantile of nothing = %s, want 0", got)
	}
	h.add(-time.Second) // a clock that went back
	h.add(time.Hour)    // longer than the last bucket
	if got := h.quantile(.5); got != 0 {
		t.Errorf("quantile(.5) = %s, want 0 for a negative duration", got)
	}
	if got := h.quantile(1); got < 2*time.Minute || got > time.Hour {
		t.Errorf("quantile(1) = %s, want what the last bucket holds, at most the hour", got)
	}
}
