// Package load measures how fast leads are accepted and how soon a hot one is in
// Slack, of this program and of servers that it is compared with, each in a
// process of its own on this machine. It must not know the inside of any: it
// sends what a form sends and answers as Slack does. To measure one more server,
// write its start beside startLeadgate and add it to contenders.
package load

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/leadgate/leadgate/cmd/leadgate/console"
	"github.com/leadgate/leadgate/journal"
)

// Options tell what to measure and how hard.
type Options struct {
	mode     string // leadgate, echo, naive
	compare  bool
	redis    string // embedded, real, or a URL; empty: embedded, but real for naive and compare
	url      string // of a running leadgate; empty: one is started
	source   string // of a running leadgate
	hot      string // its source of hot leads
	slack    string // where the fake Slack listens; empty: a free port, and nowhere with url
	only     string // ack, alert; empty: both
	rate     float64
	conns    int
	duration time.Duration
	warmup   time.Duration
	warm     float64 // a second, behind the hot ones
	hotRate  float64
	rounds   int
	pause    time.Duration
	dir      string // for data; empty: the system's temporary directory
	json     string // file; - is standard output

	env []string // added to what Program is started with, for tests

	Program string    // to start and measure: this one
	Version string    // of it
	Out     io.Writer // for people
}

// AddFlags adds the options to a command's flags.
func (o *Options) AddFlags(f *pflag.FlagSet) {
	f.StringVar(&o.mode, "mode", "leadgate", "what to measure: leadgate, echo or naive")
	f.BoolVar(&o.compare, "compare", false, "measure all three in turns")
	f.StringVar(&o.redis, "redis", "", "embedded, real (a redis-server of its own) or redis://... which is written to (default embedded; real for naive and --compare)")
	f.StringVar(&o.url, "url", "", "measure the leadgate that runs at this address, such as http://127.0.0.1:8080")
	f.StringVar(&o.source, "source", "webinar", "source to load, with --url")
	f.StringVar(&o.hot, "hot-source", "demo-request", "source of hot leads, with --url")
	f.StringVar(&o.slack, "slack-listen", "", "address of the fake Slack (default a free port; none with --url)")
	f.StringVar(&o.only, "only", "", "ack or alert: leave the other out")
	f.Float64Var(&o.rate, "rate", 0, "requests a second (0: each as soon as the last one is answered)")
	f.IntVar(&o.conns, "conns", 64, "keep-alive connections")
	f.DurationVar(&o.duration, "duration", 10*time.Second, "how long each measurement takes")
	f.DurationVar(&o.warmup, "warmup", time.Second, "load before it that does not count")
	f.Float64Var(&o.warm, "warm", 0, "warm leads a second while alerts are measured")
	f.Float64Var(&o.hotRate, "hot-rate", 5, "hot leads a second while alerts are measured, over as many Slack channels as their pace needs (0.8 with --url)")
	f.IntVar(&o.rounds, "rounds", 5, "rounds of --compare")
	f.DurationVar(&o.pause, "pause", 250*time.Millisecond, "rest after each measurement of --compare, for queues to drain")
	f.StringVar(&o.dir, "dir", "", "put the data in a new directory under this one, which should be on the disk in question")
	f.StringVar(&o.json, "json", "-", "write the figures to this file as JSON (- for standard output)")
}

// Bounds of what can be asked for.
const (
	longest      = 10 * time.Minute
	mostRequests = 50_000_000 // requests of one measurement
	mostConns    = 4096
	mostRounds   = 100
	mostRate     = 1_000_000
	channelPace  = 0.8 // hot leads a second to one channel; Slack's pace is one
)

