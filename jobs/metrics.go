package jobs

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of jobs; labels are targets' and hops' names, never people's.
type metrics struct {
	hops     *prometheus.HistogramVec
	registry prometheus.Registerer
}

func newMetrics(r prometheus.Registerer, j *Jobs) *metrics {
	if r == nil {
		r = prometheus.NewRegistry()
	}
	m := &metrics{registry: r,
		hops: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "leadgate_hop_seconds", Help: "Time from the request's arrival to the end of a hop; queue: from enqueue to pick-up.",
			Buckets: []float64{.0005, .001, .002, .003, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30, 60, 300, 3600},
		}, []string{"hop"}),
	}
	r.MustRegister(m.hops,
		gauge("leadgate_redis_up", "1 while Redis answers.", func() float64 {
			if j.redis.Up() {
				return 1
			}
			return 0
		}))
	return m
}

func gauge(name, help string, f func() float64) prometheus.GaugeFunc {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, f)
}

func (m *metrics) hop(name string, d time.Duration) {
	m.hops.WithLabelValues(name).Observe(max(d, 0).Seconds())
}
