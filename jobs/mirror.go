package jobs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/leadgate/leadgate/jobs/delivery"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

// mirror rewrites what one target was told when its leads have changed: each
// message once for any number of changes, in the order in which it was asked to,
// at a pace of its own. It reads a lead right before it writes and again
// afterwards, so the last word is the latest whoever else writes.
type mirror struct {
	j       *Jobs
	target  notify.Target
	updater notify.Updater
	pacer   *notify.Pacer
	signal  chan struct{}

	mu      sync.Mutex
	waiting []*rewrite
	known   map[string]*rewrite // by receipt
	fails   int                 // attempts that failed in a row
}

// rewrite is one message that is to be rewritten.
type rewrite struct {
	post  lead.Post
	asked []asked // who waits for it
}

// asked is one refresh that a message is part of.
type asked struct {
	leadID string
	of     *refreshing
}

// updatePace is half of what Slack grants chat.update, 50 a minute, so that
// replicas can share it.
// https://docs.slack.dev/reference/methods/chat.update
var updatePace = notify.Pace{N: 50, Per: time.Minute}

func newMirror(j *Jobs, t notify.Target, u notify.Updater) *mirror {
	paced := t
	paced.Pace = updatePace
	return &mirror{j: j, target: t, updater: u, pacer: notify.NewPacer(paced), signal: make(chan struct{}, 1), known: map[string]*rewrite{}}
}

// add has a message rewritten for a refresh.
func (m *mirror) add(p lead.Post, leadID string, of *refreshing) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.known[p.Receipt]
	if r == nil {
		r = &rewrite{post: p}
		m.known[p.Receipt] = r
		m.waiting = append(m.waiting, r)
	}
	r.asked = append(r.asked, asked{leadID, of})
	select {
	case m.signal <- struct{}{}:
	default:
	}
}

func (m *mirror) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		wait := time.Duration(-1)
		if m.len() > 0 {
			if wait = m.pacer.Ready(m.j.now()); wait <= 0 {
				m.next(ctx)
				continue
			}
		}
		var ready <-chan time.Time
		if wait > 0 {
			timer.Reset(wait)
			ready = timer.C
		}
		select {
		case <-m.signal:
		case <-ready:
		case <-ctx.Done():
		}
	}
}

func (m *mirror) len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.waiting)
}

// next rewrites the message that waits longest.
func (m *mirror) next(ctx context.Context) {
	m.mu.Lock()
	r := m.waiting[0]
	m.waiting = m.waiting[1:]
	delete(m.known, r.post.Receipt) // who asks from now on may want more than is read below
	m.mu.Unlock()
	err := m.write(ctx, r.post)
	var e *notify.Error
	switch {
	case ctx.Err() != nil: // stopping; the journal has it
		return
	case err == nil:
		m.fails = 0
	case errors.As(err, &e) && (e.Class == notify.BadTarget || e.Class == notify.BadContent):
		m.j.log.Warn("a message cannot be rewritten; it stays as it is", "target", m.target.Name, "receipt", r.post.Receipt, "code", e.Code)
	case m.j.now().Sub(r.post.At) > m.j.o.Keep:
		m.j.log.Warn("a message is not rewritten any more: it is too old", "target", m.target.Name, "receipt", r.post.Receipt)
	default:
		m.again(r, err, e)
		return
	}
	for _, a := range r.asked {
		m.j.rewritten(a.leadID, a.of)
	}
}

// again has a message wait after an attempt that failed.
func (m *mirror) again(r *rewrite, err error, e *notify.Error) {
	wait := storeWait
	if e != nil { // the target's fault, not the store's
		m.fails++
		wait = max(delivery.Backoff(m.fails), e.RetryAfter)
	}
	if m.fails == 1 {
		m.j.log.Warn("a message was not rewritten; trying again", "target", m.target.Name, "error", err, "wait", wait)
	}
	m.pacer.PauseUntil(m.j.now().Add(wait))
	m.mu.Lock()
	defer m.mu.Unlock()
	if later := m.known[r.post.Receipt]; later != nil {
		later.asked = append(r.asked, later.asked...)
		return
	}
	m.known[r.post.Receipt] = r
	m.waiting = append([]*rewrite{r}, m.waiting...)
}

// storeWait is how soon what could not be read is read again.
const storeWait = time.Second

// write rewrites a message until it shows what its leads are.
func (m *mirror) write(ctx context.Context, p lead.Post) error {
	for {
		alerts, err := m.j.alertsOf(ctx, p)
		if err != nil {
			return err
		}
		m.pacer.Take(m.j.now())
		attempt, cancel := context.WithTimeout(ctx, delivery.SendTimeout)
		err = m.updater.Update(attempt, p.Receipt, alerts)
		cancel()
		if err != nil {
			return err
		}
		now, err := m.j.alertsOf(ctx, p)
		if err != nil || same(alerts, now) {
			return err
		}
	}
}

// same says whether leads have not changed between two looks.
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

// alertsOf is what a message has to tell now.
func (j *Jobs) alertsOf(ctx context.Context, p lead.Post) ([]notify.Alert, error) {
	alerts := make([]notify.Alert, len(p.Touches))
	for i, id := range p.Touches {
		a := notify.Alert{Kind: p.Kind, Told: p.At, Digest: p.Digest}
		if p.Kind == lead.Rollup {
			a.Kind = lead.HotAlert
		}
		t, err := j.Touch(ctx, id)
		if errors.Is(err, ErrNotFound) && !j.redis.Up() {
			err = errAway
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, fmt.Errorf("read what a message tells of: %w", err)
		}
		if err == nil {
			a.Touch = t
			if a.Lead, err = j.leadOf(ctx, t); err != nil {
				return nil, fmt.Errorf("read whom a message tells of: %w", err)
			}
		}
		alerts[i] = a
	}
	return alerts, nil
}

// leadOf is the lead of a touch as it is now, nil when the person was erased.
func (j *Jobs) leadOf(ctx context.Context, t *lead.Touch) (*lead.Lead, error) {
	id := t.LeadID
	if id == "" {
		id = t.ID
	}
	j.mu.Lock()
	gone := j.erased[id]
	j.mu.Unlock()
	if gone {
		return nil, nil
	}
	l, err := j.Lead(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return l, err
}
