package delivery

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/pace"
)

// Item is one alert for one target.
type Item struct {
	notify.Alert
	Notification *Notification // nil: the alert belongs to its touch
	Direct       bool          // made from the journal, while Redis was away
	Attempts     int           // made so far

	resting  time.Time // until then others go first
	failed   bool      // its last attempt did
	passedOn bool      // the target's fallback has it, too
}

// Delivery is d with the item's attempts.
func (i *Item) Delivery(d lead.Delivery) lead.Delivery {
	d.Attempts = i.Attempts
	return d
}

// since is the moment that an item is as old as.
func (i *Item) since() time.Time {
	if i.Notification != nil {
		return i.Notification.Since
	}
	return i.Touch.Begun()
}

// priority sorts alerts before CRM copies.
func (i *Item) priority() int {
	if i.Kind == lead.Copy {
		return 1
	}
	return 0
}

// rollable says whether an item may share a message with others. What failed
// alone before is sent alone again.
func (i *Item) rollable() bool {
	return !i.failed && (i.Kind == lead.HotAlert || i.Kind == lead.JustTurnedHot)
}

// outbox is the queue in front of one target. It holds items, alerts before
// copies and the oldest first, keeps the target's pace, rolls up what would have
// to wait, and retries until the target has it or its age ends it. Of one lead
// it sends one item at a time.
type outbox struct {
	t       *Targets
	target  notify.Target
	sender  notify.Sender
	pacer   *pace.Pacer
	changed chan struct{}

	mu      sync.Mutex
	waiting []*Item
	ids     map[string]*Item // by Alert.ID: waiting or being sent
	leads   map[string]bool  // leads with an item that is being sent
	sending int              // messages in flight
	health  health
}

func newOutbox(t *Targets, o Outlet) *outbox {
	return &outbox{t: t, target: o.Target, sender: o.Sender, pacer: o.Pacer, changed: make(chan struct{}, 1),
		ids: map[string]*Item{}, leads: map[string]bool{}}
}

// add queues an item, unless it waits already.
func (b *outbox) add(i *Item) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.ids[i.ID()]; ok {
		return
	}
	b.ids[i.ID()] = i
	b.insert(i)
	b.wake()
}

// insert puts an item in its place; the caller holds the lock.
func (b *outbox) insert(i *Item) {
	at, _ := slices.BinarySearchFunc(b.waiting, i, func(a, b *Item) int {
		return cmp.Or(cmp.Compare(a.priority(), b.priority()), a.since().Compare(b.since()), cmp.Compare(a.ID(), b.ID()))
	})
	b.waiting = slices.Insert(b.waiting, at, i)
}

// requeue makes items wait again in their places, changed by change.
func (b *outbox) requeue(items []*Item, change func(*Item)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, i := range items {
		change(i)
		b.insert(i)
	}
	b.wake()
}

// drop removes items that no longer wait.
func (b *outbox) drop(items ...*Item) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, i := range items {
		delete(b.ids, i.ID())
	}
}

func (b *outbox) remove(touchID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.ids, touchID)
	b.waiting = slices.DeleteFunc(b.waiting, func(i *Item) bool { return i.Touch.ID == touchID })
}

func (b *outbox) wake() {
	select {
	case b.changed <- struct{}{}:
	default:
	}
}

func (b *outbox) has(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ids[id] != nil
}

func (b *outbox) len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.waiting)
}

// run sends until ctx ends, as many messages at once as the target takes.
func (b *outbox) run(ctx context.Context) {
	var sends sync.WaitGroup
	defer sends.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		items, wait := b.next()
		if len(items) > 0 {
			sends.Go(func() { b.send(ctx, items) })
			continue
		}
		var ready <-chan time.Time
		if wait > 0 {
			timer.Reset(wait)
			ready = timer.C
		}
		select {
		case <-b.changed:
		case <-ready:
		case <-ctx.Done():
		}
	}
}

// next picks the items of the next message, if it may go now. Without items:
// how long to wait, 0 for a change.
func (b *outbox) next() ([]*Item, time.Duration) {
	now := b.t.now()
	if wait, ok := b.ready(now); !ok {
		return nil, wait
	}
	if wait := b.pacer.Reserve(now); wait > 0 {
		return nil, wait
	}
	return b.take(now), 0
}

// ready says whether an item may be sent and the target takes another message. A
// target in trouble gets one message at a time.
func (b *outbox) ready(now time.Time) (wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	most := b.target.InFlight()
	if b.health.fails > 0 {
		most = 1
	}
	if b.health.pause != nil || b.sending >= most {
		return 0, false
	}
	held := map[string]bool{}
	for _, i := range b.waiting {
		rest := i.resting.Sub(now)
		if !b.leads[i.Lead.ID] && !held[i.Lead.ID] && rest <= 0 {
			return 0, true
		}
		held[i.Lead.ID] = true
		if rest > 0 && (wait == 0 || rest < wait) {
			wait = rest
		}
	}
	return wait, false
}

// take picks the items of the next message: all that can be rolled up, or one.
func (b *outbox) take(now time.Time) (items []*Item) {
	b.mu.Lock()
	defer b.mu.Unlock()
	most, held, picked := b.sender.Most(), map[string]bool{}, map[*Item]bool{}
	for _, i := range b.waiting {
		free := !b.leads[i.Lead.ID] && !held[i.Lead.ID] && !i.resting.After(now)
		held[i.Lead.ID] = true
		if !free || len(items) > 0 && !i.rollable() {
			continue
		}
		items, picked[i] = append(items, i), true
		if len(items) >= most || !i.rollable() {
			break
		}
	}
	b.waiting = slices.DeleteFunc(b.waiting, func(i *Item) bool { return picked[i] })
	for _, i := range items {
		b.leads[i.Lead.ID] = true
	}
	b.sending++
	return items
}

