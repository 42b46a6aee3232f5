package pipeline

import (
	"context"
	"strings"
	"time"

	"github.com/leadgate/leadgate/jobs/delivery"
	"github.com/leadgate/leadgate/lead"
)

const directEvery = 100 * time.Millisecond

// Run alerts hot touches straight from the journal while Redis is away, until ctx
// ends: without history, and marked so. Their receipts are in the journal, so that
// the job that comes to them later does not send them again.
func (p *Pipeline) Run(ctx context.Context) {
	if p.o.Redis.Ready(ctx) != nil {
		return
	}
	tick := time.NewTicker(directEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-p.o.Redis.Wakes():
		case <-ctx.Done():
			return
		}
		for _, t := range p.o.Queue.Direct(p.Delivering) {
			if p.contents.add(t); p.contents.first(t) == t.ID {
				p.sendDirect(t)
			}
		}
	}
}

// sendDirect decides and sends from the touch alone.
func (p *Pipeline) sendDirect(t *lead.Touch) {
	if t.State != lead.Accepted {
		return
	}
	c := *t
	l := p.o.Repo.Alone(&c)
	c.LeadID = l.ID
	c.Trail = append(c.Trail, p.verdictStep(&c, l))
	p.o.Events.Publish(lead.News{Kind: lead.LeadNews, At: p.o.Now().UTC(), TouchID: c.ID, State: string(c.State), Change: "new"}.About(l))
	for _, d := range p.o.Policy.DecideAlone(l, &c) {
		if !d.Sends() || !p.o.Targets.Known(d.Target) || d.Kind == lead.Copy {
			continue // what is no alert can wait for the job
		}
		a := alertOf(d, l, &c)
		a.Note = strings.TrimPrefix(a.Note+". Redis away, so without history", ". ")
		p.send(&delivery.Item{Alert: a, Direct: true}, d.Target)
	}
}
