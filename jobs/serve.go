package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/jobs/delivery"
)

// serve runs one lane's asynq server behind its gate.
func (j *Jobs) serve(ctx context.Context, l *lane, client redis.UniversalClient) {
	client.AddHook(l.gate)
	srv := j.newServer(l, client, gateInterval)
	if err := srv.Start(j.mux()); err != nil {
		j.log.Error("start the workers", "lane", l.shelf, "error", err)
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
		j.log.Warn("the queue's script is not the one that the wake gate knows; polling instead", "lane", l.shelf, "every", pollInterval)
		srv.Shutdown()
		srv = j.newServer(l, client, pollInterval)
		if err := srv.Start(j.mux()); err != nil {
			j.log.Error("start the workers", "lane", l.shelf, "error", err)
			return
		}
	}
	<-ctx.Done()
}

// gateProbe is how long asynq may take to its first look for work.
const gateProbe = 2 * time.Second

func (j *Jobs) mux() *asynq.ServeMux {
	mux := asynq.NewServeMux()
	mux.HandleFunc(touchTask, j.handleTouch)
	mux.HandleFunc(alertTask, j.handleAlert)
	return mux
}

func (j *Jobs) newServer(l *lane, client redis.UniversalClient, check time.Duration) *asynq.Server {
	return asynq.NewServerFromRedisClient(client, asynq.Config{
		Concurrency:              l.slots,
		Queues:                   map[string]int{l.shelf: 1},
		TaskCheckInterval:        check,
		DelayedTaskCheckInterval: time.Second,
		ShutdownTimeout:          2 * time.Second,
		HealthCheckInterval:      time.Hour, // availability watches Redis
		RetryDelayFunc: func(n int, err error, _ *asynq.Task) time.Duration {
			if errors.Is(err, asynq.ErrLeaseExpired) {
				return 0
			}
			return delivery.Backoff(n + 1)
		},
		IsFailure: func(err error) bool {
			return !errors.Is(err, asynq.ErrLeaseExpired) && !errors.Is(err, errStillWaiting) && !errors.Is(err, errOwners)
		},
		Logger:   asynqLogger{j.log},
		LogLevel: asynq.WarnLevel,
	})
}

// announce wakes the lane's workers in the other replicas.
func (j *Jobs) announce(l *lane) {
	if j.o.Embedded {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), availability.CheckTimeout)
	defer cancel()
	// Without it they find the tasks within a second.
	_ = j.o.Producer.Publish(ctx, wakeChannel, l.shelf).Err()
}

const wakeChannel = "lg:wake"

// listen wakes this node's workers when another replica has enqueued.
func (j *Jobs) listen(ctx context.Context) {
	if j.o.Embedded {
		return
	}
	for j.redis.Await(ctx) {
		sub := j.o.Hot.Subscribe(ctx, wakeChannel)
		j.hear(ctx, sub)
		sub.Close()
	}
}

func (j *Jobs) hear(ctx context.Context, sub *redis.PubSub) {
	availability.WhileUp(ctx, j.redis, sub.Channel(), func(m *redis.Message) {
		if id, ok := strings.CutPrefix(m.Payload, endedPrefix); ok {
			j.lookAt(id)
		}
		for _, l := range []*lane{j.hot, j.bulk} {
			if m.Payload == l.shelf {
				l.gate.wake()
			}
		}
	})
}

// asynqLogger lets asynq speak through slog. What it calls fatal is not.
type asynqLogger struct{ log *slog.Logger }

func (a asynqLogger) Debug(args ...any) { a.log.Debug("asynq", "says", fmt.Sprint(args...)) }
func (a asynqLogger) Info(args ...any)  { a.log.Info("asynq", "says", fmt.Sprint(args...)) }
func (a asynqLogger) Warn(args ...any)  { a.log.Warn("asynq", "says", fmt.Sprint(args...)) }
func (a asynqLogger) Error(args ...any) { a.log.Warn("asynq", "says", fmt.Sprint(args...)) }
func (a asynqLogger) Fatal(args ...any) { a.log.Error("asynq", "says", fmt.Sprint(args...)) }
