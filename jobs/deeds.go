package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// What people do about leads while Redis is away is kept in the journal, one
// deed under each key, until the store has it.

// deed is a lead.Command that the store does not have yet.
type deed struct {
	lead.Command
	At time.Time `json:"at"`
}

// deedKey orders the deeds of a lead as they were done.
func deedKey(leadID string, n int) string { return fmt.Sprintf("%s/%012d", leadID, n) }

// nextDeed is the key after the last of these.
func nextDeed(leadID string, keys []string) string {
	n := 0
	if len(keys) > 0 {
		_, number, _ := strings.Cut(keys[len(keys)-1], "/")
		n, _ = strconv.Atoi(number) // of our own making
	}
	return deedKey(leadID, n+1)
}

// actInJournal carries out a deed as far as this node knows the lead.
func (j *Jobs) actInJournal(ctx context.Context, leadID string, d lead.Command, revision int64) (*lead.Lead, error) {
	defer j.repo.Lock(leadID)()
	l, err := j.repo.LeadHere(leadID)
	if errors.Is(err, lead.ErrNotFound) && !j.redis.Up() {
		err = repo.ErrAway
	}
	if err != nil {
		return nil, err
	}
	if revision != 0 && l.Revision != revision {
		return l, lead.ErrConflict
	}
	now := j.now().UTC()
	if err := j.changed(l, d, now); errors.Is(err, errUnchanged) {
		return l, nil
	} else if err != nil {
		return l, err
	}
	keys, _, err := j.deedsOf(leadID)
	if err != nil {
		return l, err
	}
	e, ops := j.audit.Entry(d.Entry(leadID))
	ops = append(ops, journal.Put(deedShelf, nextDeed(leadID, keys), mustJSON(deed{d, now})), j.messages.Request(l))
	if err := j.o.Journal.Settle(ctx, ops...); err != nil {
		return l, fmt.Errorf("keep it: %w", err)
	}
	j.audit.Share(e)
	l.Revision++
	j.messages.Start(l)
	return l, nil
}

// changed carries out a deed; errUnchanged when there was nothing left to do.
func (j *Jobs) changed(l *lead.Lead, d lead.Command, at time.Time) error {
	if l.MergedInto != "" {
		return errMerged
	}
	steps := len(l.Trail)
	if err := l.Act(d, at); err != nil {
		return err
	}
	if len(l.Trail) == steps {
		return errUnchanged
	}
	j.policy.Schedule(l)
	return nil
}

// deedsOf are the deeds of a lead that the store does not have, by their keys in
// order; of all leads without an id.
func (j *Jobs) deedsOf(leadID string) (keys []string, deeds []deed, err error) {
	if j.o.Journal.Len(deedShelf) == 0 {
		return nil, nil, nil
	}
	prefix := ""
	if leadID != "" {
		prefix = leadID + "/"
	}
	err = j.o.Journal.Each(deedShelf, prefix, func(key string, value []byte) bool {
		if !strings.HasPrefix(key, prefix) {
			return false
		}
		var d deed
		if bad := json.Unmarshal(value, &d); bad != nil {
			j.log.Error("a kept deed cannot be read; it stays there", "key", key, "error", bad)
			return true
		}
		keys, deeds = append(keys, key), append(deeds, d)
		return true
	})
	if err != nil {
		err = fmt.Errorf("read deeds: %w", err)
	}
	return keys, deeds, err
}

// withDeeds is a lead with what was done about it and is not in the store yet.
// Each deed counts as a revision.
func (j *Jobs) withDeeds(id string, l *lead.Lead) (*lead.Lead, error) {
	_, deeds, err := j.deedsOf(id)
	for _, d := range deeds {
		if j.changed(l, d.Command, d.At) == nil {
			l.Revision++
		}
	}
	return l, err
}

// carryDeeds brings the deeds of a lead to the store, of all without an id.
// Those of a lead that the store does not have yet wait for its touch.
func (j *Jobs) carryDeeds(ctx context.Context, leadID string) error {
	if j.o.Journal.Len(deedShelf) == 0 {
		return nil
	}
	j.carrying.Lock() // each deed once
	defer j.carrying.Unlock()
	keys, deeds, err := j.deedsOf(leadID)
	for i, key := range keys {
		id, _, _ := strings.Cut(key, "/")
		if _, err := j.carryDeed(ctx, id, key, deeds[i]); err != nil {
			return fmt.Errorf("carry a deed of lead %s: %w", id, err)
		}
	}
	return err
}

