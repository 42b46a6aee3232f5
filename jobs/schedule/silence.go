package schedule

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

const rateShelf = "rhythms" // source -> its arrival rate

// Shelves are the journal's that the schedule uses.
func Shelves() []string { return []string{rateShelf} }

const silenceLease = 20 * time.Second // so that one replica checks at a time

// lastSeen is when this node received from each source last; tests do not count.
type lastSeen struct {
	mu     sync.Mutex
	latest map[string]time.Time
}

// Seen records that a touch was received.
func (s *Schedule) Seen(t *lead.Touch) {
	if !t.Test {
		s.lastSeen.add(map[string]time.Time{t.Source: t.ReceivedAt})
	}
}

func (l *lastSeen) add(seen map[string]time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.latest == nil {
		l.latest = map[string]time.Time{}
	}
	for source, at := range seen {
		if at.After(l.latest[source]) {
			l.latest[source] = at
		}
	}
}

// take returns what was added since the last call.
func (l *lastSeen) take() map[string]time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := l.latest
	l.latest = nil
	return taken
}

// checkSilence raises an alarm when a source has been silent for much longer than
// it usually is, once, and when it is active again.
func (s *Schedule) checkSilence(ctx context.Context) error {
	now, taken := s.o.Now(), s.lastSeen.take()
	seen, err := s.o.Prompt.LastSeen(ctx, taken)
	if err != nil {
		s.lastSeen.add(taken)
		return err
	}
	if free, err := s.lease(ctx, "silence", silenceLease); err != nil || !free {
		return err
	}
	rates, err := s.o.Prompt.ArrivalRates(ctx)
	if err != nil {
		return err
	}
	for _, source := range s.o.Sources() {
		r := rates[source]
		if seen[source].IsZero() && r.Last.IsZero() {
			continue // never seen: nothing is missing yet
		}
		what, gap := r.Observe(now, seen[source])
		rates[source] = r
		s.reportSilence(ctx, source, r, what, gap, now)
	}
	if len(rates) == 0 {
		return nil
	}
	ops := make([]journal.Op, 0, len(rates))
	for source, r := range rates {
		ops = append(ops, s.rates.Put(source, r))
	}
	if err := s.o.Journal.Settle(ctx, ops...); err != nil {
		return fmt.Errorf("keep when sources were seen: %w", err)
	}
	return s.o.Prompt.SetArrivalRates(ctx, rates, false)
}

func (s *Schedule) reportSilence(ctx context.Context, source string, r lead.ArrivalRate, what lead.RateChange, gap time.Duration, now time.Time) {
	usual, _ := r.Usual()
	a := notify.Alarm{At: now}
	switch what {
	case lead.FellSilent:
		a.Key = "silent:" + source
		a.Title = fmt.Sprintf("Source %s has been silent for %s, usually at most %s", source, lead.Roughly(gap), lead.Roughly(usual))
		a.Text = "Nothing has arrived at its URL since. See whether the form or the vendor's webhook still points here."
	case lead.ActiveAgain:
		a.Key = "speaks:" + source
		a.Title = fmt.Sprintf("Source %s speaks again, after %s", source, lead.Roughly(gap))
	default:
		return
	}
	s.log.Warn("a source's silence", "source", source, "says", a.Title)
	s.o.Targets.Alarm(ctx, a)
}

// RestoreRates writes the arrival rates that Redis lost.
func (s *Schedule) RestoreRates(ctx context.Context) error {
	kept := map[string]lead.ArrivalRate{}
	for e, err := range s.rates.All() {
		if err != nil {
			return fmt.Errorf("read arrival rates: %w", err)
		}
		kept[e.Key] = e.Value
	}
	if len(kept) == 0 {
		return nil
	}
	return s.o.Store.SetArrivalRates(ctx, kept, true)
}
