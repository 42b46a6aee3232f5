package jobs

import (
	"context"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
)

// stage is a hook on the client that tasks are enqueued with. What a replica has
// to know of a task's touches goes to Redis in front of the task, in the same
// round trip: nobody can have the task and not find them. In a cluster they are
// at home in other places than the queue, and go first.
type stage struct {
	rdb     redis.UniversalClient
	cluster bool
}

func newStage(rdb redis.UniversalClient) stage {
	_, cluster := rdb.(*redis.ClusterClient)
	return stage{rdb, cluster}
}

// stagedKey is where a context has what goes in front.
type stagedKey struct{}

// ProcessHook sends what belongs in front of a script. asynq enqueues by one.
func (s stage) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		fill, ok := ctx.Value(stagedKey{}).(func(redis.Pipeliner) error)
		if !ok || !isScript(cmd) {
			return next(ctx, cmd)
		}
		pipe := s.rdb.Pipeline()
		if err := fill(pipe); err != nil {
			return err
		}
		if s.cluster {
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
func (s stage) DialHook(next redis.DialHook) redis.DialHook {
	return next
}

// ProcessPipelineHook changes nothing.
func (s stage) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// staged is the context that a task of these touches is enqueued with. On the
// built-in Redis nobody else could work on them.
func (j *Jobs) staged(ctx context.Context, touches []*lead.Touch) context.Context {
	if j.o.Embedded {
		return ctx
	}
	return context.WithValue(ctx, stagedKey{}, func(pipe redis.Pipeliner) error { return j.o.Prompt.StageIn(ctx, pipe, touches) })
}
