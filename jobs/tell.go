package jobs

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/leadgate/leadgate/jobs/delivery"
	"github.com/leadgate/leadgate/jobs/events"
	"github.com/leadgate/leadgate/jobs/policy"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

// telling is a touch whose targets have not all heard yet.
type telling struct {
	mu    sync.Mutex
	touch *lead.Touch
	lead  *lead.Lead
	left  map[string]bool // targets still to hear

	written chan struct{} // closed when the store has the touch, or could not take it
	failed  bool          // it could not; read after written
}

// tell lets every target that hears have the touch, each once: what has a
// receipt is done, the rest goes to the targets' outboxes.
func (j *Jobs) tell(ctx context.Context, t *lead.Touch, l *lead.Lead, decisions []lead.Decision, first bool) error {
	done := map[string]lead.Delivery{}
	if !first && tells(decisions) { // an earlier run or another replica may have told some of them
		found, err := j.o.Store.TouchesByID(ctx, []string{t.ID})
		if err != nil {
			return fmt.Errorf("read deliveries: %w", err)
		}
		if found[0] != nil {
			for _, d := range found[0].Deliveries {
				if t.Counts(d) {
					done[d.Target] = d
				}
			}
		}
	}
	left := map[string]bool{}
	var told []lead.Decision
	for _, dec := range decisions {
		if !dec.Tells() {
			continue
		}
		told = append(told, dec)
		d := lead.Delivery{Target: dec.Target, State: lead.Waiting, At: j.now().UTC()}
		if j.targets.Known(dec.Target) {
			d.Kind = j.targets.Kind(dec.Target)
		} else { // the target is gone from the configuration
			d.State, d.Error = lead.Failed, "no such target any more"
		}
		if r, ok := done[dec.Target]; ok {
			d = r
		}
		if r, ok := j.repo.Receipt(t.ID, dec.Target); ok {
			d = r
		}
		if !d.Final() {
			left[d.Target] = true
		}
		t.Deliveries = append(t.Deliveries, d)
	}
	l = j.rememberReceipts(ctx, t, l, told)
	if len(left) == 0 {
		return j.end(ctx, t, l, policy.Outcome(t, told))
	}
	tel := &telling{touch: t, lead: l, left: left, written: make(chan struct{})}
	defer close(tel.written)
	j.mu.Lock()
	j.tellings[t.ID] = tel
	j.mu.Unlock()
	// The alert goes out before the store knows that it waits: what the store
	// learns here it needs for the inbox only, and a hot lead should not wait.
	now := *t // as it is now, for those who read while the telling goes on
	now.Deliveries = slices.Clone(t.Deliveries)
	now.Trail = slices.Clip(t.Trail)
	for _, dec := range told {
		if left[dec.Target] {
			if err := j.targets.Send(dec.Target, &delivery.Item{Alert: alertOf(dec, l, &now)}); err != nil {
				return err
			}
		}
	}
	if err := j.repo.Finish(ctx, &now, l, lead.OutcomeWaiting); err != nil {
		tel.failed = true
		j.untell(t.ID)
		return fmt.Errorf("finish: %w", err)
	}
	return nil
}

