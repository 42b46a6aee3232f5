// Package pipeline takes an accepted touch to settlement: it finds out whether
// the same was sent before and whose the touch is, gives their lead its verdict,
// decides which targets are notified, sends to each of them, and settles.
//
// It promises that a touch is settled only when each of its deliveries has come
// to its end, that a target with a receipt is not sent the touch again however
// often its job runs, and that a hot touch is alerted from the journal while
// Redis is away. It must not know how touches come to a worker or how a target is
// reached: it is the Handler of jobs/queue and the Sink of jobs/delivery.
//
// To do something more with every touch, add it to work, in the order in which
// its result is needed; it has to come to the same result when it runs again.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/jobs/delivery"
	"github.com/leadgate/leadgate/jobs/events"
	"github.com/leadgate/leadgate/jobs/messages"
	"github.com/leadgate/leadgate/jobs/policy"
	"github.com/leadgate/leadgate/jobs/queue"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/journal/shelf"
	"github.com/leadgate/leadgate/lead"
)

// Options of New; all are required.
type Options struct {
	Journal  *journal.Journal
	Store    Store // waits for Redis
	Prompt   Store // the same store over a client that does not
	Redis    *availability.Monitor
	Repo     *repo.Repo
	Policy   policy.Policy
	Targets  *delivery.Targets
	Messages *messages.Messages
	Queue    *queue.Queue
	Events   *events.Log

	Enrich  Enrich
	Pending PendingActions
	Books   Books
	Shared  bool // other replicas may use this Redis

	// Observe is called once for every touch: when it settles, or when its first
	// delivery attempt fails.
	Observe  func(*lead.Touch, *lead.Lead)
	Hops     *prometheus.HistogramVec // time from the request's arrival to the end of a hop
	Registry prometheus.Registerer
	Logger   *slog.Logger
	Now      func() time.Time
}

// Store is what the pipeline reads and writes in Redis.
type Store interface {
	touchStore
	leadStore
	turnStore
}

type touchStore interface {
	TouchesByID(ctx context.Context, ids []string) ([]*lead.Touch, error) // nil where there is none
	Meet(ctx context.Context, t *lead.Touch, first string) (*lead.Met, error)
	Repeated(ctx context.Context, firstID, repeatID string) error
	Deliver(ctx context.Context, changes []lead.Change) error
	Stage(ctx context.Context, touches []*lead.Touch) error
	Reopen(ctx context.Context, t *lead.Touch) error
}

type leadStore interface {
	Add(ctx context.Context, t *lead.Touch, newID string, met *lead.Met, change func(*lead.Lead) error) (l *lead.Lead, known bool, err error)
	Quarantine(ctx context.Context, t *lead.Touch, newID string, change func(*lead.Lead) error) (*lead.Lead, error)
	Lead(ctx context.Context, id string) (*lead.Lead, error)
	LeadsByID(ctx context.Context, ids []string) ([]*lead.Lead, error) // nil where there is none
	Abandon(ctx context.Context, l *lead.Lead, sources ...string) error
}

// Enrich completes what a touch lacks; jobs/enrich is one.
type Enrich interface {
	// Complete asks for what a touch lacks before it is worked on, where touches do
	// not wait for that before they are enqueued. It returns the touch itself when
	// nothing is to be asked. After an error the job runs again.
	Complete(ctx context.Context, t *lead.Touch) (*lead.Touch, error)
	// Needs says that a touch lacks something to be asked for.
	Needs(t *lead.Touch) bool
	// Restart returns what is kept with such a touch when it is reopened, and start,
	// to be called after the commit.
	Restart(t *lead.Touch) (ops []journal.Op, start func())
}

// PendingActions are what people did about leads while Redis was away.
type PendingActions interface {
	// Apply applies those about a touch to its lead, which is now in the store.
	Apply(ctx context.Context, t *lead.Touch, l *lead.Lead) (*lead.Lead, error)
	// Posted lets a message that was sent from the journal show them.
	Posted(ctx context.Context, t *lead.Touch)
}

// Books count the touches that are accepted and not settled; jobs/books is one.
type Books interface {
	Reopened(t *lead.Touch)
	Settled(t *lead.Touch)
}

// Pipeline works on touches. Create it with New, start it with Run.
type Pipeline struct {
	o         Options
	log       *slog.Logger
	contents  contents                   // of hot touches, lately
	pending   *shelf.Shelf[pendingAlert] // by lead
	decisions *prometheus.CounterVec

	mu      sync.Mutex
	fanOuts map[string]*fanOut // by touch id
}

