package queue

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// gate makes asynq prompt without polling. asynq looks for work, sleeps
// TaskCheckInterval when there is none, and cannot be woken. The gate is a hook
// on the client of one asynq server with one queue: after a dequeue that found
// nothing, the next one waits here until wake is called or idle has passed, so
// that TaskCheckInterval can be a millisecond. It also slows dequeues down
// while they fail, which asynq does not.
type gate struct {
	idle   time.Duration // how long a wait lasts at most
	token  chan struct{} // holds one wake that came while no dequeue waited
	closed chan struct{}

	empty atomic.Bool  // the last dequeue found nothing
	fails atomic.Int32 // dequeues that failed in a row
	seen  atomic.Bool  // the dequeue script was recognised
}

const (
	gateIdle     = time.Second
	gateFailMin  = 100 * time.Millisecond
	gateFailMax  = 2 * time.Second
	gateInterval = time.Millisecond      // TaskCheckInterval behind the gate
	pollInterval = 50 * time.Millisecond // and without it
)

func newGate() *gate {
	return &gate{idle: gateIdle, token: make(chan struct{}, 1), closed: make(chan struct{})}
}

// wake lets a waiting dequeue go, or the next one that would wait.
func (g *gate) wake() {
	select {
	case g.token <- struct{}{}:
	default:
	}
}

// close ends every wait, now and later. asynq's Shutdown hangs without it.
func (g *gate) close() { close(g.closed) }

func (g *gate) wait(d time.Duration, wakeable bool) {
	token := g.token
	if !wakeable {
		token = nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-token:
	case <-timer.C:
	case <-g.closed:
	}
}

// DialHook and ProcessPipelineHook are part of redis.Hook and change nothing.
func (g *gate) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

// ProcessPipelineHook changes nothing.
func (g *gate) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// ProcessHook holds dequeues back and watches the forwarder.
func (g *gate) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		switch scriptOf(cmd) {
		case dequeueScript:
			return g.dequeue(ctx, cmd, next)
		case forwardScript:
			err := next(ctx, cmd)
			if c, ok := cmd.(*redis.Cmd); ok && err == nil {
				if n, err := c.Int(); err == nil && n > 0 {
					g.wake()
				}
			}
			return err
		}
		return next(ctx, cmd)
	}
}

func (g *gate) dequeue(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error {
	g.seen.Store(true)
	if n := g.fails.Load(); n > 0 {
		g.wait(min(gateFailMin<<min(n-1, 8), gateFailMax), false)
	} else if g.empty.Load() {
		g.wait(g.idle, true)
	}
	err := next(ctx, cmd)
	switch {
	case err == nil:
		g.empty.Store(false)
		g.fails.Store(0)
	case errors.Is(err, redis.Nil):
		g.empty.Store(true)
		g.fails.Store(0)
	case redis.HasErrorPrefix(err, "NOSCRIPT"): // asynq sends the script itself next
		g.empty.Store(false)
	default:
		g.fails.Add(1)
	}
	return err
}

type script int

const (
	otherScript script = iota
	dequeueScript
	forwardScript
)

// scriptOf recognises asynq's scripts by their keys: dequeue has
// ...:pending, ...:paused; forward has ...:scheduled or ...:retry, ...:pending.
func scriptOf(cmd redis.Cmder) script {
	args := cmd.Args()
	if len(args) < 5 {
		return otherScript
	}
	if !isScript(cmd) {
		return otherScript
	}
	first, _ := args[3].(string)
	second, _ := args[4].(string)
	switch {
	case strings.HasSuffix(first, ":pending") && strings.HasSuffix(second, ":paused"):
		return dequeueScript
	case strings.HasSuffix(second, ":pending") && (strings.HasSuffix(first, ":scheduled") || strings.HasSuffix(first, ":retry")):
		return forwardScript
	}
	return otherScript
}

func isScript(cmd redis.Cmder) bool { return cmd.Name() == "evalsha" || cmd.Name() == "eval" }
