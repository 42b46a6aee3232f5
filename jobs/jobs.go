// Package jobs takes a touch from acceptance to settlement. Accept makes it
// durable; after that the journal is the truth and asynq's tasks are hints that
// can be made again at any time. Every effect of a touch has a receipt, so that
// a job may run any number of times and still tell each target once.
//
// To add a job, write a file with its handler and add it to the mux in serve.
package jobs

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/jobs/audit"
	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/jobs/books"
	"github.com/leadgate/leadgate/jobs/commands"
	"github.com/leadgate/leadgate/jobs/delivery"
	"github.com/leadgate/leadgate/jobs/enrich"
	"github.com/leadgate/leadgate/jobs/events"
	"github.com/leadgate/leadgate/jobs/intake"
	"github.com/leadgate/leadgate/jobs/messages"
	"github.com/leadgate/leadgate/jobs/notes"
	"github.com/leadgate/leadgate/jobs/pipeline"
	"github.com/leadgate/leadgate/jobs/policy"
	"github.com/leadgate/leadgate/jobs/privacy"
	"github.com/leadgate/leadgate/jobs/queue"
	"github.com/leadgate/leadgate/jobs/replication"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/jobs/runs"
	"github.com/leadgate/leadgate/jobs/schedule"
	"github.com/leadgate/leadgate/jobs/views"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/ops"
	"github.com/leadgate/leadgate/lead/rules"
	"github.com/leadgate/leadgate/notify/routing"
)

// Shelves are the journal's that jobs use.
func Shelves() []string {
	return slices.Concat(repo.Shelves(), delivery.Shelves(), messages.Shelves(), enrich.Shelves(), pipeline.Shelves(), books.Shelves(), privacy.Shelves(), commands.Shelves(), schedule.Shelves(), replication.Shelves(), notes.Shelves(), []string{audit.Shelf})
}

// Store is leads, touches and receipts that every replica shares. store.Store is
// one.
type Store interface {
	audit.Store
	books.Store
	commands.Store
	delivery.Peers
	delivery.Store
	enrich.Store
	pipeline.Store
	privacy.Store
	queue.Store
	replication.Store
	repo.Store
	runs.Store
	schedule.Store
	schedule.Leases
	views.Store
	Server(ctx context.Context) ops.Redis
}

// Options of New. Store, Rules and at least one client are required.
type Options struct {
	Journal *journal.Journal
	Store   Store       // with patience: of the workers
	Prompt  Store       // the same store over the producer's client, which never waits more than 200 ms
	Lists   views.Store // the same store for lists that people read; nil: Prompt
	Rules   func() *rules.Set
	Routes  []routing.Route // at first; see Apply
	People  lead.People     // at first
	Digests []lead.Digest
	Canary  Canary
	Sources []string     // at first: names of those that are watched for silence
	Outlets []Outlet     // one for each target
	AlarmTo string       // the target that hears alarms; empty: the first that is well
	Asker   enrich.Asker // tells what a touch lacks; nil: touches go their way without

	Producer redis.UniversalClient // enqueues
	Hot      redis.UniversalClient // of the hot lane's asynq server, for it alone
	Bulk     redis.UniversalClient // of the bulk lane's
	Embedded bool                  // Redis is in this process and forgets on exit

	PlusTagsSame bool // ada+x@ and ada@ are one person

	Node      string        // name of this journal among the replicas
	MaxAge    time.Duration // a delivery is tried so long; default 72 h
	Keep      time.Duration // settled touches and their requests stay in the journal so long; default 180 days
	Retention time.Duration // what is older is erased everywhere; default Keep
	Sync      bool          // journal: off; Accept waits until Redis has the task
	HotSlots  int           // jobs at once in the hot lane; default 32
	Slots     int           // jobs at once in the bulk lane; default 2, each of up to 32 touches

	// Reread reads a kept request as its source reads requests now.
	Reread func(*lead.Request) ([]*lead.Touch, error)

	// Cut takes the marked touches out of a request that holds several.
	Cut func(r *lead.Request, gone []bool) (*lead.Request, error)

	// Observe is called once for every touch, when it is settled or when its
	// first attempt to tell somebody failed. Nil: nobody looks.
	Observe  func(*lead.Touch, *lead.Lead)
	Registry prometheus.Registerer // nil: a registry of its own
	Logger   *slog.Logger          // nil discards
	Now      func() time.Time      // nil: time.Now
}

