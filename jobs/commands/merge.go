package commands

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// Merge makes one lead of two: into takes over everything of id, which becomes a
// pointer to it. Everybody who is known by either is found there afterwards. It
// is on disk when Merge returns the lead that both are now. lead.ErrTwoClaims
// and lead.ErrSameLead say why not; a merge that a crash cut short is finished
// by asking again.
func (c *Commands) Merge(ctx context.Context, id, into, by string) (*lead.Lead, error) {
	if err := c.reach(ctx, id); err != nil {
		return nil, err
	}
	return c.unite(ctx, id, into, by)
}

func (c *Commands) unite(ctx context.Context, id, into, by string) (*lead.Lead, error) {
	l, err := c.exclusive(ctx, func() (*lead.Lead, error) { return c.join(ctx, id, into, by) })
	if err == nil {
		c.o.Audit.Record(ctx, lead.Entry{By: by, Did: lead.ActMerge, LeadID: id, About: l.ID})
	}
	return l, err
}

// merging bounds how long a merge may take, and how long one that a crash cut
// short keeps others waiting.
const merging = 10 * time.Second

// exclusive runs one merge at a time over all replicas, for two of them at once
// could make two leads point at each other.
func (c *Commands) exclusive(ctx context.Context, do func() (*lead.Lead, error)) (*lead.Lead, error) {
	ctx, cancel := context.WithTimeout(ctx, merging)
	defer cancel()
	owner := lead.NewID(c.o.Now())
	free, err := c.o.Store.Lease(ctx, "merge", owner, merging)
	if err != nil {
		return nil, err
	}
	if !free {
		return nil, fmt.Errorf("another merge is under way; try again in a moment: %w", lead.ErrConflict)
	}
	l, err := do()
	return l, errors.Join(err, c.o.Store.Release(ctx, "merge", owner))
}

func (c *Commands) join(ctx context.Context, id, into, by string) (*lead.Lead, error) {
	source, err := c.o.Store.Lead(ctx, id)
	if err != nil {
		return nil, err
	}
	for range mergeTries {
		target, err := c.survivor(ctx, into)
		if err != nil {
			return nil, err
		}
		if source.MergedInto == target.ID && slices.Contains(target.Absorbed, id) {
			return target, c.keepMerged(ctx, source, target, source.Touches)
		}
		if target.ID == id || source.MergedInto != "" && source.MergedInto != target.ID {
			return target, fmt.Errorf("merge lead %s into %s: %w", id, into, lead.ErrSameLead)
		}
		trial := *target
		if err := trial.Absorb(source); err != nil {
			return target, fmt.Errorf("merge lead %s into %s: %w", id, into, err)
		}
		// First the pointer, so that whoever comes now goes to the lead that stays.
		source, err = c.o.Repo.Update(ctx, id, repo.Change{Apply: func(l *lead.Lead) error {
			if l.MergedInto != "" && l.MergedInto != target.ID {
				return lead.ErrSameLead
			}
			l.MergeInto(target, by, c.o.Now())
			c.o.Policy.Schedule(l)
			return nil
		}})
		if err != nil {
			return nil, fmt.Errorf("merge lead %s into %s: %w", id, into, err)
		}
		target, err = c.o.Repo.Update(ctx, target.ID, repo.Change{Revision: target.Revision, Apply: func(l *lead.Lead) error {
			if err := l.Absorb(source); err != nil {
				return err
			}
			c.o.Policy.Rules().Judge(l, c.o.Now())
			c.o.Policy.Schedule(l)
			l.Trail = append(l.Trail, lead.Step{At: c.o.Now().UTC(), Step: lead.StepAbsorbed, Note: fmt.Sprintf("%s by %s", id, by)})
			return nil
		}})
		switch {
		case errors.Is(err, lead.ErrConflict):
			continue // somebody changed it meanwhile; the pointer has to remember it as it is now
		case err != nil:
			if _, undone := c.o.Repo.Update(ctx, id, repo.Change{Apply: func(l *lead.Lead) error { l.Free(nil); c.o.Policy.Schedule(l); return nil }}); undone != nil {
				err = errors.Join(err, undone)
			}
			return target, fmt.Errorf("merge lead %s into %s: %w", id, into, err)
		}
		return target, c.keepMerged(ctx, source, target, source.Touches)
	}
	return nil, fmt.Errorf("merge lead %s into %s: %w again and again", id, into, lead.ErrConflict)
}

// mergeTries bounds how often a merge begins anew because others change the lead.
const mergeTries = 50

// survivor follows the pointers of merged leads to the one that stays.
func (c *Commands) survivor(ctx context.Context, id string) (*lead.Lead, error) {
	for {
		l, err := c.o.Store.Lead(ctx, id)
		if err != nil || l.MergedInto == "" {
			return l, err
		}
		id = l.MergedInto
	}
}

