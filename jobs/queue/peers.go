package queue

import (
	"context"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/jobs/availability"
)

// peerChannel is where replicas wake each other: the name of a lane, or the id of
// a touch behind endedPrefix.
const (
	peerChannel = "lg:wake"
	endedPrefix = "ended:"
)

// announce wakes the lane's workers in the other replicas. Without it they find
// the tasks within a second.
func (q *Queue) announce(l *lane) { q.publish(l.name) }

// PublishEnded informs the replica whose journal holds a touch that it came to its
// end here. Until it knows, it would alert a hot one again should Redis go away;
// without the message its sweeper finds out within seconds.
func (q *Queue) PublishEnded(id string) {
	if q.o.Redis.Up() {
		q.publish(endedPrefix + id)
	}
}

func (q *Queue) publish(message string) {
	if !q.o.Shared {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), availability.CheckTimeout)
	defer cancel()
	_ = q.o.Producer.Publish(ctx, peerChannel, message).Err() // see those who call this
}

// listen follows what other replicas announce.
func (q *Queue) listen(ctx context.Context) {
	if !q.o.Shared {
		return
	}
	for q.o.Redis.Await(ctx) {
		sub := q.o.Hot.Subscribe(ctx, peerChannel)
		availability.WhileUp(ctx, q.o.Redis, sub.Channel(), func(m *redis.Message) {
			if id, ok := strings.CutPrefix(m.Payload, endedPrefix); ok {
				q.checkNow(id)
			} else if l := q.lane(m.Payload); l != nil {
				l.gate.wake()
			}
		})
		sub.Close()
	}
}

// checkNow has the sweeper look at a touch now.
func (q *Queue) checkNow(id string) {
	f := q.of(id)
	if f == nil {
		return
	}
	f.checkNow(q.o.Now())
	select {
	case q.checks <- struct{}{}:
	default:
	}
}

// RestoreNames names the lanes in a Redis that was wiped: asynq adds a queue to
// its list once per process and never again.
func (q *Queue) RestoreNames(ctx context.Context) error {
	if !q.o.Shared {
		return nil
	}
	for _, l := range q.lanes() {
		if err := q.o.Producer.SAdd(ctx, "asynq:queues", l.name).Err(); err != nil {
			return err
		}
	}
	return nil
}
