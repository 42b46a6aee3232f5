package queue

import (
	"context"
	"errors"
	"testing"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// A task and what is staged for it go to Redis together: no error leaves the one
// without the other unnoticed.
func TestEnqueueHook(t *testing.T) {
	for _, c := range []struct {
		name         string
		fill         func(redis.Pipeliner) error
		cluster      bool
		staged, task bool
		fails        bool
	}{
		{"Together", put, false, true, true, false},
		{"Cluster", put, true, true, true, false},
		{"NothingToStage", nil, false, false, true, false},
		{"CannotBeEncoded", func(redis.Pipeliner) error { return errors.New("encode") }, false, false, false, true},
		{"Refused", refused, false, false, true, true}, // the task is there and is enqueued once more
		{"RefusedByACluster", refused, true, false, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			mini, client := embedded(t)
			rdb := client()
			rdb.AddHook(enqueueHook{rdb, c.cluster})
			mini.Set("a string", "")
			ctx := t.Context()
			if c.fill != nil {
				ctx = context.WithValue(ctx, stagedKey{}, c.fill)
			}
			for range 2 { // the script is known to Redis only the second time
				_, err := asynq.NewClientFromRedisClient(rdb).EnqueueContext(ctx, asynq.NewTask(touchTask, nil), asynq.TaskID("a"), asynq.Queue(Hot))
				if again := errors.Is(err, asynq.ErrTaskIDConflict); (err != nil && !again) != c.fails {
					t.Errorf("enqueue = %v, want an error: %v", err, c.fails)
				}
			}
			if staged := mini.HGet("touch", "doc") == "a"; staged != c.staged || mini.Exists("asynq:{hot}:t:a") != c.task {
				t.Errorf("redis has %v; want it staged: %v, enqueued: %v", mini.Keys(), c.staged, c.task)
			}
		})
	}
}

func put(pipe redis.Pipeliner) error {
	return pipe.HSetNX(context.Background(), "touch", "doc", "a").Err()
}

func refused(pipe redis.Pipeliner) error {
	return pipe.HSetNX(context.Background(), "a string", "doc", "a").Err()
}
