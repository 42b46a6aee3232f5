package pipeline

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/leadgate/leadgate/jobs/delivery"
	"github.com/leadgate/leadgate/jobs/events"
	"github.com/leadgate/leadgate/jobs/policy"
	"github.com/leadgate/leadgate/jobs/queue"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

const (
	alertGrace    = 5 * time.Second // the outbox that failed tries first
	trailAttempts = 20              // failed attempts that a trail lists one by one
)

// fanOut is a touch with deliveries that have not come to their end yet.
type fanOut struct {
	mu      sync.Mutex
	touch   *lead.Touch
	lead    *lead.Lead
	pending map[string]bool // targets

	written chan struct{} // closed when the store has the touch, or could not take it
	failed  bool          // it could not; read after written
}

// now is the touch and its lead as they are.
func (f *fanOut) now() (*lead.Touch, *lead.Lead) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := *f.touch
	return &t, f.lead
}

// fanOut sends a touch to every target that is notified, each once: a delivery
// with a receipt is done, the others go to the targets' outboxes. first says that
// the store knows of no delivery.
func (p *Pipeline) fanOut(ctx context.Context, t *lead.Touch, l *lead.Lead, decisions []lead.Decision, first bool) error {
	decisions = slices.DeleteFunc(slices.Clone(decisions), func(d lead.Decision) bool { return !d.Sends() })
	stored := map[string]lead.Delivery{}
	if !first && len(decisions) > 0 { // an earlier run or another replica may have sent some of them
		found, err := p.o.Store.TouchesByID(ctx, []string{t.ID})
		if err != nil {
			return fmt.Errorf("read deliveries: %w", err)
		}
		if found[0] != nil {
			for _, d := range found[0].Deliveries {
				if t.Counts(d) {
					stored[d.Target] = d
				}
			}
		}
	}
	pending := map[string]bool{}
	for _, dec := range decisions {
		d := p.deliveryOf(t, dec, stored)
		if !d.Final() {
			pending[d.Target] = true
		}
		t.Deliveries = append(t.Deliveries, d)
	}
	l = p.keepPosts(ctx, t, l, decisions)
	if len(pending) == 0 {
		return p.end(ctx, t, l, policy.Outcome(t, decisions))
	}
	f := &fanOut{touch: t, lead: l, pending: pending, written: make(chan struct{})}
	defer close(f.written)
	p.mu.Lock()
	p.fanOuts[t.ID] = f
	p.mu.Unlock()
	// The alert is sent before the store knows that it waits: what the store gets
	// here it needs for the inbox only, and a hot lead should not wait.
	now := *t // as it is now, for those who read while deliveries end
	now.Deliveries = slices.Clone(t.Deliveries)
	now.Trail = slices.Clip(t.Trail)
	for _, dec := range decisions {
		if pending[dec.Target] {
			p.send(&delivery.Item{Alert: alertOf(dec, l, &now)}, dec.Target)
		}
	}
	if err := p.o.Repo.Finish(ctx, &now, l, lead.OutcomeWaiting); err != nil {
		f.failed = true
		p.release(t.ID)
		return fmt.Errorf("finish: %w", err)
	}
	return nil
}

// deliveryOf is the delivery that a decision asks for, as far as it is known.
func (p *Pipeline) deliveryOf(t *lead.Touch, dec lead.Decision, stored map[string]lead.Delivery) lead.Delivery {
	if d, ok := p.o.Repo.Receipt(t.ID, dec.Target); ok {
		return d
	}
	if d, ok := stored[dec.Target]; ok {
		return d
	}
	d := lead.Delivery{Target: dec.Target, State: lead.Waiting, At: p.o.Now().UTC()}
	if p.o.Targets.Known(dec.Target) {
		d.Kind = p.o.Targets.Kind(dec.Target)
	} else {
		d.State, d.Error = lead.Failed, "no such target any more"
	}
	return d
}

// send queues an item for a target that is known.
func (p *Pipeline) send(i *delivery.Item, target string) {
	if err := p.o.Targets.Send(target, i); err != nil {
		p.log.Error("send a touch", "touch_id", i.Touch.ID, "target", target, "error", err)
	}
}

func alertOf(d lead.Decision, l *lead.Lead, t *lead.Touch) notify.Alert {
	a := notify.Alert{Kind: d.Kind, Lead: l, Touch: t, Note: lacking(t)}
	if d.Kind == lead.Repeat {
		a.Thread = l.Alerts[d.Target]
	}
	if t.ReleasedBy != "" && len(t.ResendTo) == 0 {
		a.Note = "Was in quarantine; released by " + t.ReleasedBy
	}
	return a
}