// New prepares a pipeline.
func New(o Options) *Pipeline {
	p := &Pipeline{o: o, log: o.Logger, fanOuts: map[string]*fanOut{}, pending: shelf.New[pendingAlert](o.Journal, pendingShelf, o.Logger),
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "leadgate_decisions_total", Help: "Decisions on who hears, by reason.",
		}, []string{"why"})}
	o.Registry.MustRegister(p.decisions)
	return p
}

// Start brings a touch that was accepted at a moment into its lane.
func (p *Pipeline) Start(t *lead.Touch, lane string, accepted time.Time) {
	if lane == queue.Hot {
		p.contents.add(t)
	}
	p.o.Queue.Add(lane, t, accepted)
}

// Push brings a touch that was reopened into its lane.
func (p *Pipeline) Push(t *lead.Touch, lane string) {
	p.o.Books.Reopened(t)
	p.o.Queue.Push(lane, t.ID)
}

// LaneOf is the lane that a touch belongs in by what it is on its own.
func (p *Pipeline) LaneOf(t *lead.Touch) string {
	if p.o.Policy.LooksHot(t) {
		return queue.Hot
	}
	return queue.Bulk
}

// Touch is the touch job. It may run any number of times for one touch.
func (p *Pipeline) Touch(ctx context.Context, id string) error {
	return p.o.Queue.Work(id, func(f queue.InFlight) error {
		t, err := p.pickUp(ctx, id, f.Touch)
		if err != nil || t == nil {
			return err
		}
		if err := p.work(ctx, t, f.First); err != nil {
			p.o.Redis.ReportError(err)
			return fmt.Errorf("touch %s: %w", id, err)
		}
		return nil
	})
}

// pickUp finds a touch: in memory, in this node's journal, or in the store. Nil
// when there is nothing left to do.
func (p *Pipeline) pickUp(ctx context.Context, id string, kept *lead.Touch) (*lead.Touch, error) {
	picked, t := p.o.Now(), kept
	for _, lane := range []string{queue.Hot, queue.Bulk} {
		if t != nil {
			break
		}
		var err error
		if t, err = p.o.Repo.Waiting(lane, id); err != nil && !errors.Is(err, journal.ErrNotFound) {
			return nil, fmt.Errorf("read touch %s: %w", id, err)
		}
	}
	if t == nil {
		if p.o.Repo.Settled(id) {
			return nil, nil
		}
		found, err := p.o.Store.TouchesByID(ctx, []string{id})
		if err != nil {
			return nil, fmt.Errorf("read touch %s: %w", id, err)
		}
		if found[0] == nil || found[0].Ended {
			return nil, nil // settled, or staged into a Redis that was wiped since
		}
		if !p.o.Redis.Steady() {
			return nil, errOwners
		}
		t = found[0]
	}
	c := *t // a run that fails leaves the kept touch as it was
	c.Trail = append(append(slices.Clip(c.Trail), p.o.Queue.Trail(t)...), t.StepAt(picked, lead.StepPicked))
	if n := len(c.Trail); n > 1 && c.Trail[n-2].Step == lead.StepQueued {
		p.hop("queue", c.Trail[n-1].At.Sub(c.Trail[n-2].At))
	}
	return &c, nil
}

// errOwners leaves a touch to the replica that accepted it, for a while: it may
// have alerted the touch while Redis was away, and Redis does not know yet.
var errOwners = fmt.Errorf("another replica may have alerted this touch while redis was away: %w", queue.ErrLater)

