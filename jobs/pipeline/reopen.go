package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/leadgate/leadgate/jobs/policy"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// Reopen works on a touch that had come to an end once more: out of quarantine,
// read anew, or resent. It is on disk when Reopen returns, and worked on at once;
// should that fail, it is enqueued like any other touch. What has a receipt is not
// sent a second time. A touch that is not settled is left alone. The caller has
// set AgainAt; more is kept in the same commit.
func (p *Pipeline) Reopen(ctx context.Context, t *lead.Touch, more ...journal.Op) error {
	t.State = lead.Accepted
	lane := p.LaneOf(t)
	if p.o.Enrich.Needs(t) { // read anew, it holds ids only
		ops, start := p.o.Enrich.Restart(t)
		more = append(more, ops...)
		defer start()
	}
	begun, err := p.o.Repo.Reopen(ctx, t, lane, more...)
	if err != nil || !begun {
		return err
	}
	p.o.Books.Reopened(t)
	p.o.Queue.Resume(lane, t)
	err = p.o.Store.Reopen(ctx, t)
	if err == nil {
		err = p.Touch(ctx, t.ID)
	}
	if err != nil {
		p.log.Warn("a touch that was reopened has to wait", "touch_id", t.ID, "error", err)
		p.o.Redis.ReportError(err)
		p.o.Queue.Requeue(lane, t.ID)
	}
	return nil
}

// BeforeEnqueue has the store know that a touch was reopened: the process may
// have died before it could write that.
func (p *Pipeline) BeforeEnqueue(ctx context.Context, t *lead.Touch) error {
	if t.AgainAt.IsZero() || !p.o.Shared {
		return nil
	}
	if err := p.o.Prompt.Stage(ctx, []*lead.Touch{t}); err != nil {
		return err
	}
	found, err := p.o.Prompt.TouchesByID(ctx, []string{t.ID})
	if err != nil || found[0] != nil && found[0].AgainAt.Equal(t.AgainAt) {
		return err
	}
	return p.o.Prompt.Reopen(ctx, t)
}

// LastTouch is the latest settled touch of a lead that may be alerted, nil when
// there is none.
func (p *Pipeline) LastTouch(ctx context.Context, l *lead.Lead) (*lead.Touch, error) {
	for _, past := range slices.Backward(l.History) {
		if past.Test {
			continue
		}
		t, err := p.o.Repo.Touch(ctx, past.ID)
		if errors.Is(err, lead.ErrNotFound) {
			continue // past its retention
		}
		if err != nil {
			return nil, fmt.Errorf("read the latest touch of lead %s: %w", l.ID, err)
		}
		if t.State != lead.Settled {
			return nil, nil // its own job alerts, or none should
		}
		return t, nil
	}
	return nil, nil
}

// pendingShelf holds pending alerts by lead id.
const pendingShelf = "promises"

// Shelves are the journal's that the pipeline uses besides those of jobs/repo.
func Shelves() []string { return []string{pendingShelf} }

// PendingAge is how old a pending alert is that no run is about to end.
const PendingAge = time.Minute

// pendingAlert says that targets are to be alerted of a lead that other rules make
// hot. It is in the journal before the verdict is in the store, and deleted in the
// commit that reopens the touch: a crash in between delays the alert only.
type pendingAlert struct {
	TouchID string    `json:"touch_id"`
	At      time.Time `json:"at"`
}

// AddPending keeps a pending alert; a later one about the same lead replaces it.
func (p *Pipeline) AddPending(ctx context.Context, leadID string, t *lead.Touch) error {
	if err := p.o.Journal.Commit(ctx, p.pending.Put(leadID, pendingAlert{TouchID: t.ID, At: p.o.Now().UTC()})); err != nil {
		return fmt.Errorf("keep a pending alert: %w", err)
	}
	return nil
}

// EndPending returns what ends the pending alert of a lead, none if it has none:
// with t its touch is reopened. start is called after the commit. The caller holds
// the lead's lock until then.
func (p *Pipeline) EndPending(ctx context.Context, leadID string, t *lead.Touch) (ops []journal.Op, start func(), err error) {
	start = func() {}
	if _, err := p.pending.Get(leadID); err != nil && !errors.Is(err, journal.ErrCorrupt) {
		return nil, start, nil
	}
	ops = []journal.Op{p.pending.Delete(leadID)}
	if t == nil {
		return ops, start, nil
	}
	t.State, t.Deliveries = lead.Accepted, nil // the store has those that were made
	if err := p.o.Store.Reopen(ctx, t); err != nil {
		return nil, nil, fmt.Errorf("reopen touch %s: %w", t.ID, err)
	}
	lane := p.LaneOf(t)
	op, err := repo.WaitingOp(lane, t)
	if err != nil {
		return nil, nil, fmt.Errorf("encode touch %s: %w", t.ID, err)
	}
	return append(ops, op, journal.Delete(repo.TouchShelf, t.ID)), func() { p.Push(t, lane) }, nil
}

// RestorePending ends the pending alerts that were kept before a moment.
func (p *Pipeline) RestorePending(ctx context.Context, before time.Time) error {
	old := map[string]pendingAlert{}
	for e, err := range p.pending.All() {
		if err != nil {
			return fmt.Errorf("read pending alerts: %w", err)
		}
		if e.Value.At.Before(before) {
			old[e.Key] = e.Value
		}
	}
	for id, a := range old {
		if err := p.restorePending(ctx, id, a.TouchID); err != nil {
			return fmt.Errorf("end the pending alert of lead %s: %w", id, err)
		}
	}
	return nil
}

// restorePending reopens a touch if its lead was written and its alerts were not
// delivered. The pending alert is deleted in any case.
func (p *Pipeline) restorePending(ctx context.Context, leadID, touchID string) error {
	defer p.o.Repo.Lock(leadID)()
	if _, err := p.pending.Get(leadID); err != nil && !errors.Is(err, journal.ErrCorrupt) {
		return nil
	}
	var undelivered *lead.Touch
	l, err := p.o.Store.Lead(ctx, leadID)
	if err == nil {
		var t *lead.Touch
		if t, err = p.o.Repo.Touch(ctx, touchID); err == nil && policy.Undelivered(l, t) && !p.o.Repo.Owns(touchID) {
			undelivered = t
		}
	}
	if err != nil && !errors.Is(err, lead.ErrNotFound) { // that is: erased meanwhile
		return err
	}
	ops, start, err := p.EndPending(ctx, leadID, undelivered)
	if err != nil {
		return err
	}
	if err := p.o.Journal.Settle(ctx, ops...); err != nil {
		return err
	}
	start()
	return nil
}
