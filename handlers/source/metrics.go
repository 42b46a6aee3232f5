package source

import "github.com/prometheus/client_golang/prometheus"

// metrics count what came in. Their labels are the configured sources and the
// codes of package problem: strangers cannot add to them, and no person is in them.
type metrics struct {
	accepted *prometheus.CounterVec
	refused  *prometheus.CounterVec
	ignored  *prometheus.CounterVec
}

func newMetrics(r *prometheus.Registry) *metrics {
	m := &metrics{
		accepted: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "leadgate_accepted_total",
			Help: "Touches made durable, repeated deliveries left out."}, []string{"source"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "leadgate_refused_total",
			Help: "Deliveries refused, by the code of the answer."}, []string{"source", "why"}),
		ignored: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "leadgate_ignored_total",
			Help: "Deliveries of vendors that are no touch: updates, pings, events about nobody."}, []string{"source"}),
	}
	r.MustRegister(m.accepted, m.refused, m.ignored)
	return m
}