// lacking says on an alert what the touch still lacks.
func lacking(t *lead.Touch) string {
	switch {
	case t.NeedsFetch:
		return "Who it is could not be fetched from the vendor yet"
	case t.Lacks():
		return "The captcha could not be checked"
	}
	return ""
}

// of is the fan-out of a touch, nil when it has none.
func (p *Pipeline) of(touchID string) *fanOut {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fanOuts[touchID]
}

// release ends the fan-out of a touch. The sweeper then enqueues an unsettled one
// once more, and its job finds the receipts in the journal.
func (p *Pipeline) release(touchID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.fanOuts, touchID)
}

// Delivering says that a touch waits for its targets here.
func (p *Pipeline) Delivering(id string) bool { return p.of(id) != nil }

// Dropped leaves a touch to the sweeper.
func (p *Pipeline) Dropped(touchID string) { p.release(touchID) }

// Delivered keeps receipts, in the journal first, then in the store, and settles
// touches whose deliveries have all come to their end.
func (p *Pipeline) Delivered(ctx context.Context, items []*delivery.Item, d lead.Delivery) {
	if err := p.keepReceipts(ctx, items, d); err != nil {
		// Without a receipt a crash now sends it again.
		p.log.Error("keep receipts", "target", d.Target, "error", err)
	}
	var changes, direct []lead.Change
	var ended []*fanOut
	for _, i := range items {
		p.publish(i, d)
		c, f := p.record(i, i.Delivery(d))
		if f == nil { // sent from the journal: the job may run at another replica
			direct = append(direct, lead.Change{TouchID: i.Touch.ID, Delivery: i.Delivery(d)})
			p.observe(i.Touch, i.Lead)
			p.o.Pending.Posted(ctx, i.Touch)
			continue
		}
		if <-f.written; f.failed {
			continue // its job runs again and finds the receipt
		}
		changes = append(changes, c)
		if c.Settled {
			ended = append(ended, f)
		}
	}
	if len(direct) > 0 && p.shared() {
		if err := p.o.Store.Deliver(ctx, direct); err != nil {
			p.o.Redis.ReportError(err) // RestoreReceipts writes them when Redis is back
		}
	}
	if len(changes) == 0 {
		return
	}
	p.keepPost(ctx, items, d)
	if err := p.o.Store.Deliver(ctx, changes); err != nil {
		p.o.Redis.ReportError(err)
		for _, c := range changes {
			p.release(c.TouchID)
		}
		return
	}
	for _, f := range ended {
		t, l := f.now()
		p.observe(t, l)
		if err := p.Settle(ctx, t, l); err != nil {
			p.log.Warn("settle", "touch_id", t.ID, "error", err)
			p.release(t.ID)
		}
	}
}

func (p *Pipeline) keepReceipts(ctx context.Context, items []*delivery.Item, d lead.Delivery) error {
	ops := make([]journal.Op, len(items))
	for n, i := range items {
		ops[n] = p.o.Repo.ReceiptOp(i.Touch.ID, i.Delivery(d))
	}
	return p.o.Journal.Settle(ctx, ops...)
}

// RestoreReceipts writes the receipts that only the journal has to the store, so
// that no other replica sends what was sent while Redis was away.
func (p *Pipeline) RestoreReceipts(ctx context.Context) error {
	var changes []lead.Change
	for c, err := range p.o.Repo.Receipts() {
		if err != nil {
			return err
		}
		changes = append(changes, c)
	}
	if len(changes) == 0 {
		return nil
	}
	return p.o.Store.Deliver(ctx, changes)
}

// publish publishes that a delivery has come to its end.
func (p *Pipeline) publish(i *delivery.Item, d lead.Delivery) {
	e := events.Of(i.Touch, d.At)
	if i.Lead != nil {
		e = e.About(i.Lead)
	}
	e.Kind, e.State, e.Target, e.Test = lead.DeliveryNews, string(d.State), d.Target, i.Touch.Test
	p.o.Events.Publish(e)
}

