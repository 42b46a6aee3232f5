package queue

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

func embedded(t *testing.T) (*miniredis.Miniredis, func() redis.UniversalClient) {
	t.Helper()
	m := miniredis.NewMiniRedis()
	return m, func() redis.UniversalClient {
		c := redis.NewClient(&redis.Options{
			Dialer:     func(context.Context, string, string) (net.Conn, error) { return m.Dial() },
			MaxRetries: -1,
		})
		t.Cleanup(func() { c.Close() })
		return c
	}
}

// counter counts the dequeues that pass the gate.
type counter struct {
	redis.Hook
	n atomic.Int64
}

func (c *counter) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if scriptOf(cmd) == dequeueScript {
			c.n.Add(1)
		}
		return next(ctx, cmd)
	}
}

func TestGate_WakesAtOnceAndIdlesQuietly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, client := embedded(t)
		defer m.Close()
		g, count := newGate(), &counter{Hook: newGate()}
		served := client()
		served.AddHook(g)
		served.AddHook(count)
		ran := make(chan time.Time, 1)
		mux := asynq.NewServeMux()
		mux.HandleFunc("x", func(context.Context, *asynq.Task) error { ran <- time.Now(); return nil })
		srv := asynq.NewServerFromRedisClient(served, asynq.Config{Queues: map[string]int{"hot": 1}, Concurrency: 2,
			TaskCheckInterval: gateInterval, DelayedTaskCheckInterval: time.Second, LogLevel: asynq.FatalLevel})
		if err := srv.Start(mux); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second) // of the bubble: no time passes outside
		if n := count.n.Load(); n > 15 {
			t.Errorf("%d dequeues in 10 idle seconds, want about one a second", n)
		}
		if !g.seen.Load() {
			t.Error("the gate did not recognise asynq's dequeue script")
		}
		c := asynq.NewClientFromRedisClient(client())
		for range 3 {
			begin := time.Now()
			if _, err := c.Enqueue(asynq.NewTask("x", nil), asynq.Queue("hot")); err != nil {
				t.Fatal(err)
			}
			g.wake()
			if took := (<-ran).Sub(begin); took > 5*time.Millisecond {
				t.Errorf("picked up %s after the wake, want at once", took)
			}
			time.Sleep(300 * time.Millisecond)
		}
		begin := time.Now()
		if _, err := c.Enqueue(asynq.NewTask("x", nil), asynq.Queue("hot"), asynq.ProcessIn(3*time.Second)); err != nil {
			t.Fatal(err)
		}
		if took := (<-ran).Sub(begin); took > 5*time.Second {
			t.Errorf("a delayed task ran %s after it was enqueued, want about 3 s: the forwarder must wake the gate", took)
		}
		g.close()
		begin = time.Now()
		srv.Shutdown()
		if took := time.Since(begin); took > 3*time.Second {
			t.Errorf("shutdown took %s behind a closed gate", took)
		}
	})
}

func TestGate_BacksOffOnErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		calls := 0
		failing := g.ProcessHook(func(context.Context, redis.Cmder) error { calls++; return errors.New("connection refused") })
		cmd := redis.NewCmd(t.Context(), "evalsha", "x", 4, "asynq:{hot}:pending", "asynq:{hot}:paused", "a", "b")
		begin := time.Now()
		for time.Since(begin) < 10*time.Second {
			if err := failing(t.Context(), cmd); err == nil {
				t.Fatal("the error is gone")
			}
			time.Sleep(time.Microsecond)
		}
		if calls > 12 {
			t.Errorf("%d dequeues in 10 s of errors, want them to slow down", calls)
		}
	})
}

func TestScriptOf(t *testing.T) {
	for _, c := range []struct {
		name string
		args []any
		want script
	}{
		{"dequeue", []any{"evalsha", "s", 4, "asynq:{q}:pending", "asynq:{q}:paused", "x"}, dequeueScript},
		{"dequeue as text", []any{"eval", "s", 4, "asynq:{q}:pending", "asynq:{q}:paused", "x"}, dequeueScript},
		{"forward scheduled", []any{"evalsha", "s", 2, "asynq:{q}:scheduled", "asynq:{q}:pending"}, forwardScript},
		{"forward retry", []any{"evalsha", "s", 2, "asynq:{q}:retry", "asynq:{q}:pending"}, forwardScript},
		{"another script", []any{"evalsha", "s", 2, "asynq:{q}:active", "asynq:{q}:lease"}, otherScript},
		{"a command", []any{"lpush", "a", "b", "asynq:{q}:pending", "asynq:{q}:paused"}, otherScript},
		{"short", []any{"get", "a"}, otherScript},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := scriptOf(redis.NewCmd(t.Context(), c.args...)); got != c.want {
				t.Errorf("scriptOf(%v) = %d, want %d", c.args, got, c.want)
			}
		})
	}
}
