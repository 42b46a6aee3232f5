package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/jobs/queue"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// touchKeeper is what the life of a touch needs of the store.
type touchKeeper interface {
	Stage(ctx context.Context, touches []*lead.Touch) error
	StageIn(ctx context.Context, pipe redis.Pipeliner, touches []*lead.Touch) error
	TouchesByID(ctx context.Context, ids []string) ([]*lead.Touch, error) // nil where there is none
	Meet(ctx context.Context, t *lead.Touch, said string) (*lead.Met, error)
	Repeated(ctx context.Context, firstID, repeatID string) error
	Finish(ctx context.Context, t *lead.Touch, l *lead.Lead, o lead.Outcome) error
	Deliver(ctx context.Context, changes []lead.Change) error
	Lease(ctx context.Context, name, owner string, d time.Duration) (bool, error)
	Release(ctx context.Context, name, owner string) error
}

// leadKeeper is what it needs of the people in the store.
type leadKeeper interface {
	Add(ctx context.Context, t *lead.Touch, newID string, met *lead.Met, change func(*lead.Lead) error) (l *lead.Lead, known bool, err error)
	Lead(ctx context.Context, id string) (*lead.Lead, error)
	UpdateLead(ctx context.Context, id string, revision int64, change func(*lead.Lead) error) (*lead.Lead, error)
	Relead(ctx context.Context, touchIDs []string, l *lead.Lead) error
}

// worker does the work of the queue.
type worker struct{ *Jobs }

// Touch is the touch job: whose the touch is, how warm that makes them, which
// targets are notified. It may run any number of times for one touch.
func (w worker) Touch(ctx context.Context, id string) error { return w.run(ctx, id) }

// BeforeEnqueue has the store know that a touch was reopened.
func (w worker) BeforeEnqueue(ctx context.Context, t *lead.Touch) error { return w.reopened(ctx, t) }

// Delivering says that a touch waits for its targets here.
func (w worker) Delivering(id string) bool { return w.tellingOf(id) != nil }

// Ended settles a touch that another replica has brought to its end.
func (w worker) Ended(ctx context.Context, t *lead.Touch) (err error) {
	var l *lead.Lead
	if t.LeadID != "" {
		if l, err = w.o.Prompt.Lead(ctx, t.LeadID); err != nil {
			return err
		}
	}
	return w.settle(ctx, t, l)
}

// run is one run of the touch job for one touch.
func (j *Jobs) run(ctx context.Context, id string) error {
	return j.queue.Work(id, func(f queue.InFlight) error {
		t, err := j.pickUp(ctx, id, f.Touch)
		if err != nil || t == nil {
			return err
		}
		if err := j.work(ctx, t, f.First); err != nil {
			j.redis.ReportError(err)
			return fmt.Errorf("touch %s: %w", id, err)
		}
		return nil
	})
}

// pickUp finds a touch: in memory, in this node's journal, or in the store. Nil
// when there is nothing left to do.
func (j *Jobs) pickUp(ctx context.Context, id string, held *lead.Touch) (*lead.Touch, error) {
	picked, t := j.now(), held
	for _, lane := range []string{queue.Hot, queue.Bulk} {
		if t != nil {
			break
		}
		var err error
		if t, err = j.repo.Waiting(lane, id); err != nil && !errors.Is(err, journal.ErrNotFound) {
			return nil, fmt.Errorf("read touch %s: %w", id, err)
		}
	}
	if t == nil {
		if j.repo.Settled(id) {
			return nil, nil
		}
		found, err := j.o.Store.TouchesByID(ctx, []string{id})
		if err != nil {
			return nil, fmt.Errorf("read touch %s: %w", id, err)
		}
		if found[0] == nil || found[0].Ended {
			return nil, nil // settled, or staged into a Redis that was wiped since
		}
		if !j.redis.Steady() {
			return nil, errOwners
		}
		t = found[0]
	}
	c := *t // a run that fails leaves the kept touch as it was
	c.Trail = append(append(slices.Clip(c.Trail), j.queue.Trail(t)...), t.StepAt(picked, lead.StepPicked))
	if n := len(c.Trail); n > 1 && c.Trail[n-2].Step == lead.StepQueued {
		j.metrics.hop("queue", c.Trail[n-1].At.Sub(c.Trail[n-2].At))
	}
	return &c, nil
}

// errOwners leaves a touch to the replica that accepted it, for a while: it may
// have told the touch while Redis was away, and Redis does not know yet.
var errOwners = fmt.Errorf("another replica may have told this touch while redis was away: %w", queue.ErrLater)

