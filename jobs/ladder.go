package jobs

import (
	"math/rand/v2"
	"time"
)

// steps are the waits after the first, second, ... failed attempt; then every
// minute. There is no last attempt: the age of a delivery ends it.
var steps = [...]time.Duration{1, 2, 4, 8, 15, 30, 60}

// ladder returns the wait after so many failures in a row, with up to a tenth
// more so that many do not come back at once.
func ladder(fails int) time.Duration {
	d := steps[min(max(fails, 1), len(steps))-1] * time.Second
	return d + rand.N(d/10)
}
