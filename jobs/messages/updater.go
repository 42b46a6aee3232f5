package messages

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/leadgate/leadgate/jobs/delivery"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/pace"
)

const (
	// storeWait is how soon what could not be read is read again.
	storeWait = time.Second
)

// updatePace is half of what Slack grants chat.update, 50 a minute, so that
// replicas can share it.
// https://docs.slack.dev/reference/methods/chat.update
var updatePace = pace.Pace{N: 50, Per: time.Minute}

// updater updates the messages of one target: each once for any number of
// requests, in the order of the requests, at a pace of its own. It reads a lead
// right before it writes and again afterwards, so that the last write shows the
// latest state, whoever else writes.
type updater struct {
	m       *Messages
	target  notify.Target
	sender  updatable
	pacer   *pace.Pacer
	changed chan struct{}

	mu      sync.Mutex
	waiting []*update
	known   map[string]*update // by receipt
	fails   int                // attempts that failed in a row
}

// update is one message that is to be updated, and the requests it is part of.
type update struct {
	post lead.Post
	of   []part
}

type part struct {
	leadID  string
	request *request
}

// updatable is a sender whose messages can be updated: of a bot in Slack.
type updatable interface {
	Update(ctx context.Context, receipt string, alerts []notify.Alert) error
}

func newUpdater(m *Messages, t notify.Target, sender updatable) *updater {
	paced := t
	paced.Pace = updatePace
	return &updater{m: m, target: t, sender: sender, pacer: pace.New(paced.PaceName(), paced.Pace), changed: make(chan struct{}, 1), known: map[string]*update{}}
}

// add queues the update of a message for a request.
func (u *updater) add(p lead.Post, leadID string, r *request) {
	u.mu.Lock()
	defer u.mu.Unlock()
	w := u.known[p.Receipt]
	if w == nil {
		w = &update{post: p}
		u.known[p.Receipt] = w
		u.waiting = append(u.waiting, w)
	}
	w.of = append(w.of, part{leadID, r})
	select {
	case u.changed <- struct{}{}:
	default:
	}
}

func (u *updater) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		var ready <-chan time.Time
		if u.len() > 0 {
			wait := u.pacer.Ready(u.m.o.Now())
			if wait <= 0 {
				u.next(ctx)
				continue
			}
			timer.Reset(wait)
			ready = timer.C
		}
		select {
		case <-u.changed:
		case <-ready:
		case <-ctx.Done():
		}
	}
}

func (u *updater) len() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.waiting)
}

// next updates the message that waits longest.
func (u *updater) next(ctx context.Context) {
	u.mu.Lock()
	w := u.waiting[0]
	u.waiting = u.waiting[1:]
	delete(u.known, w.post.Receipt) // requests from now on may want more than is read below
	u.mu.Unlock()
	err := u.write(ctx, w.post)
	var e *notify.Error
	switch {
	case ctx.Err() != nil: // stopping; the journal has it
		return
	case err == nil:
		u.fails = 0
	case errors.As(err, &e) && (e.Class == notify.BadTarget || e.Class == notify.BadContent):
		u.m.log.Warn("a message cannot be updated; it stays as it is", "target", u.target.Name, "receipt", w.post.Receipt, "code", e.Code)
	case u.m.o.Now().Sub(w.post.At) > u.m.o.Keep:
		u.m.log.Warn("a message is not updated any more: it is too old", "target", u.target.Name, "receipt", w.post.Receipt)
	default:
		u.requeue(w, err, e)
		return
	}
	for _, p := range w.of {
		u.m.updated(p.leadID, p.request)
	}
}

// requeue makes a message wait first in line after an attempt that failed.
func (u *updater) requeue(w *update, err error, e *notify.Error) {
	wait := storeWait
	if e != nil { // the target's fault, not the store's
		u.fails++
		wait = max(delivery.Backoff(u.fails), e.RetryAfter)
	}
	if u.fails == 1 {
		u.m.log.Warn("a message was not updated; trying again", "target", u.target.Name, "error", err, "wait", wait)
	}
	u.pacer.PauseUntil(u.m.o.Now().Add(wait))
	u.mu.Lock()
	defer u.mu.Unlock()
	if later := u.known[w.post.Receipt]; later != nil {
		later.of = append(w.of, later.of...)
		return
	}
	u.known[w.post.Receipt] = w
	u.waiting = append([]*update{w}, u.waiting...)
}

// write updates a message until it shows what its leads are.
func (u *updater) write(ctx context.Context, p lead.Post) error {
	for {
		alerts, err := u.m.alertsOf(ctx, p)
		if err != nil {
			return err
		}
		u.pacer.Take(u.m.o.Now())
		attempt, cancel := context.WithTimeout(ctx, delivery.SendTimeout)
		err = u.sender.Update(attempt, p.Receipt, alerts)
		cancel()
		if err != nil {
			return err
		}
		now, err := u.m.alertsOf(ctx, p)
		if err != nil || same(alerts, now) {
			return err
		}
	}
}

// same says whether leads have not changed between two reads.
func same(a, b []notify.Alert) bool {
	for i := range a {
		if revisionOf(a[i]) != revisionOf(b[i]) {
			return false
		}
	}
	return true
}

func revisionOf(a notify.Alert) int64 {
	if a.Lead == nil {
		return -1
	}
	return a.Lead.Revision
}

// alertsOf is what a message has to show now.
func (m *Messages) alertsOf(ctx context.Context, p lead.Post) ([]notify.Alert, error) {
	alerts := make([]notify.Alert, len(p.Touches))
	for i, id := range p.Touches {
		a := notify.Alert{Kind: p.Kind, PostedAt: p.At, Digest: p.Digest}
		if p.Kind == lead.Rollup {
			a.Kind = lead.HotAlert
		}
		t, err := m.o.Leads.Touch(ctx, id)
		if errors.Is(err, lead.ErrNotFound) && !m.o.Redis.Up() {
			err = errAway
		}
		if err != nil && !errors.Is(err, lead.ErrNotFound) {
			return nil, fmt.Errorf("read the touch of a message: %w", err)
		}
		if err == nil {
			a.Touch = t
			if a.Lead, err = m.leadOf(ctx, t); err != nil {
				return nil, fmt.Errorf("read the lead of a message: %w", err)
			}
		}
		alerts[i] = a
	}
	return alerts, nil
}

// errAway: Redis may have it, and does not answer.
var errAway = errors.New("redis is away, and this node's journal does not have it")

// leadOf is the lead of a touch as it is now, nil when the person was erased.
func (m *Messages) leadOf(ctx context.Context, t *lead.Touch) (*lead.Lead, error) {
	id := t.LeadID
	if id == "" {
		id = t.ID
	}
	m.mu.Lock()
	gone := m.erased[id]
	m.mu.Unlock()
	if gone {
		return nil, nil
	}
	l, err := m.o.Leads.Lead(ctx, id)
	if errors.Is(err, lead.ErrNotFound) {
		return nil, nil
	}
	return l, err
}
