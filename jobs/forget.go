package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/leadgate/leadgate/jobs/books"
	"github.com/leadgate/leadgate/jobs/enrich"
	"github.com/leadgate/leadgate/jobs/queue"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// carryOut carries out an order of erasure on this node: its memory, the posted
// messages, the store, the journal with done in the last commit, and the bytes
// that the journal's file still holds. It counts what has gone. Run again it
// finds nothing left to do.
func (j *Jobs) carryOut(ctx context.Context, order *lead.Erasure, done ...journal.Op) (map[string]int, error) {
	counts := map[string]int{}
	here := *order // with what only this node knows
	here.Touches, here.Leads, here.Requests = slices.Clone(order.Touches), slices.Clone(order.Leads), slices.Clone(order.Requests)
	if err := j.coverWaiting(&here); err != nil {
		return nil, err
	}
	if err := j.coverUnread(ctx, &here); err != nil {
		return nil, err
	}
	if err := j.coverShared(&here); err != nil {
		return nil, err
	}
	for _, id := range here.Touches {
		j.targets.Remove(id)
		j.forget(id)
	}
	leads, err := j.o.Store.LeadsByID(ctx, here.Leads)
	if err != nil {
		return nil, err
	}
	for _, l := range leads {
		if l == nil {
			continue
		}
		counts["messages"] += len(l.Posts)
		if err := j.messages.UpdateErased(ctx, l); err != nil {
			return nil, err
		}
	}
	var ops []journal.Op
	// Twice, for a job that was at one of them may have written it back.
	for range 2 {
		gone, err := j.o.Store.Erase(ctx, &here)
		if err != nil {
			return nil, err
		}
		counts["leads"] += gone.Leads
		counts["touches"] += gone.Touches
		for day, n := range gone.Days { // they leave the books on both sides
			ops = append(ops, books.CountOp(day, -int64(n)))
		}
	}
	kept, err := j.forgetKept(&here, counts)
	if err != nil {
		return nil, err
	}
	ops = append(append(ops, kept...), done...)
	ops = append(ops, journal.Put(eraseShelf, carriedPrefix+order.ID, mustJSON(order)), journal.Delete(eraseShelf, orderPrefix+order.ID))
	if err := j.o.Journal.Settle(ctx, ops...); err != nil {
		return nil, fmt.Errorf("erase from the journal: %w", err)
	}
	if err := j.o.Journal.Compact(ctx); err != nil {
		return nil, fmt.Errorf("rewrite the journal without what was erased: %w", err)
	}
	return counts, nil
}

// coverWaiting adds the person's touches of this node's journal, which the store
// need not know.
func (j *Jobs) coverWaiting(order *lead.Erasure) error {
	for _, l := range []string{queue.Hot, queue.Bulk} {
		err := j.o.Journal.Each(l, "", func(_ string, value []byte) bool {
			if t, err := repo.DecodeWaiting(value); err == nil && order.Covers(t) {
				cover(order, t)
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	return j.o.Journal.Each(repo.TouchShelf, "", func(_ string, value []byte) bool {
		var t lead.Touch
		if decodeKept(value, &t) == nil && (order.Covers(&t) || slices.Contains(order.Touches, t.MergedInto)) {
			cover(order, &t)
		}
		return true
	})
}

// coverUnread adds touches that could not be read and whose request, in this
// node's journal, holds an address of the person.
func (j *Jobs) coverUnread(ctx context.Context, order *lead.Erasure) error {
	for t, err := range j.o.Store.AllTouches(ctx, lead.TouchFilter{State: lead.Unread}) {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if t.ReceivedAt.After(order.At) {
			continue
		}
		req, err := j.repo.Request(t.RequestID)
		switch {
		case errors.Is(err, journal.ErrNotFound):
		case err != nil:
			return err
		case order.Mentions(req.Body):
			cover(order, t)
		}
	}
	return nil
}

// coverShared adds the requests in this node's journal that hold one of the
// touches among others, also as a repeated delivery of which another request is
// the first.
func (j *Jobs) coverShared(order *lead.Erasure) error {
	return j.o.Journal.Each(repo.RequestShelf, "", func(key string, value []byte) bool {
		if slices.Contains(order.Requests, key) {
			return true
		}
		req, err := repo.DecodeRequest(value)
		if err == nil && slices.ContainsFunc(req.Touches, func(id string) bool { return slices.Contains(order.Touches, id) }) {
			order.Requests = append(order.Requests, key)
		}
		return true
	})
}

// forgetKept returns the ops that take an order's touches, leads and requests
// out of the journal. Of a request that others share only their part stays.
func (j *Jobs) forgetKept(order *lead.Erasure, counts map[string]int) (ops []journal.Op, err error) {
	for _, id := range order.Touches {
		for _, l := range []string{queue.Hot, queue.Bulk} {
			t, err := j.repo.Waiting(l, id)
			if errors.Is(err, journal.ErrNotFound) {
				continue
			}
			if err == nil && !t.Test {
				j.books.Settled(t)
				ops = append(ops, books.CountOp(lead.Day(t.ReceivedAt), -1))
			}
			ops = append(ops, journal.Delete(l, id))
		}
		ops = append(ops, journal.Delete(repo.TouchShelf, id), enrich.Forget(id))
		for _, target := range targetNames(j.o.Outlets) {
			ops = append(ops, journal.Delete(repo.ReceiptShelf, repo.ReceiptKey(id, target)))
		}
	}
	for _, id := range order.Leads {
		ops = append(ops, journal.Delete(repo.LeadShelf, id))
	}
	err = j.o.Journal.Each(repo.LeadShelf, "", func(key string, value []byte) bool {
		var l lead.Lead
		if decodeKept(value, &l) == nil && !l.UpdatedAt.After(order.At) && order.Is(l.Person) {
			ops = append(ops, journal.Delete(repo.LeadShelf, key))
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	for _, id := range order.Requests {
		req, err := j.repo.Request(id)
		if errors.Is(err, journal.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		op, what := j.cutRequest(req, order)
		counts[what]++
		ops = append(ops, op)
	}
	return ops, nil
}

// cutRequest takes the person's part out of a request, or all of it when that is
// all.
func (j *Jobs) cutRequest(req *lead.Request, order *lead.Erasure) (op journal.Op, what string) {
	gone := make([]bool, len(req.Touches))
	all := true
	for i, id := range req.Touches {
		gone[i] = slices.Contains(order.Touches, id)
		all = all && gone[i]
	}
	if all || j.o.Cut == nil {
		return journal.Delete(repo.RequestShelf, req.ID), "requests"
	}
	rest, err := j.o.Cut(req, gone)
	if err != nil || order.Mentions(rest.Body) {
		// What cannot be taken apart goes as a whole; the others' touches stay.
		return journal.Delete(repo.RequestShelf, req.ID), "requests"
	}
	return repo.RequestOp(rest), "requests_cut"
}
