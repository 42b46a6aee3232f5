package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/jobs/delivery"
	"github.com/leadgate/leadgate/jobs/events"
	"github.com/leadgate/leadgate/jobs/messages"
	"github.com/leadgate/leadgate/jobs/policy"
	"github.com/leadgate/leadgate/jobs/queue"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/rules"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/pace"
	"github.com/leadgate/leadgate/notify/routing"
)

// memory is a store of one replica in which every person has an address.
type memory struct {
	mu       sync.Mutex
	touches  map[string]*lead.Touch
	leads    map[string]*lead.Lead
	outcomes map[string]lead.Outcome
	first    map[string]string // content -> touch
	off      map[string]time.Time
	turns    lead.Turns
	staged   []string
	fail     map[string]error // by method, once
}

func (m *memory) failed(method string) error {
	err := m.fail[method]
	delete(m.fail, method)
	return err
}

func (m *memory) TouchesByID(_ context.Context, ids []string) ([]*lead.Touch, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := make([]*lead.Touch, len(ids))
	for i, id := range ids {
		if t := m.touches[id]; t != nil {
			c := *t
			c.Deliveries, c.Trail = slices.Clone(t.Deliveries), slices.Clone(t.Trail)
			found[i] = &c
		}
	}
	return found, m.failed("TouchesByID")
}

func (m *memory) Meet(_ context.Context, t *lead.Touch, first string) (*lead.Met, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if known := m.first[t.Content]; t.Content != "" && known != "" && t.AgainAt.IsZero() {
		first = known
	} else if first == t.ID && t.Content != "" {
		m.first[t.Content] = t.ID
	}
	return &lead.Met{First: first}, m.failed("Meet")
}

func (m *memory) Repeated(context.Context, string, string) error { return m.failed("Repeated") }

func (m *memory) Add(_ context.Context, t *lead.Touch, newID string, _ *lead.Met, change func(*lead.Lead) error) (*lead.Lead, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.failed("Add"); err != nil {
		return nil, false, err
	}
	for _, l := range m.leads {
		if l.Person.Email == t.Person.Email && t.Person.Email != "" && !l.Apart {
			return m.change(l, change)
		}
	}
	if l := m.leads[newID]; l != nil {
		return m.change(l, change)
	}
	return m.change(&lead.Lead{ID: newID, Status: lead.New}, change)
}

func (m *memory) change(l *lead.Lead, change func(*lead.Lead) error) (*lead.Lead, bool, error) {
	c, known := *l, m.leads[l.ID] != nil
	m.mu.Unlock() // it may read the store
	err := change(&c)
	m.mu.Lock()
	if err != nil {
		return &c, known, err
	}
	c.Revision++
	m.leads[c.ID] = &c
	out := c
	return &out, known, nil
}

func (m *memory) Quarantine(_ context.Context, _ *lead.Touch, newID string, change func(*lead.Lead) error) (*lead.Lead, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l, _, err := m.change(&lead.Lead{ID: newID}, change)
	return l, errors.Join(err, m.failed("Quarantine"))
}

func (m *memory) UpdateLead(_ context.Context, id string, _ int64, change func(*lead.Lead) error) (*lead.Lead, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.failed("UpdateLead"); err != nil {
		return nil, err
	}
	if m.leads[id] == nil {
		return nil, lead.ErrNotFound
	}
	l, _, err := m.change(m.leads[id], change)
	return l, err
}

func (m *memory) Lead(_ context.Context, id string) (*lead.Lead, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.failed("Lead"); err != nil {
		return nil, err
	}
	if m.leads[id] == nil {
		return nil, lead.ErrNotFound
	}
	l := *m.leads[id]
	return &l, nil
}

func (m *memory) LeadsByID(_ context.Context, ids []string) ([]*lead.Lead, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := make([]*lead.Lead, len(ids))
	for i, id := range ids {
		found[i] = m.leads[id]
	}
	return found, m.failed("LeadsByID")
}