func tells(decisions []lead.Decision) bool {
	return slices.ContainsFunc(decisions, lead.Decision.Tells)
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

// sink records what becomes of deliveries.
type sink struct{ *Jobs }

// Dropped leaves a touch to the sweeper.
func (s sink) Dropped(touchID string) { s.untell(touchID) }

// Delivered keeps receipts, in the journal first, then in the store, and settles
// touches whose deliveries are all at their end.
func (s sink) Delivered(ctx context.Context, notes []*delivery.Item, d lead.Delivery) {
	j := s.Jobs
	ops := make([]journal.Op, 0, len(notes))
	for _, n := range notes {
		ops = append(ops, journal.Put(repo.ReceiptShelf, repo.ReceiptKey(n.Touch.ID, d.Target), mustJSON(n.Delivery(d))))
	}
	if err := j.o.Journal.Settle(ctx, ops...); err != nil {
		// Without a receipt a crash now tells the target again.
		j.log.Error("keep receipts", "target", d.Target, "error", err)
	}
	var changes, direct []lead.Change
	var ended []*telling
	for _, n := range notes {
		j.publishDelivery(n, d)
		c, tel := j.record(n, n.Delivery(d))
		if tel == nil { // told from the journal: the job may run at another replica
			direct = append(direct, lead.Change{TouchID: n.Touch.ID, Delivery: n.Delivery(d)})
			j.show(n.Touch, n.Lead)
			j.catchUpPost(ctx, n)
			continue
		}
		if <-tel.written; tel.failed {
			continue // its job runs again and finds the receipt
		}
		changes = append(changes, c)
		if c.Settled {
			ended = append(ended, tel)
		}
	}
	if len(direct) > 0 && j.shared() {
		if err := j.o.Store.Deliver(ctx, direct); err != nil {
			j.redis.ReportError(err) // carried over when Redis is back
		}
	}
	if len(changes) == 0 {
		return
	}
	j.remember(ctx, notes, d)
	if err := j.o.Store.Deliver(ctx, changes); err != nil {
		j.redis.ReportError(err)
		for _, c := range changes {
			j.untell(c.TouchID)
		}
		return
	}
	for _, tel := range ended {
		t, l := tel.now()
		j.show(t, l)
		if err := j.settle(ctx, t, l); err != nil {
			j.log.Warn("settle", "touch_id", t.ID, "error", err)
			j.untell(t.ID)
		}
	}
}

// publishDelivery publishes that a target has a touch, or that it was given up.
func (j *Jobs) publishDelivery(n *delivery.Item, d lead.Delivery) {
	e := events.Of(n.Touch, d.At)
	if n.Lead != nil {
		e = e.About(n.Lead)
	}
	e.Kind, e.State, e.Target, e.Test = lead.DeliveryNews, string(d.State), d.Target, n.Touch.Test
	j.events.Publish(e)
}

// rememberReceipts keeps with the lead what was posted before there was one in
// the store: from the journal, or by a run that a crash ended.
func (j *Jobs) rememberReceipts(ctx context.Context, t *lead.Touch, l *lead.Lead, told []lead.Decision) *lead.Lead {
	for _, d := range t.Deliveries {
		i := slices.IndexFunc(told, func(dec lead.Decision) bool { return dec.Target == d.Target })
		if i < 0 || told[i].Kind == lead.Copy && !j.messages.Updatable(d.Target) || d.State != lead.Sent || d.Receipt == "" {
			continue
		}
		now, err := j.messages.Posted(ctx, l.ID, lead.PostOf(d, t.ID, told[i].Kind), 0)
		if err != nil {
			j.log.Warn("keep the thread of an alert", "lead_id", l.ID, "error", err)
			continue
		}
		l = now
	}
	return l
}

// untell takes back that a touch waits for its targets here. The sweeper then
// drives it again, and its job finds the receipts in the journal.
func (j *Jobs) untell(touchID string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.tellings, touchID)
}

// now is the touch and its lead as they are.
func (tel *telling) now() (*lead.Touch, *lead.Lead) {
	tel.mu.Lock()
	defer tel.mu.Unlock()
	t := *tel.touch
	return &t, tel.lead
}

// record notes a delivery with its touch.
func (j *Jobs) record(n *delivery.Item, d lead.Delivery) (lead.Change, *telling) {
	tel := j.tellingOf(n.Touch.ID)
	if tel == nil {
		return lead.Change{}, nil
	}
	tel.mu.Lock()
	defer tel.mu.Unlock()
	t := tel.touch
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
	delete(tel.left, d.Target)
	if len(tel.left) == 0 {
		t.State = lead.Settled
		c.Settled, c.Outcome = true, policy.Outcome(t, tel.lead.DecisionsOn(t.ID))
		if !t.Test {
			c.Day = lead.Day(t.ReceivedAt)
		}
	}
	return c, tel
}

// remember keeps with each lead what its target called the message.
func (j *Jobs) remember(ctx context.Context, notes []*delivery.Item, d lead.Delivery) {
	if d.Receipt == "" {
		return
	}
	for _, n := range notes {
		if n.Kind == lead.Copy && !j.messages.Updatable(d.Target) {
			continue // what a hook or a CRM took is never looked for again
		}
		l, err := j.messages.Posted(ctx, n.Lead.ID, lead.PostOf(d, n.Touch.ID, n.Kind), n.Lead.Revision)
		if err != nil {
			j.log.Warn("keep the thread of an alert", "lead_id", n.Lead.ID, "error", err)
			continue
		}
		if tel := j.tellingOf(n.Touch.ID); tel != nil {
			tel.mu.Lock()
			tel.lead = l
			tel.mu.Unlock()
		}
	}
}

func (j *Jobs) tellingOf(touchID string) *telling {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.tellings[touchID]
}

// show lets Observe see a touch, once while it is on its way.
func (j *Jobs) show(t *lead.Touch, l *lead.Lead) {
	if j.queue.FirstSeen(t.ID) {
		j.o.Observe(t, l)
	}
}
