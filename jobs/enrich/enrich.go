// Package enrich answers one question: what does a touch lack, and has its vendor
// told by now? A thin payload names nobody; a captcha has not been checked.
//
// It promises that a touch that lacks something waits a bounded time before it is
// worked on without; that a person is looked up until MaxAge afterwards, also
// after a restart; that a completed touch is on disk before anything is done with
// it; and that a vendor that fails is not called for each touch anew. It must not
// know how a touch is worked on, nor any vendor: Asker calls those.
//
// To look something else up, let lead.Touch.Lacks say so and the Asker complete it.
package enrich

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadgate/leadgate/jobs/queue"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/journal/shelf"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

const (
	pendingShelf      = "questions" // touch id -> lookup
	unidentifiedShelf = "unnamed"   // touch id -> lookup that was given up
)

// Shelves are the journal's that lookups use.
func Shelves() []string { return []string{pendingShelf, unidentifiedShelf} }

// Asker calls vendors for what a touch lacks. It returns a completed copy, or a
// *lead.AskError; again says that the same was asked before. handlers.Vendors is
// one.
type Asker interface {
	Ask(ctx context.Context, t *lead.Touch, r *lead.Request, again bool) (*lead.Touch, error)
}

// Store is what all replicas know of touches.
type Store interface {
	AddStep(ctx context.Context, touchID string, st lead.Step) error // nothing where there is no such touch
	Reopen(ctx context.Context, t *lead.Touch) error
}

// Redis says whether Redis answers; availability.Monitor is one.
type Redis interface{ Up() bool }

// Options of New; all but Asker are required.
type Options struct {
	Asker   Asker // nil: nothing is looked up
	Journal *journal.Journal
	Repo    *repo.Repo
	Store   Store
	Redis   Redis
	InJob   bool // without a journal the touch's own job looks up; see Complete

	Lane    func(*lead.Touch) string // in which a touch is worked on
	Begin   func(t *lead.Touch, lane string, accepted time.Time)
	Resume  func(t *lead.Touch, lane string) // work on a touch once more that was worked on without
	Alarm   func(context.Context, notify.Alarm)
	Backoff func(fails int) time.Duration
	MaxAge  time.Duration // a person is looked up so long

	Registry prometheus.Registerer
	Logger   *slog.Logger
	Now      func() time.Time
}

// Enricher holds the pending lookups of this node. Create it with New, start it
// with Run.
type Enricher struct {
	o            Options
	log          *slog.Logger
	calls        *prometheus.CounterVec
	pending      *shelf.Shelf[lookup]
	unidentified *shelf.Shelf[lookup]
	signal       chan struct{}

	mu       sync.Mutex
	open     map[string]*lookup // by touch id
	expected map[string]bool    // touch ids that are being journalled and will be open in a moment
	vendors  map[string]*vendor // by source
}

// New returns an enricher without lookups; see Load.
func New(o Options) *Enricher {
	e := &Enricher{o: o, log: o.Logger, signal: make(chan struct{}, 1),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "leadgate_asked_total", Help: "Calls that asked a vendor who a touch is about or whether a visitor is a person, by how they ended.",
		}, []string{"source", "why"}),
		pending:      shelf.New[lookup](o.Journal, pendingShelf, o.Logger),
		unidentified: shelf.New[lookup](o.Journal, unidentifiedShelf, o.Logger),
		open:         map[string]*lookup{}, expected: map[string]bool{}, vendors: map[string]*vendor{}}
	o.Registry.MustRegister(e.calls, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "leadgate_unnamed", Help: "Touches whose vendor was asked in vain who they are about, and is asked no more.",
	}, func() float64 { return float64(e.unidentified.Len()) }))
	return e
}

// Needs says whether a touch is looked up before it is worked on.
func (e *Enricher) Needs(t *lead.Touch) bool {
	return e.o.Asker != nil && !e.o.InJob && t.State == lead.Accepted && t.Lacks()
}

// Expect is called before a touch that needs a lookup is committed: op belongs to
// the same commit, and end is called after it, once Start has been. Whoever finds
// the touch in the journal in between does not work on it.
func (e *Enricher) Expect(t *lead.Touch, lane string) (op journal.Op, end func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.expected[t.ID] = true
	return e.pending.Put(t.ID, *newLookup(t, lane, time.Time{})), func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.expected, t.ID)
	}
}

