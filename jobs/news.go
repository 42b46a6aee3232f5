package jobs

import (
	"context"
	"encoding/json"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/lead"
)

// newsKeeper tells what is written: whatever changes a touch or a lead goes through the
// store, so those who watch miss nothing and nobody has to think of them.
type newsKeeper struct {
	keeper
	stream *stream
	now    func() time.Time
}

// Finish tells of the lead, or of a touch that has none.
func (k newsKeeper) Finish(ctx context.Context, t *lead.Touch, l *lead.Lead, o lead.Outcome) error {
	err := k.keeper.Finish(ctx, t, l, o)
	if err != nil {
		return err
	}
	n := newsOf(t, k.now())
	if l != nil {
		n.Kind, n.Change = lead.LeadNews, "touched"
		if len(l.Touches) == 1 {
			n.Change = "new"
		}
		n = n.About(l)
	}
	k.stream.tell(false, n)
	return nil
}

// UpdateLead tells of the lead.
func (k newsKeeper) UpdateLead(ctx context.Context, id string, revision int64, change func(*lead.Lead) error) (*lead.Lead, error) {
	var before lead.Lead
	l, err := k.keeper.UpdateLead(ctx, id, revision, func(l *lead.Lead) error {
		before = *l
		return change(l)
	})
	if err == nil {
		k.stream.tell(false, lead.News{Kind: lead.LeadNews, At: k.now().UTC(), Change: changeOf(&before, l)}.About(l))
	}
	return l, err
}

// changeOf names what made a lead of before what it is now.
func changeOf(before, l *lead.Lead) string {
	n := len(l.Trail)
	switch {
	case n > 0 && (n > len(before.Trail) || l.Trail[n-1] != before.Trail[n-1]):
		return string(l.Trail[n-1].Step)
	case l.Temperature != before.Temperature || l.Score != before.Score || l.Stage != before.Stage:
		return "verdict"
	}
	return "updated"
}

func newsOf(t *lead.Touch, at time.Time) lead.News {
	return lead.News{Kind: lead.TouchNews, At: at.UTC(), TouchID: t.ID, Source: t.Source, Action: t.Action, State: string(t.State), Test: t.Test}
}

// tellDelivery tells that a target has a touch, or that it was given up.
func (j *Jobs) tellDelivery(n *note, d lead.Delivery) {
	news := newsOf(n.Touch, d.At)
	if n.Lead != nil {
		news = news.About(n.Lead)
	}
	news.Kind, news.State, news.Target, news.Test = lead.DeliveryNews, string(d.State), d.Target, n.Touch.Test
	j.stream.tell(false, news)
}

const (
	newsChannel = "lg:news"
	// newsGather is how long news gathers before the other nodes hear it. A lead's
	// own alert is out by then, and need not share the processor with it.
	newsGather = 20 * time.Millisecond
)

// bulletin is what one node tells the others.
type bulletin struct {
	Node string      `json:"node"` // launch of the sender
	Lost bool        `json:"lost,omitempty"`
	News []lead.News `json:"news,omitempty"`
}

// spread tells the other nodes what happened here. It reads the stream like any
// other watcher, so that a Redis that is slow or away holds nothing up.
func (j *Jobs) spread(ctx context.Context) {
	if j.o.Embedded {
		return
	}
	number, _ := j.stream.number(j.stream.place())
	for ctx.Err() == nil {
		j.stream.after(ctx, number)
		availability.Sleep(ctx, newsGather)
		found, last, lost := j.stream.after(ctx, number)
		b := bulletin{Node: j.launch, Lost: lost}
		for _, h := range found {
			if !h.elsewhere {
				b.News = append(b.News, h.News)
			}
		}
		if number = last; !lost && len(b.News) == 0 {
			continue
		}
		if !j.broadcast(ctx, b) && j.redis.Await(ctx) {
			j.broadcast(ctx, bulletin{Node: j.launch, Lost: true})
		}
	}
}

func (j *Jobs) broadcast(ctx context.Context, b bulletin) bool {
	ctx, cancel := context.WithTimeout(ctx, availability.CheckTimeout)
	defer cancel()
	return j.o.Producer.Publish(ctx, newsChannel, mustJSON(b)).Err() == nil
}

// overhear takes in what the other nodes tell. Whenever it may have missed
// something, its own watchers are told to read again.
func (j *Jobs) overhear(ctx context.Context) {
	if j.o.Embedded {
		return
	}
	for first := true; j.redis.Await(ctx); first = false {
		sub := j.o.Hot.Subscribe(ctx, newsChannel)
		j.overhearFrom(ctx, sub, first)
		sub.Close()
	}
}

func (j *Jobs) overhearFrom(ctx context.Context, sub *redis.PubSub, first bool) {
	availability.WhileUp(ctx, j.redis, sub.ChannelWithSubscriptions(), func(m any) {
		switch m := m.(type) {
		case *redis.Subscription: // anew, after the connection was lost
			if !first {
				j.stream.tell(true, lead.News{Kind: lead.ResetNews, At: j.now().UTC()})
			}
			first = false
		case *redis.Message:
			j.takeIn(m.Payload)
		}
	})
}

// takeIn adds another node's bulletin to the stream.
func (j *Jobs) takeIn(payload string) {
	var b bulletin
	if err := json.Unmarshal([]byte(payload), &b); err != nil || b.Node == j.launch {
		return // not ours to read, or our own
	}
	if b.Lost {
		j.stream.tell(true, lead.News{Kind: lead.ResetNews, At: j.now().UTC()})
	}
	j.stream.tell(true, b.News...)
}