func (m *memory) Abandon(_ context.Context, l *lead.Lead, _ ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.leads, l.ID)
	return m.failed("Abandon")
}

func (m *memory) Finish(_ context.Context, t *lead.Touch, _ *lead.Lead, o lead.Outcome) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.failed("Finish"); err != nil {
		return err
	}
	c := *t
	m.touches[t.ID], m.outcomes[t.ID] = &c, o
	return nil
}

func (m *memory) Deliver(_ context.Context, changes []lead.Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.failed("Deliver"); err != nil {
		return err
	}
	for _, c := range changes {
		t := m.touches[c.TouchID]
		if t == nil {
			continue
		}
		t.Deliveries = append(slices.DeleteFunc(slices.Clone(t.Deliveries), func(d lead.Delivery) bool { return d.Target == c.Delivery.Target }), c.Delivery)
		if c.Settled {
			t.State, m.outcomes[c.TouchID] = lead.Settled, c.Outcome
		}
	}
	return nil
}

func (m *memory) Stage(_ context.Context, touches []*lead.Touch) error {
	m.staged = append(m.staged, touches[0].ID)
	return m.failed("Stage")
}

func (m *memory) StageIn(context.Context, redis.Pipeliner, []*lead.Touch) error { return nil }

func (m *memory) Reopen(_ context.Context, t *lead.Touch) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if have := m.touches[t.ID]; have != nil {
		have.State, have.AgainAt = lead.Accepted, t.AgainAt
	}
	return m.failed("Reopen")
}

func (m *memory) Turns(_ context.Context, change func(*lead.Turns) error) error {
	return change(&m.turns)
}
func (m *memory) WhoIsOff(context.Context) (map[string]time.Time, error) {
	return m.off, m.failed("WhoIsOff")
}
func (m *memory) SetReceipts(context.Context, map[string]string) error { return nil }
func (m *memory) Receipts(context.Context, ...string) (map[string]string, error) {
	return nil, nil
}

// crm is a sender whose attempts end as it says, one after another; beyond its
// end they succeed.
type crm struct {
	mu    sync.Mutex
	ends  []error
	sent  []string // id: kind
	notes []string
}

func (c *crm) Most() int { return 1 }

func (c *crm) Send(_ context.Context, alerts []notify.Alert) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.ends) > 0 {
		err := c.ends[0]
		c.ends = c.ends[1:]
		if err != nil {
			return "", err
		}
	}
	c.sent = append(c.sent, fmt.Sprintf("%s: %s", alerts[0].Touch.ID, alerts[0].Kind))
	c.notes = append(c.notes, alerts[0].Note)
	return fmt.Sprint("C1/", len(c.sent)), nil
}

func (c *crm) Update(context.Context, string, []notify.Alert) error { return nil }

func (c *crm) messages() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.sent)
}

// enriching completes touches that lack something as it is told.
type enriching struct {
	complete func(*lead.Touch) (*lead.Touch, error)
	started  int
}

func (e *enriching) Complete(_ context.Context, t *lead.Touch) (*lead.Touch, error) {
	if e.complete == nil {
		return t, nil
	}
	return e.complete(t)
}

func (e *enriching) Needs(*lead.Touch) bool { return true }
func (e *enriching) Restart(*lead.Touch) ([]journal.Op, func()) {
	return nil, func() { e.started++ }
}

// actions are none, and count the messages that could have shown them.
type actions struct{ posted int }

func (a *actions) Apply(_ context.Context, _ *lead.Touch, l *lead.Lead) (*lead.Lead, error) {
	return l, nil
}
func (a *actions) Posted(context.Context, *lead.Touch) { a.posted++ }

// books count by day.
type books map[string]int64

func (b books) Reopened(t *lead.Touch) { b[lead.Day(t.ReceivedAt)]++ }
func (b books) Settled(t *lead.Touch)  { b[lead.Day(t.ReceivedAt)]-- }

