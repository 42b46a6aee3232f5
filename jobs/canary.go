package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

// Canary is a test lead that goes the whole way now and then.
type Canary struct {
	Every  time.Duration // 0: never
	Source string        // that it seems to come from; empty: the first of all
}

const (
	canaryFirst = 2 * time.Second  // after the start
	canaryLimit = 30 * time.Second // what takes longer has failed
	canaryLook  = 20 * time.Millisecond
)

// canaryMetrics say how the latest canary fared.
type canaryMetrics struct {
	seconds, success prometheus.Gauge
	failures         prometheus.Counter
}

func newCanaryMetrics(r prometheus.Registerer) canaryMetrics {
	m := canaryMetrics{
		seconds: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "leadgate_canary_seconds", Help: "How long the latest canary that came through took, from acceptance to settlement.",
		}),
		success: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "leadgate_canary_last_success_timestamp_seconds", Help: "When a canary came through last.",
		}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "leadgate_canary_failures_total", Help: "Canaries that did not come through.",
		}),
	}
	r.MustRegister(m.seconds, m.success, m.failures)
	return m
}

// canary sends a test lead the whole way now and then, and says when it does not
// come through, and when one does again. Like every test it alerts nobody and is
// left out of all numbers; what it would be told with is asked whether it could.
func (j *Jobs) canary(ctx context.Context) {
	if j.o.Canary.Every <= 0 || j.redis.Ready(ctx) != nil {
		return
	}
	m, failed := newCanaryMetrics(j.metrics.registry), false
	availability.Sleep(ctx, min(canaryFirst, j.o.Canary.Every))
	for ctx.Err() == nil {
		begin := time.Now() // a clock that never jumps
		took, err := j.fly(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			m.failures.Inc()
			j.log.Error("the canary did not come through", "error", err)
			j.targets.Alarm(ctx, notify.Alarm{Key: "canary", Title: "The canary did not come through", Text: err.Error() + ". Real leads may be waiting, too: see the queues and the log."})
		default:
			m.seconds.Set(took.Seconds())
			m.success.Set(float64(j.now().Unix()))
			if failed {
				j.targets.Alarm(ctx, notify.Alarm{Key: "canary_back", Title: "The canary comes through again", Text: "It took " + took.Round(time.Millisecond).String() + "."})
			}
		}
		failed = err != nil
		availability.Sleep(ctx, j.o.Canary.Every-time.Since(begin))
	}
}

func (j *Jobs) canarySource() string {
	if sources := j.settings.Load().Sources; j.o.Canary.Source == "" && len(sources) > 0 {
		return sources[0]
	}
	return j.o.Canary.Source
}

// fly is the way of one canary: made durable, queued, worked on, settled, and
// the targets asked whether they could be told. An error names the hop that it
// did not pass.
func (j *Jobs) fly(ctx context.Context) (took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, canaryLimit)
	defer cancel()
	now := j.now()
	t := &lead.Touch{ID: lead.NewID(now), State: lead.Accepted, Source: j.canarySource(), Provider: "canary", Action: "demo_request", At: now.UTC(), ReceivedAt: now.UTC(),
		Person: lead.Person{Name: "Canary", Email: "canary@leadgate.invalid"}, Message: "A test that leadgate sends to itself.", Test: true, Marks: []string{"canary"}}
	t.RequestID = t.ID
	begin := time.Now()
	if _, err := j.Accept(ctx, &lead.Request{ID: t.ID, Source: t.Source, Provider: t.Provider, ReceivedAt: t.ReceivedAt}, []*lead.Touch{t}); err != nil {
		return 0, fmt.Errorf("it was not made durable: %w", err)
	}
	tick := time.NewTicker(canaryLook)
	defer tick.Stop()
	for {
		now, err := j.repo.Touch(ctx, t.ID)
		if err == nil && now.State == lead.Settled {
			break
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, fmt.Errorf("it was not settled within %s; its trail ends with %s", canaryLimit, lastStep(now))
		}
	}
	took = time.Since(begin)
	var trouble []error
	for _, out := range j.o.Outlets {
		if p, ok := out.Sender.(prober); ok {
			if err := p.Probe(ctx); err != nil {
				trouble = append(trouble, fmt.Errorf("target %s could not be told: %w", out.Target.Name, err))
			}
		}
	}
	return took, errors.Join(trouble...)
}

// prober is a sender that can check its target without posting: of a bot in Slack.
type prober interface {
	Probe(ctx context.Context) error
}

func lastStep(t *lead.Touch) string {
	if t == nil || len(t.Trail) == 0 {
		return "nothing"
	}
	return string(t.Trail[len(t.Trail)-1].Step)
}