// work carries out one touch. First says that nobody can have worked on it before.
func (j *Jobs) work(ctx context.Context, t *lead.Touch, first bool) error {
	switch t.State {
	case lead.Unread:
		return j.end(ctx, t, nil, lead.OutcomeUnread)
	case lead.Quarantined:
		if met, err := j.meet(ctx, t); met == nil {
			return err
		}
		return j.hold(ctx, t)
	}
	whole, err := j.enrich.Complete(ctx, t)
	if err != nil {
		return err
	}
	if *t = *whole; t.State == lead.Quarantined {
		return j.work(ctx, t, first)
	}
	met, err := j.meet(ctx, t)
	if met == nil {
		return err
	}
	l, known, err := j.addToLead(ctx, t, met)
	if err != nil {
		return fmt.Errorf("add to its lead: %w", err)
	}
	if wentWithout(t) {
		if l, err = j.named(ctx, t, l, known); err != nil {
			return err
		}
	}
	j.metrics.hop("classify", j.now().Sub(t.Begun()))
	if l, err = j.catchUp(ctx, t, l); err != nil {
		return err
	}
	t.LeadID = l.ID
	t.Trail = append(t.Trail, j.verdictStep(t, l))
	decisions := l.DecisionsOn(t.ID)
	for _, d := range decisions {
		step := j.step(t, lead.StepDecided, d.Why, d.Target)
		t.Trail = append(t.Trail, step)
		j.metrics.decisions.WithLabelValues(d.Why).Inc()
	}
	return j.tell(ctx, t, l, decisions, first && !known)
}

// addToLead finds the touch's person, or makes one. A touch that had a lead
// before leaves that one first.
func (j *Jobs) addToLead(ctx context.Context, t *lead.Touch, met *lead.Met) (l *lead.Lead, known bool, err error) {
	if err := j.leave(ctx, t); err != nil {
		return nil, false, err
	}
	newID, err := j.leadIDFor(ctx, t)
	if err != nil {
		return nil, false, err
	}
	var turn *lead.Assigned
	l, known, err = j.o.Store.Add(ctx, t, newID, met, func(l *lead.Lead) error {
		j.policy.Judge(l, t)
		released(l, t)
		return j.assign(ctx, l, t, &turn)
	})
	if err != nil {
		return nil, false, err
	}
	from := t.LeadID
	t.LeadID = l.ID
	return l, known, j.moved(ctx, t, from, l)
}

// meet asks what the store knows of a touch. One that says what another said a
// moment before is ended; there is nothing to know of it then.
func (j *Jobs) meet(ctx context.Context, t *lead.Touch) (*lead.Met, error) {
	met, err := j.o.Store.Meet(ctx, t, j.said.first(t))
	if err != nil {
		return nil, err
	}
	if met.First != t.ID {
		return nil, j.merge(ctx, t, met.First)
	}
	return met, nil
}

// merge ends a repeat: counted in the first touch, alerting nobody.
func (j *Jobs) merge(ctx context.Context, t *lead.Touch, first string) error {
	t.State, t.MergedInto = lead.Merged, first
	t.Trail = append(t.Trail, j.step(t, lead.StepMerged, "same_content", "the same was sent a moment before"))
	if err := j.o.Store.Repeated(ctx, first, t.ID); err != nil {
		return fmt.Errorf("count the repeat: %w", err)
	}
	return j.end(ctx, t, nil, lead.OutcomeMerged)
}

// end finishes a touch whose effects are all done and settles it.
func (j *Jobs) end(ctx context.Context, t *lead.Touch, l *lead.Lead, o lead.Outcome) error {
	if t.State == lead.Accepted {
		t.State = lead.Settled
	}
	if err := j.repo.Finish(ctx, t, l, o); err != nil {
		return fmt.Errorf("finish: %w", err)
	}
	j.show(t, l)
	return j.settle(ctx, t, l)
}

func (j *Jobs) step(t *lead.Touch, name lead.StepName, why, note string) lead.Step {
	s := t.StepAt(j.now(), name)
	s.Why, s.Note = why, note
	return s
}

func (j *Jobs) verdictStep(t *lead.Touch, l *lead.Lead) lead.Step {
	note := fmt.Sprintf("%s %d", l.Temperature, l.Score)
	if l.Stage != lead.NoStage {
		note = fmt.Sprintf("%s %s %d", l.Temperature, l.Stage, l.Score)
	}
	return j.step(t, lead.StepClassified, "", note)
}
