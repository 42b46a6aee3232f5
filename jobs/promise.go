package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/jobs/policy"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// A promise says that targets are to hear of a lead that other rules make hot.
// It is in the journal before the verdict is in the store, and goes in the commit
// that sets the touch on its way: a crash in between delays the alert only.
type promise struct {
	TouchID string    `json:"touch_id"`
	At      time.Time `json:"at"`
}

// promiseAge is how old a promise is that nobody is about to keep.
const promiseAge = time.Minute

// promise makes one; a later one about the same lead takes its place.
func (j *Jobs) promise(ctx context.Context, leadID string, t *lead.Touch) error {
	p := promise{TouchID: t.ID, At: j.now().UTC()}
	if err := j.o.Journal.Commit(ctx, journal.Put(promiseShelf, leadID, mustJSON(p))); err != nil {
		return fmt.Errorf("promise an alert: %w", err)
	}
	return nil
}

// promised says whether there is a promise about a lead still. The caller holds
// the lead's lock.
func (j *Jobs) promised(leadID string) bool {
	_, err := j.o.Journal.Get(promiseShelf, leadID)
	return err == nil
}

// resumeMessages starts again what an earlier run of the process left. What only
// Redis knows waits for it.
func (j *Jobs) resumeMessages(ctx context.Context) {
	for ctx.Err() == nil {
		changed := j.redis.Changed()
		err := errors.Join(j.messages.Restore(ctx), j.keepPromises(ctx, j.begun))
		if err == nil {
			return
		}
		j.log.Warn("some messages about changed leads are updated or sent later", "error", err)
		select {
		case <-changed:
		case <-time.After(time.Minute):
		case <-ctx.Done():
		}
	}
}

// keepPromises keeps those that were made before a moment and forgotten since.
func (j *Jobs) keepPromises(ctx context.Context, before time.Time) error {
	old := map[string]promise{}
	err := j.o.Journal.Each(promiseShelf, "", func(leadID string, value []byte) bool {
		var p promise
		if json.Unmarshal(value, &p) != nil {
			j.log.Error("a promised alert cannot be read; it stays there", "lead_id", leadID)
		} else if p.At.Before(before) {
			old[leadID] = p
		}
		return true
	})
	if err != nil {
		return fmt.Errorf("read promised alerts: %w", err)
	}
	for id, p := range old {
		if err := j.keepPromise(ctx, id, p.TouchID); err != nil {
			return fmt.Errorf("keep the promised alert of lead %s: %w", id, err)
		}
	}
	return nil
}

// keepPromise sets a touch on its way if its lead was written and nobody has
// heard. The promise goes in any case.
func (j *Jobs) keepPromise(ctx context.Context, leadID, touchID string) error {
	defer j.repo.Lock(leadID)()
	if !j.promised(leadID) {
		return nil
	}
	ops := []journal.Op{journal.Delete(promiseShelf, leadID)}
	var begun *anew
	l, err := j.o.Store.Lead(ctx, leadID)
	if err == nil {
		var t *lead.Touch
		if t, err = j.repo.Touch(ctx, touchID); err == nil && policy.Undelivered(l, t) && !j.repo.Owns(touchID) {
			var more []journal.Op
			if begun, more, err = j.reopenOps(ctx, t); err != nil {
				return err
			}
			ops = append(ops, more...)
		}
	}
	if err != nil && !errors.Is(err, lead.ErrNotFound) { // that is: erased meanwhile
		return err
	}
	if err := j.o.Journal.Settle(ctx, ops...); err != nil {
		return err
	}
	if begun != nil {
		j.begin(begun)
	}
	return nil
}
