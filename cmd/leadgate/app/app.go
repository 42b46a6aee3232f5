// Package app is the whole server in one value: New builds it, Start runs it,
// Stop ends it, in this process, any number of times. It is the only place that
// knows all packages and joins them; it decides nothing itself. A new part is
// built in New where a lead meets it, and run in Start.
package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"github.com/leadgate/leadgate/cmd/leadgate/client"
	"github.com/leadgate/leadgate/cmd/leadgate/console"
	"github.com/leadgate/leadgate/cmd/leadgate/doctor"
	"github.com/leadgate/leadgate/config"
	"github.com/leadgate/leadgate/handlers"
	"github.com/leadgate/leadgate/handlers/api"
	"github.com/leadgate/leadgate/handlers/inbox"
	"github.com/leadgate/leadgate/handlers/intake"
	"github.com/leadgate/leadgate/handlers/lookup"
	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/handlers/slack"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/jobs"
	"github.com/leadgate/leadgate/jobs/commands"
	"github.com/leadgate/leadgate/jobs/notes"
	"github.com/leadgate/leadgate/jobs/queue"
	"github.com/leadgate/leadgate/jobs/runs"
	"github.com/leadgate/leadgate/jobs/views"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/ops"
	"github.com/leadgate/leadgate/lead/rules"
	"github.com/leadgate/leadgate/notify/routing"
	"github.com/leadgate/leadgate/store"
)

// Options of New. All are required.
type Options struct {
	Config  *config.Config
	Out     io.Writer // of the log; of lines for people where it is a terminal
	Version string
	Owner   string    // who runs the server, by name
	Begin   time.Time // when the process began to start
}

// ConfigError is an error that a change of the configuration cures.
type ConfigError struct{ err error }

func (e *ConfigError) Error() string { return e.err.Error() }

// Unwrap returns what is wrong.
func (e *ConfigError) Unwrap() error { return e.err }

// App is one server. Create it with New, run it with Start, end it with Stop.
type App struct {
	o        Options
	shown    *console.Output
	files    *reloader
	journal  *openedJournal
	listener net.Listener
	clients  *redisClients
	prompt   *store.Store // over the producer's client
	lists    *store.Store // over the readers' client
	jobs     *jobs.Jobs
	sessions credentials
	web      *handlers.Server
	http     *http.Server

	ctx    context.Context // of all parts but the HTTP server; ends when one of them fails
	cancel context.CancelFunc
	parts  *errgroup.Group
	done   chan struct{} // closed when all parts have ended
	err    error         // of the part that failed first
}

