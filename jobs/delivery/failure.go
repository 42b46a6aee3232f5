package delivery

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/ops"
	"github.com/leadgate/leadgate/notify"
)

const (
	// brokenAfter is how many failures in a row, half a minute of them, make a
	// target one that a human must look at.
	brokenAfter = 5
	// brokenWait is how long a target waits at least when its token or channel is
	// wrong: a human has to correct that first.
	brokenWait = 30 * time.Second
	// hotWait bounds the wait while a hot lead waits, unless the target asks for a
	// longer one: with a call's own timeout it is sent within 15 s of a return.
	hotWait = 8 * time.Second
	// refusedMost is how many leads in a row a target may refuse for their content
	// before that is taken for a fault of the target's settings.
	refusedMost = 2
	// restAfter is how many attempts a lead has alone before others of its target
	// go first: what one CRM stumbles over must not stop all the rest.
	restAfter = 2
)

// steps are the waits after the first, second, ... failed attempt; then every
// minute. There is no last attempt: the age of a delivery ends it.
var steps = [...]time.Duration{1, 2, 4, 8, 15, 30, 60}

// Backoff is the wait after so many failures in a row, with up to a tenth more
// so that many do not come back at once.
func Backoff(fails int) time.Duration {
	d := steps[min(max(fails, 1), len(steps))-1] * time.Second
	return d + rand.N(d/10)
}

// health is the state of a target; the outbox's lock guards it.
type health struct {
	fails   int       // attempts that failed in a row
	refused int       // leads in a row that were refused for their content
	since   time.Time // of the first of the failures
	missed  time.Time // of the last
	next    time.Time // when it is tried again
	code    string    // of the last
	text    string
	asked   bool // the target itself asked for the wait
	broken  bool // an alarm was raised
	sent    time.Time
	pause   *pause // by a person; nil: none
}

// fail decides what follows a failed attempt: the whole target backs off, for
// what failed once fails for the next as well; a message that will never be
// taken is split, and given up when it is one lead's.
func (b *outbox) fail(ctx context.Context, items []*Item, err error, began, now time.Time) {
	var e *notify.Error
	if !errors.As(err, &e) {
		e = &notify.Error{Code: "error", Err: err}
	}
	b.t.attempts.WithLabelValues(b.target.Name, b.target.Kind, "missed").Add(float64(len(items)))
	if e.Class == notify.BadContent {
		if len(items) > 1 {
			b.requeue(items, func(i *Item) { i.failed = true })
			return
		}
		if !b.refusesAll() {
			b.t.log.Error("a target refuses a message in every form", "target", b.target.Name, "touch_id", items[0].Touch.ID, "code", e.Code)
			b.giveUp(ctx, items, e, now)
			return
		}
		e = &notify.Error{Class: notify.BadTarget, Code: e.Code, Err: e.Err}
	}
	wait := b.recordFailure(ctx, items, e, began, now)
	b.hold(ctx, now, wait, e.RetryAfter > 0)
	if b.target.Kind == "slack" {
		b.t.pauses.WithLabelValues(b.target.Name).Add(wait.Seconds())
	}
	items = b.expire(ctx, items, e, now)
	if e.Class == notify.BadTarget {
		b.passOn(items)
	}
	b.requeue(items, func(i *Item) {
		if b.sender.Most() == 1 && i.Attempts >= restAfter {
			i.resting = now.Add(max(wait, Backoff(i.Attempts)))
		}
	})
	touches := slices.DeleteFunc(items, func(i *Item) bool { return i.Notification != nil })
	b.t.sink.Failed(ctx, b.target, touches, e, wait)
}

// recordFailure updates the target's health, returns the backoff and raises one
// alarm when failures persist. An attempt that began before an earlier one
// failed counts with that one.
func (b *outbox) recordFailure(ctx context.Context, items []*Item, e *notify.Error, began, now time.Time) (wait time.Duration) {
	b.mu.Lock()
	h := &b.health
	if h.fails == 0 {
		h.since = now
	}
	if h.fails == 0 || !began.Before(h.missed) {
		h.fails++
	}
	wait = backoff(e, items, h.fails)
	first := h.fails == 1
	h.missed, h.next, h.asked, h.code, h.text = now, now.Add(wait), e.RetryAfter > 0, e.Code, e.Err.Error()
	loud := !h.broken && (e.Class != notify.Again || h.fails >= brokenAfter)
	h.broken = h.broken || loud
	waiting := len(b.waiting) + len(items)
	b.mu.Unlock()
	switch {
	case loud:
		b.t.log.Error("a target does not take leads; they are kept and tried again", "target", b.target.Name, "code", e.Code, "error", e, "waiting", waiting)
		b.t.Alarm(ctx, notify.Alarm{Key: "broken:" + b.target.Name, About: b.target.Name, Title: "Target " + b.target.Name + " takes no leads",
			Text: fmt.Sprintf("It says %s. %s; all are kept and tried again for %s. %s", e, deliveriesWait(waiting), lasts(b.t.o.MaxAge), remedy(e.Class)), At: now})
	case first:
		b.t.log.Warn("a target did not take a lead; trying again", "target", b.target.Name, "code", e.Code, "error", e, "wait", wait)
	}
	return wait
}

