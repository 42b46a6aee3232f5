package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/lead"
)

// Options are what a Set is made of. All are required but TrustedProxies.
type Options struct {
	Notebook       notebook
	ArrivalRates   func(context.Context) (map[string]lead.ArrivalRate, error) // arrival rates; an error: they are not shown
	Public         *url.URL                                                   // of this server
	TrustedProxies []netip.Prefix                                             // whose X-Forwarded-For is believed
	Registry       *prometheus.Registry
	Logger         *slog.Logger
	Now            func() time.Time
}

// Set is all sources, made ready, with what is known of each. Its methods may be
// called concurrently.
type Set struct {
	o         Options
	endpoints atomic.Pointer[map[string]*Endpoint]
	history   *history
	metrics   *metrics
	warnings  rate.Sometimes
}

// New returns a set without sources; Reload adds them.
func New(o Options) (*Set, error) {
	logs, err := newHistory(o.Notebook)
	if err != nil {
		return nil, fmt.Errorf("read the history of sources: %w", err)
	}
	s := &Set{o: o, history: logs, metrics: newMetrics(o.Registry), warnings: rate.Sometimes{First: 10, Interval: time.Second}}
	s.endpoints.Store(&map[string]*Endpoint{})
	return s, nil
}

// Reload replaces all sources at once. On an error, which names everything that
// is wrong with them, the old ones stay.
func (s *Set) Reload(sources []Source) error {
	ready := make(map[string]*Endpoint, len(sources))
	var wrong []error
	for _, src := range sources {
		e, err := newEndpoint(src, s.metrics)
		switch {
		case err != nil:
			wrong = append(wrong, fmt.Errorf("source %q: %w", src.Name, err))
		case ready[e.Name] != nil:
			wrong = append(wrong, fmt.Errorf("source %q: there are two of this name", src.Name))
		default:
			ready[e.Name] = e
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return err
	}
	s.endpoints.Store(&ready)
	return nil
}

// Find returns the source of a name, or nil.
func (s *Set) Find(name string) *Endpoint { return (*s.endpoints.Load())[name] }

// All returns the sources by name.
func (s *Set) All() []*Endpoint {
	return slices.SortedFunc(maps.Values(*s.endpoints.Load()), func(a, b *Endpoint) int { return cmp.Compare(a.Name, b.Name) })
}

// PlainForms names the sources that a form without secrets and scripts can be
// sent to, in alphabetical order.
func (s *Set) PlainForms() (names []string) {
	for _, e := range s.All() {
		if e.Source.Provider == "form" && e.Token == "" && len(e.Header) == 0 && e.Captcha == nil {
			names = append(names, e.Name)
		}
	}
	return names
}

// Accepted counts touches that are durable.
func (s *Set) Accepted(e *Endpoint, now time.Time, touches []*lead.Touch) {
	e.accepted.Add(float64(len(touches)))
	s.logError(s.history.accepted(e.Name, now, touches))
}

// Ignored counts a delivery that is about no lead.
func (s *Set) Ignored(e *Endpoint, now time.Time) {
	e.ignored.Inc()
	s.logError(s.history.ignored(e.Name, now))
}

// HandshakeAnswered notes that a vendor's handshake was answered.
func (s *Set) HandshakeAnswered(e *Endpoint, now time.Time) {
	s.logError(s.history.handshake(e.Name, now))
}

// HandshakeRefused notes that a vendor's handshake was turned away.
func (s *Set) HandshakeRefused(e *Endpoint, now time.Time) {
	s.history.refused(e.Name, Refusal{At: now, Why: handshakeRefused, Says: "The vendor's handshake does not fit the settings"})
}

// Refused counts a delivery that was refused, and returns the name to log: strangers
// must not invent sources.
func (s *Set) Refused(name string, code problem.Code) string {
	if s.Find(name) == nil {
		name = "unknown"
	} else {
		s.history.refused(name, Refusal{At: s.o.Now().UTC(), Why: string(code), Says: code.Title()})
	}
	s.metrics.refused.WithLabelValues(name, string(code)).Inc()
	return name
}

func (s *Set) logError(err error) {
	if err != nil {
		s.warnings.Do(func() { s.o.Logger.Warn("what is known of a source is only in memory", "error", err) })
	}
}