// Check completes the options and returns everything that is wrong with them.
func (o *Options) Check(hotRateGiven bool) error {
	inRange := func(name string, x, low, high float64) error {
		if math.IsNaN(x) || x < low || x > high {
			return fmt.Errorf("--%s must be between %g and %g", name, low, high)
		}
		return nil
	}
	oneOf := func(name, s string, all ...string) error {
		if slices.Contains(all, s) {
			return nil
		}
		return fmt.Errorf("--%s %s: choose one of %s", name, s, strings.TrimSpace(strings.Join(all, " ")))
	}
	err := errors.Join(
		oneOf("mode", o.mode, "leadgate", Echo, Naive),
		oneOf("only", o.only, "", "ack", "alert"),
		inRange("rate", o.rate, 0, mostRate),
		inRange("warm", o.warm, 0, mostRate),
		inRange("hot-rate", o.hotRate, 0, 1000),
		inRange("conns", float64(o.conns), 1, mostConns),
		inRange("rounds", float64(o.rounds), 1, mostRounds),
	)
	if o.duration <= 0 || max(o.duration, o.warmup, o.pause) > longest || min(o.warmup, o.pause) < 0 {
		err = errors.Join(err, fmt.Errorf("--duration, --warmup and --pause can be %s at most, and a duration more than 0", longest))
	}
	needsRedis := o.compare || o.mode == Naive
	if o.redis = cmp.Or(o.redis, map[bool]string{true: "real", false: "embedded"}[needsRedis]); o.redis != "embedded" && o.redis != "real" && !strings.Contains(o.redis, "://") {
		err = errors.Join(err, errors.New("--redis is embedded, real, or a URL like redis://127.0.0.1:6379/0"))
	}
	switch {
	case o.mode != "leadgate" && (o.compare || o.url != "" || o.only == "alert"):
		err = errors.Join(err, fmt.Errorf("--mode %s only measures answers, on a server of its own: leave out --compare, --url and --only alert", o.mode))
	case o.mode == Naive && o.redis == "embedded":
		err = errors.Join(err, errors.New("--mode naive needs a Redis: --redis real"))
	case o.url != "" && o.compare:
		err = errors.Join(err, errors.New("--compare starts its own servers: leave out --url"))
	case o.url == "":
		return err
	}
	if !hotRateGiven {
		o.hotRate = channelPace
	}
	if o.only == "alert" && o.slack == "" {
		err = errors.Join(err, errors.New("--only alert with --url needs --slack-listen"))
	}
	return errors.Join(err, checkLoopback(o.url))
}

// checkLoopback refuses to load anything but this machine: a load generator
// that aims elsewhere is a weapon.
func checkLoopback(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" || u.Port() == "" {
		return errors.New("--url must look like http://127.0.0.1:8080")
	}
	if ip := net.ParseIP(u.Hostname()); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("--url %s: only 127.0.0.1 and [::1] are loaded", u.Host)
	}
	return nil
}

// Measure does what the options ask for.
func (o Options) Measure(ctx context.Context) (*Report, error) {
	run, err := newRunner(o)
	if err != nil {
		return nil, err
	}
	defer run.close()
	r := &Report{Mode: o.mode, Version: o.Version, Redis: console.WithoutSecrets(o.redis), InMemory: journal.InMemory(run.dir)}
	if r.InMemory {
		fmt.Fprintln(o.Out, "note: the data directory is in memory, so fsync costs nothing; name one on a disk with --dir")
	}
	switch {
	case o.compare:
		r.Mode = "compare"
		r.Compare, err = run.compare(ctx)
	case o.mode != "leadgate":
		if o.mode == Echo {
			r.Redis = ""
		}
		r.Ack, err = run.baseline(ctx)
	case o.url != "":
		r.Redis = ""
		r.Alert, r.Ack, err = run.running(ctx)
	default:
		r.Alert, r.Ack, err = run.own(ctx)
	}
	if err == nil && ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	return r, err
}

// Write writes a report as JSON to the file that was asked for, or to out.
func (o Options) Write(out io.Writer, r *Report) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	b = append(b, '\n')
	if o.json == "-" {
		_, err = out.Write(b)
		return err
	}
	return os.WriteFile(o.json, b, 0o644)
}