// Start begins the lookup of a touch that was committed at a moment.
func (e *Enricher) Start(t *lead.Touch, lane string, kept time.Time) { e.add(newLookup(t, lane, kept)) }

// Restart begins the lookup of a touch that was worked on before, for instance
// because its request was read again. ops belong to the commit that says so, and
// start is called after it.
func (e *Enricher) Restart(t *lead.Touch) (ops []journal.Op, start func()) {
	l := &lookup{Source: t.Source, At: e.o.Now(), id: t.ID, due: e.o.Now(), fails: 1}
	return []journal.Op{e.pending.Put(t.ID, *l), e.unidentified.Delete(t.ID)}, func() { e.add(l) }
}

// Pending says whether a lookup of a touch is open.
func (e *Enricher) Pending(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.open[id] != nil
}

// Waits says whether a touch waits for its lookup and is not to be worked on.
func (e *Enricher) Waits(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := e.open[id]
	return e.expected[id] || l != nil && l.waits()
}

// Unidentified counts by source the touches of this node whose vendor did not tell
// who they are about, and is asked no more.
func (e *Enricher) Unidentified() (counts map[string]int, err error) {
	counts = map[string]int{}
	for l, err := range e.unidentified.All() {
		if err != nil {
			return counts, fmt.Errorf("count unidentified touches: %w", err)
		}
		counts[l.Value.Source]++
	}
	return counts, nil
}

// Expired says which lookups that were given up are older than a moment.
func Expired(limit time.Time) (shelf string, isOld func(key string, value []byte) bool) {
	return unidentifiedShelf, func(_ string, value []byte) bool {
		var l lookup
		return json.Unmarshal(value, &l) != nil || l.At.Before(limit)
	}
}

// Forget deletes what is kept of a touch that was erased.
func Forget(id string) journal.Op { return journal.Delete(unidentifiedShelf, id) }

// Load finds the lookups of earlier runs in the journal. Each is tried once more
// before its touch is worked on without.
func (e *Enricher) Load() error {
	now := e.o.Now()
	err := e.o.Journal.Each(pendingShelf, "", func(id string, b []byte) bool {
		l := &lookup{id: id, due: now, fails: 1}
		if err := json.Unmarshal(b, l); err != nil {
			e.log.Error("a lookup in the journal cannot be read; its touch is worked on without", "touch_id", id, "error", err)
			l.hopeless = true
		}
		if _, err := e.o.Repo.Waiting(queue.Hot, id); err == nil {
			l.hot, l.without = true, now.Add(hotPatience)
		} else if _, err := e.o.Repo.Waiting(queue.Bulk, id); err == nil {
			l.without = now.Add(warmPatience)
		}
		e.add(l)
		return true
	})
	if err != nil {
		return fmt.Errorf("look for pending lookups: %w", err)
	}
	return nil
}

