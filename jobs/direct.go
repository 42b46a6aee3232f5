package jobs

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/leadgate/leadgate/jobs/delivery"
	"github.com/leadgate/leadgate/lead"
)

const (
	directEvery = 100 * time.Millisecond
	// directAfter is how long a hot touch may be on its way through a Redis that
	// answers before it is told straight from the journal all the same: a worker
	// may be stuck in a call that no health check sees.
	directAfter = 2 * time.Second
)

// direct tells hot touches straight from the journal while Redis is away:
// without history, and marked so. Their receipts stand in the journal, so that
// the job that comes to them later does not tell again.
func (j *Jobs) direct(ctx context.Context) {
	if j.redis.Ready(ctx) != nil {
		return
	}
	tick := time.NewTicker(directEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-j.redis.Wakes():
		case <-ctx.Done():
			return
		}
		now := j.now()
		for _, f := range j.undirected(now) {
			t := f.held()
			if t == nil { // accepted by an earlier run
				var err error
				if t, err = j.repo.Waiting(j.hot.shelf, f.id); err != nil {
					continue // settled meanwhile, or the job says why it cannot be read
				}
			}
			if j.said.hear(t); j.said.first(t) == t.ID {
				j.tellDirect(t)
			}
		}
	}
}

// undirected are the hot flights that have to be told from the journal now.
func (j *Jobs) undirected(now time.Time) (due []*flight) {
	away := !j.redis.Up()
	j.mu.Lock()
	defer j.mu.Unlock()
	for id, f := range j.urgent {
		if j.tellings[id] != nil {
			continue
		}
		f.mu.Lock()
		if !f.directed && (away || !f.kept.IsZero() && now.Sub(f.kept) > directAfter) {
			f.directed = true
			due = append(due, f)
		}
		f.mu.Unlock()
	}
	slices.SortFunc(due, func(a, b *flight) int { return cmp.Compare(a.id, b.id) })
	return due
}

// tellDirect decides and tells from the touch alone.
func (j *Jobs) tellDirect(t *lead.Touch) {
	if t.State != lead.Accepted {
		return
	}
	now := j.now()
	c := *t
	l := j.repo.Alone(&c)
	c.LeadID = l.ID
	c.Trail = append(c.Trail, j.verdictStep(&c, l))
	j.events.Publish(lead.News{Kind: lead.LeadNews, At: now.UTC(), TouchID: c.ID, State: string(c.State), Change: "new"}.About(l))
	for _, d := range j.policy.DecideAlone(l, &c) {
		if !d.Tells() || !j.targets.Known(d.Target) || d.Kind == lead.Copy {
			continue // what is no alert can wait for the job
		}
		a := alertOf(d, l, &c)
		a.Note = strings.TrimPrefix(a.Note+". Redis away, so without history", ". ")
		if err := j.targets.Send(d.Target, &delivery.Item{Alert: a, Direct: true}); err != nil {
			j.log.Error("send straight from the journal", "touch_id", c.ID, "error", err)
		}
	}
}
