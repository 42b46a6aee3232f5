package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/leadgate/leadgate/cmd/leadgate/client"
	"github.com/leadgate/leadgate/cmd/leadgate/console"
	"github.com/leadgate/leadgate/config"
	"github.com/leadgate/leadgate/handlers"
	"github.com/leadgate/leadgate/handlers/intake"
	"github.com/leadgate/leadgate/handlers/lookup"
	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/jobs"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/store"
)

func serveCommand(env environment) *cobra.Command {
	c := &cobra.Command{
		Short: "Take leads, keep them, tell sales about the hot ones",
		Long: "leadgate takes leads from websites, form builders, webinar platforms and schedulers, keeps each one before it\n" +
			"answers, decides how warm the person is and why, and tells sales about the hot ones in Slack at once.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := env.config(c)
			if err != nil {
				return err
			}
			return serve(c.Context(), cfg, c.ErrOrStderr(), time.Now())
		},
	}
	addConfigFlags(c.Flags())
	c.Flags().String("listen", "", "address to listen on, host:port (LEADGATE_LISTEN)")
	return c
}

// stopLimit bounds the whole shutdown, whatever hangs.
const stopLimit = 4500 * time.Millisecond

// serve builds every part in order of need, runs them until ctx ends, and stops
// them in the opposite order.
func serve(ctx context.Context, cfg *config.Config, out io.Writer, begin time.Time) error {
	rules, err := loadRules(cfg)
	if err != nil {
		return err
	}
	shown := console.New(out, cfg.Log)
	log := shown.Log
	book := newRulebook(rules)
	files := newReloader(cfg, book, log)
	for _, w := range cfg.Check(rules.Knows) {
		log.Warn("configuration", "warning", w.String())
	}

	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	// What is accepted is kept here first.
	jr, node, err := openJournal(cfg, registry, log)
	if err != nil {
		return err
	}
	defer jr.close()

	// The address, which alerts link to, is known before anything is told.
	ln, err := listen(cfg)
	if err != nil {
		return err
	}
	address := ln.Addr().String()
	cli := client.New(address)
	if err := cli.Write(jr.dir); err != nil { // with journal: off other commands do not find it
		return fmt.Errorf("write the local token: %w", err)
	}
	public := cfg.PublicURL
	if public == "" {
		public = "http://" + address
	}

	// Redis carries it; the store shares it among replicas.
	clients, err := openRedis(ctx, cfg.Redis.URL.Reveal())
	if err != nil {
		return &codedError{exitConfig, err}
	}
	defer clients.close()
	kept := store.Options{Logger: log, Look: clients.look(), PlusTagsSame: cfg.PlusTagsSame, AsOf: func(l *lead.Lead, now time.Time) lead.Verdict { return book.now().AsOf(l, now) }}
	patient, prompt, lists := store.New(clients.workers, kept), store.New(clients.producer, kept), store.New(clients.readers, kept)

	// Targets hear of it.
	outlets, err := openOutlets(cfg, public, book, files.people, shown, log)
	if err != nil {
		return err
	}

	// Jobs take it from acceptance to settlement.
	var web *handlers.Server // reads kept requests again
	vendors := lookup.New(cfg.Sources, nil)
	work, err := jobs.New(jobs.Options{
		Journal: jr.Journal, Store: patient, Prompt: prompt, Lists: lists, Rules: book.now, Routes: cfg.Routes, Outlets: outlets, AlarmTo: cfg.Alarms.To,
		People: files.people(), Digests: cfg.Digests, Sources: names(cfg.Sources), Canary: jobs.Canary(cfg.Canary),
		Asker:    vendors,
		Producer: clients.producer, Hot: clients.hot, Bulk: clients.bulk, Embedded: clients.embedded, Node: node,
		PlusTagsSame: cfg.PlusTagsSame, MaxAge: cfg.MaxAge, Keep: keepFor(cfg, clients), Retention: cfg.Retention, Sync: !cfg.Journal,
		Cut:     func(r *lead.Request, gone []bool) (*lead.Request, error) { return web.Cut(r, gone) },
		Reread:  func(r *lead.Request) ([]*lead.Touch, error) { return web.Reread(r) },
		Observe: shown.Touch, Registry: registry, Logger: log,
	})
	if err != nil {
		return err
	}

	// Handlers take it in, and let in who has a pass.
	var passJournal *journal.Journal
	if clients.embedded {
		passJournal = jr.Journal
	}
	letIn, err := openPasses(ctx, prompt, passJournal, work.AwaySince, begin)
	if err != nil {
		return fmt.Errorf("restore sessions and tokens: %w", err)
	}
	web, err = handlers.New(handlers.Options{
		Sources: cfg.Sources, Intake: intake.Options{Accepter: work, MaxBody: cfg.MaxBody}, Reader: work, Standby: work, Actor: work, People: people{work, files.people}, Watcher: work,
		Source: source.Options{Notebook: work, Rhythms: work.Rhythms, TrustedProxies: cfg.TrustedProxies},
		Judge:  work, Merger: work, Replayer: work, Resender: work, Eraser: work, Pauser: work,
		Auditor: work, Reporter: work, Machinery: work, PublicURL: public,
		Doctor: doctor{files.config, files.nextStart, jr.dir, book.now, prompt, clients.embedded, work.Targets, work.Unnamed},
		Session: session.Options{Store: letIn, Tokens: tokens(cfg.APIToken.Reveal(), cli.Token),
			Slack: session.Slack{ClientID: cfg.Slack.ClientID, ClientSecret: cfg.Slack.ClientSecret.Reveal(), APIURL: cfg.Slack.APIURL}},
		Slack: slackOf(cfg), Registry: registry, Version: version, Try: cfg.Default,
		Ready: func(context.Context) handlers.Readiness { return readiness(jr.Journal, work, files) }, Logger: log,
		Rules: book.now, Reps: func() []lead.Rep { return files.people().Reps },
		Request: work.Request, Means: notify.Sentence, Preview: previews(public, book.now),
	})
	if err != nil {
		return &codedError{exitConfig, err}
	}
	server := web.HTTPServer()

	// Jobs outlive the handlers, so that what was accepted last is on its way.
	jobsCtx, stopJobs := context.WithCancel(context.WithoutCancel(ctx))
	defer stopJobs()
	var g errgroup.Group
	g.Go(func() error { return work.Run(jobsCtx) })
	g.Go(func() error { return web.Run(jobsCtx) })
	g.Go(func() error { fitGC(jobsCtx); return nil })
	g.Go(func() error { work.WhenAway(jobsCtx, clients.cut); return nil })
	g.Go(func() error { learnCards(jobsCtx, work, lists, log); return nil })
	g.Go(func() error {
		if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	files.audit = work.Audit
	files.apply = func(cfg *config.Config) error {
		if err := web.Reload(cfg.Sources); err != nil {
			return err
		}
		vendors.Reload(cfg.Sources)
		work.Apply(jobs.Settings{Routes: cfg.Routes, People: lead.People{Reps: cfg.Reps, Teams: cfg.Teams}, Sources: names(cfg.Sources)})
		work.AskAnew()
		return nil
	}
	g.Go(func() error { files.run(jobsCtx); return nil })
	link := ""
	if shown.Terminal { // a log is no place for it
		if link, err = web.SignInLink(ctx, osUser()); err != nil {
			log.Warn("no link to sign in; leadgate signin makes one", "error", err)
		}
		shown.Ready(bannerOf(cfg, link, address, time.Since(begin)))
	} else {
		log.Info("ready", "version", version, "listen", address, "data_dir", jr.dir, "redis_embedded", clients.embedded, "ms", time.Since(begin).Milliseconds())
	}
	if !clients.embedded {
		g.Go(func() error { letIn.watch(jobsCtx); return nil })
		g.Go(func() error { warnAboutServer(jobsCtx, prompt, log); return nil })
	}

	done := make(chan error, 1)
	go func() { done <- g.Wait() }()
	select {
	case err := <-done: // a part ended by itself
		stopJobs()
		return err
	case <-ctx.Done():
	}
	limit := time.AfterFunc(stopLimit, func() { // a hung call must not keep the process; the journal has its touch
		log.Warn("stopped by the time limit")
		os.Exit(0)
	})
	defer limit.Stop()
	closing, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := server.Shutdown(closing); err != nil {
		server.Close()
	}
	stopJobs()
	return <-done
}

// bannerOf is what a person sees of the configuration once the server is ready.
func bannerOf(cfg *config.Config, inbox, address string, took time.Duration) console.Banner {
	b := console.Banner{Version: version, Ready: took, Listen: address, Public: strings.TrimSuffix(cfg.PublicURL, "/"), Redis: cfg.Redis.URL.Reveal(),
		Try: cfg.Default, Inbox: inbox}
	if cfg.Journal {
		b.DataDir = cfg.DataDir
	}
	for _, s := range cfg.Sources {
		path := "/in/" + s.Name
		if s.Token != "" {
			path += "/" + s.Token
		}
		p, _ := provider.Find(s.Provider)
		b.Sources = append(b.Sources, console.BannerSource{Name: s.Name, Path: path, Form: s.Provider == "form" && p != nil && s.Captcha == nil && len(s.Header) == 0})
	}
	for _, target := range cfg.Targets {
		if target.Kind == "slack" {
			b.Slack = fmt.Sprintf("hot leads go to %s", cmp.Or(target.Channel, "the webhook's channel"))
		}
	}
	return b
}

func names(sources []source.Source) (all []string) {
	for _, s := range sources {
		all = append(all, s.Name)
	}
	return all
}

// slackOf is what handlers need of Slack's settings.
func slackOf(cfg *config.Config) handlers.Slack {
	return handlers.Slack{SigningSecret: cfg.Slack.SigningSecret.Reveal(), AppToken: cfg.Slack.AppToken.Reveal(), BotToken: cfg.Slack.BotToken.Reveal(),
		APIURL: cfg.Slack.APIURL}
}

// listen opens the configured address. With no configuration at all a busy
// port means the next free one, up to 8089.
func listen(cfg *config.Config) (net.Listener, error) {
	ln, err := net.Listen("tcp", cfg.Listen)
	if err == nil {
		return ln, nil
	}
	if host, port, _ := strings.Cut(cfg.Listen, ":"); cfg.Default && port == "8080" {
		for n := 8081; n <= 8089; n++ {
			if ln, err := net.Listen("tcp", fmt.Sprintf("%s:%d", host, n)); err == nil {
				return ln, nil
			}
		}
	}
	return nil, &codedError{exitConfig, fmt.Errorf("listen on %s: %w; choose another with LEADGATE_LISTEN=127.0.0.1:PORT", cfg.Listen, err)}
}

func tokens(all ...string) (some []string) {
	for _, t := range all {
		if t != "" {
			some = append(some, t)
		}
	}
	return some
}

// keepFor is how long the journal keeps what is settled: all of the retention
// where it is the only memory, and long enough to refill a Redis that lost it.
func keepFor(cfg *config.Config, c *redisClients) time.Duration {
	if c.embedded {
		return cfg.Retention
	}
	return min(cfg.Retention, 7*24*time.Hour)
}

func readiness(j *journal.Journal, work *jobs.Jobs, files *reloader) handlers.Readiness {
	r := handlers.Readiness{Rules: files.book.now().Version(), Refused: files.refused(), Ready: j.Err() == nil, RedisUp: work.RedisUp(), Waiting: work.Waiting()}
	if err := j.Err(); err != nil {
		r.Why = "the journal cannot be written"
	}
	return r
}

func warnAboutServer(ctx context.Context, s *store.Store, log *slog.Logger) {
	warnings, err := s.CheckServer(ctx)
	if err != nil {
		return // the pulse says that Redis is away
	}
	for _, w := range warnings {
		log.Warn("redis is not set up for a queue", "warning", w)
	}
}

// learnCards lets the first search find its cards read.
func learnCards(ctx context.Context, work *jobs.Jobs, s *store.Store, log *slog.Logger) {
	if work.Loaded(ctx) != nil {
		return // stopped before
	}
	if err := s.Learn(ctx); err != nil {
		log.Debug("the first search will read the cards", "error", err)
	}
}
