package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/notify"
)

// brokenAfter is how many failures in a row, half a minute of them, make a
// target one that a human must look at.
const brokenAfter = 5

// health is how a target fares; the outbox's lock guards it.
type health struct {
	fails   int       // attempts that failed in a row
	refused int       // leads in a row that were refused for what they say
	since   time.Time // of the first of them
	missed  time.Time // of the last
	next    time.Time // when it is tried again
	code    string    // of the last
	said    string
	asked   bool // the target itself asked for the wait
	broken  bool // it was said aloud that the target takes nothing
	sent    time.Time
	pause   *pause // by a person; nil: none
}

// ill takes a failure down, says how long to wait, and tells a human once when
// the target keeps failing. Attempts that began before an earlier one failed
// say nothing new.
func (b *outbox) ill(ctx context.Context, notes []*note, e *notify.Error, began, now time.Time) (wait time.Duration) {
	b.mu.Lock()
	h := &b.health
	if h.fails == 0 {
		h.since = now
	}
	if h.fails == 0 || !began.Before(h.missed) {
		h.fails++
	}
	wait = b.waitAfter(e, notes, h.fails)
	first := h.fails == 1
	h.missed, h.next, h.asked, h.code, h.said = now, now.Add(wait), e.RetryAfter > 0, e.Code, e.Err.Error()
	loud := !h.broken && (e.Class != notify.Again || h.fails >= brokenAfter)
	h.broken = h.broken || loud
	waiting := len(b.waiting) + len(notes)
	b.mu.Unlock()
	switch {
	case loud:
		b.j.log.Error("a target does not take leads; they are kept and tried again", "target", b.target.Name, "code", e.Code, "error", e, "waiting", waiting)
		b.j.Alarm(ctx, notify.Alarm{Key: "broken:" + b.target.Name, About: b.target.Name, Title: "Target " + b.target.Name + " takes no leads",
			Text: fmt.Sprintf("It says %s. %s; all are kept and tried again for %s. %s", e, deliveriesWait(waiting), lasts(b.j.o.MaxAge), remedy(e.Class)), At: now})
	case first:
		b.j.log.Warn("a target did not take a lead; trying again", "target", b.target.Name, "code", e.Code, "error", e, "wait", wait)
	}
	return wait
}

// well ends what ill began.
func (b *outbox) well(ctx context.Context, now time.Time) {
	b.mu.Lock()
	h := &b.health
	was := *h
	*h = health{sent: now, pause: h.pause, code: h.code, said: h.said, missed: h.missed}
	waiting := len(b.waiting)
	b.mu.Unlock()
	if !was.broken {
		return
	}
	b.j.log.Info("a target takes leads again", "target", b.target.Name, "after", now.Sub(was.since).Round(time.Second), "waiting", waiting)
	b.j.Alarm(ctx, notify.Alarm{Key: "mended:" + b.target.Name, About: b.target.Name, Title: "Target " + b.target.Name + " takes leads again",
		Text: fmt.Sprintf("It took none for %s. %s and are told now.", lasts(now.Sub(was.since)), deliveriesWait(waiting)), At: now})
}

// refusesAll says that so many leads in a row were refused that it cannot be
// their fault.
func (b *outbox) refusesAll() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.health.refused++
	return b.health.refused > refusedMost
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

// TargetState is how a target fares.
type TargetState struct {
	Name, Kind  string
	State       string    // ok; retrying: it failed lately; broken: it keeps failing; paused: by a person
	Waiting     int       // deliveries
	Oldest      time.Time // when the one that waits longest was received; zero: none waits
	PausedBy    string
	PausedAt    time.Time
	PausedWhy   string
	FailingFrom time.Time // the first failure in a row; zero: none
	Fails       int       // attempts that failed in a row
	LastError   string    // CODE: sentence
	LastErrorAt time.Time
	NextTry     time.Time // of a target that failed
	LastSentAt  time.Time // since this process started
}

// Targets says how every target fares, in the order of the configuration.
func (j *Jobs) Targets() []TargetState {
	var all []TargetState
	for _, out := range j.o.Outlets {
		all = append(all, j.outboxes[out.Target.Name].state())
	}
	return all
}

func (b *outbox) state() TargetState {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.health
	s := TargetState{Name: b.target.Name, Kind: b.target.Kind, State: "ok", Waiting: len(b.ids), Fails: h.fails, LastErrorAt: h.missed, LastSentAt: h.sent}
	if h.code != "" {
		s.LastError = h.code + ": " + h.said
	}
	for _, n := range b.ids {
		if s.Oldest.IsZero() || n.since().Before(s.Oldest) {
			s.Oldest = n.since()
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

// stopped says whether a target takes nothing now, for the metric: because a
// person paused it, or because it keeps failing.
func (b *outbox) stopped() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.health.pause != nil || b.health.broken
}