// Outlet is a target with what sends to it.
type Outlet = delivery.Outlet

// Jobs runs everything between acceptance and settlement. Create it with New,
// start it with Run. Its parts are for those who use them.
type Jobs struct {
	Intake   *intake.Intake        // makes touches durable
	Views    *views.Views          // what people see
	Commands *commands.Commands    // what people do
	Runs     *runs.Runs            // long work
	Privacy  *privacy.Privacy      // erases and exports
	Audit    *audit.Log            // who did what
	Events   *events.Log           // what happened lately
	Queue    *queue.Queue          // asynq
	Targets  *delivery.Targets     // those who are sent something
	Enrich   *enrich.Enricher      // asks vendors
	Books    *books.Books          // counts
	Redis    *availability.Monitor // whether it is up

	o           Options
	pipeline    *pipeline.Pipeline
	messages    *messages.Messages
	schedule    *schedule.Schedule
	replication *replication.Replication
	registry    *runs.Registry
	settings    atomic.Pointer[Settings]
	begun       time.Time // when New was called
}

// New prepares jobs; nothing runs yet.
func New(o Options) (*Jobs, error) {
	if o.Journal == nil || o.Store == nil || o.Rules == nil || o.Producer == nil {
		return nil, errors.New("jobs: journal, store, rules and a redis client are required")
	}
	if o.Prompt == nil {
		o.Prompt = o.Store
	}
	if o.Lists == nil {
		o.Lists = o.Prompt
	}
	o.MaxAge = cmp.Or(o.MaxAge, 72*time.Hour)
	o.Keep = cmp.Or(o.Keep, 180*24*time.Hour)
	o.Retention = cmp.Or(o.Retention, o.Keep)
	o.HotSlots = cmp.Or(o.HotSlots, 32)
	o.Slots = cmp.Or(o.Slots, 2)
	o.Node = cmp.Or(o.Node, "node")
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Observe == nil {
		o.Observe = func(*lead.Touch, *lead.Lead) {}
	}
	registry := o.Registry
	if registry == nil {
		registry = prometheus.NewRegistry()
	}
	j := &Jobs{o: o, begun: o.Now()}
	j.Apply(Settings{Routes: o.Routes, People: o.People, Sources: o.Sources})
	rulings := policy.Policy{Rules: o.Rules, Routes: j.routes, People: j.people, Now: o.Now}
	launch := lead.NewID(o.Now())
	shared := !o.Embedded

	j.Redis = availability.New(availability.Options{Check: func(ctx context.Context) error { return j.replication.Check(ctx) },
		OnReturn: func(ctx context.Context, lost bool) error { return j.replication.OnReturn(ctx, lost) }, Logger: o.Logger, Now: o.Now})
	hops := newHops(registry, j.Redis.Up)
	hop := func(name string, d time.Duration) { hops.WithLabelValues(name).Observe(max(d, 0).Seconds()) }
	j.Events = events.NewLog(launch, o.Now)
	j.Audit = audit.New(audit.Options{Journal: o.Journal, Store: o.Prompt, Redis: j.Redis, Retention: o.Retention, Logger: o.Logger, Now: o.Now})
	leads := repo.New(repo.Options{Journal: o.Journal, Store: o.Store, Prompt: o.Prompt, Redis: j.Redis, Events: j.Events, Alone: rulings.Alone,
		Overlay:  func(id string, l *lead.Lead) (*lead.Lead, error) { return j.Commands.Overlay(id, l) },
		InFlight: func(t *lead.Touch) []lead.Step { return j.Queue.Trail(t) },
		Targets:  targetNames(o.Outlets), Updates: func(target string) bool { return j.messages.Updatable(target) }, Logger: o.Logger, Now: o.Now})
	j.Books = books.New(books.Options{Journal: o.Journal, Store: o.Prompt, Redis: j.Redis, Node: o.Node, Shared: shared, Registry: registry, Now: o.Now})
	var peers delivery.Peers
	var leases schedule.Leases
	if shared {
		peers, leases = o.Prompt, o.Prompt
	}
	var err error
	j.Targets, err = delivery.New(delivery.Options{Outlets: o.Outlets, Journal: o.Journal, Store: o.Store, Prompt: o.Prompt, Peers: peers,
		Receipts: leads, Redis: j.Redis, Node: o.Node, Launch: launch, MaxAge: o.MaxAge, AlarmTo: o.AlarmTo,
		Latency: hops.WithLabelValues("alert"), Registry: registry, Logger: o.Logger, Now: o.Now})
	if err != nil {
		return nil, err
	}
	j.messages = messages.New(messages.Options{Outlets: o.Outlets, Journal: o.Journal, Leads: leads, Redis: j.Redis, Keep: o.Keep, MaxAge: o.MaxAge,
		Logger: o.Logger, Now: o.Now})
	j.Queue = queue.New(queue.Options{Journal: o.Journal, Repo: leads, Store: o.Prompt, Redis: j.Redis, Producer: o.Producer, Hot: o.Hot, Bulk: o.Bulk,
		Shared: shared, HotSlots: o.HotSlots, BulkSlots: o.Slots, Launch: launch, KeepAll: o.Sync, Skip: func(id string) bool { return j.Enrich.Waits(id) },
		Backoff: delivery.Backoff, Registry: registry, Logger: o.Logger, Now: o.Now})
	j.Enrich = enrich.New(enrich.Options{Asker: o.Asker, Journal: o.Journal, Repo: leads, Store: o.Store, Redis: j.Redis, InJob: o.Sync,
		Lane:   func(t *lead.Touch) string { return j.pipeline.LaneOf(t) },
		Begin:  func(t *lead.Touch, lane string, accepted time.Time) { j.pipeline.Start(t, lane, accepted) },
		Resume: func(t *lead.Touch, lane string) { j.pipeline.Push(t, lane) }, Alarm: j.Targets.Alarm, Backoff: delivery.Backoff, MaxAge: o.MaxAge,
		Registry: registry, Logger: o.Logger, Now: o.Now})
	j.Commands = commands.New(commands.Options{Journal: o.Journal, Repo: leads, Store: o.Store, Prompt: o.Prompt, Redis: j.Redis, Policy: rulings,
		Audit: j.Audit, Messages: j.messages,
		Reopen: func(ctx context.Context, t *lead.Touch, more ...journal.Op) error {
			return j.pipeline.Reopen(ctx, t, more...)
		},
		Known: j.Targets.Known, Claimed: func(after time.Duration) { hop("claim", after) }, Logger: o.Logger, Now: o.Now})
	j.pipeline = pipeline.New(pipeline.Options{Journal: o.Journal, Store: o.Store, Prompt: o.Prompt, Redis: j.Redis, Repo: leads, Policy: rulings,
		Targets: j.Targets, Messages: j.messages, Queue: j.Queue, Events: j.Events, Enrich: j.Enrich, Pending: j.Commands, Books: j.Books, Shared: shared,
		Observe: o.Observe, Hops: hops, Registry: registry, Logger: o.Logger, Now: o.Now})
	j.Intake = intake.New(intake.Options{Journal: o.Journal, Pipeline: j.pipeline, Enrich: j.Enrich, Queue: j.Queue, Books: j.Books, Enqueued: o.Sync, Now: o.Now,
		OnAccept: []func(*lead.Touch, time.Time){
			func(t *lead.Touch, at time.Time) { hop("accept", at.Sub(t.ReceivedAt)) },
			func(t *lead.Touch, at time.Time) { j.Events.Publish(events.Of(t, at)) },
			func(t *lead.Touch, _ time.Time) { j.schedule.Seen(t) },
		}})
	j.registry = runs.NewRegistry(o.Logger, o.Now)
	j.Runs = runs.New(runs.Options{Registry: j.registry, Journal: o.Journal, Store: o.Store, Redis: j.Redis, Repo: leads, Policy: rulings, Pipeline: j.pipeline,
		Enrich: j.Enrich, Messages: j.messages, Audit: j.Audit, Reread: o.Reread, Resend: j.Commands.ResendTouch, Known: j.Targets.Known, Logger: o.Logger, Now: o.Now})
	j.Privacy = privacy.New(privacy.Options{Journal: o.Journal, Repo: leads, Store: o.Store, Prompt: o.Prompt, Redis: j.Redis, Audit: j.Audit, Books: j.Books,
		Messages: j.messages, Runs: j.registry, Forget: func(id string) { j.Targets.Remove(id); j.pipeline.Forget(id) }, Cut: o.Cut, Targets: targetNames(o.Outlets),
		Expired: expired(), PlusTagsSame: o.PlusTagsSame, Keep: o.Keep, Retention: o.Retention, Node: o.Node, Logger: o.Logger, Now: o.Now})
	j.schedule = schedule.New(schedule.Options{Journal: o.Journal, Store: o.Store, Prompt: o.Prompt, Leases: leases, Redis: j.Redis, Repo: leads, Policy: rulings,
		Targets: j.Targets, Messages: j.messages, Outlets: o.Outlets, Digests: o.Digests, Sources: func() []string { return j.settings.Load().Sources },
		Canary: o.Canary, Node: o.Node, Accept: j.Intake.Accept, Pending: func(ctx context.Context) error { return j.Commands.Replay(ctx, "") },
		Books: j.Books.Publish, Expire: func(ctx context.Context) error { j.Privacy.Tidy(ctx); return nil },
		Registry: registry, Logger: o.Logger, Now: o.Now})
	j.Views = views.New(views.Options{Journal: o.Journal, Shelves: Shelves(), Store: o.Lists, Server: o.Prompt.Server, Embedded: o.Embedded, Redis: j.Redis,
		Repo: leads, Policy: rulings, Books: j.Books, Queues: j.Queue.States, Targets: j.Targets.States})
	returned := []replication.Step{{Name: "commands", Do: func(ctx context.Context) error { return j.Commands.Replay(ctx, "") }}}
	if shared { // first, so that no other replica sends it again
		returned = slices.Insert(returned, 0, replication.Step{Name: "receipts", Do: j.pipeline.RestoreReceipts}, replication.Step{Name: "receipts of alarms", Do: j.Targets.RestoreReceipts})
	}
	j.replication = replication.New(replication.Options{Journal: o.Journal, Store: o.Store, Prompt: o.Prompt, Up: j.Redis.Up, Lasting: shared,
		Audit: j.Audit.Restore, Turns: j.Commands.RestorePeople,
		Restore: []replication.Step{{Name: "arrival rates", Do: j.schedule.RestoreRates}, {Name: "names of queues", Do: j.Queue.RestoreNames}},
		Return:  returned, Requeue: func() { j.Queue.RequeueAll(j.pipeline.Delivering) }, Logger: o.Logger, Now: o.Now})
	return j, nil
}

