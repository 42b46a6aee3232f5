// Package availability answers one question: is Redis there, and since when?
//
// It promises that Up is never older than two missed checks (half a second),
// that one late answer is not an outage, and that OnReturn has succeeded before
// Up is true again: whoever sees Redis up finds in it what was done while it was
// away. It must not know what is stored in Redis; Check and OnReturn are given
// to New.
//
// To react to an outage, wait on Changed or Await; to report one that was met in
// passing, call ReportError.
package availability

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/leadgate/leadgate/lead"
)

const (
	// CheckTimeout bounds one check, and other calls that must not wait for a
	// Redis that hangs.
	CheckTimeout = 200 * time.Millisecond
	// CheckEvery is the time between two checks.
	CheckEvery = 250 * time.Millisecond

	missesMost = 2               // failed checks in a row that mean that Redis is away
	lostAfter  = 2 * time.Second // of absence, after which tasks in flight are taken for lost
	// settleTime after the return of Redis every replica has written to it what it
	// delivered during the outage.
	settleTime = 2 * time.Second
)

// ErrDataLost is returned by Check when Redis answers without the data that it
// had. It is an outage at once.
var ErrDataLost = errors.New("redis lost its data")

// ErrNeeded says that what is asked for cannot be done from a journal: whoever asks
// should not wait until Redis is back.
var ErrNeeded = fmt.Errorf("%w: redis is away, and this cannot be done without it", lead.ErrUnavailable)

// Options of New; all are required.
type Options struct {
	// Check says whether Redis answers in time and still has what was put into it.
	Check func(ctx context.Context) error
	// OnReturn is called when Redis answers again. It restores what Redis lost; with
	// lost, tasks in flight have to be enqueued once more. Redis stays down until it
	// succeeds.
	OnReturn func(ctx context.Context, lost bool) error
	Logger   *slog.Logger
	Now      func() time.Time
}

// Monitor knows whether Redis answers. While it does not, intake goes on, hot
// touches are alerted from the journal, and nothing is enqueued.
type Monitor struct {
	o       Options
	started time.Time
	errs    chan struct{} // ReportError was called
	wakes   chan struct{} // Wake was called
	ready   chan struct{} // closed by MarkReady

	mu      sync.Mutex
	up      bool
	changed chan struct{} // closed at the next change
	since   time.Time     // of the latest change
}

// New returns a monitor that takes Redis for down until Run or SetUp say
// otherwise.
func New(o Options) *Monitor {
	return &Monitor{o: o, started: o.Now(), errs: make(chan struct{}, 1), wakes: make(chan struct{}, 1), ready: make(chan struct{}), changed: make(chan struct{})}
}

// Up says whether Redis answers.
func (m *Monitor) Up() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.up
}

// SetUp records that Redis answers, or does not, and says whether that is a change.
func (m *Monitor) SetUp(up bool) (changed bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.up == up {
		return false
	}
	m.up, m.since = up, m.o.Now()
	close(m.changed)
	m.changed = make(chan struct{})
	return true
}

// Steady says whether Redis has been up for so long that every replica has
// written to it what it delivered during the outage.
func (m *Monitor) Steady() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.up && m.o.Now().Sub(m.since) >= settleTime
}

// Changed is closed when Redis goes or returns.
func (m *Monitor) Changed() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.changed
}

// Await waits until Redis is up; false means that ctx ended first.
func (m *Monitor) Await(ctx context.Context) bool {
	for ctx.Err() == nil {
		changed := m.Changed()
		if m.Up() {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
	return false
}

// ReportError triggers an immediate check after a call to Redis that failed.
func (m *Monitor) ReportError(error) { signal(m.errs) }

// Wake lets whoever waits on Wakes look for hot touches at once.
func (m *Monitor) Wake() { signal(m.wakes) }

// Wakes receives after Wake, and when Redis goes.
func (m *Monitor) Wakes() <-chan struct{} { return m.wakes }

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// MarkReady says that the store holds what the journal kept. It is called once,
// also when Redis was away at the start and the rest follows with its return.
func (m *Monitor) MarkReady() { close(m.ready) }

// Ready waits for MarkReady, for lists are incomplete before. lead.ErrUnavailable:
// ctx ended first.
func (m *Monitor) Ready(ctx context.Context) error {
	select {
	case <-m.ready:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: the store is being filled from the journal: %w", lead.ErrUnavailable, ctx.Err())
	}
}

// DownSince is when Redis went away; zero while it is up, and before Ready.
func (m *Monitor) DownSince() time.Time {
	select {
	case <-m.ready:
	default:
		return time.Time{}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.up:
		return time.Time{}
	case m.since.IsZero(): // it has not been up since the start
		return m.started
	}
	return m.since
}

// WhenDown calls f each time Redis goes away, until ctx ends.
func (m *Monitor) WhenDown(ctx context.Context, f func()) {
	for up := false; ; {
		changed := m.Changed()
		now := m.Up()
		if up && !now {
			f()
		}
		up = now
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// Run checks Redis from Ready on until ctx ends.
func (m *Monitor) Run(ctx context.Context) {
	if m.Ready(ctx) != nil {
		return
	}
	tick := time.NewTicker(CheckEvery)
	defer tick.Stop()
	misses := 0
	for {
		select {
		case <-tick.C:
		case <-m.errs:
		case <-ctx.Done():
			return
		}
		err := m.check(ctx)
		if misses++; err == nil {
			misses = 0
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && misses < missesMost && !errors.Is(err, ErrDataLost):
			// One late answer is a busy machine.
		case err != nil && m.SetUp(false):
			m.o.Logger.Warn("redis is away; leads are accepted and hot ones are alerted all the same", "error", err)
			m.Wake()
		case err == nil && !m.Up():
			if err := m.o.OnReturn(ctx, m.downFor() >= lostAfter); err != nil {
				continue
			}
			m.SetUp(true)
			m.o.Logger.Info("redis is back")
		}
	}
}

func (m *Monitor) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, CheckTimeout)
	defer cancel()
	return m.o.Check(ctx)
}

func (m *Monitor) downFor() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.o.Now().Sub(m.since)
}

// WhileUp passes on what comes from a channel until Redis goes or returns, the
// channel is closed, or ctx ends.
func WhileUp[M any](ctx context.Context, m *Monitor, from <-chan M, take func(M)) {
	for changed := m.Changed(); ; { // asked for once, so that no change is missed while take runs
		select {
		case <-ctx.Done():
			return
		case <-changed:
			return
		case v, ok := <-from:
			if !ok {
				return
			}
			take(v)
		}
	}
}

// Sleep waits for d, or until ctx ends.
func Sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