// ticking is a pipeline between a journal, a store in memory and one target, whose
// clock the test moves.
type ticking struct {
	*Pipeline
	t       *testing.T
	store   *memory
	crm     *crm
	enrich  *enriching
	actions *actions
	books   books
	clock   time.Time
	seen    []string
}

func newTicking(t *testing.T, change ...func(*Options)) *ticking {
	t.Helper()
	jr, err := journal.Open(journal.Options{Dir: t.TempDir(), Shelves: slices.Concat(repo.Shelves(), delivery.Shelves(), messages.Shelves(), Shelves()), Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { jr.Close() })
	b := &ticking{t: t, clock: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC), crm: &crm{}, enrich: &enriching{}, actions: &actions{}, books: books{},
		store: &memory{touches: map[string]*lead.Touch{}, leads: map[string]*lead.Lead{}, outcomes: map[string]lead.Outcome{}, first: map[string]string{}, fail: map[string]error{}}}
	mini := miniredis.NewMiniRedis()
	client := redis.NewClient(&redis.Options{Dialer: func(context.Context, string, string) (net.Conn, error) { return mini.Dial() }, MaxRetries: -1})
	t.Cleanup(func() { client.Close() })
	now, log, registry := func() time.Time { return b.clock }, slog.New(slog.DiscardHandler), prometheus.NewRegistry()
	up := availability.New(availability.Options{Now: now, Logger: log})
	up.SetUp(true)
	happened := events.NewLog("run", now)
	people := lead.People{}
	decide := policy.Policy{Rules: rules.Default, Now: now, People: func() lead.People { return people }, Routes: func() []routing.Route {
		return []routing.Route{{To: "sales", AtLeast: lead.Hot}}
	}}
	target := notify.Target{Name: "sales", Kind: "slack", Channel: "C1", Pace: pace.Pace{Off: true}}
	outlets := []delivery.Outlet{{Target: target, Sender: b.crm, Pacer: pace.New(target.PaceName(), target.Pace)}}
	var p *Pipeline
	var q *queue.Queue
	r := repo.New(repo.Options{Journal: jr, Store: b.store, Prompt: b.store, Redis: up, Events: happened, Alone: decide.Alone,
		Overlay: func(_ string, l *lead.Lead) (*lead.Lead, error) { return l, nil }, InFlight: func(t *lead.Touch) []lead.Step { return q.Trail(t) },
		Targets: []string{"sales"}, Updates: func(string) bool { return true }, Logger: log, Now: now})
	targets, err := delivery.New(delivery.Options{Outlets: outlets, Journal: jr, Store: b.store, Prompt: b.store, Receipts: r, Redis: up, Node: "n1", Launch: "l1",
		MaxAge: time.Hour, Latency: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "latency"}), Registry: registry, Logger: log, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	q = queue.New(queue.Options{Journal: jr, Repo: r, Store: b.store, Redis: up, Producer: client, Hot: client, Bulk: client, HotSlots: 1, BulkSlots: 1, Launch: "l1",
		Skip: func(string) bool { return false }, Backoff: delivery.Backoff, Registry: registry, Logger: log, Now: now})
	o := Options{Journal: jr, Store: b.store, Prompt: b.store, Redis: up, Repo: r, Policy: decide, Targets: targets, Queue: q, Events: happened,
		Messages: messages.New(messages.Options{Outlets: outlets, Journal: jr, Leads: r, Redis: up, Keep: time.Hour, MaxAge: time.Hour, Logger: log, Now: now}),
		Enrich:   b.enrich, Pending: b.actions, Books: b.books,
		Observe:  func(t *lead.Touch, _ *lead.Lead) { b.seen = append(b.seen, t.ID) },
		Hops:     prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "hops"}, []string{"hop"}),
		Registry: registry, Logger: log, Now: now}
	for _, c := range change {
		c(&o)
	}
	p = New(o)
	b.Pipeline = p
	return b
}

// hot is a touch that alerts, from a person of its own.
func (b *ticking) hot(id string) *lead.Touch {
	return &lead.Touch{ID: id, State: lead.Accepted, Source: "contact", Action: "demo_request", ReceivedAt: b.clock, At: b.clock, Person: lead.Person{Email: id + "@works.example"}}
}

