package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// To be forgotten takes three steps, each of which survives a crash. A wish is
// kept in the journal before it is answered (it may say who is meant, and goes
// when it is fulfilled). It becomes an order, without personal data, that is
// kept here and in the store. Every node carries each order out on its memory,
// its journal and the store, a node that was down when it comes back, and then
// rewrites its journal's file so that no bytes remain.

// The keys of the shelf of erasures begin with one of these.
const (
	wishPrefix    = "wish/"    // of a person, not yet fulfilled
	orderPrefix   = "order/"   // to be carried out here
	carriedPrefix = "carried/" // carried out here; kept for those who have it still to do
)

// eraseKeeper is what forgetting needs of the store.
type eraseKeeper interface {
	Erase(ctx context.Context, e *lead.Erasure) (lead.Erased, error)
	Known(ctx context.Context, p lead.Person) (leadIDs []string, err error)
	Order(ctx context.Context, e *lead.Erasure) error
	Orders(ctx context.Context) (ids []string, err error)
	OrderOf(ctx context.Context, id string) (*lead.Erasure, error)
	Unorder(ctx context.Context, id string) error
}

// Erase keeps the wish that a person be forgotten, starts to fulfil it, and waits
// for the end for a while. Once it has returned without an error the wish is
// fulfilled whatever happens. The counts of the run are its receipt. lead.ErrNotFound
// when there is no lead of the id that the wish names.
func (j *Jobs) Erase(ctx context.Context, w lead.Wish, wait time.Duration) (lead.Run, error) {
	w.ID, w.At = lead.NewID(j.now()), j.now().UTC()
	known := "" // nothing that was only typed stays in the audit
	if w.LeadID != "" {
		switch l, err := j.repo.Lead(ctx, w.LeadID); {
		case errors.Is(err, lead.ErrNotFound):
			return lead.Run{}, fmt.Errorf("erase lead %s: %w", w.LeadID, err)
		case err == nil:
			w.LeadID, known = l.ID, l.ID
		} // Redis may be away: who it is, is found out when it is back
	}
	e := &errand{done: make(chan struct{}), run: lead.Run{ID: w.ID, What: "erase", State: "waiting", StartedAt: w.At, Counts: map[string]int{}}}
	j.errands.know(e)
	did, ops := j.audit.Entry(lead.Entry{By: w.By, Did: lead.ActErase, LeadID: known})
	if err := j.o.Journal.Commit(ctx, append(ops, journal.Put(eraseShelf, wishPrefix+w.ID, mustJSON(w)))...); err != nil {
		return lead.Run{}, fmt.Errorf("keep the wish to erase: %w", notDurable(err))
	}
	j.audit.Share(did)
	select {
	case j.wished <- struct{}{}:
	default:
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	return e.await(ctx), nil
}

// eraseEvery is how often a node looks for orders of others.
const eraseEvery = 5 * time.Second

// eraser fulfils wishes and carries out the orders of other nodes.
func (j *Jobs) eraser(ctx context.Context) {
	if j.redis.Ready(ctx) != nil {
		return
	}
	tick := time.NewTicker(eraseEvery)
	defer tick.Stop()
	for {
		if j.redis.Up() {
			if err := errors.Join(j.fulfil(ctx), j.syncOrders(ctx)); err != nil && ctx.Err() == nil {
				j.log.Warn("an erasure has to wait; it is tried again", "error", err)
				j.redis.ReportError(err)
			}
		}
		select {
		case <-j.wished:
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// fulfil makes an order of each wish and carries it out.
func (j *Jobs) fulfil(ctx context.Context) error {
	wishes, err := kept[lead.Wish](j, wishPrefix)
	if err != nil || len(wishes) == 0 {
		return err
	}
	for _, w := range wishes {
		if err := j.fulfilOne(ctx, w); err != nil {
			return fmt.Errorf("erasure %s: %w", w.ID, err)
		}
	}
	return nil
}

func (j *Jobs) fulfilOne(ctx context.Context, w *lead.Wish) error {
	e := j.errands.of(w.ID)
	e.begin()
	order := lead.NewErasure(w.ID, w.At, j.o.PlusTagsSame)
	if b, err := j.o.Journal.Get(eraseShelf, orderPrefix+w.ID); err == nil { // an earlier run got so far
		if err := json.Unmarshal(b, order); err != nil {
			return err
		}
	} else if err := j.resolve(ctx, w, order); err != nil {
		return err
	}
	if err := j.o.Journal.Commit(ctx, journal.Put(eraseShelf, orderPrefix+w.ID, mustJSON(order))); err != nil {
		return err
	}
	if err := j.o.Store.Order(ctx, order); err != nil {
		return err
	}
	n, err := j.carryOut(ctx, order, journal.Delete(eraseShelf, wishPrefix+w.ID))
	if err != nil {
		return err
	}
	e.end(n, j.now(), nil)
	j.log.Info("a person was erased", "erasure", w.ID, "leads", n["leads"], "touches", n["touches"], "requests", n["requests"], "requests_cut", n["requests_cut"])
	return nil
}

// resolve finds out what has to go.
func (j *Jobs) resolve(ctx context.Context, w *lead.Wish, order *lead.Erasure) error {
	nameOf(order, lead.Person{Email: w.Email, Phone: w.Phone})
	if w.TouchID != "" {
		order.Touches = append(order.Touches, w.TouchID)
	}
	ids, err := j.meant(ctx, w)
	if err != nil {
		return err
	}
	leads, err := j.withMerged(ctx, ids)
	if err != nil {
		return err
	}
	if err := j.coverLeads(ctx, order, leads); err != nil {
		return err
	}
	if err := j.coverTagged(ctx, order); err != nil {
		return err
	}
	// What has no lead of the person's: held, repeats, on its way.
	for _, state := range []lead.State{lead.Quarantined, lead.Merged, lead.Accepted} {
		for t, err := range j.o.Store.AllTouches(ctx, lead.TouchFilter{State: state}) {
			if err = errors.Join(err, ctx.Err()); err != nil {
				return err
			}
			if order.Covers(t) || slices.Contains(order.Touches, t.MergedInto) {
				cover(order, t)
			}
		}
	}
	return nil
}

// meant are the ids of the leads of whom a wish speaks.
func (j *Jobs) meant(ctx context.Context, w *lead.Wish) (ids []string, err error) {
	if w.LeadID != "" {
		ids = append(ids, w.LeadID)
	}
	if w.TouchID != "" {
		switch t, err := j.repo.Touch(ctx, w.TouchID); {
		case err == nil && t.LeadID != "":
			ids = append(ids, t.LeadID)
		case err != nil && !errors.Is(err, lead.ErrNotFound):
			return nil, err
		}
	}
	if w.Source != "" {
		for t, err := range j.o.Store.AllTouches(ctx, lead.TouchFilter{Source: w.Source}) {
			if err = errors.Join(err, ctx.Err()); err != nil {
				return nil, err
			}
			if t.Fields[w.Field] == w.Value && t.LeadID != "" && !slices.Contains(ids, t.LeadID) {
				ids = append(ids, t.LeadID)
			}
		}
	}
	known, err := j.o.Store.Known(ctx, lead.Person{Email: w.Email, Phone: w.Phone})
	return append(ids, known...), err
}

// coverTagged adds the leads that go by another tag of the person's address: they
// were kept before the tags were said to be the same.
func (j *Jobs) coverTagged(ctx context.Context, order *lead.Erasure) error {
	if !order.Tags || len(order.Who) == 0 {
		return nil
	}
	var ids []string
	for l, err := range j.o.Store.AllLeads(ctx) {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if order.Is(l.Person) && !slices.Contains(order.Leads, l.ID) {
			ids = append(ids, l.ID)
		}
	}
	leads, err := j.withMerged(ctx, ids)
	if err != nil {
		return err
	}
	return j.coverLeads(ctx, order, leads)
}

// coverLeads adds leads to an order.
func (j *Jobs) coverLeads(ctx context.Context, order *lead.Erasure, leads []*lead.Lead) error {
	for _, l := range leads {
		if slices.Contains(order.Leads, l.ID) {
			continue
		}
		order.Leads = append(order.Leads, l.ID)
		if err := j.coverLead(ctx, order, l); err != nil {
			return err
		}
	}
	return nil
}

// coverLead adds to an order whatever a lead is made of, and all the names that
// it goes by.
func (j *Jobs) coverLead(ctx context.Context, order *lead.Erasure, l *lead.Lead) error {
	nameOf(order, l.Person)
	for ids := range slices.Chunk(l.Touches, loadBatch) {
		touches, err := j.o.Store.TouchesByID(ctx, ids)
		if err != nil {
			return err
		}
		for i, t := range touches {
			if t == nil {
				order.Touches = append(order.Touches, ids[i])
				continue
			}
			nameOf(order, t.Person)
			cover(order, t)
		}
	}
	return nil
}

// nameOf adds what a person is known by: the e-mail, or the phone of somebody
// who has none.
func nameOf(order *lead.Erasure, p lead.Person) {
	if keys := lead.Keys(p); len(keys) > 0 {
		order.Name(keys[0])
	}
}

// cover adds a touch with its request, and its lead when that has been held.
func cover(order *lead.Erasure, t *lead.Touch) {
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

// syncOrders carries out what was ordered elsewhere, and tells the store of
// what it has forgotten.
func (j *Jobs) syncOrders(ctx context.Context) error {
	ids, err := j.o.Prompt.Orders(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := j.o.Journal.Get(eraseShelf, carriedPrefix+id); err == nil {
			continue
		} else if !errors.Is(err, journal.ErrNotFound) {
			return err
		}
		order, err := j.o.Store.OrderOf(ctx, id)
		if err != nil {
			return err
		}
		if order == nil {
			continue
		}
		if _, err := j.carryOut(ctx, order); err != nil {
			return fmt.Errorf("carry out erasure %s: %w", id, err)
		}
	}
	return j.reorder(ctx, ids)
}

// reorder puts orders back into a store that was wiped, and lets go of those
// that no journal can need any more.
func (j *Jobs) reorder(ctx context.Context, there []string) error {
	carried, err := kept[lead.Erasure](j, carriedPrefix)
	if err != nil {
		return err
	}
	for _, order := range carried {
		switch over := j.now().Sub(order.At) > j.o.Retention; {
		case over:
			if err := j.o.Store.Unorder(ctx, order.ID); err != nil {
				return err
			}
			if err := j.o.Journal.Settle(ctx, journal.Delete(eraseShelf, carriedPrefix+order.ID)); err != nil {
				return err
			}
		case !slices.Contains(there, order.ID):
			if err := j.o.Store.Order(ctx, order); err != nil {
				return err
			}
		}
	}
	return nil
}

// kept returns what the shelf of erasures holds under a prefix.
func kept[T any](j *Jobs, prefix string) (all []*T, err error) {
	each := j.o.Journal.Each(eraseShelf, prefix, func(key string, value []byte) bool {
		if !strings.HasPrefix(key, prefix) {
			return false
		}
		v := new(T)
		if bad := decodeKept(value, v); bad != nil {
			j.log.Error("a kept erasure cannot be read; it stays there", "key", key, "error", bad)
			return true
		}
		all = append(all, v)
		return true
	})
	return all, each
}
