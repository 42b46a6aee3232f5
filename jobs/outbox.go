package jobs

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

// note is one touch that one target is to hear of.
type note struct {
	notify.Alert
	direct   bool // from the journal, while Redis was away
	attempts int
	failed   bool // its last attempt did
	passedOn bool // the target's fallback hears of it
}

func (n *note) delivery(d lead.Delivery) lead.Delivery {
	d.Attempts = n.attempts
	return d
}

// outbox is the only door to a target. It holds what the target is to hear,
// the oldest first, keeps the target's pace, rolls up what would have to wait,
// and tries again until the target has it or its age ends it. It lives in
// memory: behind it is the journal.
type outbox struct {
	j      *Jobs
	target notify.Target
	sender notify.Sender
	pacer  *notify.Pacer
	signal chan struct{}

	mu      sync.Mutex
	waiting []*note
	ids     map[string]*note // touch id -> waiting or being sent
	fails   int              // attempts that failed in a row
}

// sendTimeout bounds one attempt.
const sendTimeout = 12 * time.Second

func newOutbox(j *Jobs, o Outlet) *outbox {
	return &outbox{j: j, target: o.Target, sender: o.Sender, pacer: o.Pacer, signal: make(chan struct{}, 1), ids: map[string]*note{}}
}

// add lets the target hear of a touch, unless it waits for that already.
func (b *outbox) add(n *note) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.ids[n.Touch.ID]; ok {
		return
	}
	b.ids[n.Touch.ID] = n
	at, _ := slices.BinarySearchFunc(b.waiting, n, func(a, b *note) int {
		return cmp.Or(a.Touch.ReceivedAt.Compare(b.Touch.ReceivedAt), cmp.Compare(a.Touch.ID, b.Touch.ID))
	})
	b.waiting = slices.Insert(b.waiting, at, n)
	b.nudge()
}

func (b *outbox) nudge() {
	select {
	case b.signal <- struct{}{}:
	default:
	}
}

// has says whether a touch waits here.
func (b *outbox) has(touchID string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ids[touchID] != nil
}

func (b *outbox) len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.waiting)
}

func (b *outbox) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		wait := time.Duration(-1)
		if b.len() > 0 {
			if wait = b.pacer.Ready(b.j.now()); wait <= 0 {
				b.send(ctx, b.take())
				if ctx.Err() != nil {
					return
				}
				continue
			}
		}
		var ready <-chan time.Time
		if wait > 0 {
			timer.Reset(wait)
			ready = timer.C
		}
		select {
		case <-b.signal:
		case <-ready:
		case <-ctx.Done():
			return
		}
	}
}

// take picks what goes into the next message: all that can be rolled up, or
// one. What failed alone before goes alone again.
func (b *outbox) take() []*note {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) == 0 {
		return nil
	}
	n := 1
	if most := b.sender.Most(); most > 1 && rollable(b.waiting[0]) {
		for n < len(b.waiting) && n < most && rollable(b.waiting[n]) {
			n++
		}
	}
	notes := slices.Clone(b.waiting[:n])
	b.waiting = slices.Delete(b.waiting, 0, n)
	return notes
}

func rollable(n *note) bool {
	return !n.failed && (n.Kind == lead.HotAlert || n.Kind == lead.JustTurnedHot)
}

// send makes one attempt and does what its outcome asks for.
func (b *outbox) send(ctx context.Context, notes []*note) {
	notes = b.due(ctx, notes)
	if len(notes) == 0 {
		return
	}
	alerts := make([]notify.Alert, len(notes))
	for i, n := range notes {
		n.attempts++
		alerts[i] = n.Alert
	}
	b.pacer.Take(b.j.now())
	attempt, cancel := context.WithTimeout(ctx, sendTimeout)
	receipt, err := b.sender.Send(attempt, alerts)
	cancel()
	now := b.j.now()
	if err != nil {
		if ctx.Err() != nil {
			return // stopping; the journal has them
		}
		b.miss(ctx, notes, err, now)
		return
	}
	b.mu.Lock()
	b.fails = 0
	b.mu.Unlock()
	for _, n := range notes {
		b.j.metrics.hop("alert", now.Sub(n.Touch.ReceivedAt))
	}
	state := lead.Sent
	if b.target.Kind == "log" {
		state = lead.Previewed
	}
	d := lead.Delivery{Target: b.target.Name, Kind: b.target.Kind, State: state, Receipt: receipt, At: now.UTC()}
	if len(notes) > 1 && b.j.mirrors[b.target.Name] != nil {
		for _, n := range notes {
			d.With = append(d.With, n.Touch.ID)
		}
	}
	b.finish(ctx, notes, d)
}