// accept puts a touch on its lane's shelf and starts it.
func (b *ticking) accept(t *lead.Touch) *lead.Touch {
	b.t.Helper()
	lane := b.LaneOf(t)
	op, err := repo.WaitingOp(lane, t)
	if err == nil {
		err = b.o.Journal.Commit(b.t.Context(), op)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	b.books.Reopened(t)
	b.Start(t, lane, b.clock)
	return t
}

// work runs the touch job.
func (b *ticking) work(id string) {
	b.t.Helper()
	if err := b.Touch(b.t.Context(), id); err != nil {
		b.t.Fatal(err)
	}
}

// deliver runs the targets until nothing waits for them, or until attempts have
// failed.
func (b *ticking) deliver(until func() bool) {
	b.t.Helper()
	ctx, cancel := context.WithCancel(b.t.Context())
	done := make(chan struct{})
	go func() { b.o.Targets.Run(ctx, b.Pipeline); close(done) }()
	defer func() { cancel(); <-done }()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(10 * time.Second); !until(); {
		select {
		case <-tick.C:
		case <-deadline:
			b.t.Fatal("the outbox does not empty")
		}
	}
}

func (b *ticking) empty() bool { return b.o.Targets.States()[0].Waiting == 0 }

// waiting is how many touches the journal holds as tasks.
func (b *ticking) waiting() int {
	return b.o.Journal.Len(repo.HotShelf) + b.o.Journal.Len(repo.BulkShelf)
}

func steps(t *lead.Touch) (names []string) {
	for _, s := range t.Trail {
		names = append(names, string(s.Step))
	}
	return names
}

func TestPipeline_AlertsAndSettles(t *testing.T) {
	b := newTicking(t)
	b.accept(b.hot("a"))
	b.work("a")
	if !b.Delivering("a") || b.store.outcomes["a"] != lead.OutcomeWaiting {
		t.Errorf("delivering %v, outcome %s; want it to wait for its target", b.Delivering("a"), b.store.outcomes["a"])
	}
	b.deliver(b.empty)
	if got := b.crm.messages(); !slices.Equal(got, []string{"a: hot_alert"}) {
		t.Errorf("sent %v, want one alert", got)
	}
	if b.waiting() != 0 || b.Delivering("a") || b.store.outcomes["a"] != lead.OutcomeAlerted || !slices.Equal(b.seen, []string{"a"}) || b.books[lead.Day(b.clock)] != 0 {
		t.Errorf("waiting %d, outcome %s, observed %v, books %v; want it settled and seen once", b.waiting(), b.store.outcomes["a"], b.seen, b.books)
	}
	settled, shelf, err := b.o.Repo.Here("a")
	if err != nil || shelf != repo.TouchShelf {
		t.Fatalf("on shelf %s: %v", shelf, err)
	}
	if got := steps(settled); !slices.Equal(got, []string{"accepted", "picked", "classified", "decided", "sent"}) {
		t.Errorf("trail = %v", got)
	}
	if l := b.store.leads["a"]; l.Alerts["sales"] != "C1/1" {
		t.Errorf("the lead does not know its thread: %+v", l.Alerts)
	}
	b.work("a") // its task comes once more
	if got := b.crm.messages(); len(got) != 1 {
		t.Errorf("sent %v after it was settled", got)
	}
}

// Whatever fails on the way, the job runs again and the target is sent one alert.
func TestPipeline_RunsAgain(t *testing.T) {
	for _, method := range []string{"Meet", "Add", "TouchesByID", "Finish"} {
		t.Run(method, func(t *testing.T) {
			b := newTicking(t)
			b.accept(b.hot("a"))
			b.store.fail[method] = errors.New("timeout")
			if method == "TouchesByID" {
				b.store.fail["Finish"] = errors.New("timeout") // so that a second run reads deliveries
				delete(b.store.fail, method)
				_ = b.Touch(t.Context(), "a")
				b.store.fail[method] = errors.New("timeout")
			}
			if err := b.Touch(t.Context(), "a"); err == nil {
				t.Error("the job has no error")
			}
			b.work("a")
			b.deliver(b.empty)
			if got := b.crm.messages(); len(got) != 1 || b.waiting() != 0 {
				t.Errorf("sent %v, %d waiting; want one alert and nothing left", got, b.waiting())
			}
		})
	}
}

// A store that missed the receipt leaves the touch to the sweeper.
func TestPipeline_StoreMissesTheReceipt(t *testing.T) {
	b := newTicking(t)
	b.accept(b.hot("a"))
	b.work("a")
	b.store.fail["Deliver"] = errors.New("timeout")
	b.deliver(b.empty)
	if b.Delivering("a") || b.waiting() != 1 {
		t.Errorf("delivering %v, %d waiting; want it left to the sweeper", b.Delivering("a"), b.waiting())
	}
	b.work("a")
	b.deliver(b.empty)
	if got := b.crm.messages(); len(got) != 1 || b.waiting() != 0 || len(b.seen) != 1 {
		t.Errorf("sent %v, %d waiting, observed %v; want one alert and nothing left", got, b.waiting(), b.seen)
	}
}

func TestPipeline_Ends(t *testing.T) {
	for _, tt := range []struct {
		name    string
		change  func(*lead.Touch)
		outcome lead.Outcome
		last    lead.StepName
	}{
		{"Unread", func(t *lead.Touch) { t.State = lead.Unread }, lead.OutcomeUnread, lead.StepPicked},
		{"Quarantined", func(t *lead.Touch) { t.State, t.Held = lead.Quarantined, "spam" }, lead.OutcomeQuarantined, lead.StepQuarantine},
		{"Cold", func(t *lead.Touch) { t.Action = "newsletter" }, lead.OutcomeHeld, lead.StepDecided},
		{"Repeat", func(t *lead.Touch) { t.Content = "the same" }, lead.OutcomeMerged, lead.StepMerged},
		{"BotAfterAll", func(t *lead.Touch) { t.NeedsFetch = true }, lead.OutcomeQuarantined, lead.StepQuarantine},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newTicking(t)
			b.enrich.complete = func(t *lead.Touch) (*lead.Touch, error) {
				c := *t
				if t.NeedsFetch {
					c.State = lead.Quarantined
				}
				return &c, nil
			}
			b.store.first["the same"] = "before"
			touch := b.hot("a")
			tt.change(touch)
			b.accept(touch)
			b.work("a")
			if got := b.store.outcomes["a"]; got != tt.outcome || b.waiting() != 0 {
				t.Errorf("outcome %s, %d waiting; want %s", got, b.waiting(), tt.outcome)
			}
			if got := b.store.touches["a"].Trail; len(got) == 0 || got[len(got)-1].Step != tt.last {
				t.Errorf("trail = %v, want it to end with %s", got, tt.last)
			}
		})
	}
}

