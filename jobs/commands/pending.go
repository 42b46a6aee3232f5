package commands

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// action is what somebody did about a lead and the store does not have yet. It is
// kept in the journal, each under a key of its own.
type action struct {
	lead.Command
	At time.Time `json:"at"`
}

// actionKey orders the pending actions of a lead as they were done.
func actionKey(leadID string, n int) string { return fmt.Sprintf("%s/%012d", leadID, n) }

// nextKey is the key after the last of these.
func nextKey(leadID string, keys []string) string {
	n := 0
	if len(keys) > 0 {
		_, number, _ := strings.Cut(keys[len(keys)-1], "/")
		n, _ = strconv.Atoi(number) // of our own making
	}
	return actionKey(leadID, n+1)
}

// doInJournal carries out an action as far as this node knows the lead.
func (c *Commands) doInJournal(ctx context.Context, leadID string, d lead.Command, revision int64) (*lead.Lead, error) {
	defer c.o.Repo.Lock(leadID)()
	l, err := c.o.Repo.LeadHere(leadID)
	if errors.Is(err, lead.ErrNotFound) && !c.o.Redis.Up() {
		err = repo.ErrAway
	}
	if err != nil {
		return nil, err
	}
	if revision != 0 && l.Revision != revision {
		return l, lead.ErrConflict
	}
	now := c.o.Now().UTC()
	if err := c.apply(l, d, now); errors.Is(err, errUnchanged) {
		return l, nil
	} else if err != nil {
		return l, err
	}
	keys, _, err := c.pendingOf(leadID)
	if err != nil {
		return l, err
	}
	e, ops := c.o.Audit.Entry(d.Entry(leadID))
	ops = append(ops, c.pending.Put(nextKey(leadID, keys), action{d, now}), c.o.Messages.Request(l))
	if err := c.o.Journal.Settle(ctx, ops...); err != nil {
		return l, fmt.Errorf("keep it: %w", err)
	}
	c.o.Audit.Share(e)
	l.Revision++
	c.o.Messages.Start(l)
	return l, nil
}

// pendingOf are the pending actions of a lead, by their keys in order; of all
// leads without an id.
func (c *Commands) pendingOf(leadID string) (keys []string, actions []action, err error) {
	if c.pending.Len() == 0 {
		return nil, nil, nil
	}
	prefix := ""
	if leadID != "" {
		prefix = leadID + "/"
	}
	for a, err := range c.pending.Under(prefix) {
		if err != nil {
			return keys, actions, fmt.Errorf("read pending actions: %w", err)
		}
		keys, actions = append(keys, a.Key), append(actions, a.Value)
	}
	return keys, actions, nil
}

// Overlay adds to a lead of this node's journal what is pending. Each action counts
// as a revision.
func (c *Commands) Overlay(id string, l *lead.Lead) (*lead.Lead, error) {
	_, actions, err := c.pendingOf(id)
	for _, a := range actions {
		if c.apply(l, a.Command, a.At) == nil {
			l.Revision++
		}
	}
	return l, err
}

// Replay applies the pending actions of a lead to the store, of all without an id.
// Those of a lead that the store does not have yet wait for its touch.
func (c *Commands) Replay(ctx context.Context, leadID string) error {
	if c.pending.Len() == 0 {
		return nil
	}
	c.replaying.Lock() // each action once
	defer c.replaying.Unlock()
	keys, actions, err := c.pendingOf(leadID)
	for i, key := range keys {
		id, _, _ := strings.Cut(key, "/")
		if _, err := c.replay(ctx, id, key, actions[i]); err != nil {
			return fmt.Errorf("apply a pending action to lead %s: %w", id, err)
		}
	}
	return err
}