// Run looks up what is due, hot touches first, and lets touches go on that have
// waited long enough, until ctx ends.
func (e *Enricher) Run(ctx context.Context) {
	if e.o.Asker == nil {
		return
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	for ctx.Err() == nil {
		actions, wait := e.take()
		for _, a := range actions {
			wg.Go(func() {
				e.do(ctx, a)
				e.done(a)
			})
		}
		timer := time.NewTimer(wait)
		select {
		case <-e.signal:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// do carries out an action.
func (e *Enricher) do(ctx context.Context, a action) {
	l := a.lookup
	t, from, err := e.o.Repo.Here(l.id)
	switch {
	case errors.Is(err, lead.ErrNotFound):
		err = e.drop(ctx, l) // erased, or past its retention
	case err != nil:
	case !t.Lacks():
		err = e.drop(ctx, l)
	case a.what == proceed:
		err = e.proceed(ctx, l, t)
	case !l.waits() && (from != repo.TouchShelf || !e.o.Redis.Up()):
		e.postpone(l) // it is being worked on; what has come of it comes first
	case a.what == giveUp:
		e.log.Warn("what a touch lacks is not looked up any more", "touch_id", t.ID, "source", t.Source, "why", l.reason().Why, "says", l.reason().Note)
		if t.NeedsFetch {
			err = e.giveUp(ctx, l, t)
		} else {
			err = e.drop(ctx, l)
		}
	default:
		err = e.call(ctx, l, t)
	}
	if err != nil && ctx.Err() == nil {
		e.log.Warn("look up what a touch lacks; trying again", "touch_id", l.id, "error", err)
		e.postpone(l)
	}
}

// call asks the vendor once and does what the answer, or its absence, asks for.
func (e *Enricher) call(ctx context.Context, l *lookup, t *lead.Touch) error {
	now := e.o.Now()
	limit := now.Add(callTimeout)
	if l.waits() && l.without.Before(limit) && l.without.After(now) {
		limit = l.without
	}
	attempt, cancel := context.WithTimeout(ctx, limit.Sub(now))
	whole, err := e.ask(attempt, t, l.fails > 0)
	cancel()
	if err == nil {
		e.calls.WithLabelValues(t.Source, "answered").Inc()
		e.succeeded(l)
		return e.complete(ctx, l, whole)
	}
	if ctx.Err() != nil {
		return nil // stopping; the journal has the lookup
	}
	why := reasonOf(err)
	e.calls.WithLabelValues(t.Source, why.Why).Inc()
	if e.failed(l, why) {
		e.log.Error("a vendor cannot be asked; its leads go on without, and are looked up once its setting is changed", "source", t.Source, "why", why.Why, "says", why.Note)
		e.o.Alarm(ctx, notify.Alarm{Key: "asking:" + t.Source, Title: "Source " + t.Source + " tells of nobody",
			Text: "Its vendor cannot be asked who its leads are, or whether a visitor is a person: " + why.Note + ". They are kept and told without, and asked for again as soon as the setting is changed."})
	}
	return nil
}

func reasonOf(err error) *lead.AskError {
	var why *lead.AskError
	if !errors.As(err, &why) {
		why = &lead.AskError{Why: lead.AskUnavailable, Note: "the call broke off"}
	}
	return why
}

// ask calls the vendor with the request at hand, which holds a captcha's answer.
func (e *Enricher) ask(ctx context.Context, t *lead.Touch, again bool) (*lead.Touch, error) {
	r, err := e.o.Repo.Request(t.RequestID)
	if err != nil && !errors.Is(err, journal.ErrNotFound) {
		return nil, err
	}
	return e.o.Asker.Ask(ctx, t, r, again)
}

// drop ends a lookup of which nothing is left to do.
func (e *Enricher) drop(ctx context.Context, l *lookup) error {
	if err := e.o.Journal.Settle(ctx, e.pending.Delete(l.id)); err != nil {
		return fmt.Errorf("drop a lookup: %w", err)
	}
	e.close(l)
	return nil
}

// complete keeps a completed touch, before anything is done with it, and lets it
// be worked on: for the first time, or once more when it went on without.
func (e *Enricher) complete(ctx context.Context, l *lookup, t *lead.Touch) error {
	waited := l.waits()
	if !waited {
		t.State, t.Deliveries = lead.Accepted, nil // the store has those that were made
		if err := e.o.Store.Reopen(ctx, t); err != nil {
			return fmt.Errorf("reopen touch %s: %w", t.ID, err)
		}
	}
	lane, other := e.o.Lane(t), queue.Bulk
	if lane == queue.Bulk {
		other = queue.Hot // it may have looked hot when less was known
	}
	if err := e.keep(ctx, l, t, lane, journal.Delete(other, t.ID), journal.Delete(repo.TouchShelf, t.ID), e.pending.Delete(t.ID)); err != nil {
		return err
	}
	e.close(l)
	if waited {
		e.o.Begin(t, lane, l.accepted(e.o.Now()))
	} else {
		e.o.Resume(t, lane)
	}
	return nil
}

// proceed lets a touch be worked on without an answer. A person is looked up
// again later; whether a visitor is one is of no use any more.
func (e *Enricher) proceed(ctx context.Context, l *lookup, t *lead.Touch) error {
	t.Trail = append(t.Trail, e.without(t, l.reason()))
	ends := !t.NeedsFetch || l.hopeless
	var more []journal.Op
	switch {
	case ends && t.NeedsFetch:
		more = e.unidentify(l)
	case ends:
		more = append(more, e.pending.Delete(t.ID))
	}
	lane := queue.Bulk
	if l.hot {
		lane = queue.Hot
	}
	if err := e.keep(ctx, l, t, lane, more...); err != nil {
		return err
	}
	accepted := l.accepted(e.o.Now())
	if ends {
		e.close(l)
	} else {
		e.release(l)
	}
	e.o.Begin(t, lane, accepted)
	return nil
}

// without is the step of a touch that is worked on without an answer.
func (e *Enricher) without(t *lead.Touch, why *lead.AskError) lead.Step {
	step := t.StepAt(e.o.Now(), lead.StepCaptcha)
	if t.NeedsFetch {
		step.Step = lead.StepFetched
	}
	step.Why, step.Note = why.Why, why.Note
	return step
}

// keep writes a touch to its lane's shelf with all that is known now.
func (e *Enricher) keep(ctx context.Context, l *lookup, t *lead.Touch, lane string, more ...journal.Op) error {
	if !l.kept.IsZero() && !slices.ContainsFunc(t.Trail, func(s lead.Step) bool { return s.Step == lead.StepAccepted }) {
		t.Trail = slices.Insert(t.Trail, 0, t.StepAt(l.kept, lead.StepAccepted))
	}
	op, err := repo.WaitingOp(lane, t)
	if err != nil {
		return fmt.Errorf("encode touch %s: %w", t.ID, err)
	}
	if err := e.o.Journal.Settle(ctx, append(more, op)...); err != nil {
		return fmt.Errorf("keep touch %s: %w", t.ID, err)
	}
	return nil
}

// unidentify moves a lookup to the shelf of those that were given up.
func (e *Enricher) unidentify(l *lookup) []journal.Op {
	return []journal.Op{e.pending.Delete(l.id), e.unidentified.Put(l.id, *l)}
}

// giveUp ends the lookup of a settled touch. The touch says so, and is on a shelf
// of its own until it is looked up again.
func (e *Enricher) giveUp(ctx context.Context, l *lookup, t *lead.Touch) error {
	step := t.StepAt(e.o.Now(), lead.StepFetched)
	step.Why, step.Note = lead.AskGivenUp, l.reason().Error()
	if err := e.o.Store.AddStep(ctx, l.id, step); err != nil {
		return err
	}
	defer e.o.Repo.LockSettlement(l.id)()
	t, from, err := e.o.Repo.Here(l.id)
	switch {
	case errors.Is(err, lead.ErrNotFound):
		return e.drop(ctx, l)
	case err != nil:
		return err
	case from != repo.TouchShelf:
		return fmt.Errorf("touch %s was reopened", l.id)
	}
	t.Trail = append(t.Trail, step)
	op, err := repo.SettledOp(t)
	if err != nil {
		return err
	}
	if err := e.o.Journal.Settle(ctx, append(e.unidentify(l), op)...); err != nil {
		return fmt.Errorf("give up the lookup of touch %s: %w", l.id, err)
	}
	e.close(l)
	return nil
}

// Complete looks a touch up at once, for a job of a node without a journal. It
// returns the touch as it then goes on, or an error when the job should come
// again.
func (e *Enricher) Complete(ctx context.Context, t *lead.Touch) (*lead.Touch, error) {
	if e.o.Asker == nil || !e.o.InJob || !t.Lacks() {
		return t, nil
	}
	limit := t.ReceivedAt.Add(warmPatience)
	if e.o.Lane(t) == queue.Hot {
		limit = t.ReceivedAt.Add(hotPatience)
	}
	attempt, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	whole, err := e.ask(attempt, t, false)
	if err == nil {
		return whole, nil
	}
	why := reasonOf(err)
	switch why.Why {
	case lead.AskNoToken, lead.AskRefused, lead.AskUnreadable:
	default:
		if e.o.Now().Before(limit) {
			return nil, fmt.Errorf("look up what it lacks: %w", err)
		}
	}
	c := *t
	c.Trail = append(slices.Clip(t.Trail), e.without(t, why))
	return &c, nil
}
