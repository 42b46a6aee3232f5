package load

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"math"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// runner holds what one run of load has started, so that all of it goes away
// with the run.
type runner struct {
	o        Options
	dir      string
	ids      *atomic.Uint64
	slack    *slackServer
	redis    *process // of its own; nil: embedded, or somebody else's
	children []*process
	collect  int   // garbage collector's settings to go back to
	memory   int64 // likewise
}

func newRunner(o Options) (*runner, error) {
	dir, err := os.MkdirTemp(o.dir, "leadgate-load-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for the data: %w", err)
	}
	r := &runner{o: o, dir: dir, ids: &atomic.Uint64{}}
	r.ids.Store(uint64(time.Now().UnixMilli()) << 20) // nobody was called so in an earlier run
	// Sending allocates next to nothing, and a collection would show as latency.
	r.collect, r.memory = debug.SetGCPercent(-1), debug.SetMemoryLimit(1<<30)
	return r, nil
}

// close stops what was started, last first, and removes its data.
func (r *runner) close() {
	for _, c := range slices.Backward(r.children) {
		c.stop(stopLimit)
	}
	if r.slack != nil {
		r.slack.close()
	}
	debug.SetGCPercent(r.collect)
	debug.SetMemoryLimit(r.memory)
	if err := os.RemoveAll(r.dir); err != nil {
		fmt.Fprintln(r.o.Out, "note: the data could not be removed:", err)
	}
}

// start runs a program with a free address and keeps it for close. Settings of
// leadgate that surround this process are not handed down.
func (r *runner) start(ctx context.Context, name, program string, ready func(context.Context, string) error, args func(addr string) (args, env []string)) (*process, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	arguments, env := args(addr)
	cmd := exec.Command(program, arguments...)
	cmd.Dir = r.dir
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "LEADGATE_") {
			cmd.Env = append(cmd.Env, e)
		}
	}
	cmd.Env = append(append(cmd.Env, r.o.env...), env...)
	c, err := startProcess(ctx, cmd, name, r.dir, addr, ready)
	if err != nil {
		return nil, err
	}
	r.children = append(r.children, c)
	return c, nil
}

