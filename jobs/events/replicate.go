package events

import (
	"context"
	"encoding/json"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/lead"
)

const (
	channel = "lg:news"
	// gather is how long events gather before they are sent to the other nodes. A
	// lead's own alert is out by then, and need not share the processor with them.
	gather = 20 * time.Millisecond
)

// batch is what one node sends to the others.
type batch struct {
	Node string      `json:"node"` // launch of the sender
	Lost bool        `json:"lost,omitempty"`
	News []lead.News `json:"news,omitempty"`
}

// Replicator exchanges events with the other nodes over Redis. All fields are
// required.
type Replicator struct {
	Log        *Log
	Redis      *availability.Monitor
	Publisher  redis.UniversalClient
	Subscriber redis.UniversalClient
}

// Send publishes this node's events to the others until ctx ends. It reads the
// log like any other reader, so that a Redis that is slow or away delays nothing
// else.
func (r Replicator) Send(ctx context.Context) {
	number, _ := r.Log.number(r.Log.Place())
	for ctx.Err() == nil {
		r.Log.after(ctx, number)
		availability.Sleep(ctx, gather)
		found, last, lost := r.Log.after(ctx, number)
		b := batch{Node: r.Log.launch, Lost: lost}
		for _, e := range found {
			if !e.remote {
				b.News = append(b.News, e.News)
			}
		}
		if number = last; !lost && len(b.News) == 0 {
			continue
		}
		if !r.publish(ctx, b) && r.Redis.Await(ctx) {
			r.publish(ctx, batch{Node: r.Log.launch, Lost: true})
		}
	}
}

func (r Replicator) publish(ctx context.Context, b batch) bool {
	body, err := json.Marshal(b)
	if err != nil {
		return false // strings, numbers and times: it cannot be
	}
	ctx, cancel := context.WithTimeout(ctx, availability.CheckTimeout)
	defer cancel()
	return r.Publisher.Publish(ctx, channel, body).Err() == nil
}

// Receive adds the other nodes' events to the log until ctx ends, and a reset
// whenever some may be missing.
func (r Replicator) Receive(ctx context.Context) {
	for first := true; r.Redis.Await(ctx); first = false {
		sub := r.Subscriber.Subscribe(ctx, channel)
		r.receive(ctx, sub, first)
		sub.Close()
	}
}

func (r Replicator) receive(ctx context.Context, sub *redis.PubSub, first bool) {
	availability.WhileUp(ctx, r.Redis, sub.ChannelWithSubscriptions(), func(m any) {
		switch m := m.(type) {
		case *redis.Subscription: // a second one follows a lost connection
			if !first {
				r.Log.reset()
			}
			first = false
		case *redis.Message:
			r.take(m.Payload)
		}
	})
}

// take adds another node's batch to the log.
func (r Replicator) take(payload string) {
	var b batch
	if err := json.Unmarshal([]byte(payload), &b); err != nil || b.Node == r.Log.launch {
		return // not ours to read, or our own
	}
	if b.Lost {
		r.Log.reset()
	}
	r.Log.add(true, b.News...)
}
