package jobs

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

const (
	// brokenWait is how long a target waits at least when its token or channel
	// is wrong: somebody has to mend that first.
	brokenWait = 30 * time.Second
	// hotWait bounds the wait while a hot lead waits, unless the target wishes a
	// longer one: with a call's own timeout it is told within 15 s of a return.
	hotWait = 8 * time.Second
	// refusedMost is how many leads in a row a target may refuse for what they
	// say before that is taken for a fault of the target's settings.
	refusedMost = 2
	// restAfter is how many attempts a lead has alone before others of its
	// target go first: what one CRM stumbles over must not stop all the rest.
	restAfter = 2
)

// miss decides what happens after an attempt that failed: the whole target
// waits, for what failed once fails for the next as well; a message that will
// never be taken is taken apart, and given up when it is one lead's.
func (b *outbox) miss(ctx context.Context, notes []*note, err error, began, now time.Time) {
	var e *notify.Error
	if !errors.As(err, &e) {
		e = &notify.Error{Code: "error", Err: err}
	}
	b.j.metrics.deliveries.WithLabelValues(b.target.Name, b.target.Kind, "missed").Add(float64(len(notes)))
	if e.Class == notify.BadContent {
		if len(notes) > 1 {
			b.putBack(notes, func(n *note) { n.failed = true })
			return
		}
		if !b.refusesAll() {
			b.j.log.Error("a target refuses a message in every form", "target", b.target.Name, "touch_id", notes[0].Touch.ID, "code", e.Code)
			b.giveUp(ctx, notes, e, now)
			return
		}
		e = &notify.Error{Class: notify.BadTarget, Code: e.Code, Err: e.Err}
	}
	wait := b.ill(ctx, notes, e, began, now)
	b.hold(ctx, now, wait, e.RetryAfter > 0)
	b.j.metrics.paused(b.target, wait)
	notes = b.expire(ctx, notes, e, now)
	if e.Class == notify.BadTarget {
		b.passOn(notes)
	}
	b.putBack(notes, func(n *note) {
		if b.sender.Most() == 1 && n.attempts >= restAfter {
			n.rest = now.Add(max(wait, ladder(n.attempts)))
		}
	})
	b.j.missed(ctx, b, notes, e, wait)
}

// waitAfter is how long the target is left alone after so many failures in a row.
func (b *outbox) waitAfter(e *notify.Error, notes []*note, fails int) time.Duration {
	if e.RetryAfter > 0 {
		return e.RetryAfter
	}
	wait := ladder(fails)
	switch {
	case e.Class != notify.Again:
		wait = max(wait, brokenWait)
	case slices.ContainsFunc(notes, func(n *note) bool { return rank(n) == 0 }):
		wait = min(wait, hotWait)
	}
	return wait
}

// expire gives up what has been tried for too long, waiting or just missed, and
// returns what is left of the latter.
func (b *outbox) expire(ctx context.Context, notes []*note, e *notify.Error, now time.Time) []*note {
	tooOld := func(n *note) bool { return now.Sub(n.since()) > b.j.o.MaxAge }
	var old []*note
	keep := func(n *note) bool {
		if tooOld(n) {
			old = append(old, n)
		}
		return tooOld(n)
	}
	notes = slices.DeleteFunc(notes, keep)
	b.mu.Lock()
	b.waiting = slices.DeleteFunc(b.waiting, keep)
	b.mu.Unlock()
	if len(old) > 0 {
		b.j.log.Error("deliveries failed: a target did not take them for too long", "target", b.target.Name, "count", len(old), "age", b.j.o.MaxAge, "code", e.Code)
		b.giveUp(ctx, old, e, now)
	}
	return notes
}

// passOn lets the fallback hear of what this target does not take, once. This
// one goes on trying: its channel may be mended.
func (b *outbox) passOn(notes []*note) {
	to := b.j.outboxes[b.target.Fallback]
	if to == nil {
		return
	}
	for _, n := range notes {
		if !n.passedOn {
			n.passedOn = true
			to.add(&note{Alert: n.Alert, notice: n.notice, direct: n.direct})
		}
	}
}

func (b *outbox) giveUp(ctx context.Context, notes []*note, e *notify.Error, now time.Time) {
	b.finish(ctx, notes, lead.Delivery{Target: b.target.Name, Kind: b.target.Kind, State: lead.Failed, Error: e.Code, At: now.UTC()})
}

// putBack makes notes wait again where they were, changed by what was learnt.
func (b *outbox) putBack(notes []*note, change func(*note)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range notes {
		change(n)
		b.insert(n)
	}
	b.nudge()
}
