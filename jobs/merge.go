package jobs

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
func (j *Jobs) Merge(ctx context.Context, id, into, by string) (*lead.Lead, error) {
	if err := j.reach(ctx, id); err != nil {
		return nil, err
	}
	return j.unite(ctx, id, into, by)
}

func (j *Jobs) unite(ctx context.Context, id, into, by string) (*lead.Lead, error) {
	l, err := j.exclusive(ctx, func() (*lead.Lead, error) { return j.join(ctx, id, into, by) })
	if err == nil {
		j.audit.Record(ctx, lead.Entry{By: by, Did: lead.ActMerge, LeadID: id, About: l.ID})
	}
	return l, err
}

// reach says at once, and not when those who wait with patience give up, that Redis
// is away or does not have the lead.
func (j *Jobs) reach(ctx context.Context, id string) error {
	if !j.redis.Up() {
		return errNeedsRedis
	}
	_, err := j.o.Prompt.Lead(ctx, id)
	return err
}

// merging bounds how long a merge may take, and how long one that a crash cut
// short keeps others waiting.
const merging = 10 * time.Second

// exclusive runs one merge at a time over all replicas, for two of them at once
// could make two leads point at each other.
func (j *Jobs) exclusive(ctx context.Context, do func() (*lead.Lead, error)) (*lead.Lead, error) {
	ctx, cancel := context.WithTimeout(ctx, merging)
	defer cancel()
	owner := lead.NewID(j.now())
	free, err := j.o.Store.Lease(ctx, "merge", owner, merging)
	if err != nil {
		return nil, err
	}
	if !free {
		return nil, fmt.Errorf("another merge is under way; try again in a moment: %w", lead.ErrConflict)
	}
	l, err := do()
	return l, errors.Join(err, j.o.Store.Release(ctx, "merge", owner))
}

func (j *Jobs) join(ctx context.Context, id, into, by string) (*lead.Lead, error) {
	source, err := j.o.Store.Lead(ctx, id)
	if err != nil {
		return nil, err
	}
	for range mergeTries {
		target, err := j.survivor(ctx, into)
		if err != nil {
			return nil, err
		}
		if source.MergedInto == target.ID && slices.Contains(target.Absorbed, id) {
			return target, j.keepMerged(ctx, source, target, source.Touches)
		}
		if target.ID == id || source.MergedInto != "" && source.MergedInto != target.ID {
			return target, fmt.Errorf("merge lead %s into %s: %w", id, into, lead.ErrSameLead)
		}
		trial := *target
		if err := trial.Absorb(source); err != nil {
			return target, fmt.Errorf("merge lead %s into %s: %w", id, into, err)
		}
		// First the pointer, so that whoever comes now goes to the lead that stays.
		source, err = j.repo.Update(ctx, id, repo.Change{Apply: func(l *lead.Lead) error {
			if l.MergedInto != "" && l.MergedInto != target.ID {
				return lead.ErrSameLead
			}
			l.MergeInto(target, by, j.now())
			j.policy.Schedule(l)
			return nil
		}})
		if err != nil {
			return nil, fmt.Errorf("merge lead %s into %s: %w", id, into, err)
		}
		target, err = j.repo.Update(ctx, target.ID, repo.Change{Revision: target.Revision, Apply: func(l *lead.Lead) error {
			if err := l.Absorb(source); err != nil {
				return err
			}
			j.o.Rules().Judge(l, j.now())
			j.policy.Schedule(l)
			l.Trail = append(l.Trail, lead.Step{At: j.now().UTC(), Step: lead.StepAbsorbed, Note: fmt.Sprintf("%s by %s", id, by)})
			return nil
		}})
		switch {
		case errors.Is(err, lead.ErrConflict):
			continue // somebody changed it meanwhile; the pointer has to remember it as it is now
		case err != nil:
			if _, undone := j.repo.Update(ctx, id, repo.Change{Apply: func(l *lead.Lead) error { l.Free(nil); j.policy.Schedule(l); return nil }}); undone != nil {
				err = errors.Join(err, undone)
			}
			return target, fmt.Errorf("merge lead %s into %s: %w", id, into, err)
		}
		return target, j.keepMerged(ctx, source, target, source.Touches)
	}
	return nil, fmt.Errorf("merge lead %s into %s: %w again and again", id, into, lead.ErrConflict)
}

