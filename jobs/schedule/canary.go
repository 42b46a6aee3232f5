package schedule

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

// Canary is a test lead that goes the whole way now and then.
type Canary struct {
	Every  time.Duration // 0: never
	Source string        // that it seems to come from; empty: the first of all
}

const (
	canaryLimit = 30 * time.Second // what takes longer has failed
	canaryCheck = 20 * time.Millisecond
)

// canary is how the latest canary fared.
type canary struct {
	seconds, success prometheus.Gauge
	failures         prometheus.Counter
	failed           bool // the latest one
}

func newCanary(r prometheus.Registerer) canary {
	m := canary{
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

// runCanary sends a test lead the whole way, and raises an alarm when it does not
// come through, and when one does again. Like every test it raises no alert and is
// left out of all numbers; its targets are asked whether they could be sent to.
func (s *Schedule) runCanary(ctx context.Context) error {
	took, err := s.trip(ctx)
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		s.canary.failures.Inc()
		s.log.Error("the canary did not come through", "error", err)
		s.o.Targets.Alarm(ctx, notify.Alarm{Key: "canary", Title: "The canary did not come through", Text: err.Error() + ". Real leads may be waiting, too: see the queues and the log."})
	default:
		s.canary.seconds.Set(took.Seconds())
		s.canary.success.Set(float64(s.o.Now().Unix()))
		if s.canary.failed {
			s.o.Targets.Alarm(ctx, notify.Alarm{Key: "canary_back", Title: "The canary comes through again", Text: "It took " + took.Round(time.Millisecond).String() + "."})
		}
	}
	s.canary.failed = err != nil
	return nil
}

func (s *Schedule) canarySource() string {
	if sources := s.o.Sources(); s.o.Canary.Source == "" && len(sources) > 0 {
		return sources[0]
	}
	return s.o.Canary.Source
}

// trip is the way of one canary: made durable, queued, worked on, settled, and the
// targets asked whether they could be sent to. An error names the hop that it did
// not pass.
func (s *Schedule) trip(ctx context.Context) (took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, canaryLimit)
	defer cancel()
	now := s.o.Now()
	t := &lead.Touch{ID: lead.NewID(now), State: lead.Accepted, Source: s.canarySource(), Provider: "canary", Action: "demo_request", At: now.UTC(), ReceivedAt: now.UTC(),
		Person: lead.Person{Name: "Canary", Email: "canary@leadgate.invalid"}, Message: "A test that leadgate sends to itself.", Test: true, Marks: []string{"canary"}}
	t.RequestID = t.ID
	begin := time.Now()
	if _, err := s.o.Accept(ctx, &lead.Request{ID: t.ID, Source: t.Source, Provider: t.Provider, ReceivedAt: t.ReceivedAt}, []*lead.Touch{t}); err != nil {
		return 0, fmt.Errorf("it was not made durable: %w", err)
	}
	tick := time.NewTicker(canaryCheck)
	defer tick.Stop()
	for {
		now, err := s.o.Repo.Touch(ctx, t.ID)
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
	for _, out := range s.o.Outlets {
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
