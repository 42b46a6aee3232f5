package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/jobs/delivery"
	"github.com/leadgate/leadgate/jobs/queue"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

// Failed makes a failed delivery visible: an alert task in the hot lane's
// retries, with the reason, and the attempt on the touch. The outbox goes on by
// itself; the task is what another replica finds when this process dies.
func (s sink) Failed(ctx context.Context, target notify.Target, notes []*delivery.Item, e *notify.Error, wait time.Duration) {
	j := s.Jobs
	if !j.redis.Up() {
		return
	}
	var changes []lead.Change
	for _, n := range notes {
		tel := j.tellingOf(n.Touch.ID)
		if tel == nil {
			continue
		}
		select {
		case <-tel.written:
		default:
			continue // the next attempt will tell
		}
		d := lead.Delivery{Target: target.Name, Kind: target.Kind, State: lead.Waiting, Attempts: n.Attempts, Error: e.Code, At: j.now().UTC()}
		step := n.Touch.StepAt(j.now(), lead.StepAttempt)
		step.Note, step.Why = target.Name, e.Code
		changes = append(changes, lead.Change{TouchID: n.Touch.ID, Delivery: d, Step: step})
		tel.mu.Lock()
		if n.Attempts <= trailAttempts {
			tel.touch.Trail = append(tel.touch.Trail, step)
		}
		tel.mu.Unlock()
		j.show(tel.now())
		if n.Attempts > 1 {
			continue // its task is there
		}
		if err := j.queue.EnqueueAlert(ctx, n.Touch.ID, target.Name, wait+alertGrace); err != nil {
			j.redis.ReportError(err)
			return
		}
	}
	if err := j.o.Prompt.Deliver(ctx, changes); err != nil {
		j.redis.ReportError(err)
	}
}

const (
	alertGrace    = 5 * time.Second // the outbox that failed tries first
	trailAttempts = 20              // failed attempts that a trail lists one by one
)

// errStillWaiting keeps an alert task in the retries until its target has heard.
var errStillWaiting = fmt.Errorf("the target has not taken it yet: %w", queue.ErrLater)

// Alert is the alert job: a delivery whose first attempt failed. It ends when the
// delivery has, and otherwise puts the touch back into the outbox of this process,
// should the one that had it be gone.
func (w worker) Alert(ctx context.Context, id, target string) error {
	j := w.Jobs
	if !j.targets.Known(target) {
		return nil // the target is gone from the configuration
	}
	if j.targets.Has(target, id) {
		return errStillWaiting
	}
	found, err := j.o.Store.TouchesByID(ctx, []string{id})
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
	if err := j.run(ctx, id); err != nil {
		return err
	}
	return errStillWaiting
}