// mergeTries bounds how often a merge begins anew because others change the lead.
const mergeTries = 50

// survivor follows the pointers of merged leads to the one that stays.
func (j *Jobs) survivor(ctx context.Context, id string) (*lead.Lead, error) {
	for {
		l, err := j.o.Store.Lead(ctx, id)
		if err != nil || l.MergedInto == "" {
			return l, err
		}
		id = l.MergedInto
	}
}

// Unmerge brings back a lead that was merged, and the one that absorbed it, as
// they would be had they never been one. It returns the lead that is its own
// again. lead.ErrNotMerged when there is nothing to undo.
func (j *Jobs) Unmerge(ctx context.Context, id, by string) (*lead.Lead, error) {
	if err := j.reach(ctx, id); err != nil {
		return nil, err
	}
	l, err := j.exclusive(ctx, func() (*lead.Lead, error) { return j.part(ctx, id, by) })
	if err == nil {
		j.audit.Record(ctx, lead.Entry{By: by, Did: lead.ActUnmerge, LeadID: l.ID})
	}
	return l, err
}

func (j *Jobs) part(ctx context.Context, id, by string) (*lead.Lead, error) {
	source, err := j.o.Store.Lead(ctx, id)
	if err != nil {
		return nil, err
	}
	if source.MergedInto == "" || source.MergeUndo == nil {
		return source, fmt.Errorf("unmerge lead %s: %w", id, lead.ErrNotMerged)
	}
	target, err := j.o.Store.Lead(ctx, source.MergedInto)
	if err != nil {
		return nil, fmt.Errorf("unmerge lead %s: %w", id, err)
	}
	if target.MergedInto != "" {
		return source, fmt.Errorf("unmerge lead %s: first bring back %s, which was merged into %s later: %w", id, target.ID, target.MergedInto, lead.ErrConflict)
	}
	merged := *source
	step := func(of string) lead.Step {
		return lead.Step{At: j.now().UTC(), Step: lead.StepUnmerged, Note: fmt.Sprintf("%s by %s", of, by)}
	}
	var theirs []lead.Past
	target, err = j.repo.Update(ctx, target.ID, repo.Change{Apply: func(l *lead.Lead) error {
		var back *lead.Lead
		back, theirs = l.Unmerged(&merged)
		*l = *back
		j.o.Rules().Judge(l, j.now())
		j.policy.Schedule(l)
		l.Trail = append(l.Trail, step(id))
		return nil
	}})
	if err != nil {
		return nil, fmt.Errorf("unmerge lead %s: %w", id, err)
	}
	source, err = j.repo.Update(ctx, id, repo.Change{Apply: func(l *lead.Lead) error {
		l.Free(theirs)
		j.o.Rules().Judge(l, j.now())
		j.policy.Schedule(l)
		l.Trail = append(l.Trail, step(target.ID))
		return nil
	}})
	if err != nil {
		return nil, fmt.Errorf("unmerge lead %s: %w", id, err)
	}
	return source, j.keepMerged(ctx, target, source, source.Touches)
}

// keepMerged makes a merge, or its undoing, durable: both leads, and whose the
// touches are now, in one commit. Every message about either is rewritten.
func (j *Jobs) keepMerged(ctx context.Context, from, to *lead.Lead, touches []string) error {
	if err := j.o.Store.Relead(ctx, touches, to); err != nil {
		return err
	}
	var ops []journal.Op
	for _, id := range touches {
		b, err := j.o.Journal.Get(repo.TouchShelf, id)
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
	return j.repo.Keep(ctx, repo.Commit{Ops: ops,
		With: func(l *lead.Lead, _ bool) ([]journal.Op, error) {
			if l.MergedInto != "" { // its messages are the other's now
				return nil, nil
			}
			return []journal.Op{j.messages.Request(l)}, nil
		},
		Then: func(l *lead.Lead, _ bool) {
			if l.MergedInto == "" {
				j.messages.Start(l)
			}
		},
	}, from, to)
}
