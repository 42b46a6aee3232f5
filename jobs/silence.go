package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

const arrivalRateShelf = "rhythms" // source -> how often it is heard

// arrivalRateKeeper is what all replicas know of when sources are heard.
type arrivalRateKeeper interface {
	LastSeen(ctx context.Context, latest map[string]time.Time) (map[string]time.Time, error) // takes down what is later, returns all
	ArrivalRates(ctx context.Context) (map[string]lead.ArrivalRate, error)
	SetArrivalRates(ctx context.Context, rates map[string]lead.ArrivalRate, onlyNew bool) error
}

const (
	silenceEvery = 30 * time.Second
	silenceLease = 20 * time.Second // so that one replica listens at a time
)

// ears remember when this node heard each source last; tests do not count.
type ears struct {
	mu     sync.Mutex
	latest map[string]time.Time
	looked time.Time // of the clock alone
}

func (e *ears) hear(t *lead.Touch) {
	if t.Test {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.latest == nil {
		e.latest = map[string]time.Time{}
	}
	if t.ReceivedAt.After(e.latest[t.Source]) {
		e.latest[t.Source] = t.ReceivedAt
	}
}

// take returns what was heard since the last call.
func (e *ears) take() map[string]time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	taken := e.latest
	e.latest = nil
	return taken
}

// giveBack keeps what could not be passed on.
func (e *ears) giveBack(taken map[string]time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.latest == nil {
		e.latest = map[string]time.Time{}
	}
	for source, at := range taken {
		if at.After(e.latest[source]) {
			e.latest[source] = at
		}
	}
}

// listenToSources says when a source has been silent for much longer than it
// usually is, once, and when it speaks again.
func (j *Jobs) listenToSources(ctx context.Context, now time.Time) error {
	if now.Sub(j.ears.looked) < silenceEvery {
		return nil
	}
	taken := j.ears.take()
	heard, err := j.o.Prompt.LastSeen(ctx, taken)
	if err != nil {
		j.ears.giveBack(taken)
		return err
	}
	j.ears.looked = now
	if !j.o.Embedded {
		if free, err := j.o.Prompt.Lease(ctx, "silence", j.o.Node, silenceLease); err != nil || !free {
			return err
		}
	}
	rates, err := j.o.Prompt.ArrivalRates(ctx)
	if err != nil {
		return err
	}
	for _, source := range j.settings.Load().Sources {
		r := rates[source]
		if heard[source].IsZero() && r.Last.IsZero() {
			continue // never heard: nothing is missing yet
		}
		what, gap := r.Observe(now, heard[source])
		rates[source] = r
		j.reportSilence(ctx, source, r, what, gap, now)
	}
	if len(rates) == 0 {
		return nil
	}
	ops := make([]journal.Op, 0, len(rates))
	for source, r := range rates {
		ops = append(ops, journal.Put(arrivalRateShelf, source, mustJSON(r)))
	}
	if err := j.o.Journal.Settle(ctx, ops...); err != nil {
		return fmt.Errorf("keep when sources were heard: %w", err)
	}
	return j.o.Prompt.SetArrivalRates(ctx, rates, false)
}

func (j *Jobs) reportSilence(ctx context.Context, source string, r lead.ArrivalRate, what lead.RateChange, gap time.Duration, now time.Time) {
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
	j.log.Warn("a source's silence", "source", source, "says", a.Title)
	j.targets.Alarm(ctx, a)
}

// ArrivalRates returns how often the sources are heard, by their names.
func (j *Jobs) ArrivalRates(ctx context.Context) (map[string]lead.ArrivalRate, error) {
	return j.o.Prompt.ArrivalRates(ctx)
}

// restoreArrivalRates puts back what Redis has forgotten.
func (j *Jobs) restoreArrivalRates(ctx context.Context) error {
	kept := map[string]lead.ArrivalRate{}
	err := j.o.Journal.Each(arrivalRateShelf, "", func(source string, value []byte) bool {
		var r lead.ArrivalRate
		if json.Unmarshal(value, &r) == nil {
			kept[source] = r
		}
		return true
	})
	if err != nil || len(kept) == 0 {
		return err
	}
	return j.o.Store.SetArrivalRates(ctx, kept, true)
}
