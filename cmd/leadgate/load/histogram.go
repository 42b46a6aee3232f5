package load

import (
	"math"
	"math/bits"
	"time"
)

// histSteps is how many buckets a power of two is divided into: a quantile is
// at most 1/histSteps above the true one, and exact to 1 µs below histSteps µs.
const histSteps = 128

// histogram counts durations from 1 µs to two minutes in buckets of a constant
// relative width. The zero value is ready.
type histogram struct {
	n      uint64
	max    time.Duration
	counts [22 * histSteps]uint32
}

func (h *histogram) add(d time.Duration) {
	d = max(d, 0)
	h.n++
	h.max = max(h.max, d)
	h.counts[histBucket(uint64((d+time.Microsecond-1)/time.Microsecond))]++
}

func (h *histogram) merge(o *histogram) {
	h.n += o.n
	h.max = max(h.max, o.max)
	for i, c := range o.counts {
		h.counts[i] += c
	}
}

// quantile returns the duration that a share p of all durations does not
// exceed; 0 of nothing.
func (h *histogram) quantile(p float64) time.Duration {
	rank := max(1, uint64(math.Ceil(p*float64(h.n))))
	var seen uint64
	for i, c := range h.counts {
		if seen += uint64(c); seen >= rank {
			return min(time.Duration(histUpper(i))*time.Microsecond, h.max)
		}
	}
	return h.max
}

// histBucket is the bucket of so many microseconds; the last one takes all that
// is too long for the others.
func histBucket(us uint64) int {
	if us < histSteps {
		return int(us)
	}
	shift := bits.Len64(us) - bits.Len64(histSteps)
	return min((shift+1)*histSteps+int(us>>shift)-histSteps, len(histogram{}.counts)-1)
}

// histUpper is the longest duration of a bucket, in microseconds.
func histUpper(i int) uint64 {
	if i < histSteps {
		return uint64(i)
	}
	shift := i/histSteps - 1
	return uint64(histSteps+i%histSteps+1)<<shift - 1
}