// newHops are the times of hops. Labels are hops' names, never people's.
func newHops(r prometheus.Registerer, redisUp func() bool) *prometheus.HistogramVec {
	hops := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "leadgate_hop_seconds", Help: "Time from the request's arrival to the end of a hop; queue: from enqueue to pick-up.",
		Buckets: []float64{.0005, .001, .002, .003, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30, 60, 300, 3600},
	}, []string{"hop"})
	r.MustRegister(hops, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "leadgate_redis_up", Help: "1 while Redis answers."}, func() float64 {
		if redisUp() {
			return 1
		}
		return 0
	}))
	return hops
}

func targetNames(outlets []Outlet) []string {
	names := make([]string, len(outlets))
	for i, o := range outlets {
		names[i] = o.Target.Name
	}
	return names
}

// expired are the values of the journal that go after a time, besides touches, leads
// and requests.
func expired() []privacy.Expired {
	return []privacy.Expired{
		func(_, limit time.Time) (string, func(string, []byte) bool) { return audit.Expired(limit) },
		func(now, _ time.Time) (string, func(string, []byte) bool) { return delivery.Expired(now) },
		func(_, limit time.Time) (string, func(string, []byte) bool) { return enrich.Expired(limit) },
	}
}

// Settings are what running jobs take over from a changed configuration.
type Settings struct {
	Routes  []routing.Route
	People  lead.People
	Sources []string // watched for silence
}