// Unmerge brings back a lead that was merged, and the one that absorbed it, as
// they would be had they never been one. It returns the lead that is its own
// again. lead.ErrNotMerged when there is nothing to undo.
func (c *Commands) Unmerge(ctx context.Context, id, by string) (*lead.Lead, error) {
	if err := c.reach(ctx, id); err != nil {
		return nil, err
	}
	l, err := c.exclusive(ctx, func() (*lead.Lead, error) { return c.part(ctx, id, by) })
	if err == nil {
		c.o.Audit.Record(ctx, lead.Entry{By: by, Did: lead.ActUnmerge, LeadID: l.ID})
	}
	return l, err
}

func (c *Commands) part(ctx context.Context, id, by string) (*lead.Lead, error) {
	source, err := c.o.Store.Lead(ctx, id)
	if err != nil {
		return nil, err
	}
	if source.MergedInto == "" || source.MergeUndo == nil {
		return source, fmt.Errorf("unmerge lead %s: %w", id, lead.ErrNotMerged)
	}
	target, err := c.o.Store.Lead(ctx, source.MergedInto)
	if err != nil {
		return nil, fmt.Errorf("unmerge lead %s: %w", id, err)
	}
	if target.MergedInto != "" {
		return source, fmt.Errorf("unmerge lead %s: first bring back %s, which was merged into %s later: %w", id, target.ID, target.MergedInto, lead.ErrConflict)
	}
	merged := *source
	step := func(of string) lead.Step {
		return lead.Step{At: c.o.Now().UTC(), Step: lead.StepUnmerged, Note: fmt.Sprintf("%s by %s", of, by)}
	}
	var theirs []lead.Past
	target, err = c.o.Repo.Update(ctx, target.ID, repo.Change{Apply: func(l *lead.Lead) error {
		var back *lead.Lead
		back, theirs = l.Unmerged(&merged)
		*l = *back
		c.o.Policy.Rules().Judge(l, c.o.Now())
		c.o.Policy.Schedule(l)
		l.Trail = append(l.Trail, step(id))
		return nil
	}})
	if err != nil {
		return nil, fmt.Errorf("unmerge lead %s: %w", id, err)
	}
	source, err = c.o.Repo.Update(ctx, id, repo.Change{Apply: func(l *lead.Lead) error {
		l.Free(theirs)
		c.o.Policy.Rules().Judge(l, c.o.Now())
		c.o.Policy.Schedule(l)
		l.Trail = append(l.Trail, step(target.ID))
		return nil
	}})
	if err != nil {
		return nil, fmt.Errorf("unmerge lead %s: %w", id, err)
	}
	return source, c.keepMerged(ctx, target, source, source.Touches)
}

// keepMerged makes a merge, or its undoing, durable: both leads, and whose the
// touches are now, in one commit. Every message about either is rewritten.
func (c *Commands) keepMerged(ctx context.Context, from, to *lead.Lead, touches []string) error {
	if err := c.o.Store.Relead(ctx, touches, to); err != nil {
		return err
	}
	var ops []journal.Op
	for _, id := range touches {
		b, err := c.o.Journal.Get(repo.TouchShelf, id)
		if errors.Is(err, journal.ErrNotFound) {
			continue // another node's, or past its retention
		}
		if err != nil {
			return fmt.Errorf("read touch %s: %w", id, err)
		}
		var t lead.Touch
		if err := json.Unmarshal(b, &t); err != nil {
			return fmt.Errorf("read touch %s: %w", id, err)
		}
		t.LeadID = to.ID
		if b, err = json.Marshal(&t); err != nil {
			return fmt.Errorf("encode touch %s: %w", id, err)
		}
		ops = append(ops, journal.Put(repo.TouchShelf, id, b))
	}
	return c.o.Repo.Keep(ctx, repo.Commit{Ops: ops,
		With: func(l *lead.Lead, _ bool) ([]journal.Op, error) {
			if l.MergedInto != "" { // its messages are the other's now
				return nil, nil
			}
			return []journal.Op{c.o.Messages.Request(l)}, nil
		},
		Then: func(l *lead.Lead, _ bool) {
			if l.MergedInto == "" {
				c.o.Messages.Start(l)
			}
		},
	}, from, to)
}

// duplicate makes a lead part of the one that somebody says it is a duplicate of.
// The lead that both are now comes back; lead.ErrTwoClaims and lead.ErrSameLead say
// why they stay two.
func (c *Commands) duplicate(ctx context.Context, leadID string, d lead.Command, revision int64) (*lead.Lead, error) {
	l, err := c.o.Repo.Stored(ctx, leadID)
	if err != nil {
		return nil, err
	}
	other, err := c.o.Repo.Stored(ctx, d.To)
	if err != nil && !errors.Is(err, lead.ErrNotFound) {
		return l, err
	}
	switch {
	case err != nil, other.ID == l.ID:
		return l, lead.ErrWhom
	case revision != 0 && l.Revision != revision:
		return l, lead.ErrConflict
	case l.Apart, other.Apart:
		return l, lead.ErrHeld
	case l.MergedInto != "" && l.MergedInto != other.ID:
		return l, errMerged
	}
	merged, err := c.unite(ctx, l.ID, other.ID, d.By)
	if err != nil {
		return l, err
	}
	return merged, nil
}