// backoff is how long the target is left alone after so many failures in a row.
func backoff(e *notify.Error, items []*Item, fails int) time.Duration {
	if e.RetryAfter > 0 {
		return e.RetryAfter
	}
	wait := Backoff(fails)
	switch {
	case e.Class != notify.Again:
		wait = max(wait, brokenWait)
	case slices.ContainsFunc(items, func(i *Item) bool { return i.priority() == 0 }):
		wait = min(wait, hotWait)
	}
	return wait
}

// recordSuccess ends the failures of a target.
func (b *outbox) recordSuccess(ctx context.Context, now time.Time) {
	b.mu.Lock()
	h := &b.health
	was := *h
	*h = health{sent: now, pause: h.pause, code: h.code, text: h.text, missed: h.missed}
	waiting := len(b.waiting)
	b.mu.Unlock()
	if !was.broken {
		return
	}
	b.t.log.Info("a target takes leads again", "target", b.target.Name, "after", now.Sub(was.since).Round(time.Second), "waiting", waiting)
	b.t.Alarm(ctx, notify.Alarm{Key: "mended:" + b.target.Name, About: b.target.Name, Title: "Target " + b.target.Name + " takes leads again",
		Text: fmt.Sprintf("It took none for %s. %s and are told now.", lasts(now.Sub(was.since)), deliveriesWait(waiting)), At: now})
}

// refusesAll counts a refusal and says whether so many leads in a row were
// refused that the cause is not their content.
func (b *outbox) refusesAll() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.health.refused++
	return b.health.refused > refusedMost
}

// expire gives up what has been tried for too long, waiting or just failed, and
// returns the rest of the latter.
func (b *outbox) expire(ctx context.Context, items []*Item, e *notify.Error, now time.Time) []*Item {
	var old []*Item
	expired := func(i *Item) bool {
		is := now.Sub(i.since()) > b.t.o.MaxAge
		if is {
			old = append(old, i)
		}
		return is
	}
	items = slices.DeleteFunc(items, expired)
	b.mu.Lock()
	b.waiting = slices.DeleteFunc(b.waiting, expired)
	b.mu.Unlock()
	if len(old) > 0 {
		b.t.log.Error("deliveries failed: a target did not take them for too long", "target", b.target.Name, "count", len(old), "age", b.t.o.MaxAge, "code", e.Code)
		b.giveUp(ctx, old, e, now)
	}
	return items
}

// passOn sends to the fallback what this target does not take, once. This one is
// retried all the same: its channel may be corrected.
func (b *outbox) passOn(items []*Item) {
	to := b.t.outboxes[b.target.Fallback]
	if to == nil {
		return
	}
	for _, i := range items {
		if !i.passedOn {
			i.passedOn = true
			to.add(&Item{Alert: i.Alert, Notification: i.Notification, Direct: i.Direct})
		}
	}
}

func (b *outbox) giveUp(ctx context.Context, items []*Item, e *notify.Error, now time.Time) {
	b.finish(ctx, items, lead.Delivery{Target: b.target.Name, Kind: b.target.Kind, State: lead.Failed, Error: e.Code, At: now.UTC()})
}

func deliveriesWait(n int) string {
	if n == 1 {
		return "1 delivery waits"
	}
	return fmt.Sprintf("%d deliveries wait", n)
}

// lasts rounds a time as people say it.
func lasts(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	}
	return fmt.Sprintf("%d h", int(d.Hours()))
}

// remedy is what a human can do about a class of failures.
func remedy(c notify.Class) string {
	switch c {
	case notify.BadToken:
		return "Its token or key has to be renewed."
	case notify.BadTarget:
		return "Its address, channel or settings have to be mended."
	}
	return "It is probably down."
}

// States returns the state of every target, in the order of the configuration.
func (t *Targets) States() []ops.Target {
	all := []ops.Target{}
	for _, b := range t.order {
		all = append(all, b.state())
	}
	return all
}

func (b *outbox) state() ops.Target {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.health
	s := ops.Target{Name: b.target.Name, Kind: b.target.Kind, State: "ok", Waiting: len(b.ids), Fails: h.fails, LastErrorAt: h.missed, LastSentAt: h.sent}
	if h.code != "" {
		s.LastError = h.code + ": " + h.text
	}
	for _, i := range b.ids {
		if s.Oldest.IsZero() || i.since().Before(s.Oldest) {
			s.Oldest = i.since()
		}
	}
	if h.fails > 0 {
		s.State, s.FailingFrom, s.NextTry = "retrying", h.since, h.next
	}
	if h.broken {
		s.State = "broken"
	}
	if p := h.pause; p != nil {
		s.State, s.PausedBy, s.PausedAt, s.PausedWhy = "paused", p.By, p.At, p.Why
	}
	return s
}

// stopped says whether a target takes nothing now: because a person paused it,
// or because it keeps failing.
func (b *outbox) stopped() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.health.pause != nil || b.health.broken
}