// release ends what take began.
func (b *outbox) release(items []*Item) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, i := range items {
		delete(b.leads, i.Lead.ID)
	}
	b.sending--
	b.wake()
}

// send makes one attempt and acts on its outcome.
func (b *outbox) send(ctx context.Context, items []*Item) {
	defer b.release(slices.Clone(items))
	wait := time.Duration(0)
	if items = b.due(ctx, items); len(items) > 0 {
		items, wait = b.admit(ctx, items)
	}
	if wait > 0 {
		b.pacer.PauseUntil(b.t.now().Add(wait))
		b.requeue(items, func(*Item) {}) // to be rolled up with what comes meanwhile
		items = nil
	}
	if len(items) == 0 {
		b.pacer.Return()
		return
	}
	if b.recall(ctx, items) != nil { // without it the target might get a lead twice
		b.pacer.Return()
		b.requeue(items, func(i *Item) { i.resting = b.t.now().Add(time.Second) })
		return
	}
	began := b.t.now()
	receipt, err := b.attempt(ctx, items)
	now := b.t.now()
	if err != nil {
		if ctx.Err() == nil { // else stopping; the journal has them
			b.fail(ctx, items, err, began, now)
		}
		return
	}
	b.recordSuccess(ctx, now)
	for _, i := range items {
		if i.Notification == nil {
			b.t.o.Latency.Observe(max(now.Sub(i.since()), 0).Seconds())
		}
	}
	d := lead.Delivery{Target: b.target.Name, Kind: b.target.Kind, State: lead.Sent, Receipt: receipt, At: now.UTC()}
	if b.target.Kind == "log" {
		d.State = lead.Previewed
	}
	if _, can := b.sender.(updatable); can && len(items) > 1 {
		for _, i := range items {
			d.With = append(d.With, i.Touch.ID)
		}
	}
	b.finish(ctx, items, d)
}

// updatable is a sender whose messages can be updated: of a bot in Slack.
type updatable interface {
	Update(ctx context.Context, receipt string, alerts []notify.Alert) error
}

func (b *outbox) attempt(ctx context.Context, items []*Item) (receipt string, err error) {
	var alerts []notify.Alert
	for _, i := range items {
		i.Attempts++
		alerts = append(alerts, i.Alert)
		if i.Notification != nil {
			alerts = append(alerts, i.Notification.More...)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, b.attemptFor())
	defer cancel()
	return b.sender.Send(ctx, alerts)
}

// attemptFor is how long an attempt may last.
func (b *outbox) attemptFor() time.Duration { return cmp.Or(b.target.Timeout, SendTimeout) }

// finish records the outcome of a message, also when ctx has ended by now.
func (b *outbox) finish(ctx context.Context, items []*Item, d lead.Delivery) {
	b.t.attempts.WithLabelValues(d.Target, d.Kind, string(d.State)).Add(float64(len(items)))
	ctx = context.WithoutCancel(ctx)
	if touches := b.t.finishNotifications(ctx, items, d); len(touches) > 0 {
		b.t.sink.Delivered(ctx, touches, d)
	}
	b.drop(items...)
}

// due leaves out what the target has by now.
func (b *outbox) due(ctx context.Context, items []*Item) (due []*Item) {
	elsewhere := b.sentElsewhere(ctx, items)
	for _, i := range items {
		if i.Notification != nil {
			if b.notificationDue(ctx, i) {
				due = append(due, i)
			}
			continue
		}
		d, ok := b.t.o.Receipts.Receipt(i.Touch.ID, b.target.Name)
		if !ok {
			d, ok = elsewhere[i.Touch.ID]
		}
		switch {
		case ok:
			b.finish(ctx, []*Item{i}, d)
		case i.Direct && b.t.o.Receipts.Settled(i.Touch.ID): // another replica sent it while it waited here
			b.drop(i)
		default:
			due = append(due, i)
		}
	}
	return due
}

// recall gives senders that ask for it the target's own name of a lead that it
// was sent before.
func (b *outbox) recall(ctx context.Context, items []*Item) error {
	asks, ok := b.sender.(interface{ Recalls() bool })
	if !ok || !asks.Recalls() {
		return nil
	}
	for _, i := range items {
		ids := slices.DeleteFunc(slices.Clone(i.Lead.Touches), func(id string) bool { return id == i.Touch.ID })
		if i.Receipt != "" || len(ids) == 0 {
			continue
		}
		slices.Reverse(ids)
		found, err := b.t.o.Store.TouchesByID(ctx, ids[:min(len(ids), recallMost)])
		if err != nil {
			b.t.o.Redis.ReportError(err)
			return err
		}
		for _, t := range found {
			if t == nil || i.Receipt != "" {
				continue
			}
			for _, d := range t.Deliveries {
				if d.Target == b.target.Name && d.State == lead.Sent {
					i.Receipt = cmp.Or(i.Receipt, d.Receipt)
				}
			}
		}
	}
	return nil
}

// recallMost is how many of a lead's latest touches are read for that.
const recallMost = 50
