package jobs

import (
	"context"
	"errors"

	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// againKeeper is what a touch that goes on its way once more needs of the store.
type againKeeper interface {
	Quarantine(ctx context.Context, t *lead.Touch, newID string, change func(*lead.Lead) error) (*lead.Lead, error)
	Reopen(ctx context.Context, t *lead.Touch) error
	LeadsByID(ctx context.Context, ids []string) ([]*lead.Lead, error) // nil where there is none
	Abandon(ctx context.Context, l *lead.Lead, sources ...string) error
}

// again sets a touch that had come to an end on its way once more: out of
// quarantine, or read anew. It is on disk when again returns, and then carried
// out at once; should that not work, it goes on by itself like any other touch.
// What has a receipt is not told a second time. A touch that is on its way
// already is left alone. The caller has set AgainAt; more is kept in the same commit.
func (j *Jobs) again(ctx context.Context, t *lead.Touch, more ...journal.Op) error {
	t.State = lead.Accepted
	l := j.laneOf(t)
	if j.enrich.Needs(t) { // read anew, it holds ids only
		ops, start := j.enrich.Restart(t)
		more = append(more, ops...)
		defer start()
	}
	begun, err := j.repo.Reopen(ctx, t, l, more...)
	if err != nil || !begun {
		return err
	}
	j.books.Reopened(t)
	j.queue.Resume(l, t)
	err = j.o.Store.Reopen(ctx, t)
	if err == nil {
		err = j.run(ctx, t.ID)
	}
	if err != nil {
		j.log.Warn("a touch that goes on its way once more has to wait", "touch_id", t.ID, "error", err)
		j.redis.ReportError(err)
		j.queue.Requeue(l, t.ID)
	}
	return nil
}

// reopened sees to it that the store knows of a touch that it is on its way
// once more: the process may have died before it could say so.
func (j *Jobs) reopened(ctx context.Context, t *lead.Touch) error {
	if t.AgainAt.IsZero() || j.o.Embedded {
		return nil
	}
	if err := j.o.Prompt.Stage(ctx, []*lead.Touch{t}); err != nil {
		return err
	}
	found, err := j.o.Prompt.TouchesByID(ctx, []string{t.ID})
	if err != nil || found[0] != nil && found[0].AgainAt.Equal(t.AgainAt) {
		return err
	}
	return j.o.Prompt.Reopen(ctx, t)
}

// leave takes a touch that is on its way once more out of the lead that it came
// to the last time. Run again it changes nothing.
func (j *Jobs) leave(ctx context.Context, t *lead.Touch) error {
	if t.AgainAt.IsZero() || t.LeadID == "" {
		return nil
	}
	found, err := j.o.Store.LeadsByID(ctx, []string{t.LeadID})
	if err != nil || found[0] == nil {
		return err
	}
	_, err = j.repo.Update(ctx, t.LeadID, repo.Change{Apply: func(l *lead.Lead) error {
		past := l.Past(t.ID)
		if !l.Has(t.ID) || past != nil && past.AgainAt.Equal(t.AgainAt) {
			return errLeft
		}
		rest := make([]string, 0, len(l.Touches))
		for _, id := range l.Touches {
			if id != t.ID {
				rest = append(rest, id)
			}
		}
		others, err := j.o.Store.TouchesByID(ctx, rest)
		if err != nil {
			return err
		}
		l.Drop(t.ID, others)
		l.Verdict = j.o.Rules().Classify(l, j.now())
		return nil
	}})
	if errors.Is(err, errLeft) {
		return nil
	}
	return err
}

var errLeft = errors.New("it has left")

// moved tidies up after a touch that came from one lead to another: the one it
// left goes when it was its last touch, and is kept as it is now otherwise.
func (j *Jobs) moved(ctx context.Context, t *lead.Touch, from string, to *lead.Lead) error {
	if t.AgainAt.IsZero() || from == "" || from == to.ID {
		return nil
	}
	found, err := j.o.Store.LeadsByID(ctx, []string{from})
	if err != nil || found[0] == nil {
		return err
	}
	old := found[0]
	if len(old.Touches) > 0 {
		return j.repo.Keep(ctx, repo.Commit{}, old)
	}
	defer j.repo.Lock(old.ID)()
	if err := j.o.Store.Abandon(ctx, old, t.Source); err != nil {
		return err
	}
	return j.o.Journal.Settle(ctx, journal.Delete(repo.LeadShelf, old.ID))
}

// leadIDFor is the id of the lead that a touch makes if it makes one: its own,
// unless a lead of that id has other touches and so is somebody else.
func (j *Jobs) leadIDFor(ctx context.Context, t *lead.Touch) (string, error) {
	if t.AgainAt.IsZero() {
		return t.ID, nil
	}
	found, err := j.o.Store.LeadsByID(ctx, []string{t.ID})
	if err != nil || found[0] == nil || len(found[0].Touches) == 0 || found[0].Has(t.ID) {
		return t.ID, err
	}
	return lead.DerivedID("lead", t.ID), nil
}
