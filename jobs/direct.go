package jobs

import (
	"context"
	"strings"
	"time"

	"github.com/leadgate/leadgate/jobs/delivery"
	"github.com/leadgate/leadgate/lead"
)

const directEvery = 100 * time.Millisecond

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
		for _, t := range j.queue.Direct(worker{j}.Delivering) {
			if j.said.hear(t); j.said.first(t) == t.ID {
				j.tellDirect(t)
			}
		}
	}
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
