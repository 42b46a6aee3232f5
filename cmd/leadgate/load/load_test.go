package load

import (
	"testing"
	"time"
)

func TestOptions_Defaults(t *testing.T) {
	plain := Options{mode: "leadgate", conns: 64, rounds: 5, duration: time.Second, hotRate: 5}
	for name, c := range map[string]struct {
		change  func(*Options)
		redis   string
		hotRate float64
	}{
		"Leadgate": {func(*Options) {}, "embedded", 5},
		"Naive":    {func(o *Options) { o.mode = Naive }, "real", 5},
		"Compare":  {func(o *Options) { o.compare = true }, "real", 5},
		"Given":    {func(o *Options) { o.compare, o.redis = true, "embedded" }, "embedded", 5},
		"Running":  {func(o *Options) { o.url = "http://[::1]:8080" }, "embedded", channelPace},
	} {
		t.Run(name, func(t *testing.T) {
			o := plain
			c.change(&o)
			if err := o.Check(false); err != nil || o.redis != c.redis || o.hotRate != c.hotRate {
				t.Errorf("check: %v, redis %s, hot rate %v, want %s and %v", err, o.redis, o.hotRate, c.redis, c.hotRate)
			}
		})
	}
}