// record notes a delivery with its touch.
func (p *Pipeline) record(i *delivery.Item, d lead.Delivery) (lead.Change, *fanOut) {
	f := p.of(i.Touch.ID)
	if f == nil {
		return lead.Change{}, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.touch
	name := lead.StepSent
	if d.State == lead.Failed {
		name = lead.StepFailed
	}
	step := t.StepAt(d.At, name)
	step.Note, step.Why = d.Target, d.Error
	c := lead.Change{TouchID: t.ID, Delivery: d, Step: step}
	if i := slices.IndexFunc(t.Deliveries, func(have lead.Delivery) bool { return have.Target == d.Target }); i >= 0 {
		t.Deliveries[i] = d
	} else { // a fallback
		t.Deliveries = append(t.Deliveries, d)
	}
	t.Trail = append(t.Trail, step)
	delete(f.pending, d.Target)
	if len(f.pending) == 0 {
		t.State = lead.Settled
		c.Settled, c.Outcome = true, policy.Outcome(t, f.lead.DecisionsOn(t.ID))
		if !t.Test {
			c.Day = lead.Day(t.ReceivedAt)
		}
	}
	return c, f
}

// keepPosts keeps with the lead what was posted before there was one in the
// store: from the journal, or by a run that a crash ended.
func (p *Pipeline) keepPosts(ctx context.Context, t *lead.Touch, l *lead.Lead, decisions []lead.Decision) *lead.Lead {
	for _, d := range t.Deliveries {
		i := slices.IndexFunc(decisions, func(dec lead.Decision) bool { return dec.Target == d.Target })
		if i < 0 || d.State != lead.Sent || !p.findable(decisions[i].Kind, d) {
			continue
		}
		now, err := p.o.Messages.Posted(ctx, l.ID, lead.PostOf(d, t.ID, decisions[i].Kind), 0)
		if err != nil {
			p.log.Warn("keep the thread of an alert", "lead_id", l.ID, "error", err)
			continue
		}
		l = now
	}
	return l
}

// keepPost keeps with each lead the receipt of its message.
func (p *Pipeline) keepPost(ctx context.Context, items []*delivery.Item, d lead.Delivery) {
	for _, i := range items {
		if !p.findable(i.Kind, d) {
			continue
		}
		l, err := p.o.Messages.Posted(ctx, i.Lead.ID, lead.PostOf(d, i.Touch.ID, i.Kind), i.Lead.Revision)
		if err != nil {
			p.log.Warn("keep the thread of an alert", "lead_id", i.Lead.ID, "error", err)
			continue
		}
		if f := p.of(i.Touch.ID); f != nil {
			f.mu.Lock()
			f.lead = l
			f.mu.Unlock()
		}
	}
}

// findable says that a delivery left a message that is looked for again: what a
// hook or a CRM took is not.
func (p *Pipeline) findable(kind lead.AlertKind, d lead.Delivery) bool {
	return d.Receipt != "" && (kind != lead.Copy || p.o.Messages.Updatable(d.Target))
}

// Failed makes a failed delivery visible: an alert task in the hot lane's
// retries, with the reason, and the attempt on the touch. The outbox retries by
// itself; the task is what another replica finds when this process dies.
func (p *Pipeline) Failed(ctx context.Context, target notify.Target, items []*delivery.Item, e *notify.Error, wait time.Duration) {
	if !p.o.Redis.Up() {
		return
	}
	var changes []lead.Change
	for _, i := range items {
		f := p.of(i.Touch.ID)
		if f == nil {
			continue
		}
		select {
		case <-f.written:
		default:
			continue // the next attempt is in time
		}
		d := lead.Delivery{Target: target.Name, Kind: target.Kind, State: lead.Waiting, Attempts: i.Attempts, Error: e.Code, At: p.o.Now().UTC()}
		step := p.step(i.Touch, lead.StepAttempt, e.Code, target.Name)
		changes = append(changes, lead.Change{TouchID: i.Touch.ID, Delivery: d, Step: step})
		f.mu.Lock()
		if i.Attempts <= trailAttempts {
			f.touch.Trail = append(f.touch.Trail, step)
		}
		f.mu.Unlock()
		p.observe(f.now())
		if i.Attempts > 1 {
			continue // its task is there
		}
		if err := p.o.Queue.EnqueueAlert(ctx, i.Touch.ID, target.Name, wait+alertGrace); err != nil {
			p.o.Redis.ReportError(err)
			return
		}
	}
	if err := p.o.Prompt.Deliver(ctx, changes); err != nil {
		p.o.Redis.ReportError(err)
	}
}

// errStillWaiting keeps an alert task in the retries until its delivery has come
// to its end.
var errStillWaiting = fmt.Errorf("the target has not taken it yet: %w", queue.ErrLater)

// Alert is the alert job: a delivery whose first attempt failed. It ends when the
// delivery has, and otherwise puts the touch back into the outbox of this process,
// should the one that had it be gone.
func (p *Pipeline) Alert(ctx context.Context, id, target string) error {
	if !p.o.Targets.Known(target) {
		return nil // it is gone from the configuration
	}
	if p.o.Targets.Has(target, id) {
		return errStillWaiting
	}
	found, err := p.o.Store.TouchesByID(ctx, []string{id})
	if err != nil {
		return fmt.Errorf("read touch %s: %w", id, err)
	}
	t := found[0]
	if t == nil || t.State != lead.Accepted {
		return nil
	}
	for _, d := range t.Deliveries {
		if d.Target == target && d.Final() && t.Counts(d) {
			return nil
		}
	}
	if err := p.Touch(ctx, id); err != nil {
		return err
	}
	return errStillWaiting
}
