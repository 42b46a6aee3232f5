package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// A refresh makes every message about a lead show what is the case now. It is
// kept in the journal until it is done, with the lead's revision that asked for
// it: a crash, a dead target or a Redis that is away only delay it.

// refreshing is a refresh on its way.
type refreshing struct {
	Revision int64       `json:"revision"`
	Posts    []lead.Post `json:"posts,omitempty"` // of a lead that is no more
	left     int         // messages still to be rewritten
}

// refresh has every message about l rewritten to what l is now. It returns once
// that is on disk, and does not wait for any target. A lead without messages
// costs nothing.
func (j *Jobs) refresh(ctx context.Context, l *lead.Lead) error {
	if len(l.Posts) == 0 {
		return nil
	}
	defer j.leads.lock(l.ID)()
	op := j.refreshOp(l)
	if err := j.o.Journal.Settle(ctx, op); err != nil {
		return fmt.Errorf("keep the refresh of lead %s: %w", l.ID, err)
	}
	j.rewrite(l)
	return nil
}

// refreshErased has every message about l, which was erased or is about to be,
// rewritten to say only that.
func (j *Jobs) refreshErased(ctx context.Context, l *lead.Lead) error {
	if len(l.Posts) == 0 {
		return nil
	}
	defer j.leads.lock(l.ID)()
	gone := refreshing{Revision: l.Revision, Posts: l.Posts}
	if err := j.o.Journal.Settle(ctx, journal.Put(refreshShelf, l.ID, mustJSON(gone))); err != nil {
		return fmt.Errorf("keep the refresh of lead %s: %w", l.ID, err)
	}
	j.rewriteErased(l.ID, gone)
	return nil
}

// refreshOp keeps a refresh; rewrite starts it once the op is committed. The
// caller holds the lead's lock over both.
func (j *Jobs) refreshOp(l *lead.Lead) journal.Op {
	return journal.Put(refreshShelf, l.ID, mustJSON(refreshing{Revision: l.Revision}))
}

// rewrite hands the messages about l to those who rewrite them.
func (j *Jobs) rewrite(l *lead.Lead) {
	j.handToMirrors(l.ID, refreshing{Revision: l.Revision}, slices.DeleteFunc(slices.Clone(l.Posts), func(p lead.Post) bool {
		return p.Kind == lead.Repeat || p.Kind == lead.Remark // what was said in a thread stays said
	}))
}

func (j *Jobs) rewriteErased(leadID string, gone refreshing) {
	j.mu.Lock()
	j.erased[leadID] = true
	j.mu.Unlock()
	j.handToMirrors(leadID, gone, gone.Posts)
}

// handToMirrors counts first, so that no message is done before all are known.
func (j *Jobs) handToMirrors(leadID string, r refreshing, posts []lead.Post) {
	posts = slices.DeleteFunc(posts, func(p lead.Post) bool { return j.mirrors[p.Target] == nil })
	j.mu.Lock()
	r.left = len(posts)
	j.refreshes[leadID] = &r
	j.mu.Unlock()
	for _, p := range posts {
		j.mirrors[p.Target].add(p, leadID, &r)
	}
	if len(posts) == 0 {
		j.refreshed(leadID, &r)
	}
}

// rewritten counts a message of a refresh that shows what is the case, or never
// will.
func (j *Jobs) rewritten(leadID string, r *refreshing) {
	j.mu.Lock()
	r.left--
	done := r.left == 0
	j.mu.Unlock()
	if done {
		unlock := j.leads.lock(leadID)
		j.refreshed(leadID, r)
		unlock()
	}
}

// refreshed forgets a refresh that is done, unless a later one began. The
// caller holds the lead's lock.
func (j *Jobs) refreshed(leadID string, r *refreshing) {
	j.mu.Lock()
	last := j.refreshes[leadID] == r
	if last {
		delete(j.refreshes, leadID)
		delete(j.erased, leadID)
	}
	j.mu.Unlock()
	if !last {
		return
	}
	if err := j.o.Journal.Settle(context.Background(), journal.Delete(refreshShelf, leadID)); err != nil {
		j.log.Warn("forget a refresh; it is done again after the next start", "lead_id", leadID, "error", err)
	}
}

