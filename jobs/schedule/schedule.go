// Package schedule runs what time asks for: escalations, digests, the watch for
// silent sources, the canary, and housekeeping. They are rows of one table.
//
// It promises that what fell due while Redis was away, or while nothing ran, is
// done as soon as Redis is back, and that of several replicas one escalates a
// lead, sends a digest or reports a silence. It must not know how a message
// reaches its target, nor when a lead is due: that is jobs/policy.
//
// To add a periodic task, add a row to tasks.
package schedule

import (
	"context"
	"iter"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/jobs/delivery"
	"github.com/leadgate/leadgate/jobs/messages"
	"github.com/leadgate/leadgate/jobs/policy"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/journal/shelf"
	"github.com/leadgate/leadgate/lead"
)

// Options of New. All but Leases are required.
type Options struct {
	Journal  *journal.Journal
	Store    Store  // waits for Redis
	Prompt   Store  // the same store over a client that does not
	Leases   Leases // nil: this is the only replica
	Redis    *availability.Monitor
	Repo     *repo.Repo
	Policy   policy.Policy
	Targets  *delivery.Targets
	Messages *messages.Messages

	Outlets []delivery.Outlet // that the canary checks
	Digests []lead.Digest
	Sources func() []string // that are watched for silence
	Canary  Canary
	Node    string // name of this journal among the replicas

	Accept  func(ctx context.Context, r *lead.Request, touches []*lead.Touch) (isNew bool, err error)
	Pending func(context.Context) error // applies pending actions
	Books   func(context.Context) error // publishes this node's counts
	Expire  func(context.Context) error // deletes what is past its retention

	Registry prometheus.Registerer
	Logger   *slog.Logger
	Now      func() time.Time
}

// Store is what the schedule reads and writes in Redis.
type Store interface {
	timerStore
	digestStore
	rateStore
}

type timerStore interface {
	Due(ctx context.Context, now time.Time, most int) ([]*lead.Lead, error)
	Rewind(ctx context.Context, leadID string, now, at time.Time) error
	Lead(ctx context.Context, id string) (*lead.Lead, error)
}

type digestStore interface {
	TouchesBetween(ctx context.Context, from, to time.Time) iter.Seq2[*lead.Touch, error]
	LeadsByID(ctx context.Context, ids []string) ([]*lead.Lead, error)          // nil where there is none
	Receipts(ctx context.Context, notices ...string) (map[string]string, error) // of those that were sent
	Deliver(ctx context.Context, changes []lead.Change) error
}

type rateStore interface {
	LastSeen(ctx context.Context, latest map[string]time.Time) (map[string]time.Time, error) // keeps what is later, returns all
	ArrivalRates(ctx context.Context) (map[string]lead.ArrivalRate, error)
	SetArrivalRates(ctx context.Context, rates map[string]lead.ArrivalRate, onlyNew bool) error
}

// Leases let one replica at a time do something.
type Leases interface {
	Lease(ctx context.Context, name, owner string, d time.Duration) (free bool, err error)
}

// Schedule runs the tasks. Create it with New, start it with Run.
type Schedule struct {
	o           Options
	log         *slog.Logger
	lastSeen    lastSeen
	rates       *shelf.Shelf[lead.ArrivalRate]
	slots       map[string]bool // digests that are done; of digest alone
	canary      canary
	escalations *prometheus.CounterVec
}

// New prepares the tasks; none runs before Run.
func New(o Options) *Schedule {
	s := &Schedule{o: o, log: o.Logger, rates: shelf.New[lead.ArrivalRate](o.Journal, rateShelf, o.Logger), slots: map[string]bool{},
		escalations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "leadgate_escalations_total", Help: "Levels that heard of a lead that nobody had taken.",
		}, []string{"to"})}
	o.Registry.MustRegister(s.escalations)
	if o.Canary.Every > 0 {
		s.canary = newCanary(o.Registry)
	}
	return s
}

// Task is one row of the table.
type Task struct {
	Name       string
	First      time.Duration // after the start
	Every      time.Duration // 0: never
	NeedsRedis bool          // it waits while Redis is away
	Run        func(context.Context) error
}

// checkEvery is how often a task is checked for being due, and so how soon one
// that failed is repeated.
const checkEvery = 500 * time.Millisecond

func (s *Schedule) tasks() []Task {
	return []Task{
		{Name: "escalations", Every: checkEvery, NeedsRedis: true, Run: s.escalate},
		{Name: "digests", Every: checkEvery, NeedsRedis: true, Run: s.digest},
		{Name: "silence", Every: 30 * time.Second, NeedsRedis: true, Run: s.checkSilence},
		{Name: "pending actions", Every: time.Second, NeedsRedis: true, Run: s.o.Pending},
		{Name: "books", Every: time.Second, NeedsRedis: true, Run: s.o.Books},
		{Name: "expiry", First: time.Second, Every: time.Hour, Run: s.o.Expire},
		{Name: "canary", First: min(2*time.Second, s.o.Canary.Every), Every: s.o.Canary.Every, Run: s.runCanary},
	}
}

// Run runs the tasks from the monitor's Ready on until ctx ends, each at most once
// at a time.
func (s *Schedule) Run(ctx context.Context) {
	if s.o.Redis.Ready(ctx) != nil {
		return
	}
	var wg sync.WaitGroup
	for _, t := range s.tasks() {
		if t.Every > 0 {
			wg.Go(func() { s.repeat(ctx, t) })
		}
	}
	wg.Wait()
}

// repeat runs a task whenever it is due: by the time that has passed, or by the
// clock, should that be set forward.
func (s *Schedule) repeat(ctx context.Context, t Task) {
	availability.Sleep(ctx, t.First)
	interval := min(t.Every, checkEvery)
	tick := time.NewTicker(interval)
	defer tick.Stop()
	every := t.Every - interval/2 // a tick may come a little early
	var ran, at time.Time
	for {
		if time.Since(ran) >= every || s.o.Now().Sub(at) >= every {
			if began, now := time.Now(), s.o.Now(); s.run(ctx, t) {
				ran, at = began, now
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// run runs a task once and says whether that succeeded.
func (s *Schedule) run(ctx context.Context, t Task) bool {
	if t.NeedsRedis && !s.o.Redis.Up() {
		return false
	}
	err := t.Run(ctx)
	if err != nil && ctx.Err() == nil {
		s.log.Warn("a periodic task failed; trying again", "task", t.Name, "error", err)
		s.o.Redis.ReportError(err)
	}
	return err == nil
}

// lease says whether no other replica does something now.
func (s *Schedule) lease(ctx context.Context, name string, d time.Duration) (free bool, err error) {
	if s.o.Leases == nil {
		return true, nil
	}
	return s.o.Leases.Lease(ctx, name, s.o.Node, d)
}