// redisURL is the URL of a Redis as chosen; empty means embedded. A real one is
// started once, the way a careful owner runs it: append-only file, fsync every
// second.
func (r *runner) redisURL(ctx context.Context, choice string, db int) (string, error) {
	switch choice {
	case "embedded":
		return "", nil
	case "real":
	default:
		return choice, nil
	}
	if r.redis == nil {
		program, err := exec.LookPath("redis-server")
		if err != nil {
			return "", fmt.Errorf("a real redis needs redis-server on the PATH: %w", err)
		}
		r.redis, err = r.start(ctx, "redis", program, redisReady, func(addr string) (args, env []string) {
			_, port, _ := strings.Cut(addr, ":")
			return []string{"--port", port, "--bind", "127.0.0.1", "--dir", r.dir, "--save", "", "--daemonize", "no", "--appendonly", "yes",
				"--appendfsync", "everysec", "--maxmemory-policy", "noeviction", "--loglevel", "warning"}, nil
		})
		if err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("redis://%s/%d", r.redis.addr, db), nil
}

func (r *runner) startBaseline(ctx context.Context, kind string) (*process, error) {
	redis := ""
	if kind == Naive {
		choice := r.o.redis
		if choice == "embedded" { // leadgate's, when the two are compared
			choice = "real"
		}
		var err error
		if redis, err = r.redisURL(ctx, choice, 1); err != nil {
			return nil, err
		}
	}
	return r.start(ctx, kind, r.o.Program, httpReady, func(addr string) (args, env []string) {
		return []string{"load", "baseline", kind, "--listen", addr, "--redis", redis}, nil
	})
}

// startLeadgate starts this program with so many Slack channels for hot leads;
// none means that it knows no Slack.
func (r *runner) startLeadgate(ctx context.Context, channels int) (*process, error) {
	redis, err := r.redisURL(ctx, r.o.redis, 0)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(r.dir, "leadgate.yaml")
	if err := os.WriteFile(file, []byte(configFor(channels)), 0o600); err != nil {
		return nil, fmt.Errorf("write the configuration: %w", err)
	}
	return r.start(ctx, "leadgate", r.o.Program, httpReady, func(addr string) (args, env []string) {
		env = []string{"LEADGATE_CONFIG=" + file, "LEADGATE_LISTEN=" + addr, "LEADGATE_DATA_DIR=" + filepath.Join(r.dir, "data"),
			"LEADGATE_API_TOKEN=" + rand.Text()}
		if redis != "" {
			env = append(env, "LEADGATE_REDIS_URL="+redis)
		}
		if channels > 0 {
			env = append(env, "LEADGATE_SLACK_BOT_TOKEN=xoxb-load", "LEADGATE_SLACK_API_URL="+r.slack.url)
		}
		return []string{"serve"}, env
	})
}

// configFor has one source of warm leads, and one source, target and route of
// hot ones for each channel: Slack takes a message a second in one channel, and
// waiting for that would hide what is to be measured.
func configFor(channels int) string {
	var b strings.Builder
	b.WriteString("sources:\n  - {name: warm, provider: json, action: webinar_registered}\n")
	for i := range channels {
		fmt.Fprintf(&b, "  - {name: hot%d, provider: json, action: demo_request}\n", i)
	}
	if channels == 0 {
		return b.String()
	}
	b.WriteString("targets:\n")
	for i := range channels {
		fmt.Fprintf(&b, "  - {name: slack%d, kind: slack, channel: C0LOAD%d}\n", i, i)
	}
	b.WriteString("routes:\n")
	for i := range channels {
		fmt.Fprintf(&b, "  - {to: slack%d, at_least: hot, sources: [hot%d]}\n", i, i)
	}
	return b.String()
}

// own measures a leadgate that it starts.
func (r *runner) own(ctx context.Context) (alert *alerts, ack *answers, err error) {
	channels := 0
	var hot []string
	if r.o.only != "ack" && r.o.hotRate > 0 {
		channels = max(8, int(math.Ceil(r.o.hotRate/channelPace)))
		if r.slack, err = newSlackServer(cmp.Or(r.o.slack, "127.0.0.1:0")); err != nil {
			return nil, nil, err
		}
	}
	for i := range channels {
		hot = append(hot, fmt.Sprintf("/in/hot%d", i))
	}
	c, err := r.startLeadgate(ctx, channels)
	if err != nil {
		return nil, nil, err
	}
	alert, ack = r.both(ctx, c, c.addr, hot, "/in/warm")
	return alert, ack, c.alive()
}

// running measures a leadgate that runs already.
func (r *runner) running(ctx context.Context) (alert *alerts, ack *answers, err error) {
	u, err := url.Parse(r.o.url)
	if err != nil {
		return nil, nil, err
	}
	if err := httpReady(ctx, u.Host); err != nil {
		return nil, nil, fmt.Errorf("no leadgate is ready at %s: %w", u.Host, err)
	}
	var hot []string
	if r.o.slack != "" && r.o.only != "ack" {
		if r.slack, err = newSlackServer(r.o.slack); err != nil {
			return nil, nil, err
		}
		hot = []string{"/in/" + r.o.hot}
	}
	alert, ack = r.both(ctx, nil, u.Host, hot, "/in/"+r.o.source)
	return alert, ack, nil
}

// both measures alerts, then answers: a flood before would be in their way.
func (r *runner) both(ctx context.Context, server *process, addr string, hot []string, warm string) (alert *alerts, ack *answers) {
	if len(hot) > 0 {
		alert = r.alerts(ctx, addr, hot, warm)
		alert.print(r.o.Out)
	}
	if r.o.only != "alert" {
		ack = r.acks(ctx, server, addr, warm)
		ack.print(r.o.Out, "leadgate")
	}
	return alert, ack
}

func (r *runner) baseline(ctx context.Context) (*answers, error) {
	c, err := r.startBaseline(ctx, r.o.mode)
	if err != nil {
		return nil, err
	}
	ack := r.acks(ctx, c, c.addr, "/in/warm")
	ack.print(r.o.Out, r.o.mode)
	return ack, c.alive()
}

// acks measures answers.
func (r *runner) acks(ctx context.Context, server *process, addr, path string) *answers {
	s := stream{addr: addr, paths: []string{path}, conns: r.o.conns, rate: r.o.rate, warmup: r.o.warmup, duration: r.o.duration, most: mostRequests, ids: r.ids}
	for _, c := range []*process{server, r.redis} {
		if c != nil {
			s.cpu = append(s.cpu, c.cpu)
		}
	}
	return ackOf(s, s.run(ctx))
}

// alertGrace is how long the last alerts may take.
const alertGrace = 15 * time.Second

// alerts sends hot leads, with warm ones behind them, and waits for Slack.
func (r *runner) alerts(ctx context.Context, addr string, hot []string, warm string) *alerts {
	h := stream{addr: addr, paths: hot, conns: 8, rate: r.o.hotRate, warmup: r.o.warmup, duration: r.o.duration, ids: r.ids,
		sent: func(id uint64, at time.Time, code int) {
			if code/100 == 2 {
				r.slack.expect(id, at)
			}
		}}
	w := stream{addr: addr, paths: []string{warm}, conns: r.o.conns, rate: r.o.warm, warmup: r.o.warmup, duration: r.o.duration, ids: r.ids}
	a := &alerts{HotRate: r.o.hotRate, Channels: len(hot)}
	var wg sync.WaitGroup
	wg.Go(func() { a.Ack = ackOf(h, h.run(ctx)) })
	if w.rate > 0 {
		wg.Go(func() { a.Warm = ackOf(w, w.run(ctx)) })
	}
	wg.Wait()
	grace, cancel := context.WithTimeout(ctx, alertGrace)
	defer cancel()
	r.slack.drained(grace)
	r.slack.fill(a)
	return a
}
