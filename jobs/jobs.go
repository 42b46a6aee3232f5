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
	"github.com/leadgate/leadgate/jobs/pipeline"
	"github.com/leadgate/leadgate/jobs/policy"
	"github.com/leadgate/leadgate/jobs/privacy"
	"github.com/leadgate/leadgate/jobs/queue"
	"github.com/leadgate/leadgate/jobs/replication"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/jobs/runs"
	"github.com/leadgate/leadgate/jobs/schedule"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/ops"
	"github.com/leadgate/leadgate/lead/rules"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/routing"
)

// Shelves are the journal's that jobs use.
func Shelves() []string {
	return slices.Concat(repo.Shelves(), delivery.Shelves(), messages.Shelves(), enrich.Shelves(), pipeline.Shelves(), books.Shelves(), privacy.Shelves(), commands.Shelves(), schedule.Shelves(), replication.Shelves(), []string{audit.Shelf, noteShelf})
}

// Options of New. Store, Rules and at least one client are required.
type Options struct {
	Journal *journal.Journal
	Store   keeper     // with patience: of the workers
	Prompt  keeper     // the same store over the producer's client, which never waits more than 200 ms
	Lists   listKeeper // the same store for lists that people read; nil: Prompt
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
// start it with Run.
type Jobs struct {
	o      Options
	log    *slog.Logger
	now    func() time.Time
	launch string    // names this run of the process in its tasks
	begun  time.Time // when New was called

	metrics *metrics

	queue    *queue.Queue
	pipeline *pipeline.Pipeline
	redis    *availability.Monitor
	policy   policy.Policy
	repo     *repo.Repo
	targets  *delivery.Targets
	enrich   *enrich.Enricher
	audit    *audit.Log
	registry *runs.Registry
	runs     *runs.Runs
	commands *commands.Commands
	privacy  *privacy.Privacy
	messages *messages.Messages
	intake   *intake.Intake

	settings atomic.Pointer[Settings]
	schedule *schedule.Schedule

	books       *books.Books
	events      *events.Log // what happened lately
	replication *replication.Replication
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
	launch := lead.NewID(o.Now())
	happened := events.NewLog(launch, o.Now)
	j := &Jobs{
		o: o, events: happened, log: o.Logger, now: o.Now, launch: launch, begun: o.Now(),
	}
	j.redis = availability.New(availability.Options{Check: func(ctx context.Context) error { return j.replication.Check(ctx) },
		OnReturn: func(ctx context.Context, lost bool) error { return j.replication.OnReturn(ctx, lost) }, Logger: o.Logger, Now: o.Now})
	j.policy = policy.Policy{Rules: o.Rules, Routes: j.routes, People: j.people, Now: o.Now}
	j.repo = repo.New(repo.Options{Journal: o.Journal, Store: o.Store, Prompt: o.Prompt, Redis: j.redis, Events: happened,
		Alone: j.policy.Alone, Overlay: func(id string, l *lead.Lead) (*lead.Lead, error) { return j.commands.Overlay(id, l) }, InFlight: func(t *lead.Touch) []lead.Step { return j.queue.Trail(t) },
		Targets: targetNames(o.Outlets), Updates: func(target string) bool { return j.messages.Updatable(target) },
		Logger: o.Logger, Now: o.Now})
	j.audit = audit.New(audit.Options{Journal: o.Journal, Store: o.Prompt, Redis: j.redis, Retention: o.Retention, Logger: o.Logger, Now: o.Now})
	j.Apply(Settings{Routes: o.Routes, People: o.People, Sources: o.Sources})
	j.metrics = newMetrics(o.Registry, j)
	j.books = books.New(books.Options{Journal: o.Journal, Store: o.Prompt, Redis: j.redis, Node: o.Node, Shared: !o.Embedded, Registry: j.metrics.registry, Now: o.Now})
	peers := delivery.Peers(o.Prompt)
	if o.Embedded {
		peers = nil
	}
	var err error
	j.targets, err = delivery.New(delivery.Options{Outlets: o.Outlets, Journal: o.Journal, Store: o.Store, Prompt: o.Prompt, Peers: peers,
		Receipts: j.repo, Redis: j.redis, Node: o.Node, Launch: launch, MaxAge: o.MaxAge, AlarmTo: o.AlarmTo,
		Latency: j.metrics.hops.WithLabelValues("alert"), Registry: j.metrics.registry, Logger: o.Logger, Now: o.Now})
	if err != nil {
		return nil, err
	}
	j.messages = messages.New(messages.Options{Outlets: o.Outlets, Journal: o.Journal, Leads: j.repo, Redis: j.redis, Keep: o.Keep, MaxAge: o.MaxAge,
		Logger: o.Logger, Now: o.Now})
	j.queue = queue.New(queue.Options{Journal: o.Journal, Repo: j.repo, Store: o.Prompt, Redis: j.redis, Producer: o.Producer, Hot: o.Hot, Bulk: o.Bulk,
		Shared: !o.Embedded, HotSlots: o.HotSlots, BulkSlots: o.Slots, Launch: launch, KeepAll: o.Sync, Skip: func(id string) bool { return j.enrich.Waits(id) }, Backoff: delivery.Backoff,
		Registry: j.metrics.registry, Logger: o.Logger, Now: o.Now})
	j.enrich = enrich.New(enrich.Options{Asker: o.Asker, Journal: o.Journal, Repo: j.repo, Store: o.Store, Redis: j.redis, InJob: o.Sync,
		Lane:   func(t *lead.Touch) string { return j.pipeline.LaneOf(t) },
		Begin:  func(t *lead.Touch, lane string, accepted time.Time) { j.pipeline.Start(t, lane, accepted) },
		Resume: func(t *lead.Touch, lane string) { j.pipeline.Push(t, lane) }, Alarm: j.targets.Alarm, Backoff: delivery.Backoff, MaxAge: o.MaxAge,
		Registry: j.metrics.registry, Logger: o.Logger, Now: o.Now})
	j.commands = commands.New(commands.Options{Journal: o.Journal, Repo: j.repo, Store: o.Store, Prompt: o.Prompt, Redis: j.redis, Policy: j.policy, Audit: j.audit, Messages: j.messages,
		Reopen: func(ctx context.Context, t *lead.Touch, more ...journal.Op) error {
			return j.pipeline.Reopen(ctx, t, more...)
		},
		Known: j.targets.Known, Claimed: func(after time.Duration) { j.metrics.hop("claim", after) }, Logger: o.Logger, Now: o.Now})
	j.pipeline = pipeline.New(pipeline.Options{Journal: o.Journal, Store: o.Store, Prompt: o.Prompt, Redis: j.redis, Repo: j.repo, Policy: j.policy,
		Targets: j.targets, Messages: j.messages, Queue: j.queue, Events: j.events, Enrich: j.enrich, Pending: j.commands, Books: j.books, Shared: !o.Embedded,
		Observe: o.Observe, Hops: j.metrics.hops, Registry: j.metrics.registry, Logger: o.Logger, Now: o.Now})
	j.intake = intake.New(intake.Options{Journal: o.Journal, Pipeline: j.pipeline, Enrich: j.enrich, Queue: j.queue, Books: j.books, Enqueued: o.Sync, Now: o.Now,
		OnAccept: []func(*lead.Touch, time.Time){
			func(t *lead.Touch, at time.Time) { j.metrics.hop("accept", at.Sub(t.ReceivedAt)) },
			func(t *lead.Touch, at time.Time) { j.events.Publish(events.Of(t, at)) },
			func(t *lead.Touch, _ time.Time) { j.schedule.Seen(t) },
		}})
	j.registry = runs.NewRegistry(o.Logger, o.Now)
	j.runs = runs.New(runs.Options{Registry: j.registry, Journal: o.Journal, Store: o.Store, Redis: j.redis, Repo: j.repo, Policy: j.policy, Pipeline: j.pipeline, Enrich: j.enrich, Messages: j.messages,
		Audit: j.audit, Reread: o.Reread, Resend: j.commands.ResendTouch, Known: j.targets.Known, Logger: o.Logger, Now: o.Now})
	j.privacy = privacy.New(privacy.Options{Journal: o.Journal, Repo: j.repo, Store: o.Store, Prompt: o.Prompt, Redis: j.redis, Audit: j.audit, Books: j.books, Messages: j.messages, Runs: j.registry,
		Forget: func(id string) { j.targets.Remove(id); j.pipeline.Forget(id) }, Cut: o.Cut, Targets: targetNames(o.Outlets), Expired: expired(),
		PlusTagsSame: o.PlusTagsSame, Keep: o.Keep, Retention: o.Retention, Node: o.Node, Logger: o.Logger, Now: o.Now})
	leases := schedule.Leases(o.Prompt)
	if o.Embedded {
		leases = nil
	}
	j.schedule = schedule.New(schedule.Options{Journal: o.Journal, Store: o.Store, Prompt: o.Prompt, Leases: leases, Redis: j.redis, Repo: j.repo, Policy: j.policy,
		Targets: j.targets, Messages: j.messages, Outlets: o.Outlets, Digests: o.Digests, Sources: func() []string { return j.settings.Load().Sources },
		Canary: o.Canary, Node: o.Node, Accept: j.intake.Accept, Pending: func(ctx context.Context) error { return j.commands.Replay(ctx, "") },
		Books: j.books.Publish, Expire: func(ctx context.Context) error { j.privacy.Tidy(ctx); return nil },
		Registry: j.metrics.registry, Logger: o.Logger, Now: o.Now})
	back := []replication.Step{{Name: "commands", Do: func(ctx context.Context) error { return j.commands.Replay(ctx, "") }}}
	if !o.Embedded { // so that no other replica sends it again
		back = append([]replication.Step{{Name: "receipts", Do: j.pipeline.RestoreReceipts}, {Name: "receipts of alarms", Do: j.targets.RestoreReceipts}}, back...)
	}
	j.replication = replication.New(replication.Options{Journal: o.Journal, Store: o.Store, Prompt: o.Prompt, Up: j.redis.Up, Lasting: !o.Embedded,
		Audit: j.audit.Restore, Turns: j.commands.RestorePeople,
		Restore: []replication.Step{{Name: "arrival rates", Do: j.schedule.RestoreRates}, {Name: "names of queues", Do: j.queue.RestoreNames}},
		Return:  back, Requeue: func() { j.queue.RequeueAll(j.pipeline.Delivering) }, Logger: o.Logger, Now: o.Now})
	return j, nil
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

// Audit records what somebody did; see audit.Log.
func (j *Jobs) Audit(ctx context.Context, e lead.Entry) { j.audit.Record(ctx, e) }

// Entries returns a page of who did what; see audit.Log.
func (j *Jobs) Entries(ctx context.Context, limit int, cursor string) ([]lead.Entry, string, error) {
	return j.audit.Entries(ctx, limit, cursor)
}

// Place is where the log of events of this node is now.
func (j *Jobs) Place() string { return j.events.Place() }

// News returns what happened after a place; see events.Log.
func (j *Jobs) News(ctx context.Context, place string) []lead.News { return j.events.News(ctx, place) }

// RedisUp says whether Redis answers.
func (j *Jobs) RedisUp() bool { return j.redis.Up() }

// AwaySince is when Redis went away; zero while it is there, and while the store
// is still being filled after the start.
func (j *Jobs) AwaySince() time.Time { return j.redis.DownSince() }

// WhenAway calls f each time Redis goes away, until ctx ends.
func (j *Jobs) WhenAway(ctx context.Context, f func()) { j.redis.WhenDown(ctx, f) }

// Run works until ctx ends and all parts have stopped. A worker that hangs in Redis
// may hold it up: a caller that does not wait must leave the clients open, which
// asynq cannot lose while it runs. What was not finished is found in the journal at
// the next start.
func (j *Jobs) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() { j.targets.Run(ctx, j.pipeline) })
	wg.Go(func() { j.redis.Run(ctx) })
	wg.Go(func() { j.pipeline.Run(ctx) })
	wg.Go(func() { j.enrich.Run(ctx) })
	wg.Go(func() { j.queue.Run(ctx, j.pipeline) })
	wg.Go(func() { j.schedule.Run(ctx) })
	if !j.o.Embedded {
		others := events.Replicator{Log: j.events, Redis: j.redis, Publisher: j.o.Producer, Subscriber: j.o.Hot}
		wg.Go(func() { others.Send(ctx) })
		wg.Go(func() { others.Receive(ctx) })
	}
	wg.Go(func() {
		if j.redis.Ready(ctx) == nil {
			j.registry.Run(ctx)
		}
	})
	wg.Go(func() { j.audit.Run(ctx) })
	wg.Go(func() { j.privacy.Run(ctx) })
	if err := j.load(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	wg.Go(func() { j.resumeMessages(ctx) })
	wg.Go(func() { j.messages.Run(ctx) })
	<-ctx.Done()
	wg.Wait()
	return nil
}

// Accept makes one request's touches durable, all or none; see intake.Intake.
func (j *Jobs) Accept(ctx context.Context, req *lead.Request, touches []*lead.Touch) (isNew bool, err error) {
	return j.intake.Accept(ctx, req, touches)
}

// Canary is a test lead that goes the whole way now and then.
type Canary = schedule.Canary

// ArrivalRates returns how often the sources are heard, by their names.
func (j *Jobs) ArrivalRates(ctx context.Context) (map[string]lead.ArrivalRate, error) {
	return j.o.Prompt.ArrivalRates(ctx)
}

// Targets returns the state of every target, in the order of the configuration.
func (j *Jobs) Targets() []ops.Target { return j.targets.States() }

// PauseTarget lets nothing out to a target until ResumeTarget.
func (j *Jobs) PauseTarget(ctx context.Context, target, by, why string) error {
	return j.targets.Pause(ctx, target, by, why)
}

// ResumeTarget ends a pause.
func (j *Jobs) ResumeTarget(ctx context.Context, target string) error {
	return j.targets.Resume(ctx, target)
}

// Act carries out what somebody does about a lead; see commands.Commands.
func (j *Jobs) Act(ctx context.Context, leadID string, d lead.Command, revision int64) (*lead.Lead, error) {
	l, err := j.commands.Do(ctx, leadID, d, revision)
	return j.asOfNow(l), err
}

// Resend sends a touch of a lead to targets once more; see commands.Commands.
func (j *Jobs) Resend(ctx context.Context, leadID string, r lead.ResendOne) (*lead.Lead, error) {
	return j.commands.Resend(ctx, leadID, r)
}

// Merge makes one lead of two; see commands.Commands.
func (j *Jobs) Merge(ctx context.Context, id, into, by string) (*lead.Lead, error) {
	return j.commands.Merge(ctx, id, into, by)
}

// Unmerge brings back a lead that was merged; see commands.Commands.
func (j *Jobs) Unmerge(ctx context.Context, id, by string) (*lead.Lead, error) {
	return j.commands.Unmerge(ctx, id, by)
}

// Off keeps a rep out of the turns; see commands.Commands.
func (j *Jobs) Off(ctx context.Context, rep string, until time.Time) error {
	return j.commands.Off(ctx, rep, until)
}

// OffUntil is Off with a moment as people write it; see commands.Commands.
func (j *Jobs) OffUntil(ctx context.Context, rep, words string) (time.Time, error) {
	return j.commands.OffUntil(ctx, rep, words)
}

// Staff returns the reps and teams as of now; see commands.Commands.
func (j *Jobs) Staff(ctx context.Context) (lead.Staff, error) { return j.commands.Staff(ctx) }

// WhoIsOff returns until when reps are away; see commands.Commands.
func (j *Jobs) WhoIsOff(ctx context.Context) (map[string]time.Time, error) {
	return j.commands.WhoIsOff(ctx)
}

// Explain says why a lead is what it is now; see policy.Policy.
func (j *Jobs) Explain(ctx context.Context, id string) (lead.Explanation, error) {
	if err := j.Loaded(ctx); err != nil {
		return lead.Explanation{}, err
	}
	l, err := j.repo.Lead(ctx, id)
	for err == nil && l.MergedInto != "" {
		l, err = j.repo.Lead(ctx, l.MergedInto)
	}
	if err != nil {
		return lead.Explanation{}, err
	}
	return j.policy.Explain(l), nil
}

// Replay reads the request of a touch again; see runs.Runs.
func (j *Jobs) Replay(ctx context.Context, touchID string, dryRun bool) (lead.Run, error) {
	return j.runs.Replay(ctx, touchID, dryRun)
}

// ReplayAll reads again what a filter chooses; see runs.Runs.
func (j *Jobs) ReplayAll(ctx context.Context, f lead.TouchFilter, dryRun bool) (lead.Run, error) {
	return j.runs.ReplayAll(ctx, f, dryRun)
}

// ResendAll sends a target what it has missed; see runs.Runs.
func (j *Jobs) ResendAll(ctx context.Context, r lead.ResendMany, wait time.Duration) (lead.Run, error) {
	return j.runs.ResendAll(ctx, r, wait)
}

// Reclassify gives leads the verdict of the rules in force; see runs.Runs.
func (j *Jobs) Reclassify(ctx context.Context, chosen lead.Chosen, dry bool, walk lead.Walk) (lead.Reclassified, error) {
	return j.runs.Reclassify(ctx, chosen, dry, walk)
}

// ReclassifyLead gives one lead the verdict of the rules in force; see runs.Runs.
func (j *Jobs) ReclassifyLead(ctx context.Context, id string, how lead.ReclassifyOne) (lead.Turn, error) {
	return j.runs.ReclassifyLead(ctx, id, how)
}

// Rehearse tries rules on past leads; see runs.Runs.
func (j *Jobs) Rehearse(ctx context.Context, set *rules.Set, since time.Time, walk lead.Walk) (lead.Rehearsal, error) {
	return j.runs.Rehearse(ctx, set, since, walk)
}

// Erase keeps the request to erase a person; see privacy.Privacy.
func (j *Jobs) Erase(ctx context.Context, w lead.EraseRequest, wait time.Duration) (lead.Run, error) {
	return j.privacy.Erase(ctx, w, wait)
}

// Export returns all that is held of a person; see privacy.Privacy.
func (j *Jobs) Export(ctx context.Context, email string) (*lead.Export, error) {
	return j.privacy.Export(ctx, email)
}

// RunOf returns a run as it is now; see runs.Registry.
func (j *Jobs) RunOf(id string) (lead.Run, error) { return j.registry.Get(id) }

// Books returns the books of a UTC day over all nodes; see books.Books.
func (j *Jobs) Books(ctx context.Context, day string) (lead.Books, error) {
	if err := j.Loaded(ctx); err != nil {
		return lead.Books{}, err
	}
	return j.books.Of(ctx, day)
}

// Waiting is how many touches this node has accepted and not settled.
func (j *Jobs) Waiting() int { return j.books.Waiting() }

// AskAnew calls vendors again that refused to be asked.
func (j *Jobs) AskAnew() { j.enrich.Retry() }

// Unnamed counts by source the touches whose vendor was asked in vain.
func (j *Jobs) Unnamed() (map[string]int, error) { return j.enrich.Unidentified() }

// Alarm tells a human.
func (j *Jobs) Alarm(ctx context.Context, a notify.Alarm) { j.targets.Alarm(ctx, a) }

// Queues counts the lanes' tasks.
func (j *Jobs) Queues(ctx context.Context) ([]ops.Queue, error) { return j.queue.States(ctx) }

// PauseQueue stops or resumes handing out a queue's tasks on all nodes.
func (j *Jobs) PauseQueue(ctx context.Context, name string, paused bool) error {
	return j.queue.PauseQueue(ctx, name, paused)
}

// Tasks lists up to limit tasks of a queue.
func (j *Jobs) Tasks(ctx context.Context, name, state string, limit int) ([]ops.Task, error) {
	return j.queue.Tasks(ctx, name, state, limit)
}

// RunTask lets a task run at once.
func (j *Jobs) RunTask(ctx context.Context, name, id string) error {
	return j.queue.RunTask(ctx, name, id)
}

// DeleteTask removes a task.
func (j *Jobs) DeleteTask(ctx context.Context, name, id string) error {
	return j.queue.DeleteTask(ctx, name, id)
}

// Machinery returns the state of Redis, the journal, the queues and the targets,
// as far as it is known: without Redis there are no queues.
func (j *Jobs) Machinery(ctx context.Context) ops.Machinery {
	m := ops.Machinery{
		Journal: ops.Journal{Waiting: j.Waiting(), Bytes: j.o.Journal.Size(), Shelves: []ops.Shelf{}},
		Queues:  []ops.Queue{},
		Targets: j.Targets(),
	}
	if j.o.Journal.Err() != nil {
		m.Journal.Error = "the journal cannot be written"
	}
	for _, name := range Shelves() {
		m.Journal.Shelves = append(m.Journal.Shelves, ops.Shelf{Name: name, Kept: j.o.Journal.Len(name)})
	}
	if j.redis.Up() {
		if queues, err := j.Queues(ctx); err == nil {
			m.Queues, m.Redis.Up = queues, true
		}
	}
	if m.Redis.Up && !j.o.Embedded {
		m.Redis = j.o.Prompt.Server(ctx)
		m.Redis.Up = true
	}
	m.Redis.Embedded = j.o.Embedded
	return m
}

// load fills a store that lacks what the journal kept: the built-in Redis at every
// start, another after it was wiped.
func (j *Jobs) load(ctx context.Context) error {
	defer j.redis.MarkReady()
	if err := j.enrich.Load(); err != nil {
		return err
	}
	if !j.o.Embedded { // before anything is restored or sent
		if err := j.privacy.Sync(ctx); err != nil {
			j.log.Warn("look for erasures of other nodes", "error", err)
		}
	}
	if err := errors.Join(j.replication.Load(), j.books.Load()); err != nil {
		return err
	}
	j.queue.Load()
	_, err := j.replication.Fill(ctx)
	if err == nil {
		err = j.targets.RestoreReceipts(ctx)
	}
	if err != nil {
		j.log.Warn("redis is away; leads are accepted and hot ones are alerted all the same", "error", err)
		j.redis.ReportError(err)
		return nil
	}
	j.redis.SetUp(true)
	return nil
}

// resumeMessages starts again what an earlier run of the process left. What only
// Redis knows waits for it.
func (j *Jobs) resumeMessages(ctx context.Context) {
	for ctx.Err() == nil {
		changed := j.redis.Changed()
		err := errors.Join(j.messages.Restore(ctx), j.pipeline.RestorePending(ctx, j.begun))
		if err == nil {
			return
		}
		j.log.Warn("some messages about changed leads are updated or sent later", "error", err)
		select {
		case <-changed:
		case <-time.After(time.Minute):
		case <-ctx.Done():
		}
	}
}
