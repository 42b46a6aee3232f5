package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// settle makes the journal forget a touch as a task and keep it as history:
// one commit, after the store has everything. l may be nil. A touch of another
// node's journal is that node's to settle; only receipts are dropped here.
func (j *Jobs) settle(ctx context.Context, t *lead.Touch, l *lead.Lead) error {
	defer j.ends.lock(t.ID)()
	if !j.owns(t.ID) {
		j.forget(t.ID)
		j.sayEnded(t.ID)
		return j.o.Journal.Settle(ctx, dropReceipts(t)...)
	}
	b, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode touch %s: %w", t.ID, err)
	}
	ops := append(dropReceipts(t), journal.Put(touchShelf, t.ID, b), journal.Delete(hotShelf, t.ID), journal.Delete(bulkShelf, t.ID))
	if l != nil {
		defer j.leads.lock(l.ID)()
		if op, err := j.keepLead(l); err != nil {
			return err
		} else if op != nil {
			ops = append(ops, *op)
		}
	}
	if err := j.o.Journal.Settle(ctx, ops...); err != nil {
		return fmt.Errorf("settle touch %s: %w", t.ID, err)
	}
	if !t.Test {
		j.days.settle(lead.Day(t.ReceivedAt))
	}
	j.forget(t.ID)
	return nil
}

// settled says whether this node's journal keeps a touch as history.
func (j *Jobs) settled(id string) bool {
	_, err := j.o.Journal.Get(touchShelf, id)
	return err == nil
}

// owns says whether a touch waits in this node's journal.
func (j *Jobs) owns(id string) bool {
	for _, shelf := range []string{hotShelf, bulkShelf} {
		if _, err := j.o.Journal.Get(shelf, id); !errors.Is(err, journal.ErrNotFound) {
			return true
		}
	}
	return false
}

func dropReceipts(t *lead.Touch) (ops []journal.Op) {
	for _, d := range t.Deliveries {
		ops = append(ops, journal.Delete(receiptShelf, receiptKey(t.ID, d.Target)))
	}
	return ops
}

// keepLead is the op that keeps l, nil when the journal has a later one. The
// caller holds the lead's lock until the op is committed.
func (j *Jobs) keepLead(l *lead.Lead) (*journal.Op, error) {
	var kept struct{ Revision int64 }
	switch b, err := j.o.Journal.Get(leadShelf, l.ID); {
	case err == nil:
		if decodeKept(b, &kept) == nil && kept.Revision > l.Revision {
			return nil, nil
		}
	case !errors.Is(err, journal.ErrNotFound):
		return nil, fmt.Errorf("read lead %s: %w", l.ID, err)
	}
	b, err := json.Marshal(l)
	if err != nil {
		return nil, fmt.Errorf("encode lead %s: %w", l.ID, err)
	}
	op := journal.Put(leadShelf, l.ID, b)
	return &op, nil
}

// Receipts are kept per touch and target until the touch is settled.
func receiptKey(touchID, target string) string { return touchID + "/" + target }

func touchOfReceipt(key string) string {
	id, _, _ := strings.Cut(key, "/")
	return id
}

// receipt returns what the journal knows of a delivery that came to its end.
func (j *Jobs) receipt(touchID, target string) (lead.Delivery, bool) {
	var d lead.Delivery
	b, err := j.o.Journal.Get(receiptShelf, receiptKey(touchID, target))
	if err != nil || decodeKept(b, &d) != nil {
		return d, false
	}
	return d, d.Final()
}

// receipts is what delivery asks about touches.
type receipts struct{ j *Jobs }

func (r receipts) Receipt(touchID, target string) (lead.Delivery, bool) {
	return r.j.receipt(touchID, target)
}
func (r receipts) Settled(touchID string) bool { return r.j.settled(touchID) }

func decodeKept(b []byte, v any) error { return json.Unmarshal(b, v) }

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings, numbers and times
	}
	return b
}
