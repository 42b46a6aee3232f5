package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/config"
	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/lead"
)

// talk is how the server speaks: to a person at a terminal, or in JSON lines to
// whatever collects logs.
type talk struct {
	log      *slog.Logger
	out      io.Writer
	color    bool
	terminal bool

	mu       sync.Mutex
	previews []string // shown below the line of their touch
}

// newTalk writes to out: as people read when it is a terminal, else as JSON.
func newTalk(out *os.File, level string) *talk {
	t := &talk{out: out, terminal: isTerminal(out), color: wantsColor(out)}
	o := &slog.HandlerOptions{}
	var l slog.Level
	if l.UnmarshalText([]byte(level)) == nil {
		o.Level = l
	}
	if !t.terminal {
		t.log = slog.New(slog.NewJSONHandler(out, o))
		return t
	}
	o.ReplaceAttr = func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			return slog.String(slog.TimeKey, a.Value.Time().Format("15:04:05.000"))
		}
		return a
	}
	t.log = slog.New(slog.NewTextHandler(out, o))
	return t
}

// Write takes a preview of an alert that goes nowhere else. It is kept until
// its touch has its line; off a terminal it is dropped, for it shows people.
func (t *talk) Write(p []byte) (int, error) {
	if t.terminal {
		t.mu.Lock()
		t.previews = append(t.previews, string(p))
		t.mu.Unlock()
	}
	return len(p), nil
}

// touch says what became of a touch.
func (t *talk) touch(what *lead.Touch, who *lead.Lead) {
	if !t.terminal {
		logTouch(t.log, what, who)
		return
	}
	line := touchLine(what, who, t.color)
	t.mu.Lock()
	defer t.mu.Unlock()
	if slices.ContainsFunc(what.Deliveries, func(d lead.Delivery) bool { return d.State == lead.Previewed }) {
		line += strings.Join(t.previews, "")
		t.previews = nil
	}
	io.WriteString(t.out, line)
}

// started says that the server is ready. inbox is a link to sign in; it is for
// a terminal only.
func (t *talk) started(cfg *config.Config, inbox, address, dir string, embedded bool, took time.Duration) {
	if !t.terminal {
		t.log.Info("ready", "version", version, "listen", address, "data_dir", dir, "redis_embedded", embedded, "ms", took.Milliseconds())
		return
	}
	b := banner{Version: version, Ready: took, Listen: address, Public: strings.TrimSuffix(cfg.PublicURL, "/"), Color: t.color, Redis: cfg.Redis.URL.Reveal(),
		Command: "leadgate", Try: cfg.Default, Inbox: inbox}
	if exe, err := os.Executable(); err == nil {
		b.Command = startedAs(exe)
	}
	if cfg.Journal {
		b.DataDir = cfg.DataDir
	}
	for _, s := range cfg.Sources {
		path := "/in/" + s.Name
		if s.Token != "" {
			path += "/" + s.Token
		}
		p, _ := provider.Find(s.Provider)
		b.Sources = append(b.Sources, bannerSource{Name: s.Name, Path: path, Form: s.Provider == "form" && p != nil && s.Captcha == nil && len(s.Header) == 0})
	}
	for _, target := range cfg.Targets {
		if target.Kind == "slack" {
			b.Slack = fmt.Sprintf("hot leads go to %s", cmp.Or(target.Channel, "the webhook's channel"))
		}
	}
	printBanner(t.out, b)
}

// quietRedis stops go-redis from writing to standard error by itself; what
// matters of it reaches the log through those who called it.
func quietRedis() { redis.SetLogger(noRedisLog{}) }

type noRedisLog struct{}

func (noRedisLog) Printf(context.Context, string, ...any) {}
