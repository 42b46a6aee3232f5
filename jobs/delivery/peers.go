package delivery

import (
	"context"
	"time"

	"github.com/leadgate/leadgate/lead"
)

const (
	// longWait is less than what a hot touch waits before it is sent from the
	// journal.
	longWait = time.Second
	// leaseSlack is how much longer than an attempt its lease lasts.
	leaseSlack = 3 * time.Second
)

// sentElsewhere are the deliveries, by touch, of items that waited here so long
// that another replica may have sent them meanwhile.
func (b *outbox) sentElsewhere(ctx context.Context, items []*Item) map[string]lead.Delivery {
	now := b.t.now()
	var ids []string
	for _, i := range items {
		if i.Notification == nil && now.Sub(i.since()) > longWait {
			ids = append(ids, i.Touch.ID)
		}
	}
	if len(ids) == 0 || b.t.peers() == nil {
		return nil
	}
	found, err := b.t.o.Prompt.TouchesByID(ctx, ids)
	if err != nil {
		b.t.o.Redis.ReportError(err)
		return nil
	}
	sent := map[string]lead.Delivery{}
	for _, t := range found {
		if t == nil {
			continue
		}
		for _, d := range t.Deliveries {
			if d.Target == b.target.Name && d.Final() && t.Counts(d) {
				sent[t.ID] = d
			}
		}
	}
	return sent
}

// admit asks the other replicas for leave to send items, and returns those that
// no other one sends at the moment, or how long all of them have to wait for the
// pace. While Redis is away each replica decides by itself.
func (b *outbox) admit(ctx context.Context, items []*Item) (free []*Item, wait time.Duration) {
	peers := b.t.peers()
	if peers == nil {
		return items, 0
	}
	a := lead.Admission{Owner: b.t.o.Node, For: b.attemptFor() + leaseSlack}
	a.Pace, a.Every, a.Burst = b.pacer.Bound()
	for _, i := range items {
		if i.Notification == nil {
			a.Leases = append(a.Leases, i.Touch.ID+"/"+b.target.Name)
		}
	}
	if len(a.Leases) == 0 && a.Every <= 0 {
		return items, 0
	}
	wait, elsewhere, err := peers.Admit(ctx, a)
	if err != nil {
		b.t.o.Redis.ReportError(err)
		return items, 0
	}
	for _, i := range items {
		if i.Notification == nil {
			taken := elsewhere[0]
			if elsewhere = elsewhere[1:]; taken { // the sweeper looks after it
				b.drop(i)
				b.t.sink.Dropped(i.Touch.ID)
				continue
			}
		}
		free = append(free, i)
	}
	return free, wait
}

// reserve says how long to wait before a message that is about no lead; 0: it
// may go now, and is counted.
func (b *outbox) reserve(ctx context.Context, now time.Time) time.Duration {
	wait := b.pacer.Reserve(now)
	if wait > 0 {
		return wait
	}
	if _, wait = b.admit(ctx, nil); wait > 0 {
		b.pacer.Return()
	}
	return wait
}

// hold lets nothing out for so long; asked says that the target wants it so,
// from all replicas.
func (b *outbox) hold(ctx context.Context, now time.Time, wait time.Duration, asked bool) {
	b.pacer.PauseUntil(now.Add(wait))
	name, every, burst := b.pacer.Bound()
	if peers := b.t.peers(); peers != nil && asked && every > 0 {
		if err := peers.Hold(ctx, name, wait, every, burst); err != nil {
			b.t.o.Redis.ReportError(err) // the target itself will tell the others
		}
	}
}
