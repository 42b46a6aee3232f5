package jobs

import (
	"context"
	"encoding/json"

	"github.com/leadgate/leadgate/lead"
)

// settle makes the journal forget a touch as a task, once the store has
// everything. Of another node's touch that node is told.
func (j *Jobs) settle(ctx context.Context, t *lead.Touch, l *lead.Lead) error {
	return j.repo.Settle(ctx, t, l, func(owned bool) {
		j.forget(t.ID)
		if owned {
			j.books.Settled(t)
		} else {
			j.queue.PublishEnded(t.ID)
		}
	})
}

func decodeKept(b []byte, v any) error { return json.Unmarshal(b, v) }

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings, numbers and times
	}
	return b
}

// forget ends what this node does about a touch.
func (j *Jobs) forget(id string) {
	j.untell(id)
	j.queue.Done(id)
}

// shared says that other replicas may be at work, and can be asked.
func (j *Jobs) shared() bool { return !j.o.Embedded && j.redis.Up() }