// Apply puts settings in force. What was decided before stays.
func (j *Jobs) Apply(s Settings) { j.settings.Store(&s) }

func (j *Jobs) routes() []routing.Route { return j.settings.Load().Routes }

func (j *Jobs) people() lead.People { return j.settings.Load().People }

// Run works until ctx ends and all parts have stopped. A worker that hangs in Redis
// may hold it up: a caller that does not wait must leave the clients open, which
// asynq cannot lose while it runs. What was not finished is found in the journal at
// the next start.
func (j *Jobs) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() { j.Targets.Run(ctx, j.pipeline) })
	wg.Go(func() { j.Redis.Run(ctx) })
	wg.Go(func() { j.pipeline.Run(ctx) })
	wg.Go(func() { j.Enrich.Run(ctx) })
	wg.Go(func() { j.Queue.Run(ctx, j.pipeline) })
	wg.Go(func() { j.schedule.Run(ctx) })
	if !j.o.Embedded {
		others := events.Replicator{Log: j.Events, Redis: j.Redis, Publisher: j.o.Producer, Subscriber: j.o.Hot}
		wg.Go(func() { others.Send(ctx) })
		wg.Go(func() { others.Receive(ctx) })
	}
	wg.Go(func() {
		if j.Redis.Ready(ctx) == nil {
			j.registry.Run(ctx)
		}
	})
	wg.Go(func() { j.Audit.Run(ctx) })
	wg.Go(func() { j.Privacy.Run(ctx) })
	if err := j.load(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	wg.Go(func() { j.resumeMessages(ctx) })
	wg.Go(func() { j.messages.Run(ctx) })
	<-ctx.Done()
	wg.Wait()
	return nil
}