func TestPipeline_EnrichFails(t *testing.T) {
	b := newTicking(t)
	b.enrich.complete = func(*lead.Touch) (*lead.Touch, error) { return nil, errors.New("the vendor is slow") }
	b.accept(b.hot("a"))
	if err := b.Touch(t.Context(), "a"); err == nil || b.waiting() != 1 {
		t.Errorf("Touch = %v, %d waiting", err, b.waiting())
	}
}

// While Redis is away a hot touch is alerted from the journal, once, and its job
// finds the receipt.
func TestPipeline_Direct(t *testing.T) {
	b := newTicking(t)
	b.o.Redis.SetUp(false)
	touch := b.hot("a")
	touch.Content = "c"
	b.accept(touch)
	again := b.hot("b")
	again.Content = "c"
	b.accept(again)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { b.Run(ctx); close(done) }()
	b.o.Redis.MarkReady()
	b.deliver(func() bool { return len(b.crm.messages()) == 1 && b.empty() })
	cancel()
	<-done
	if b.crm.notes[0] != "Redis away, so without history" || b.actions.posted != 1 {
		t.Errorf("note %q, %d messages that pending actions could have changed", b.crm.notes[0], b.actions.posted)
	}
	b.o.Redis.SetUp(true)
	if err := b.RestoreReceipts(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.work("a")
	if got := b.crm.messages(); len(got) != 1 || b.store.outcomes["a"] != lead.OutcomeAlerted || b.waiting() != 1 || !slices.Equal(b.seen, []string{"a"}) {
		t.Errorf("sent %v, outcome %s, %d waiting, observed %v", got, b.store.outcomes["a"], b.waiting(), b.seen)
	}
	b.work("b")
	if b.store.outcomes["b"] != lead.OutcomeMerged {
		t.Errorf("the double click is %s", b.store.outcomes["b"])
	}
}

// A delivery that failed is visible, and its alert job ends with it.
func TestPipeline_AlertJob(t *testing.T) {
	b := newTicking(t)
	b.crm.ends = []error{errors.New("connection refused")}
	b.accept(b.hot("a"))
	b.work("a")
	b.deliver(func() bool {
		b.store.mu.Lock()
		defer b.store.mu.Unlock()
		return b.store.touches["a"].Deliveries[0].Error != ""
	})
	stored, err := b.store.TouchesByID(t.Context(), []string{"a"})
	if err != nil || stored[0].Deliveries[0].State != lead.Waiting || stored[0].Deliveries[0].Error != "error" {
		t.Errorf("stored delivery = %+v, %v; want the failed attempt", stored[0].Deliveries, err)
	}
	if err := b.Alert(t.Context(), "a", "sales"); !errors.Is(err, queue.ErrLater) {
		t.Errorf("while it waits: %v, want it to run later", err)
	}
	for _, id := range []string{"a", "unknown"} {
		if err := b.Alert(t.Context(), id, "gone"); err != nil {
			t.Errorf("of a target that is not configured: %v", err)
		}
	}
	b.o.Targets.Remove("a") // as if another process had it
	b.Dropped("a")
	if err := b.Alert(t.Context(), "a", "sales"); !errors.Is(err, queue.ErrLater) || !b.o.Targets.Has("sales", "a") {
		t.Errorf("after its process died: %v, want it in this outbox", err)
	}
	b.clock = b.clock.Add(time.Minute)
	b.deliver(b.empty)
	if err := b.Alert(t.Context(), "a", "sales"); err != nil {
		t.Errorf("once delivered: %v", err)
	}
	b.store.fail["TouchesByID"] = errors.New("timeout")
	if err := b.Alert(t.Context(), "a", "sales"); err == nil {
		t.Error("a store that cannot be read is no error")
	}
}

// A touch of another replica's journal waits until that one's receipts are in Redis.
func TestPipeline_TouchOfAnotherReplica(t *testing.T) {
	b := newTicking(t)
	touch := b.hot("a")
	b.store.touches["a"] = touch
	if err := b.Touch(t.Context(), "a"); !errors.Is(err, queue.ErrLater) {
		t.Errorf("right after Redis came back: %v, want it left to its own replica", err)
	}
	b.clock = b.clock.Add(2 * time.Second)
	b.work("a")
	b.deliver(b.empty)
	if got := b.crm.messages(); len(got) != 1 || b.o.Journal.Len(repo.TouchShelf) != 0 || b.o.Journal.Len(repo.ReceiptShelf) != 0 {
		t.Errorf("sent %v; want one alert and nothing kept of another node's touch", got)
	}
}

// What another replica ended is settled here with its lead.
func TestPipeline_Ended(t *testing.T) {
	b := newTicking(t)
	touch := b.accept(b.hot("a"))
	c := *touch
	c.LeadID, c.Ended, c.State = "l1", true, lead.Settled
	if err := b.Ended(t.Context(), &c); !errors.Is(err, lead.ErrNotFound) || b.waiting() != 1 {
		t.Errorf("without its lead: %v", err)
	}
	b.store.leads["l1"] = &lead.Lead{ID: "l1"}
	if err := b.Ended(t.Context(), &c); err != nil || b.waiting() != 0 || b.o.Journal.Len(repo.LeadShelf) != 1 {
		t.Errorf("Ended = %v, %d waiting", err, b.waiting())
	}
}

// A touch that is reopened leaves its lead for the person it now names.
func TestPipeline_Reopen(t *testing.T) {
	b := newTicking(t)
	b.accept(b.hot("a"))
	b.work("a")
	b.deliver(b.empty)
	for _, fails := range []bool{false, true} {
		touch, _, err := b.o.Repo.Here("a")
		if err != nil {
			t.Fatal(err)
		}
		b.clock = b.clock.Add(time.Minute)
		touch.AgainAt, touch.Person.Email = b.clock, fmt.Sprintf("other%v@works.example", fails)
		if fails {
			b.store.fail["Reopen"] = errors.New("timeout")
		}
		if err := b.Reopen(t.Context(), touch); err != nil {
			t.Fatal(err)
		}
		if fails { // it waits in its lane like any other touch
			if b.waiting() != 1 {
				t.Errorf("%d waiting", b.waiting())
			}
			b.work("a")
		}
		if got := b.crm.messages(); len(got) != 1 || b.waiting() != 0 {
			t.Errorf("sent %v, %d waiting; want no second alert", got, b.waiting())
		}
		if l := b.store.leads["a"]; l == nil || l.Person.Email != touch.Person.Email || len(b.store.leads) != 1 {
			t.Errorf("leads = %v, want the one of %s", slices.Collect(maps.Keys(b.store.leads)), touch.Person.Email)
		}
	}
	if b.enrich.started != 2 {
		t.Errorf("started %d lookups", b.enrich.started)
	}
}

// To a lead that has other touches a reopened one leaves it as it is.
func TestPipeline_ReopenMovesToAnotherLead(t *testing.T) {
	b := newTicking(t)
	for _, id := range []string{"a", "b"} {
		touch := b.hot(id)
		touch.Person.Email = "ada@works.example"
		b.accept(touch)
		b.work(id)
		b.deliver(b.empty)
	}
	touch, _, err := b.o.Repo.Here("a")
	if err != nil {
		t.Fatal(err)
	}
	touch.AgainAt, touch.Person.Email = b.clock, "grace@works.example"
	if err := b.Reopen(t.Context(), touch); err != nil {
		t.Fatal(err)
	}
	if len(b.store.leads) != 2 || !slices.Equal(b.store.leads["a"].Touches, []string{"b"}) {
		t.Errorf("leads = %+v, want a second one", b.store.leads)
	}
}

// The store learns of a reopened touch before it is enqueued.
func TestPipeline_BeforeEnqueue(t *testing.T) {
	b := newTicking(t, func(o *Options) { o.Shared = true })
	touch := b.hot("a")
	b.store.touches["a"] = b.hot("a")
	if err := b.BeforeEnqueue(t.Context(), touch); err != nil || len(b.store.staged) != 0 {
		t.Errorf("of a new touch: %v, staged %v", err, b.store.staged)
	}
	touch.AgainAt = b.clock
	for range 2 {
		if err := b.BeforeEnqueue(t.Context(), touch); err != nil || !b.store.touches["a"].AgainAt.Equal(b.clock) {
			t.Errorf("of a reopened one: %v, %+v", err, b.store.touches["a"])
		}
	}
	b.store.fail["Stage"] = errors.New("timeout")
	if err := b.BeforeEnqueue(t.Context(), touch); err == nil {
		t.Error("a store that takes nothing is no error")
	}
}

func TestPipeline_PendingAlerts(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*ticking)
		sent   int
	}{
		{"Undelivered", func(b *ticking) {
			b.store.leads["a"].History[0].Decisions = []lead.Decision{{Target: "crm", Kind: lead.HotAlert}}
		}, 1},
		{"Delivered", func(*ticking) {}, 0},
		{"Erased", func(b *ticking) { delete(b.store.leads, "a") }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newTicking(t)
			b.accept(b.hot("a"))
			b.work("a")
			b.deliver(b.empty)
			touch, err := b.LastTouch(t.Context(), b.store.leads["a"])
			if err != nil || touch == nil {
				t.Fatalf("LastTouch = %v, %v", touch, err)
			}
			if err := b.AddPending(t.Context(), "a", touch); err != nil {
				t.Fatal(err)
			}
			tt.change(b)
			if err := b.RestorePending(t.Context(), b.clock); err != nil || b.o.Journal.Len(pendingShelf) != 1 {
				t.Errorf("at once: %v; want it left to its run", err)
			}
			b.store.fail["Lead"] = errors.New("timeout")
			if err := b.RestorePending(t.Context(), b.clock.Add(PendingAge)); err == nil {
				t.Error("a store that cannot be read is no error")
			}
			if err := b.RestorePending(t.Context(), b.clock.Add(PendingAge)); err != nil || b.o.Journal.Len(pendingShelf) != 0 || b.waiting() != tt.sent {
				t.Errorf("after a crash: %v, %d reopened; want %d", err, b.waiting(), tt.sent)
			}
		})
	}
}

