package queue

import (
	"context"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
)

// enqueueHook is a hook on the client that tasks are enqueued with. What a
// replica has to know of a task's touches goes to Redis before the task, in the
// same round trip: whoever has the task finds them. In a cluster their slots are
// others than the queue's, and they go first.
type enqueueHook struct {
	rdb     redis.UniversalClient
	cluster bool
}

func newEnqueueHook(rdb redis.UniversalClient) enqueueHook {
	_, cluster := rdb.(*redis.ClusterClient)
	return enqueueHook{rdb, cluster}
}

// stagedKey is where a context has what goes before a task.
type stagedKey struct{}

// ProcessHook sends what goes before a script. asynq enqueues by one.
func (h enqueueHook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		fill, ok := ctx.Value(stagedKey{}).(func(redis.Pipeliner) error)
		if !ok || !isScript(cmd) {
			return next(ctx, cmd)
		}
		pipe := h.rdb.Pipeline()
		if err := fill(pipe); err != nil {
			return err
		}
		if h.cluster {
			if _, err := pipe.Exec(ctx); err != nil {
				return err
			}
			return next(ctx, cmd)
		}
		if err := pipe.Process(ctx, cmd); err != nil {
			return err
		}
		_, err := pipe.Exec(ctx)
		if cmd.Err() != nil {
			return cmd.Err() // asynq sends a script that Redis does not know once more
		}
		return err
	}
}

// DialHook and ProcessPipelineHook are part of redis.Hook and change nothing.
func (h enqueueHook) DialHook(next redis.DialHook) redis.DialHook {
	return next
}

// ProcessPipelineHook changes nothing.
func (h enqueueHook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// staged is the context that a task of these touches is enqueued with. Without
// other replicas nothing has to be staged.
func (q *Queue) staged(ctx context.Context, touches []*lead.Touch) context.Context {
	if !q.o.Shared {
		return ctx
	}
	return context.WithValue(ctx, stagedKey{}, func(pipe redis.Pipeliner) error { return q.o.Store.StageIn(ctx, pipe, touches) })
}
