package privacy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/leadgate/leadgate/jobs/books"
	"github.com/leadgate/leadgate/jobs/enrich"
	"github.com/leadgate/leadgate/jobs/queue"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// The keys of the shelf of erasures begin with one of these.
const (
	wishPrefix    = "wish/"    // request of a person, not yet resolved; it may say who is meant
	orderPrefix   = "order/"   // what has to go, without personal data; to be applied here
	appliedPrefix = "carried/" // applied here; kept for nodes that have it still to do
)

// Erase keeps the request to erase a person, starts to process it, and waits for
// the end for a while. Once it has returned without an error the person is erased
// whatever happens. The counts of the run are its receipt. lead.ErrNotFound
// when there is no lead of the id that the request names.
func (p *Privacy) Erase(ctx context.Context, w lead.EraseRequest, wait time.Duration) (lead.Run, error) {
	w.ID, w.At = lead.NewID(p.o.Now()), p.o.Now().UTC()
	known := "" // nothing that was only typed stays in the audit
	if w.LeadID != "" {
		switch l, err := p.o.Repo.Lead(ctx, w.LeadID); {
		case errors.Is(err, lead.ErrNotFound):
			return lead.Run{}, fmt.Errorf("erase lead %s: %w", w.LeadID, err)
		case err == nil:
			w.LeadID, known = l.ID, l.ID
		} // Redis may be away: who it is, is found out when it is back
	}
	run := p.o.Runs.Track(w.ID, "erase", w.At)
	did, ops := p.o.Audit.Entry(lead.Entry{By: w.By, Did: lead.ActErase, LeadID: known})
	if err := p.o.Journal.Commit(ctx, append(ops, p.requests.Put(wishPrefix+w.ID, w))...); err != nil {
		return lead.Run{}, fmt.Errorf("keep the request to erase: %w", repo.NotDurable(err))
	}
	p.o.Audit.Share(did)
	select {
	case p.requested <- struct{}{}:
	default:
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	return run.Wait(ctx), nil
}

// eraseEvery is how often a node looks for orders of others.
const eraseEvery = 5 * time.Second

// processErasures processes requests and applies the orders of other nodes until ctx
// ends.
func (p *Privacy) processErasures(ctx context.Context) {
	tick := time.NewTicker(eraseEvery)
	defer tick.Stop()
	for {
		if p.o.Redis.Up() {
			if err := errors.Join(p.processAll(ctx), p.syncOrders(ctx)); err != nil && ctx.Err() == nil {
				p.log.Warn("an erasure has to wait; it is tried again", "error", err)
				p.o.Redis.ReportError(err)
			}
		}
		select {
		case <-p.requested:
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// processAll makes an order of each request and applies it.
func (p *Privacy) processAll(ctx context.Context) error {
	for w, err := range p.requests.Under(wishPrefix) {
		if err != nil {
			return fmt.Errorf("read requests to erase: %w", err)
		}
		if err := p.process(ctx, &w.Value); err != nil {
			return fmt.Errorf("erasure %s: %w", w.Value.ID, err)
		}
	}
	return nil
}

func (p *Privacy) process(ctx context.Context, w *lead.EraseRequest) error {
	run := p.o.Runs.Tracked(w.ID)
	run.Begin()
	order, err := p.orders.Get(orderPrefix + w.ID)
	switch {
	case errors.Is(err, journal.ErrNotFound):
		order = lead.NewErasure(w.ID, w.At, p.o.PlusTagsSame)
		if err := p.resolve(ctx, w, order); err != nil {
			return err
		}
	case err != nil:
		return err
	} // else an earlier run got so far
	if err := p.o.Journal.Commit(ctx, p.orders.Put(orderPrefix+w.ID, order)); err != nil {
		return err
	}
	if err := p.o.Store.Order(ctx, order); err != nil {
		return err
	}
	n, err := p.apply(ctx, order, p.requests.Delete(wishPrefix+w.ID))
	if err != nil {
		return err
	}
	run.End(n, p.o.Now(), nil)
	p.log.Info("a person was erased", "erasure", w.ID, "leads", n["leads"], "touches", n["touches"], "requests", n["requests"], "requests_cut", n["requests_cut"])
	return nil
}

// resolve finds out what has to go.
func (p *Privacy) resolve(ctx context.Context, w *lead.EraseRequest, order *lead.Erasure) error {
	addName(order, lead.Person{Email: w.Email, Phone: w.Phone})
	if w.TouchID != "" {
		order.Touches = append(order.Touches, w.TouchID)
	}
	ids, err := p.leadsOf(ctx, w)
	if err != nil {
		return err
	}
	leads, err := p.o.Repo.WithMerged(ctx, ids)
	if err != nil {
		return err
	}
	if err := p.addLeads(ctx, order, leads); err != nil {
		return err
	}
	if err := p.addTagged(ctx, order); err != nil {
		return err
	}
	// What has no lead of the person's: held, repeats, on its way.
	for _, state := range []lead.State{lead.Quarantined, lead.Merged, lead.Accepted} {
		for t, err := range p.o.Store.AllTouches(ctx, lead.TouchFilter{State: state}) {
			if err = errors.Join(err, ctx.Err()); err != nil {
				return err
			}
			if order.Covers(t) || slices.Contains(order.Touches, t.MergedInto) {
				addTouch(order, t)
			}
		}
	}
	return nil
}

// leadsOf are the ids of the leads that a request means.
func (p *Privacy) leadsOf(ctx context.Context, w *lead.EraseRequest) (ids []string, err error) {
	if w.LeadID != "" {
		ids = append(ids, w.LeadID)
	}
	if w.TouchID != "" {
		switch t, err := p.o.Repo.Touch(ctx, w.TouchID); {
		case err == nil && t.LeadID != "":
			ids = append(ids, t.LeadID)
		case err != nil && !errors.Is(err, lead.ErrNotFound):
			return nil, err
		}
	}
	if w.Source != "" {
		for t, err := range p.o.Store.AllTouches(ctx, lead.TouchFilter{Source: w.Source}) {
			if err = errors.Join(err, ctx.Err()); err != nil {
				return nil, err
			}
			if t.Fields[w.Field] == w.Value && t.LeadID != "" && !slices.Contains(ids, t.LeadID) {
				ids = append(ids, t.LeadID)
			}
		}
	}
	known, err := p.o.Store.Known(ctx, lead.Person{Email: w.Email, Phone: w.Phone})
	return append(ids, known...), err
}

// addTagged adds the leads that go by another tag of the person's address: they
// were kept before the tags were said to be the same.
func (p *Privacy) addTagged(ctx context.Context, order *lead.Erasure) error {
	if !order.Tags || len(order.Who) == 0 {
		return nil
	}
	var ids []string
	for l, err := range p.o.Store.AllLeads(ctx) {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if order.Is(l.Person) && !slices.Contains(order.Leads, l.ID) {
			ids = append(ids, l.ID)
		}
	}
	leads, err := p.o.Repo.WithMerged(ctx, ids)
	if err != nil {
		return err
	}
	return p.addLeads(ctx, order, leads)
}

// addLeads adds leads to an order.
func (p *Privacy) addLeads(ctx context.Context, order *lead.Erasure, leads []*lead.Lead) error {
	for _, l := range leads {
		if slices.Contains(order.Leads, l.ID) {
			continue
		}
		order.Leads = append(order.Leads, l.ID)
		if err := p.addLead(ctx, order, l); err != nil {
			return err
		}
	}
	return nil
}

// addLead adds to an order whatever a lead is made of, and all the names that
// it goes by.
func (p *Privacy) addLead(ctx context.Context, order *lead.Erasure, l *lead.Lead) error {
	addName(order, l.Person)
	for ids := range slices.Chunk(l.Touches, touchBatch) {
		touches, err := p.o.Store.TouchesByID(ctx, ids)
		if err != nil {
			return err
		}
		for i, t := range touches {
			if t == nil {
				order.Touches = append(order.Touches, ids[i])
				continue
			}
			addName(order, t.Person)
			addTouch(order, t)
		}
	}
	return nil
}

// addName adds what a person is known by: the e-mail, or the phone of somebody
// who has none.
func addName(order *lead.Erasure, p lead.Person) {
	if keys := lead.Keys(p); len(keys) > 0 {
		order.Name(keys[0])
	}
}

// addTouch adds a touch with its request, and its lead when that has been held.
func addTouch(order *lead.Erasure, t *lead.Touch) {
	add := func(list *[]string, id string) {
		if id != "" && !slices.Contains(*list, id) {
			*list = append(*list, id)
		}
	}
	add(&order.Touches, t.ID)
	add(&order.Requests, t.RequestID)
	if t.State == lead.Quarantined {
		add(&order.Leads, t.LeadID)
	}
}

// syncOrders applies what was ordered on other nodes, and puts back what the store
// has lost.
func (p *Privacy) syncOrders(ctx context.Context) error {
	ids, err := p.o.Prompt.Orders(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := p.orders.Get(appliedPrefix + id); err == nil {
			continue
		} else if !errors.Is(err, journal.ErrNotFound) {
			return err
		}
		order, err := p.o.Store.OrderOf(ctx, id)
		if err != nil {
			return err
		}
		if order == nil {
			continue
		}
		if _, err := p.apply(ctx, order); err != nil {
			return fmt.Errorf("apply erasure %s: %w", id, err)
		}
	}
	return p.restoreOrders(ctx, ids)
}

// restoreOrders puts orders back into a store that lost them, and drops those that
// no journal can need any more.
func (p *Privacy) restoreOrders(ctx context.Context, there []string) error {
	for applied, err := range p.orders.Under(appliedPrefix) {
		if err != nil {
			return fmt.Errorf("read applied erasures: %w", err)
		}
		order := applied.Value
		switch over := p.o.Now().Sub(order.At) > p.o.Retention; {
		case over:
			if err := p.o.Store.Unorder(ctx, order.ID); err != nil {
				return err
			}
			if err := p.o.Journal.Settle(ctx, p.orders.Delete(applied.Key)); err != nil {
				return err
			}
		case !slices.Contains(there, order.ID):
			if err := p.o.Store.Order(ctx, order); err != nil {
				return err
			}
		}
	}
	return nil
}

// apply applies an order of erasure on this node: to its memory, the posted
// messages, the store, the journal with done in the last commit, and the bytes
// that the journal's file still holds. It counts what has gone. Run again it
// finds nothing left to do.
func (p *Privacy) apply(ctx context.Context, order *lead.Erasure, done ...journal.Op) (map[string]int, error) {
	counts := map[string]int{}
	here := *order // with what only this node knows
	here.Touches, here.Leads, here.Requests = slices.Clone(order.Touches), slices.Clone(order.Leads), slices.Clone(order.Requests)
	if err := p.addHere(&here); err != nil {
		return nil, err
	}
	if err := p.addUnread(ctx, &here); err != nil {
		return nil, err
	}
	if err := p.addRequests(&here); err != nil {
		return nil, err
	}
	for _, id := range here.Touches {
		p.o.Forget(id)
	}
	leads, err := p.o.Store.LeadsByID(ctx, here.Leads)
	if err != nil {
		return nil, err
	}
	for _, l := range leads {
		if l == nil {
			continue
		}
		counts["messages"] += len(l.Posts)
		if err := p.o.Messages.UpdateErased(ctx, l); err != nil {
			return nil, err
		}
	}
	var ops []journal.Op
	// Twice, for a job that was at one of them may have written it back.
	for range 2 {
		gone, err := p.o.Store.Erase(ctx, &here)
		if err != nil {
			return nil, err
		}
		counts["leads"] += gone.Leads
		counts["touches"] += gone.Touches
		for day, n := range gone.Days { // they leave the books on both sides
			ops = append(ops, books.CountOp(day, -int64(n)))
		}
	}
	kept, err := p.deleteHere(&here, counts)
	if err != nil {
		return nil, err
	}
	ops = append(append(ops, kept...), done...)
	ops = append(ops, p.orders.Put(appliedPrefix+order.ID, order), p.orders.Delete(orderPrefix+order.ID))
	if err := p.o.Journal.Settle(ctx, ops...); err != nil {
		return nil, fmt.Errorf("erase from the journal: %w", err)
	}
	if err := p.o.Journal.Compact(ctx); err != nil {
		return nil, fmt.Errorf("rewrite the journal without what was erased: %w", err)
	}
	return counts, nil
}

// addHere adds the person's touches of this node's journal, which the store
// need not know.
func (p *Privacy) addHere(order *lead.Erasure) error {
	for _, l := range []string{queue.Hot, queue.Bulk} {
		err := p.o.Journal.Each(l, "", func(_ string, value []byte) bool {
			if t, err := repo.DecodeWaiting(value); err == nil && order.Covers(t) {
				addTouch(order, t)
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	return p.o.Journal.Each(repo.TouchShelf, "", func(_ string, value []byte) bool {
		var t lead.Touch
		if json.Unmarshal(value, &t) == nil && (order.Covers(&t) || slices.Contains(order.Touches, t.MergedInto)) {
			addTouch(order, &t)
		}
		return true
	})
}

// addUnread adds touches that could not be read and whose request, in this
// node's journal, holds an address of the person.
func (p *Privacy) addUnread(ctx context.Context, order *lead.Erasure) error {
	for t, err := range p.o.Store.AllTouches(ctx, lead.TouchFilter{State: lead.Unread}) {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if t.ReceivedAt.After(order.At) {
			continue
		}
		req, err := p.o.Repo.Request(t.RequestID)
		if errors.Is(err, journal.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if order.Mentions(req.Body) {
			addTouch(order, t)
		}
	}
	return nil
}

// addRequests adds the requests in this node's journal that hold one of the
// touches among others, also as a repeated delivery of which another request is
// the first.
func (p *Privacy) addRequests(order *lead.Erasure) error {
	return p.o.Journal.Each(repo.RequestShelf, "", func(key string, value []byte) bool {
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

// deleteHere returns the ops that take an order's touches, leads and requests
// out of the journal. Of a request that others share only their part stays.
func (p *Privacy) deleteHere(order *lead.Erasure, counts map[string]int) (ops []journal.Op, err error) {
	for _, id := range order.Touches {
		for _, l := range []string{queue.Hot, queue.Bulk} {
			t, err := p.o.Repo.Waiting(l, id)
			if errors.Is(err, journal.ErrNotFound) {
				continue
			}
			if err == nil && !t.Test {
				p.o.Books.Settled(t)
				ops = append(ops, books.CountOp(lead.Day(t.ReceivedAt), -1))
			}
			ops = append(ops, journal.Delete(l, id))
		}
		ops = append(ops, journal.Delete(repo.TouchShelf, id), enrich.Forget(id))
		for _, target := range p.o.Targets {
			ops = append(ops, journal.Delete(repo.ReceiptShelf, repo.ReceiptKey(id, target)))
		}
	}
	for _, id := range order.Leads {
		ops = append(ops, journal.Delete(repo.LeadShelf, id))
	}
	err = p.o.Journal.Each(repo.LeadShelf, "", func(key string, value []byte) bool {
		var l lead.Lead
		if json.Unmarshal(value, &l) == nil && !l.UpdatedAt.After(order.At) && order.Is(l.Person) {
			ops = append(ops, journal.Delete(repo.LeadShelf, key))
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	for _, id := range order.Requests {
		req, err := p.o.Repo.Request(id)
		if errors.Is(err, journal.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		op, what := p.cutRequest(req, order)
		counts[what]++
		ops = append(ops, op)
	}
	return ops, nil
}

// cutRequest takes the person's part out of a request, or all of it when that is
// all.
func (p *Privacy) cutRequest(req *lead.Request, order *lead.Erasure) (op journal.Op, what string) {
	gone := make([]bool, len(req.Touches))
	all := true
	for i, id := range req.Touches {
		gone[i] = slices.Contains(order.Touches, id)
		all = all && gone[i]
	}
	if all {
		return journal.Delete(repo.RequestShelf, req.ID), "requests"
	}
	rest, err := p.o.Cut(req, gone)
	if err != nil || order.Mentions(rest.Body) {
		// What cannot be taken apart goes as a whole; the others' touches stay.
		return journal.Delete(repo.RequestShelf, req.ID), "requests"
	}
	return repo.RequestOp(rest), "requests_cut"
}