// A touch that was worked on before its person was known gives its lead the name,
// or moves to the lead that the person has.
func TestPipeline_Identifies(t *testing.T) {
	for _, known := range []bool{false, true} {
		b := newTicking(t)
		stub := b.hot("a")
		stub.Person, stub.NeedsFetch = lead.Person{}, true
		b.accept(stub)
		b.work("a")
		b.deliver(b.empty)
		b.store.leads["a"].Claim = &lead.Claim{By: "Dana"}
		if known {
			other := b.hot("o")
			other.Person.Email = "ada@works.example"
			b.accept(other)
			b.work("o")
			b.deliver(b.empty)
		}
		touch := b.hot("a")
		touch.Person.Email = "ada@works.example"
		touch.Trail = []lead.Step{{Step: lead.StepFetched, Why: lead.AskUnavailable}}
		if err := b.o.Journal.Commit(t.Context(), journal.Delete(repo.TouchShelf, "a")); err != nil {
			t.Fatal(err)
		}
		b.accept(touch)
		b.work("a")
		b.deliver(b.empty)
		l := b.store.leads["a"]
		switch {
		case !known && l.Person.Email != "ada@works.example":
			t.Errorf("lead = %+v, want it identified", l.Person)
		case known && (l.Status != lead.Closed || b.store.leads["o"].Claim == nil):
			t.Errorf("leads = %+v and %+v, want the first closed and its claim moved", l, b.store.leads["o"])
		}
	}
}

func TestPipeline_AssignsInTurn(t *testing.T) {
	turn := func(o *Options) {
		o.Policy.Routes = func() []routing.Route { return []routing.Route{{To: "sales", AtLeast: lead.Hot, Team: "inside"}} }
		people := lead.People{Reps: []lead.Rep{{Name: "Dana", Cap: 1}}, Teams: []lead.Team{{Name: "inside", Reps: []string{"Dana"}, Mode: lead.RoundRobin}}}
		o.Policy.People = func() lead.People { return people }
	}
	b := newTicking(t, turn)
	b.accept(b.hot("a"))
	b.work("a")
	if a := b.store.leads["a"].Assigned; a == nil || a.To != "Dana" {
		t.Errorf("assigned %+v, want Dana", a)
	}
	b.accept(b.hot("b"))
	b.work("b")
	if a := b.store.leads["b"].Assigned; a != nil {
		t.Errorf("assigned %+v beyond the cap of a day", a)
	}
	b.store.fail["WhoIsOff"] = errors.New("timeout")
	b.accept(b.hot("c"))
	if err := b.Touch(t.Context(), "c"); err == nil {
		t.Error("a store that cannot be read is no error")
	}
}