// New builds every part in the order in which a lead meets it. Nothing runs yet;
// the address is taken, and the journal is locked.
func New(o Options) (_ *App, err error) {
	a := &App{o: o, done: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	a.cancel = cancel
	a.parts, a.ctx = errgroup.WithContext(ctx)
	defer func() {
		if err != nil {
			a.close()
		}
	}()
	cfg := o.Config
	rules, err := LoadRules(cfg)
	if err != nil {
		return nil, err
	}
	a.shown = console.New(o.Out, cfg.Log)
	log := a.shown.Log
	book := newRulebook(rules)
	a.files = newReloader(cfg, book, log)
	for _, w := range cfg.Check(rules.Knows) {
		log.Warn("configuration", "warning", w.String())
	}

	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	// What is accepted is kept here first.
	var node string
	a.journal, node, err = openJournal(cfg, registry, log)
	if err != nil {
		return nil, err
	}

	// The address, which alerts link to, is known before anything is told.
	a.listener, err = listen(cfg)
	if err != nil {
		return nil, err
	}
	cli := client.New(a.Address())
	if err := cli.Write(a.journal.dir); err != nil { // with journal: off other commands do not find it
		return nil, fmt.Errorf("write the local token: %w", err)
	}
	public := cfg.PublicURL
	if public == "" {
		public = "http://" + a.Address()
	}

	// Redis carries it; the store shares it among replicas.
	a.clients, err = openRedis(a.ctx, cfg.Redis.URL.Reveal())
	if err != nil {
		return nil, &ConfigError{err}
	}
	kept := store.Options{Logger: log, Look: a.clients.look(), PlusTagsSame: cfg.PlusTagsSame, AsOf: func(l *lead.Lead, now time.Time) lead.Verdict { return book.now().AsOf(l, now) }}
	patient := store.New(a.clients.workers, kept)
	a.prompt, a.lists = store.New(a.clients.producer, kept), store.New(a.clients.readers, kept)

	// Targets hear of it.
	outlets, err := openOutlets(cfg, public, book, a.files.people, a.shown, log)
	if err != nil {
		return nil, err
	}

	// Jobs take it from acceptance to settlement.
	vendors := lookup.New(cfg.Sources, nil)
	a.jobs, err = jobs.New(jobs.Options{
		Journal: a.journal.Journal, Store: patient, Prompt: a.prompt, Lists: a.lists, Rules: book.now, Routes: cfg.Routes, Outlets: outlets, AlarmTo: cfg.Alarms.To,
		People: a.files.people(), Digests: cfg.Digests, Sources: names(cfg.Sources), Canary: jobs.Canary(cfg.Canary),
		Asker:    vendors,
		Producer: a.clients.producer, Hot: a.clients.hot, Bulk: a.clients.bulk, Embedded: a.clients.embedded, Node: node,
		PlusTagsSame: cfg.PlusTagsSame, MaxAge: cfg.MaxAge, Keep: keepFor(cfg, a.clients), Retention: cfg.Retention, Sync: !cfg.Journal,
		Cut:     func(r *lead.Request, gone []bool) (*lead.Request, error) { return a.web.Cut(r, gone) },
		Reread:  func(r *lead.Request) ([]*lead.Touch, error) { return a.web.Reread(r) },
		Observe: a.shown.Touch, Registry: registry, Logger: log,
	})
	if err != nil {
		return nil, err
	}

	// Handlers take it in, and let in who has a pass.
	var credentialJournal *journal.Journal
	if a.clients.embedded {
		credentialJournal = a.journal.Journal
	}
	a.sessions, err = openCredentials(a.ctx, a.prompt, credentialJournal, a.jobs.Redis.DownSince, o.Begin, log)
	if err != nil {
		return nil, fmt.Errorf("restore sessions and tokens: %w", err)
	}
	a.web, err = handlers.New(handlers.Options{
		Sources: cfg.Sources, PublicURL: public, Rules: book.now, Reps: func() []lead.Rep { return a.files.people().Reps }, Try: cfg.Default,
		Session: session.Options{Store: a.sessions, Tokens: tokens(cfg.APIToken.Reveal(), cli.Token),
			Slack: session.Slack{ClientID: cfg.Slack.ClientID, ClientSecret: cfg.Slack.ClientSecret.Reveal(), APIURL: cfg.Slack.APIURL}},
		Source: source.Options{Notebook: notes.New(a.journal.Journal), ArrivalRates: a.prompt.ArrivalRates, TrustedProxies: cfg.TrustedProxies},
		Intake: intake.Options{Accepter: a.jobs.Intake, MaxBody: cfg.MaxBody},
		API: api.Options{Reader: a.jobs.Views, Actor: a.jobs.Commands, Merger: a.jobs.Commands, Resender: resender{a.jobs.Commands, a.jobs.Runs}, Judge: judge{a.jobs.Runs, a.jobs.Views},
			Replayer: a.jobs.Runs, Eraser: a.jobs.Privacy, People: a.jobs.Commands, Watcher: a.jobs.Events, Machinery: machinery{a.jobs.Views, a.jobs.Queue}, Pauser: a.jobs.Targets,
			Reporter: a.jobs.Views, Auditor: a.jobs.Audit,
			Doctor: doctor.Doctor{Config: a.files.config, NextStart: a.files.nextStart, Dir: a.journal.dir, Rules: book.now, Store: a.prompt, Embedded: a.clients.embedded, Targets: a.jobs.Targets.States, Unidentified: a.jobs.Enrich.Unidentified}},
		Pages:    inbox.Options{Standby: a.jobs.Views, Means: routing.Sentence, Preview: previews(public, book.now), Request: a.jobs.Views.Request},
		Slack:    slackOf(cfg),
		Ready:    func(context.Context) handlers.Readiness { return readiness(a.journal.Journal, a.jobs, a.files) },
		Registry: registry, Version: o.Version, Logger: log, Now: time.Now,
	})
	if err != nil {
		return nil, &ConfigError{err}
	}
	a.http = a.web.HTTPServer()
	a.files.audit = a.jobs.Audit.Record
	a.files.apply = func(cfg *config.Config) error {
		if err := a.web.Reload(cfg.Sources); err != nil {
			return err
		}
		vendors.Reload(cfg.Sources)
		a.jobs.Apply(jobs.Settings{Routes: cfg.Routes, People: lead.People{Reps: cfg.Reps, Teams: cfg.Teams}, Sources: names(cfg.Sources)})
		a.jobs.Enrich.Retry()
		return nil
	}
	return a, nil
}

// Address is where the server listens, host:port.
func (a *App) Address() string { return a.listener.Addr().String() }

// Reload reads the configuration again.
func (a *App) Reload() {
	select {
	case a.files.again <- struct{}{}:
	default: // it is about to be read
	}
}

// Start runs every part. It returns at once.
func (a *App) Start() {
	ctx, log, cfg := a.ctx, a.shown.Log, a.o.Config
	run := func(part func(context.Context)) {
		a.parts.Go(func() error { part(ctx); return nil })
	}
	a.parts.Go(func() error { return a.jobs.Run(ctx) })
	a.parts.Go(func() error { return a.web.Run(ctx) })
	a.parts.Go(func() error {
		if err := a.http.Serve(a.listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	run(a.files.run)
	run(func(ctx context.Context) { a.jobs.Redis.WhenDown(ctx, a.clients.cut) })
	run(func(ctx context.Context) { warmSearch(ctx, a.jobs, a.lists, log) })
	if !a.clients.embedded {
		run(a.sessions.watch)
		run(func(ctx context.Context) { warnAboutServer(ctx, a.prompt, log) })
	}
	go func() { a.err = a.parts.Wait(); close(a.done) }()

	took := time.Since(a.o.Begin)
	if !a.shown.Terminal {
		log.Info("ready", "version", a.o.Version, "listen", a.Address(), "data_dir", a.journal.dir, "redis_embedded", a.clients.embedded, "ms", took.Milliseconds())
		return
	}
	link, err := a.web.SignInLink(ctx, a.o.Owner) // a log is no place for it
	if err != nil {
		log.Warn("no link to sign in; leadgate signin makes one", "error", err)
	}
	a.shown.Ready(bannerOf(cfg, a.o.Version, link, a.Address(), took))
}

// Done is closed when a part has failed: then Stop the server.
func (a *App) Done() <-chan struct{} { return a.ctx.Done() }

// stopLimit bounds the whole shutdown, whatever hangs.
const stopLimit = 4500 * time.Millisecond

// Stop ends the server within a few seconds and returns the error of the part
// that failed, if one did. Jobs outlive the HTTP server, so that what was
// accepted last is on its way. A part that hangs is left behind; the journal has
// its touch.
func (a *App) Stop() error {
	limit := time.NewTimer(stopLimit)
	defer limit.Stop()
	closing, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := a.http.Shutdown(closing); err != nil {
		a.http.Close()
	}
	a.cancel()
	select {
	case <-a.done:
		a.close()
		return a.err
	case <-limit.C:
		a.shown.Log.Warn("stopped by the time limit")
		return nil
	}
}

// close gives back what New took, last first.
func (a *App) close() {
	a.cancel()
	if a.clients != nil {
		a.clients.close()
	}
	if a.listener != nil {
		a.listener.Close() // an error means that the HTTP server has closed it
	}
	if a.journal != nil {
		a.journal.close()
	}
}

// bannerOf is what a person sees of the configuration once the server is ready.
func bannerOf(cfg *config.Config, version, inbox, address string, took time.Duration) console.Banner {
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
func slackOf(cfg *config.Config) slack.Options {
	return slack.Options{SigningSecret: cfg.Slack.SigningSecret.Reveal(), AppToken: cfg.Slack.AppToken.Reveal(), BotToken: cfg.Slack.BotToken.Reveal(),
		APIURL: cfg.Slack.APIURL}
}

// What handlers use together is of several parts.
type (
	resender struct {
		*commands.Commands
		*runs.Runs
	}
	judge struct {
		*runs.Runs
		*views.Views
	}
	machinery struct {
		*views.Views
		*queue.Queue
	}
)

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
	return nil, &ConfigError{fmt.Errorf("listen on %s: %w; choose another with LEADGATE_LISTEN=127.0.0.1:PORT", cfg.Listen, err)}
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
	r := handlers.Readiness{Rules: files.book.now().Version(), Refused: files.refused(), Ready: j.Err() == nil, RedisUp: work.Redis.Up(), Waiting: work.Books.Waiting()}
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

// warmSearch reads the search index before the first search needs it.
func warmSearch(ctx context.Context, work *jobs.Jobs, s *store.Store, log *slog.Logger) {
	if work.Redis.Ready(ctx) != nil {
		return // stopped before
	}
	if err := s.WarmSearch(ctx); err != nil {
		log.Debug("the first search will read the index", "error", err)
	}
}

// Diagnose runs the checks of the doctor that need no running server.
func Diagnose(ctx context.Context, cfg *config.Config) ([]ops.Finding, error) {
	set, err := LoadRules(cfg)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	clients, err := openRedis(ctx, cfg.Redis.URL.Reveal())
	if err != nil {
		return nil, &ConfigError{err}
	}
	defer clients.close()
	d := doctor.Doctor{Config: func() *config.Config { return cfg }, Dir: cfg.DataDir, Rules: func() *rules.Set { return set },
		Store: store.New(clients.producer, store.Options{}), Embedded: clients.embedded}
	return d.Findings(ctx), nil
}