// work carries out one touch. first says that no run before can have worked on it.
func (p *Pipeline) work(ctx context.Context, t *lead.Touch, first bool) error {
	switch t.State {
	case lead.Unread:
		return p.end(ctx, t, nil, lead.OutcomeUnread)
	case lead.Quarantined:
		return p.quarantine(ctx, t)
	}
	t, err := p.o.Enrich.Complete(ctx, t)
	if err != nil {
		return err
	}
	if t.State == lead.Quarantined {
		return p.quarantine(ctx, t)
	}
	met, err := p.meet(ctx, t)
	if met == nil {
		return err
	}
	l, known, err := p.addToLead(ctx, t, met)
	if err != nil {
		return fmt.Errorf("add to its lead: %w", err)
	}
	if wasUnidentified(t) {
		if l, err = p.identify(ctx, t, l, known); err != nil {
			return err
		}
	}
	p.hop("classify", p.o.Now().Sub(t.Begun()))
	if l, err = p.o.Pending.Apply(ctx, t, l); err != nil {
		return err
	}
	t.LeadID = l.ID
	t.Trail = append(t.Trail, p.verdictStep(t, l))
	decisions := l.DecisionsOn(t.ID)
	for _, d := range decisions {
		t.Trail = append(t.Trail, p.step(t, lead.StepDecided, d.Why, d.Target))
		p.decisions.WithLabelValues(d.Why).Inc()
	}
	return p.fanOut(ctx, t, l, decisions, first && !known)
}

// meet asks what the store knows of a touch. One with the same content as another
// a moment before is ended, and has nothing to be known of.
func (p *Pipeline) meet(ctx context.Context, t *lead.Touch) (*lead.Met, error) {
	met, err := p.o.Store.Meet(ctx, t, p.contents.first(t))
	if err != nil {
		return nil, err
	}
	if met.First != t.ID {
		return nil, p.merge(ctx, t, met.First)
	}
	return met, nil
}

// merge ends a repeat: counted in the first touch, alerting no target.
func (p *Pipeline) merge(ctx context.Context, t *lead.Touch, first string) error {
	t.State, t.MergedInto = lead.Merged, first
	t.Trail = append(t.Trail, p.step(t, lead.StepMerged, "same_content", "the same was sent a moment before"))
	if err := p.o.Store.Repeated(ctx, first, t.ID); err != nil {
		return fmt.Errorf("count the repeat: %w", err)
	}
	return p.end(ctx, t, nil, lead.OutcomeMerged)
}

// end finishes a touch whose effects are all done and settles it.
func (p *Pipeline) end(ctx context.Context, t *lead.Touch, l *lead.Lead, o lead.Outcome) error {
	if t.State == lead.Accepted {
		t.State = lead.Settled
	}
	if err := p.o.Repo.Finish(ctx, t, l, o); err != nil {
		return fmt.Errorf("finish: %w", err)
	}
	p.observe(t, l)
	return p.Settle(ctx, t, l)
}

// Settle makes the journal forget a touch as a task, once the store has
// everything. Of another node's touch that node is informed. l may be nil.
func (p *Pipeline) Settle(ctx context.Context, t *lead.Touch, l *lead.Lead) error {
	return p.o.Repo.Settle(ctx, t, l, func(owned bool) {
		p.Forget(t.ID)
		if owned {
			p.o.Books.Settled(t)
		} else {
			p.o.Queue.PublishEnded(t.ID)
		}
	})
}

// Forget ends what this node does about a touch.
func (p *Pipeline) Forget(id string) {
	p.release(id)
	p.o.Queue.Done(id)
}

// Ended settles a touch that another replica has brought to its end.
func (p *Pipeline) Ended(ctx context.Context, t *lead.Touch) (err error) {
	var l *lead.Lead
	if t.LeadID != "" {
		if l, err = p.o.Prompt.Lead(ctx, t.LeadID); err != nil {
			return err
		}
	}
	return p.Settle(ctx, t, l)
}

// observe calls Observe, once for each time that a touch is in flight.
func (p *Pipeline) observe(t *lead.Touch, l *lead.Lead) {
	if p.o.Queue.FirstSeen(t.ID) {
		p.o.Observe(t, l)
	}
}

// shared says that other replicas may be at work, and can be asked.
func (p *Pipeline) shared() bool { return p.o.Shared && p.o.Redis.Up() }

func (p *Pipeline) hop(name string, d time.Duration) {
	p.o.Hops.WithLabelValues(name).Observe(max(d, 0).Seconds())
}

func (p *Pipeline) step(t *lead.Touch, name lead.StepName, why, note string) lead.Step {
	s := t.StepAt(p.o.Now(), name)
	s.Why, s.Note = why, note
	return s
}

func (p *Pipeline) verdictStep(t *lead.Touch, l *lead.Lead) lead.Step {
	note := fmt.Sprintf("%s %d", l.Temperature, l.Score)
	if l.Stage != lead.NoStage {
		note = fmt.Sprintf("%s %s %d", l.Temperature, l.Stage, l.Score)
	}
	return p.step(t, lead.StepClassified, "", note)
}