// finish takes the outcome of a message down, beside the sending of the next.
func (b *outbox) finish(ctx context.Context, notes []*note, d lead.Delivery) {
	b.j.metrics.deliveries.WithLabelValues(d.Target, d.Kind, string(d.State)).Add(float64(len(notes)))
	// What was sent must be taken down even when the end has come.
	b.j.heard(context.WithoutCancel(ctx), notes, d)
	b.drop(notes...)
}

// drop forgets notes that no longer wait.
func (b *outbox) drop(notes ...*note) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range notes {
		delete(b.ids, n.Touch.ID)
	}
}

// due leaves out what the target has by now, or what another replica is
// telling it at the moment.
func (b *outbox) due(ctx context.Context, notes []*note) []*note {
	var due []*note
	for _, n := range notes {
		if d, ok := b.j.receipt(n.Touch.ID, b.target.Name); ok {
			b.finish(ctx, []*note{n}, d)
			continue
		}
		if !b.j.o.Embedded && b.j.pulse.isUp() {
			free, err := b.j.o.Prompt.Lease(ctx, n.Touch.ID+"/"+b.target.Name, b.j.o.Node, leaseFor)
			if err == nil && !free { // it is told elsewhere; the sweeper looks after it
				b.drop(n)
				b.j.untell(n.Touch.ID)
				continue
			}
		}
		due = append(due, n)
	}
	return due
}

// leaseFor is longer than an attempt can last.
const leaseFor = sendTimeout + 3*time.Second

// miss decides what happens after an attempt that failed: the whole target
// waits, for what failed once fails for the next as well; a message that will
// never be taken is taken apart, and given up when it is one lead's.
func (b *outbox) miss(ctx context.Context, notes []*note, err error, now time.Time) {
	var e *notify.Error
	if !errors.As(err, &e) {
		e = &notify.Error{Code: "error", Err: err}
	}
	b.j.metrics.deliveries.WithLabelValues(b.target.Name, b.target.Kind, "missed").Add(float64(len(notes)))
	if e.Class == notify.BadContent {
		if len(notes) == 1 {
			b.j.log.Error("a target refuses a message in every form", "target", b.target.Name, "touch_id", notes[0].Touch.ID, "code", e.Code)
			b.giveUp(ctx, notes, e, now)
			return
		}
		b.putBack(notes, true)
		return
	}
	b.mu.Lock()
	b.fails++
	wait := cmp.Or(e.RetryAfter, ladder(b.fails))
	first := b.fails == 1
	b.mu.Unlock()
	if e.Class != notify.Again {
		wait = max(wait, brokenWait)
	}
	b.pacer.PauseUntil(now.Add(wait))
	b.j.metrics.paused(b.target, wait)
	switch {
	case e.Class != notify.Again && first:
		b.j.log.Error("a target does not take leads; they are kept and tried again", "target", b.target.Name, "code", e.Code, "error", e, "waiting", len(notes)+b.len())
	case first:
		b.j.log.Warn("a target did not take a lead; trying again", "target", b.target.Name, "code", e.Code, "error", e, "wait", wait)
	}
	old := slices.Collect(func(yield func(*note) bool) {
		for _, n := range notes {
			if now.Sub(n.Touch.ReceivedAt) > b.j.o.MaxAge && !yield(n) {
				return
			}
		}
	})
	if len(old) > 0 {
		b.giveUp(ctx, old, e, now)
		notes = slices.DeleteFunc(notes, func(n *note) bool { return slices.Contains(old, n) })
	}
	if e.Class == notify.BadTarget {
		b.passOn(notes)
	}
	b.putBack(notes, false)
	b.j.missed(ctx, b, notes, e, wait)
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
			to.add(&note{Alert: n.Alert, direct: n.direct})
		}
	}
}

// brokenWait is how long a target waits at least when its token or channel is
// wrong: somebody has to mend that first.
const brokenWait = 30 * time.Second

func (b *outbox) giveUp(ctx context.Context, notes []*note, e *notify.Error, now time.Time) {
	b.finish(ctx, notes, lead.Delivery{Target: b.target.Name, Kind: b.target.Kind, State: lead.Failed, Error: e.Code, At: now.UTC()})
}

// putBack makes notes wait again, before those that came later. Alone: as one
// message each.
func (b *outbox) putBack(notes []*note, alone bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range notes {
		n.failed = n.failed || alone
	}
	b.waiting = append(slices.Clone(notes), b.waiting...)
	b.nudge()
}
