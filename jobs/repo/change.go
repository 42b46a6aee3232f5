package repo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// Change is one change of a lead.
type Change struct {
	Revision int64 // that the lead must be at; 0: any
	// Apply changes the lead. It runs again when the lead was changed meanwhile; an
	// error of it leaves the lead as it is.
	Apply  func(*lead.Lead) error
	Prompt bool    // over the client that never waits more than 200 ms
	Keep   *Commit // nil: the caller keeps the lead, or its touch's settlement does
}

// Commit is how changed leads are kept in the journal. All fields may be nil.
type Commit struct {
	Ops []journal.Op // of the same commit
	// With returns more of the same commit for each lead. kept is false when the
	// journal has a later revision, which then stays. It is called under the lead's
	// lock.
	With func(l *lead.Lead, kept bool) ([]journal.Op, error)
	// Then is called for each lead after the commit, still under its lock.
	Then func(l *lead.Lead, kept bool)
}

// Update changes a lead in the store by compare-and-set, and keeps it. The id may
// be that of a touch of the lead. The lead as it is comes back with errors, too.
func (r *Repo) Update(ctx context.Context, id string, c Change) (*lead.Lead, error) {
	s := r.store
	if c.Prompt {
		s = r.prompt
	}
	l, err := s.UpdateLead(ctx, id, c.Revision, c.Apply)
	if errors.Is(err, lead.ErrNotFound) {
		if t, terr := r.Touch(ctx, id); terr == nil && t.LeadID != "" && t.LeadID != id {
			l, err = s.UpdateLead(ctx, t.LeadID, c.Revision, c.Apply)
		}
	}
	if err != nil || c.Keep == nil {
		return l, err
	}
	return l, r.Keep(ctx, *c.Keep, l)
}

// Keep keeps leads, as the store has them, in this node's journal: all in one
// commit.
func (r *Repo) Keep(ctx context.Context, c Commit, leads ...*lead.Lead) error {
	ids := make([]string, len(leads))
	for i, l := range leads {
		ids[i] = l.ID
	}
	defer r.Lock(ids...)()
	ops := c.Ops
	kept := make([]bool, len(leads))
	for i, l := range leads {
		op, err := r.keepOp(l)
		if err != nil {
			return err
		}
		if kept[i] = op != nil; kept[i] {
			ops = append(ops, *op)
		}
		if c.With == nil {
			continue
		}
		more, err := c.With(l, kept[i])
		if err != nil {
			return err
		}
		ops = append(ops, more...)
	}
	if len(ops) > 0 {
		if err := r.o.Journal.Settle(ctx, ops...); err != nil {
			return fmt.Errorf("keep %s: %w", named(ids), err)
		}
	}
	if c.Then != nil {
		for i, l := range leads {
			c.Then(l, kept[i])
		}
	}
	return nil
}

func named(ids []string) string {
	if len(ids) == 1 {
		return "lead " + ids[0]
	}
	return fmt.Sprintf("%d leads", len(ids))
}

// keepOp keeps l, nil when the journal has a later revision. The caller holds the
// lead's lock until the op is committed.
func (r *Repo) keepOp(l *lead.Lead) (*journal.Op, error) {
	var kept struct{ Revision int64 }
	switch b, err := r.o.Journal.Get(LeadShelf, l.ID); {
	case err == nil:
		if json.Unmarshal(b, &kept) == nil && kept.Revision > l.Revision {
			return nil, nil
		}
	case !errors.Is(err, journal.ErrNotFound):
		return nil, fmt.Errorf("read lead %s: %w", l.ID, err)
	}
	op := r.kept.Put(l.ID, *l)
	return &op, nil
}

// Finish writes to the store what became of a touch, and publishes it.
func (r *Repo) Finish(ctx context.Context, t *lead.Touch, l *lead.Lead, o lead.Outcome) error {
	return r.store.Finish(ctx, t, l, o)
}

// Settle makes the journal forget a touch as a task and keep it as history: one
// commit, after the store has everything. l may be nil. A touch of another node's
// journal is that node's to settle; only receipts are dropped here. done is called
// under the touch's lock: after the commit of a touch of this node, or before
// receipts are dropped.
func (r *Repo) Settle(ctx context.Context, t *lead.Touch, l *lead.Lead, done func(owned bool)) error {
	if l != nil {
		defer r.Lock(l.ID)()
	}
	defer r.LockSettlement(t.ID)()
	if !r.Owns(t.ID) {
		done(false)
		return r.o.Journal.Settle(ctx, dropReceipts(t)...)
	}
	ops := append(dropReceipts(t), r.touches.Put(t.ID, *t), journal.Delete(HotShelf, t.ID), journal.Delete(BulkShelf, t.ID))
	if l != nil {
		op, err := r.keepOp(l)
		if err != nil {
			return err
		}
		if op != nil {
			ops = append(ops, *op)
		}
	}
	if err := r.o.Journal.Settle(ctx, ops...); err != nil {
		return fmt.Errorf("settle touch %s: %w", t.ID, err)
	}
	done(true)
	return nil
}

// Reopen moves a touch from the settled ones back to its lane's shelf, in one
// commit with the receipts that it has and with more. begun is false when it is
// there already.
func (r *Repo) Reopen(ctx context.Context, t *lead.Touch, shelf string, more ...journal.Op) (begun bool, err error) {
	defer r.LockSettlement(t.ID)()
	if r.Owns(t.ID) {
		return false, nil
	}
	ops := more
	for _, d := range t.Deliveries {
		if d.Final() && t.Counts(d) {
			ops = append(ops, r.ReceiptOp(t.ID, d))
		}
	}
	t.Deliveries = nil
	op, err := WaitingOp(shelf, t)
	if err != nil {
		return false, fmt.Errorf("encode touch %s: %w", t.ID, err)
	}
	if err := r.o.Journal.Commit(ctx, append(ops, op, r.touches.Delete(t.ID))...); err != nil {
		return false, fmt.Errorf("reopen touch %s in the journal: %w", t.ID, err)
	}
	return true, nil
}