// resumeRefreshes starts again what an earlier run of the process left. What
// only Redis knows waits for it.
func (j *Jobs) resumeRefreshes(ctx context.Context) {
	for ctx.Err() == nil {
		changed := j.redis.Changed()
		err := errors.Join(j.resumeKept(ctx), j.keepPromises(ctx, j.begun))
		if err == nil {
			return
		}
		j.log.Warn("some messages about changed leads are rewritten or sent later", "error", err)
		select {
		case <-changed:
		case <-time.After(time.Minute):
		case <-ctx.Done():
		}
	}
}

func (j *Jobs) resumeKept(ctx context.Context) error {
	kept := map[string]refreshing{}
	err := j.o.Journal.Each(refreshShelf, "", func(key string, value []byte) bool {
		var r refreshing
		if json.Unmarshal(value, &r) != nil {
			j.log.Error("a kept refresh cannot be read; it stays there", "lead_id", key)
			return true
		}
		kept[key] = r
		return true
	})
	if err != nil {
		return fmt.Errorf("read refreshes: %w", err)
	}
	var trouble error
	for id, r := range kept {
		if err := j.resumeOne(ctx, id, r); err != nil {
			trouble = fmt.Errorf("resume the refresh of lead %s: %w", id, err)
		}
	}
	return trouble
}

// resumeOne starts a refresh that was kept, unless a later one is on its way.
func (j *Jobs) resumeOne(ctx context.Context, id string, r refreshing) error {
	defer j.leads.lock(id)()
	j.mu.Lock()
	later := j.refreshes[id] != nil
	j.mu.Unlock()
	if later {
		return nil
	}
	if len(r.Posts) > 0 {
		j.rewriteErased(id, r)
		return nil
	}
	l, err := j.Lead(ctx, id)
	if errors.Is(err, ErrNotFound) {
		l, err = &lead.Lead{ID: id}, nil // gone, and nothing is left to rewrite
	}
	if err == nil {
		j.rewrite(l)
	}
	return err
}

// posted remembers messages with their leads, so that later ones find the
// thread and a refresh finds all of them. What was done about a lead while its
// message was on the way is then shown in it.
func (j *Jobs) posted(ctx context.Context, leadID string, p lead.Post, composed int64) (*lead.Lead, error) {
	alert := p.Kind == lead.HotAlert || p.Kind == lead.JustTurnedHot || p.Kind == lead.Rollup
	l, err := j.o.Store.UpdateLead(ctx, leadID, 0, func(l *lead.Lead) error {
		if l.MergedInto != "" {
			return errMerged
		}
		isNew := j.mirrors[p.Target] != nil && l.Posted(p)
		if alert && l.Alerts[p.Target] != p.Receipt {
			if l.Alerts == nil {
				l.Alerts = map[string]string{}
			}
			l.Alerts[p.Target], isNew = p.Receipt, true
		}
		if !isNew {
			return errPosted
		}
		return nil
	})
	if errors.Is(err, errMerged) { // while the message was on the way
		return j.posted(ctx, l.MergedInto, p, 0)
	}
	if err != nil && !errors.Is(err, errPosted) {
		return nil, fmt.Errorf("keep where lead %s was posted: %w", leadID, err)
	}
	if err == nil && (l.Revision != composed+1 || !alert && p.Kind != lead.DigestAlert) {
		if err := j.refresh(ctx, l); err != nil {
			return l, err
		}
	}
	return l, nil
}

var errPosted = errors.New("known already")

// postOf is the message of a delivery.
func postOf(d lead.Delivery, touchID string, kind lead.AlertKind) lead.Post {
	p := lead.Post{Target: d.Target, Receipt: d.Receipt, Kind: kind, Touches: []string{touchID}, At: d.At}
	if len(d.With) > 0 {
		p.Kind, p.Touches = lead.Rollup, d.With
	}
	return p
}