// carryDeed brings one deed to the store and returns the lead as it is then. Who
// comes second there is told.
func (j *Jobs) carryDeed(ctx context.Context, id, key string, d deed) (*lead.Lead, error) {
	if d.Verb == lead.VerbDuplicate {
		if l, waits, err := j.carryDuplicate(ctx, id, key, d); l != nil || waits || err != nil {
			return l, err
		}
	}
	l, err := j.repo.Update(ctx, id, repo.Change{Prompt: true, Apply: func(l *lead.Lead) error { return j.changed(l, d.Command, d.At) }})
	switch {
	case errors.Is(err, errMerged):
		return j.carryDeed(ctx, l.MergedInto, key, d)
	case errors.Is(err, lead.ErrNotFound):
		if j.repo.Owns(id) {
			return nil, nil // its touch is on the way
		}
		j.log.Warn("what was done about a lead while redis was away comes to nothing: the lead is gone", "lead_id", id, "verb", d.Verb)
		return nil, j.o.Journal.Settle(ctx, journal.Delete(deedShelf, key))
	case err != nil && !decided(err) && !errors.Is(err, errUnchanged):
		return nil, err
	}
	late := errors.Is(err, lead.ErrTaken)
	err = j.repo.Keep(ctx, repo.Commit{
		With: func(l *lead.Lead, _ bool) ([]journal.Op, error) {
			ops := []journal.Op{journal.Delete(deedShelf, key), j.messages.Request(l)}
			if late {
				ops = append(ops, j.messages.Reply(l, d.Click, secondText(d, l))...)
			}
			return ops, nil
		},
		Then: func(l *lead.Lead, _ bool) { j.messages.Start(l) },
	}, l)
	if err != nil {
		return nil, err
	}
	if late {
		j.log.Info("somebody else was faster while redis was away", "lead_id", l.ID, "verb", d.Verb)
	}
	j.messages.WakeReplies()
	return l, nil
}

// catchUp brings to a lead what was done about it, by the name of its touch,
// before the store had it.
func (j *Jobs) catchUp(ctx context.Context, t *lead.Touch, l *lead.Lead) (*lead.Lead, error) {
	if j.o.Journal.Len(deedShelf) == 0 {
		return l, nil
	}
	j.carrying.Lock()
	defer j.carrying.Unlock()
	keys, deeds, err := j.deedsOf(t.ID)
	if err != nil || len(keys) == 0 {
		return l, err
	}
	for i, key := range keys {
		now, err := j.carryDeed(ctx, l.ID, key, deeds[i])
		if err != nil {
			return nil, fmt.Errorf("catch up with lead %s: %w", l.ID, err)
		}
		l = cmp.Or(now, l)
	}
	return l, nil
}

// catchUpPost rewrites a message that was told from the journal when somebody has
// done something about its lead already.
func (j *Jobs) catchUpPost(ctx context.Context, t *lead.Touch) {
	defer j.repo.Lock(t.ID)() // whoever acts from now on finds the receipt
	keys, _, err := j.deedsOf(t.ID)
	if err != nil || len(keys) == 0 {
		return
	}
	l, err := j.repo.LeadHere(t.ID)
	if err != nil {
		return // its job has it by now, and rewrites the message
	}
	if err := j.o.Journal.Settle(ctx, j.messages.Request(l)); err != nil {
		j.log.Warn("keep the refresh of a lead", "lead_id", l.ID, "error", err)
	}
	j.messages.Start(l)
}

// secondText tells somebody that another one has the lead.
func secondText(d deed, l *lead.Lead) string {
	return fmt.Sprintf("%s's %s of %s came second: %s has this lead since %s.", d.By, d.Verb, d.At.Format("15:04:05 MST"),
		l.Claim.By, l.Claim.At.Format("15:04:05 MST"))
}
