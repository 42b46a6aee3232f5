// Package commands answers one question: what happens when a rep or an owner does
// something about a lead?
//
// It promises that of two people who act at the same time one succeeds and the
// other learns who; that an act is on disk when it is answered, and in the audit;
// and that every message about the lead shows it afterwards. While Redis is away
// this node's journal decides, and the act is a pending action until the store has
// it. It must not know how a touch is worked on or what a message looks like.
//
// To add a verb, add its row to lead's table of verbs and its effect to Lead.Act.
package commands

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/leadgate/leadgate/jobs/audit"
	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/jobs/messages"
	"github.com/leadgate/leadgate/jobs/policy"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/journal/shelf"
	"github.com/leadgate/leadgate/lead"
)

const (
	pendingShelf = "deeds" // lead id/number -> action that the store does not have yet
	offShelf     = "off"   // rep -> until when the rep is away
)

// Shelves are the journal's that commands use.
func Shelves() []string { return []string{pendingShelf, offShelf} }

// Store is what all replicas share besides leads. store.Store is one.
type Store interface {
	Lead(ctx context.Context, id string) (*lead.Lead, error)
	Relead(ctx context.Context, touchIDs []string, l *lead.Lead) error
	Lease(ctx context.Context, name, owner string, d time.Duration) (bool, error)
	Release(ctx context.Context, name, owner string) error
	Turns(ctx context.Context, change func(*lead.Turns) error) error
	Off(ctx context.Context, rep string, until time.Time) error
	WhoIsOff(ctx context.Context) (map[string]time.Time, error)
}

// Options of New; all are required.
type Options struct {
	Journal  *journal.Journal
	Repo     *repo.Repo
	Store    Store // with patience
	Prompt   Store // the same over a client that never waits more than 200 ms
	Redis    *availability.Monitor
	Policy   policy.Policy
	Audit    *audit.Log
	Messages *messages.Messages

	// Reopen works on a settled touch once more; pipeline.Pipeline does.
	Reopen  func(ctx context.Context, t *lead.Touch, more ...journal.Op) error
	Known   func(target string) bool          // a target of the configuration
	Claimed func(afterCreation time.Duration) // a lead was claimed

	Logger *slog.Logger
	Now    func() time.Time
}

// Commands carry out what people do about leads.
type Commands struct {
	o       Options
	log     *slog.Logger
	pending *shelf.Shelf[action]
	off     *shelf.Shelf[time.Time]

	replaying sync.Mutex // pending actions are applied by one at a time
}

// New returns commands over a journal and a store.
func New(o Options) *Commands {
	return &Commands{o: o, log: o.Logger, pending: shelf.New[action](o.Journal, pendingShelf, o.Logger), off: shelf.New[time.Time](o.Journal, offShelf, o.Logger)}
}

var (
	errUnchanged = errors.New("nothing changes")     // it was done already
	errMerged    = errors.New("the lead was merged") // it is part of another one now
)

// Act carries out what somebody does about a lead, by compare-and-set. A duplicate
// is merged with the lead that it is, and that one comes back. With a revision it
// holds only if nobody changed the lead since. Of a lead that was merged it is the
// other one that is meant. The lead as it is comes back with errors, too, its
// verdict as of now.
//
// Should another replica have decided otherwise while Redis was away, the first in
// the store has the lead and the user whose action lost gets a thread reply.
func (c *Commands) Act(ctx context.Context, leadID string, d lead.Command, revision int64) (*lead.Lead, error) {
	if d.Verb == lead.VerbRelease {
		l, err := c.release(ctx, leadID, d.By, revision)
		return c.o.Policy.AsOfNow(l), err
	}
	l, err := c.do(ctx, leadID, d, revision)
	if errors.Is(err, errMerged) { // an old message still names it
		return c.Act(ctx, l.MergedInto, d, 0)
	}
	if err != nil {
		return c.o.Policy.AsOfNow(l), fmt.Errorf("%s lead %s: %w", d.Verb, leadID, err)
	}
	if d.Verb == lead.VerbClaim {
		c.o.Claimed(c.o.Now().Sub(l.CreatedAt))
	}
	return c.o.Policy.AsOfNow(l), nil
}

func (c *Commands) do(ctx context.Context, leadID string, d lead.Command, revision int64) (*lead.Lead, error) {
	if !c.o.Redis.Up() {
		return c.doInJournal(ctx, leadID, d, revision)
	}
	if err := c.Replay(ctx, leadID); err != nil { // older ones come first
		return c.doInJournal(ctx, leadID, d, revision)
	}
	l, err := c.doInStore(ctx, leadID, d, revision)
	switch {
	case err == nil, isAnswer(err):
		return l, err
	case errors.Is(err, lead.ErrNotFound): // its touch may not have been worked on yet
		return c.doInJournal(ctx, leadID, d, revision)
	}
	// Redis went a moment ago. If it carried out the action all the same, doing so
	// again will change nothing.
	c.o.Redis.ReportError(err)
	return c.doInJournal(ctx, leadID, d, revision)
}

// isAnswer says that an error is the answer to an action, not a failure.
func isAnswer(err error) bool {
	for _, answer := range []error{lead.ErrTaken, lead.ErrConflict, lead.ErrHeld, lead.ErrNoVerb, lead.ErrWhom, lead.ErrTwoClaims, lead.ErrSameLead, errMerged} {
		if errors.Is(err, answer) {
			return true
		}
	}
	return false
}

// doInStore carries out an action in the store and keeps the lead in the journal.
func (c *Commands) doInStore(ctx context.Context, leadID string, d lead.Command, revision int64) (*lead.Lead, error) {
	if d.Verb == lead.VerbDuplicate {
		return c.duplicate(ctx, leadID, d, revision)
	}
	at := c.o.Now()
	var entry lead.Entry
	l, err := c.o.Repo.Update(ctx, leadID, repo.Change{Revision: revision, Prompt: true,
		Apply: func(l *lead.Lead) error { return c.apply(l, d, at) },
		Keep: &repo.Commit{
			With: func(l *lead.Lead, kept bool) ([]journal.Op, error) {
				var ops []journal.Op
				if entry, ops = c.o.Audit.Entry(d.Entry(l.ID)); kept {
					ops = append(ops, c.o.Messages.Request(l))
				}
				return ops, nil
			},
			Then: func(l *lead.Lead, kept bool) {
				c.o.Audit.Share(entry)
				if kept {
					c.o.Messages.Start(l)
				}
			},
		}})
	if errors.Is(err, errUnchanged) {
		return l, nil
	}
	return l, err
}

// apply carries out an action on a lead; errUnchanged when there was nothing left
// to do.
func (c *Commands) apply(l *lead.Lead, d lead.Command, at time.Time) error {
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
	c.o.Policy.Schedule(l)
	return nil
}

// reach says at once, and not when those who wait with patience give up, that Redis
// is away or does not have the lead.
func (c *Commands) reach(ctx context.Context, id string) error {
	if !c.o.Redis.Up() {
		return availability.ErrNeeded
	}
	_, err := c.o.Prompt.Lead(ctx, id)
	return err
}
