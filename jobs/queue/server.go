package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"
)

// Tasks carry ids only: what a person wrote is never in asynq's archives.
const (
	touchTask   = "touch" // ids of touches, separated by spaces
	alertTask   = "alert" // id of a touch/target
	taskTimeout = 2 * time.Minute
	maxRetry    = 100_000 // the age of a delivery ends it, not the count
)

const (
	groupSlots = 8               // touches of one task that are worked on at once
	gateProbe  = 2 * time.Second // how long asynq may take to its first dequeue
)

// ErrLater is what a Handler returns, wrapped or not, when a task has to run
// again and has not failed.
var ErrLater = errors.New("the task is to run later")

// serve runs one lane's asynq server behind its gate.
func (q *Queue) serve(ctx context.Context, l *lane, client redis.UniversalClient) {
	client.AddHook(l.gate)
	srv := q.newServer(l, client, gateInterval)
	if err := srv.Start(q.mux()); err != nil {
		q.log.Error("start the workers", "lane", l.name, "error", err)
		return
	}
	defer func() { srv.Shutdown() }()
	defer l.gate.close()
	probe := time.NewTimer(gateProbe)
	defer probe.Stop()
	select {
	case <-ctx.Done():
		return
	case <-probe.C:
	}
	if !l.gate.seen.Load() {
		q.log.Warn("the queue's script is not the one that the dequeue gate knows; polling instead", "lane", l.name, "every", pollInterval)
		srv.Shutdown()
		srv = q.newServer(l, client, pollInterval)
		if err := srv.Start(q.mux()); err != nil {
			q.log.Error("start the workers", "lane", l.name, "error", err)
			return
		}
	}
	<-ctx.Done()
}

func (q *Queue) mux() *asynq.ServeMux {
	mux := asynq.NewServeMux()
	mux.HandleFunc(touchTask, q.handleTouches)
	mux.HandleFunc(alertTask, q.handleAlert)
	return mux
}

// handleTouches works on the touches of one task. Of a group those that failed
// are what a second run has left to do.
func (q *Queue) handleTouches(ctx context.Context, task *asynq.Task) error {
	ids := strings.Fields(string(task.Payload()))
	if len(ids) == 1 {
		return q.handler.Touch(ctx, ids[0])
	}
	q.load.yield(ctx)
	var g errgroup.Group
	g.SetLimit(groupSlots)
	errs := make([]error, len(ids))
	for i, id := range ids {
		g.Go(func() error { errs[i] = q.handler.Touch(ctx, id); return nil })
	}
	g.Wait()
	return errors.Join(errs...)
}

func (q *Queue) handleAlert(ctx context.Context, task *asynq.Task) error {
	id, target, _ := strings.Cut(string(task.Payload()), "/")
	return q.handler.Alert(ctx, id, target)
}

func (q *Queue) newServer(l *lane, client redis.UniversalClient, check time.Duration) *asynq.Server {
	return asynq.NewServerFromRedisClient(client, asynq.Config{
		Concurrency:              l.slots,
		Queues:                   map[string]int{l.name: 1},
		TaskCheckInterval:        check,
		DelayedTaskCheckInterval: time.Second,
		ShutdownTimeout:          2 * time.Second,
		HealthCheckInterval:      time.Hour, // availability watches Redis
		RetryDelayFunc: func(n int, err error, _ *asynq.Task) time.Duration {
			if errors.Is(err, asynq.ErrLeaseExpired) {
				return 0
			}
			return q.o.Backoff(n + 1)
		},
		IsFailure: func(err error) bool { return !errors.Is(err, asynq.ErrLeaseExpired) && !errors.Is(err, ErrLater) },
		Logger:    asynqLogger{q.log},
		LogLevel:  asynq.WarnLevel,
	})
}

// asynqLogger writes what asynq logs to slog. What it calls fatal is not.
type asynqLogger struct{ log *slog.Logger }

func (a asynqLogger) Debug(args ...any) { a.log.Debug("asynq", "says", fmt.Sprint(args...)) }
func (a asynqLogger) Info(args ...any)  { a.log.Info("asynq", "says", fmt.Sprint(args...)) }
func (a asynqLogger) Warn(args ...any)  { a.log.Warn("asynq", "says", fmt.Sprint(args...)) }
func (a asynqLogger) Error(args ...any) { a.log.Warn("asynq", "says", fmt.Sprint(args...)) }
func (a asynqLogger) Fatal(args ...any) { a.log.Error("asynq", "says", fmt.Sprint(args...)) }
