package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/hibiken/asynq"
	"github.com/labstack/echo/v4"
)

// What leadgate is compared with, each in a process of its own: Echo that only
// reads the body, and a gateway as one would write it in an hour, which
// enqueues each request with asynq and works the queue in the same process.
// Neither has anything on disk when it answers.
const (
	Echo  = "echo"
	Naive = "naive"
)

// Baseline serves until ctx ends.
func Baseline(ctx context.Context, kind, listen, redisURL string) error {
	accept := func(context.Context, []byte) error { return nil }
	if kind == Naive {
		opt, err := asynq.ParseRedisURI(redisURL)
		if err != nil {
			return fmt.Errorf("redis url of naive: %w", err)
		}
		client := asynq.NewClient(opt)
		defer client.Close()
		worker := asynq.NewServer(opt, asynq.Config{Concurrency: 10, LogLevel: asynq.FatalLevel})
		if err := worker.Ping(); err != nil { // Start does not look
			return fmt.Errorf("reach the redis of naive: %w", err)
		}
		if err := worker.Start(asynq.HandlerFunc(func(_ context.Context, t *asynq.Task) error {
			var body map[string]any
			return json.Unmarshal(t.Payload(), &body)
		})); err != nil {
			return fmt.Errorf("start the naive worker: %w", err)
		}
		defer worker.Shutdown()
		accept = func(ctx context.Context, body []byte) error {
			_, err := client.EnqueueContext(ctx, asynq.NewTask("lead", body))
			return err
		}
	}
	e := baselineRoutes(accept)
	stop := context.AfterFunc(ctx, func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = e.Shutdown(closing) // what is not answered by then is lost, as it would be
	})
	defer stop()
	if err := e.Start(listen); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve %s: %w", kind, err)
	}
	return nil
}

// mostBody bounds a body as leadgate does.
const mostBody = 256 << 10

func baselineRoutes(accept func(context.Context, []byte) error) *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.GET("/readyz", func(c echo.Context) error { return c.NoContent(http.StatusOK) })
	accepted := map[string]string{"status": "accepted"}
	e.POST("/in/:source", func(c echo.Context) error {
		raw, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, mostBody))
		if err != nil {
			return echo.NewHTTPError(http.StatusRequestEntityTooLarge, "too large")
		}
		var body map[string]any
		if err := json.Unmarshal(raw, &body); err != nil {
			return echo.NewHTTPError(http.StatusBadRequest, "malformed")
		}
		if err := accept(c.Request().Context(), raw); err != nil {
			return echo.NewHTTPError(http.StatusServiceUnavailable, "not enqueued")
		}
		return c.JSON(http.StatusAccepted, accepted)
	})
	return e
}