// Canary is a test lead that goes the whole way now and then.
type Canary = schedule.Canary

// load fills a store that lacks what the journal kept: the built-in Redis at every
// start, another after it was wiped.
func (j *Jobs) load(ctx context.Context) error {
	defer j.Redis.MarkReady()
	if err := j.Enrich.Load(); err != nil {
		return err
	}
	if !j.o.Embedded { // before anything is restored or sent
		if err := j.Privacy.Sync(ctx); err != nil {
			j.o.Logger.Warn("look for erasures of other nodes", "error", err)
		}
	}
	if err := errors.Join(j.replication.Load(), j.Books.Load()); err != nil {
		return err
	}
	j.Queue.Load()
	_, err := j.replication.Fill(ctx)
	if err == nil {
		err = j.Targets.RestoreReceipts(ctx)
	}
	if err != nil {
		j.o.Logger.Warn("redis is away; leads are accepted and hot ones are alerted all the same", "error", err)
		j.Redis.ReportError(err)
		return nil
	}
	j.Redis.SetUp(true)
	return nil
}

// resumeMessages starts again what an earlier run of the process left. What only
// Redis knows waits for it.
func (j *Jobs) resumeMessages(ctx context.Context) {
	for ctx.Err() == nil {
		changed := j.Redis.Changed()
		err := errors.Join(j.messages.Restore(ctx), j.pipeline.RestorePending(ctx, j.begun))
		if err == nil {
			return
		}
		j.o.Logger.Warn("some messages about changed leads are updated or sent later", "error", err)
		select {
		case <-changed:
		case <-time.After(time.Minute):
		case <-ctx.Done():
		}
	}
}