// replay applies one action to the store and returns the lead as it is then. The
// user whose action lost gets a thread reply.
func (c *Commands) replay(ctx context.Context, id, key string, a action) (*lead.Lead, error) {
	if a.Verb == lead.VerbDuplicate {
		if l, waits, err := c.replayDuplicate(ctx, id, key, a); l != nil || waits || err != nil {
			return l, err
		}
	}
	l, err := c.o.Repo.Update(ctx, id, repo.Change{Prompt: true, Apply: func(l *lead.Lead) error { return c.apply(l, a.Command, a.At) }})
	switch {
	case errors.Is(err, errMerged):
		return c.replay(ctx, l.MergedInto, key, a)
	case errors.Is(err, lead.ErrNotFound):
		if c.o.Repo.Owns(id) {
			return nil, nil // its touch is being worked on
		}
		c.log.Warn("what was done about a lead while redis was away comes to nothing: the lead is gone", "lead_id", id, "verb", a.Verb)
		return nil, c.o.Journal.Settle(ctx, c.pending.Delete(key))
	case err != nil && !isAnswer(err) && !errors.Is(err, errUnchanged):
		return nil, err
	}
	lost := errors.Is(err, lead.ErrTaken)
	err = c.o.Repo.Keep(ctx, repo.Commit{
		With: func(l *lead.Lead, _ bool) ([]journal.Op, error) {
			ops := []journal.Op{c.pending.Delete(key), c.o.Messages.Request(l)}
			if lost {
				ops = append(ops, c.o.Messages.Reply(l, a.Click, lostText(a, l))...)
			}
			return ops, nil
		},
		Then: func(l *lead.Lead, _ bool) { c.o.Messages.Start(l) },
	}, l)
	if err != nil {
		return nil, err
	}
	if lost {
		c.log.Info("somebody else was faster while redis was away", "lead_id", l.ID, "verb", a.Verb)
	}
	c.o.Messages.WakeReplies()
	return l, nil
}

// replayDuplicate merges a lead that was closed as a duplicate while Redis was
// away. Without an error it says what is left: the lead that both are now; that one
// of the two has to reach the store first; or neither, when they cannot be merged
// and the duplicate stays closed.
func (c *Commands) replayDuplicate(ctx context.Context, id, key string, a action) (l *lead.Lead, waits bool, err error) {
	l, err = c.duplicate(ctx, id, a.Command, 0)
	switch {
	case errors.Is(err, lead.ErrNotFound) && c.o.Repo.Owns(id), errors.Is(err, lead.ErrWhom) && c.o.Repo.Owns(a.To):
		return nil, true, nil
	case errors.Is(err, lead.ErrNotFound):
		return nil, false, nil
	case errors.Is(err, lead.ErrTwoClaims), errors.Is(err, lead.ErrSameLead), errors.Is(err, lead.ErrWhom), errors.Is(err, lead.ErrHeld), errors.Is(err, errMerged):
		c.log.Warn("a duplicate that was named while redis was away is not merged", "lead_id", id, "error", err)
		return nil, false, nil
	case err != nil:
		return nil, false, err
	}
	if err := c.o.Journal.Settle(ctx, c.pending.Delete(key)); err != nil {
		return nil, false, fmt.Errorf("keep the merge of lead %s: %w", id, err)
	}
	return l, false, nil
}

// Apply applies to a lead that is now in the store what was done about it by the
// name of its touch.
func (c *Commands) Apply(ctx context.Context, t *lead.Touch, l *lead.Lead) (*lead.Lead, error) {
	if c.pending.Len() == 0 {
		return l, nil
	}
	c.replaying.Lock()
	defer c.replaying.Unlock()
	keys, actions, err := c.pendingOf(t.ID)
	if err != nil {
		return l, err
	}
	for i, key := range keys {
		now, err := c.replay(ctx, l.ID, key, actions[i])
		if err != nil {
			return nil, fmt.Errorf("apply pending actions to lead %s: %w", l.ID, err)
		}
		l = cmp.Or(now, l)
	}
	return l, nil
}

// Posted updates a message that was sent from the journal when something was done
// about its lead already.
func (c *Commands) Posted(ctx context.Context, t *lead.Touch) {
	defer c.o.Repo.Lock(t.ID)() // whoever acts from now on finds the receipt
	keys, _, err := c.pendingOf(t.ID)
	if err != nil || len(keys) == 0 {
		return
	}
	l, err := c.o.Repo.LeadHere(t.ID)
	if err != nil {
		return // its job has it by now, and updates the message
	}
	if err := c.o.Journal.Settle(ctx, c.o.Messages.Request(l)); err != nil {
		c.log.Warn("keep the update request of a lead", "lead_id", l.ID, "error", err)
	}
	c.o.Messages.Start(l)
}

// lostText says who has the lead that somebody else wanted, too.
func lostText(a action, l *lead.Lead) string {
	return fmt.Sprintf("%s's %s of %s came second: %s has this lead since %s.", a.By, a.Verb, a.At.Format("15:04:05 MST"),
		l.Claim.By, l.Claim.At.Format("15:04:05 MST"))
}
