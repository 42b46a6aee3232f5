package schedule

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/jobs/delivery"
	"github.com/leadgate/leadgate/jobs/events"
	"github.com/leadgate/leadgate/jobs/messages"
	"github.com/leadgate/leadgate/jobs/policy"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/rules"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/pace"
	"github.com/leadgate/leadgate/notify/routing"
)

// memory is a store of one replica.
type memory struct {
	mu       sync.Mutex
	leads    map[string]*lead.Lead
	touches  []*lead.Touch
	receipts map[string]string
	seen     map[string]time.Time
	rates    map[string]lead.ArrivalRate
	changes  []lead.Change
	rewound  map[string]time.Time
	taken    bool // another replica has every lease
	err      error
}

func (m *memory) Due(context.Context, time.Time, int) (due []*lead.Lead, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range m.leads {
		c := *l
		due = append(due, &c)
	}
	return due, m.err
}

func (m *memory) Rewind(_ context.Context, id string, _, at time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rewound[id] = at
	return nil
}

func (m *memory) Lead(_ context.Context, id string) (*lead.Lead, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.leads[id] == nil {
		return nil, lead.ErrNotFound
	}
	l := *m.leads[id]
	return &l, nil
}

func (m *memory) UpdateLead(_ context.Context, id string, _ int64, change func(*lead.Lead) error) (*lead.Lead, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := *m.leads[id]
	err := change(&l)
	if err == nil {
		l.Revision++
		m.leads[id] = &l
	}
	c := l
	return &c, err
}

func (m *memory) Finish(context.Context, *lead.Touch, *lead.Lead, lead.Outcome) error { return nil }

func (m *memory) TouchesByID(_ context.Context, ids []string) ([]*lead.Touch, error) {
	return make([]*lead.Touch, len(ids)), nil
}

func (m *memory) TouchesBetween(_ context.Context, from, to time.Time) iter.Seq2[*lead.Touch, error] {
	return func(yield func(*lead.Touch, error) bool) {
		for _, t := range m.touches {
			if !t.ReceivedAt.Before(from) && t.ReceivedAt.Before(to) && !yield(t, nil) {
				return
			}
		}
		if m.err != nil {
			yield(nil, m.err)
		}
	}
}

func (m *memory) LeadsByID(ctx context.Context, ids []string) ([]*lead.Lead, error) {
	found := make([]*lead.Lead, len(ids))
	for i, id := range ids {
		found[i], _ = m.Lead(ctx, id)
	}
	return found, nil
}

func (m *memory) Receipts(_ context.Context, notices ...string) (map[string]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	sent := map[string]string{}
	for _, n := range notices {
		if r, ok := m.receipts[n]; ok {
			sent[n] = r
		}
	}
	return sent, m.err
}

func (m *memory) SetReceipts(_ context.Context, receipts map[string]string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for n, r := range receipts {
		m.receipts[n] = r
	}
	return nil
}

func (m *memory) Deliver(_ context.Context, changes []lead.Change) error {
	m.changes = append(m.changes, changes...)
	return nil
}

func (m *memory) LastSeen(_ context.Context, latest map[string]time.Time) (map[string]time.Time, error) {
	if m.err != nil {
		return nil, m.err
	}
	for source, at := range latest {
		m.seen[source] = at
	}
	return m.seen, nil
}

func (m *memory) ArrivalRates(context.Context) (map[string]lead.ArrivalRate, error) {
	rates := map[string]lead.ArrivalRate{}
	for source, r := range m.rates {
		rates[source] = r
	}
	return rates, nil
}

func (m *memory) SetArrivalRates(_ context.Context, rates map[string]lead.ArrivalRate, onlyNew bool) error {
	for source, r := range rates {
		if _, known := m.rates[source]; !known || !onlyNew {
			m.rates[source] = r
		}
	}
	return nil
}

func (m *memory) Lease(context.Context, string, string, time.Duration) (bool, error) {
	return !m.taken, nil
}

// chat is a sender that takes everything, alarms too.
type chat struct {
	mu     sync.Mutex
	sent   []string // notice, and the leads of the message
	alarms []string
	broken error // of a probe
}

func (c *chat) Most() int { return 1 }

func (c *chat) Send(_ context.Context, alerts []notify.Alert) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	text := alerts[0].Notice
	for _, a := range alerts {
		text += " " + a.Lead.ID
	}
	c.sent = append(c.sent, text)
	return "C1/1", nil
}

func (c *chat) Update(context.Context, string, []notify.Alert) error { return nil }

func (c *chat) Alarm(_ context.Context, a notify.Alarm) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.alarms = append(c.alarms, a.Title)
	return nil
}

func (c *chat) Probe(context.Context) error { return c.broken }

func (c *chat) took() (sent, alarms []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.sent), slices.Clone(c.alarms)
}

// ticking is a schedule over a journal and a store in memory, whose clock the test
// moves.
type ticking struct {
	*Schedule
	t     *testing.T
	store *memory
	chat  *chat
	clock time.Time
}

func newTicking(t *testing.T, change ...func(*Options)) *ticking {
	t.Helper()
	jr, err := journal.Open(journal.Options{Dir: t.TempDir(), Shelves: slices.Concat(repo.Shelves(), delivery.Shelves(), messages.Shelves(), Shelves()), Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { jr.Close() })
	b := &ticking{t: t, clock: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC), chat: &chat{},
		store: &memory{leads: map[string]*lead.Lead{}, receipts: map[string]string{}, seen: map[string]time.Time{}, rates: map[string]lead.ArrivalRate{}, rewound: map[string]time.Time{}}}
	now, log, registry := func() time.Time { return b.clock }, slog.New(slog.DiscardHandler), prometheus.NewRegistry()
	redis := availability.New(availability.Options{Now: now, Logger: log})
	redis.SetUp(true)
	decide := policy.Policy{Rules: rules.Default, Now: now, People: func() lead.People { return lead.People{} }, Routes: func() []routing.Route {
		return []routing.Route{{To: "sales", AtLeast: lead.Hot, Escalate: []routing.Escalation{{After: time.Hour, To: "sales"}}}}
	}}
	target := notify.Target{Name: "sales", Kind: "slack", Channel: "C1", Pace: pace.Pace{Off: true}}
	outlets := []delivery.Outlet{{Target: target, Sender: b.chat, Pacer: pace.New(target.PaceName(), target.Pace)}}
	r := repo.New(repo.Options{Journal: jr, Store: b.store, Prompt: b.store, Redis: redis, Events: events.NewLog("run", now), Alone: decide.Alone,
		Overlay: func(_ string, l *lead.Lead) (*lead.Lead, error) { return l, nil }, InFlight: func(*lead.Touch) []lead.Step { return nil },
		Targets: []string{"sales"}, Updates: func(string) bool { return true }, Logger: log, Now: now})
	targets, err := delivery.New(delivery.Options{Outlets: outlets, Journal: jr, Store: b.store, Prompt: b.store, Receipts: r, Redis: redis, Node: "n1", Launch: "l1",
		MaxAge: time.Hour, Latency: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "latency"}), Registry: registry, Logger: log, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Journal: jr, Store: b.store, Prompt: b.store, Leases: b.store, Redis: redis, Repo: r, Policy: decide, Targets: targets,
		Messages: messages.New(messages.Options{Outlets: outlets, Journal: jr, Leads: r, Redis: redis, Keep: time.Hour, MaxAge: time.Hour, Logger: log, Now: now}),
		Outlets:  outlets, Sources: func() []string { return []string{"site"} }, Node: "n1", Registry: registry, Logger: log, Now: now}
	for _, c := range change {
		c(&o)
	}
	b.Schedule = New(o)
	return b
}

// deliver runs the targets until nothing waits for them and want alarms are raised.
func (b *ticking) deliver(alarms int) {
	b.t.Helper()
	ctx, cancel := context.WithCancel(b.t.Context())
	done := make(chan struct{})
	go func() { b.o.Targets.Run(ctx, nil); close(done) }()
	defer func() { cancel(); <-done }()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(10 * time.Second); ; {
		if _, got := b.chat.took(); b.o.Targets.States()[0].Waiting == 0 && len(got) >= alarms {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			b.t.Fatal("the outbox does not empty")
		}
	}
}

func (b *ticking) waitingLead(id string) {
	alerted := []lead.Decision{{Target: "sales", Why: "matched", Kind: lead.HotAlert}}
	b.store.leads[id] = &lead.Lead{ID: id, Status: lead.New, WaitsSince: b.clock, EscalatesAt: b.clock.Add(time.Hour), Alerts: map[string]string{"sales": "C1/0"},
		Verdict: lead.Verdict{Temperature: lead.Hot}, History: []lead.Past{{ID: "t1", Source: "site", Decisions: alerted}}}
}

func TestSchedule_Escalates(t *testing.T) {
	b := newTicking(t)
	b.waitingLead("l1")
	if err := b.escalate(t.Context()); err != nil || !b.store.rewound["l1"].Equal(b.clock.Add(time.Hour)) {
		t.Errorf("before its time: %v, next look %s", err, b.store.rewound["l1"])
	}
	b.clock = b.clock.Add(time.Hour)
	b.store.taken = true
	if err := b.escalate(t.Context()); err != nil || b.o.Targets.States()[0].Waiting != 0 {
		t.Errorf("while another replica has it: %v", err)
	}
	b.store.taken = false
	for range 2 { // sends, and records that it was sent
		if err := b.escalate(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.deliver(0)
	}
	sent, _ := b.chat.took()
	if l := b.store.leads["l1"]; len(sent) != 1 || l.Escalated != 1 || len(l.Trail) != 1 || l.Trail[0].Step != lead.StepEscalated || len(l.Posts) != 1 {
		t.Errorf("sent %v, lead %+v; want one call, recorded", sent, l)
	}
	if err := b.escalate(t.Context()); err != nil || !b.store.rewound["l1"].IsZero() {
		t.Errorf("after the last level: %v, next look %s", err, b.store.rewound["l1"])
	}
	b.store.err = errors.New("timeout")
	if err := b.escalate(t.Context()); err == nil {
		t.Error("a store that cannot be read is no error")
	}
}

// A call whose lead was claimed while it waited is not sent.
func TestSchedule_EscalationGoesStale(t *testing.T) {
	b := newTicking(t)
	b.waitingLead("l1")
	b.clock = b.clock.Add(2 * time.Hour)
	if err := b.escalate(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.store.leads["l1"].Claim = &lead.Claim{By: "Dana"}
	b.store.leads["l1"].Status = lead.Claimed
	b.deliver(0)
	if sent, _ := b.chat.took(); len(sent) != 0 {
		t.Errorf("sent %v", sent)
	}
}

func TestSchedule_Digest(t *testing.T) {
	d := lead.Digest{To: "sales", Temperature: lead.Warm, At: 8 * time.Hour, Zone: time.UTC}
	b := newTicking(t, func(o *Options) { o.Digests = []lead.Digest{d} })
	b.store.err = errors.New("timeout")
	if err := b.digest(t.Context()); err == nil {
		t.Error("a store that cannot be read is no error")
	}
	b.store.err = nil
	warm := lead.Verdict{Temperature: lead.Warm, Score: 40}
	for i, id := range []string{"warm", "claimed"} {
		touch := &lead.Touch{ID: "t-" + id, LeadID: id, Source: "site", State: lead.Settled, ReceivedAt: b.clock.Add(-150 * time.Minute)}
		b.store.touches = append(b.store.touches, touch)
		b.store.leads[id] = &lead.Lead{ID: id, Status: lead.New, Verdict: warm, History: []lead.Past{{ID: touch.ID, At: touch.ReceivedAt}}}
		if i == 1 {
			b.store.leads[id].Claim = &lead.Claim{By: "Dana"}
		}
		settled := fmt.Sprintf(`{"id":%q,"state":"settled"}`, touch.ID)
		if err := b.o.Journal.Commit(t.Context(), journal.Put(repo.TouchShelf, touch.ID, []byte(settled))); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		if err := b.digest(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.deliver(0)
	}
	name := "digest:sales:warm:2026-11-25"
	if sent, _ := b.chat.took(); !slices.Equal(sent, []string{name + " warm"}) {
		t.Errorf("sent %q, want the one that has no owner, once", sent)
	}
	if len(b.store.changes) != 1 || b.store.changes[0].Outcome != lead.OutcomeDigested || len(b.store.leads["warm"].Posts) != 1 {
		t.Errorf("changes = %+v, want its touch digested and its message known", b.store.changes)
	}
	b.clock = b.clock.Add(24 * time.Hour)
	if err := b.digest(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, skipped := b.store.receipts["digest:sales:warm:2026-11-26"]; !skipped || b.o.Targets.States()[0].Waiting != 0 {
		t.Errorf("receipts = %v, want an empty digest to count as sent", b.store.receipts)
	}
}

func TestSchedule_Silence(t *testing.T) {
	b := newTicking(t)
	b.store.err = errors.New("timeout")
	b.Seen(&lead.Touch{Source: "site", ReceivedAt: b.clock})
	b.Seen(&lead.Touch{Source: "tested", ReceivedAt: b.clock, Test: true})
	if err := b.checkSilence(t.Context()); err == nil {
		t.Error("a store that takes nothing is no error")
	}
	b.store.err = nil
	usual := map[string]time.Duration{"2026-11-22": time.Hour, "2026-11-23": time.Hour, "2026-11-24": time.Hour}
	b.store.rates["site"] = lead.ArrivalRate{Last: b.clock, Seen: b.clock, Longest: usual}
	if err := b.checkSilence(t.Context()); err != nil || !b.store.seen["site"].Equal(b.clock) || len(b.store.seen) != 1 {
		t.Errorf("seen %v, %v; want the touch that Redis did not take at first, and no test", b.store.seen, err)
	}
	b.clock = b.clock.Add(23 * time.Hour)
	rate := b.store.rates["site"]
	rate.Seen = b.clock.Add(-time.Second) // it was watched all the time
	b.store.rates["site"] = rate
	for range 2 {
		if err := b.checkSilence(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	b.deliver(1)
	b.Seen(&lead.Touch{Source: "site", ReceivedAt: b.clock.Add(time.Minute)})
	b.clock = b.clock.Add(2 * time.Minute)
	if err := b.checkSilence(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.deliver(2)
	if _, alarms := b.chat.took(); len(alarms) != 2 {
		t.Errorf("alarms = %q, want its silence and its end once each", alarms)
	}
	kept := b.store.rates
	b.store.rates = map[string]lead.ArrivalRate{}
	if err := b.RestoreRates(t.Context()); err != nil || !b.store.rates["site"].Last.Equal(kept["site"].Last) {
		t.Errorf("after Redis lost them: %v, %v", b.store.rates, err)
	}
}

func TestSchedule_Canary(t *testing.T) {
	var accepted error
	b := newTicking(t, func(o *Options) {
		o.Canary = Canary{Every: time.Hour}
		jr := o.Journal
		o.Accept = func(ctx context.Context, _ *lead.Request, touches []*lead.Touch) (bool, error) {
			if !touches[0].Test || touches[0].Source != "site" {
				t.Errorf("canary = %+v, want a test of the first source", touches[0])
			}
			settled := fmt.Sprintf(`{"id":%q,"state":"settled"}`, touches[0].ID)
			return true, errors.Join(accepted, jr.Commit(ctx, journal.Put(repo.TouchShelf, touches[0].ID, []byte(settled))))
		}
	})
	for _, tt := range []struct {
		accepted, broken error
		alarms           []string
	}{
		{nil, nil, nil},
		{nil, errors.New("token_revoked"), []string{"The canary did not come through"}},
		{nil, nil, []string{"The canary did not come through", "The canary comes through again"}},
		{errors.New("the disk is full"), nil, []string{"The canary did not come through", "The canary comes through again", "The canary did not come through"}},
	} {
		accepted, b.chat.broken = tt.accepted, tt.broken
		b.clock = b.clock.Add(time.Hour)
		if err := b.runCanary(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.deliver(len(tt.alarms))
		if _, alarms := b.chat.took(); !slices.Equal(alarms, tt.alarms) {
			t.Errorf("alarms = %q, want %q", alarms, tt.alarms)
		}
	}
}

// A task runs when it is due, and again soon when it failed or Redis was away.
func TestSchedule_Repeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		redis := availability.New(availability.Options{Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
		s := &Schedule{o: Options{Redis: redis, Now: time.Now}, log: slog.New(slog.DiscardHandler)}
		began := time.Now()
		var ran []time.Duration
		task := Task{Name: "x", First: time.Second, Every: 10 * time.Second, NeedsRedis: true, Run: func(context.Context) error {
			ran = append(ran, time.Since(began).Round(time.Second))
			if len(ran) == 2 {
				return errors.New("timeout")
			}
			return nil
		}}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		go func() { <-time.After(5 * time.Second); redis.SetUp(true) }()
		s.repeat(ctx, task)
		if want := []time.Duration{5 * time.Second, 15 * time.Second, 15 * time.Second, 25 * time.Second}; len(ran) != len(want) {
			t.Errorf("ran after %v, want about %v", ran, want)
		}
	})
}

func TestSchedule_Run(t *testing.T) {
	done := make(chan string, 100)
	note := func(name string) func(context.Context) error {
		return func(context.Context) error { done <- name; return nil }
	}
	b := newTicking(t, func(o *Options) { o.Pending, o.Books, o.Expire = note("pending"), note("books"), note("expiry") })
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { b.Run(ctx); close(ended) }()
	b.o.Redis.MarkReady()
	got := map[string]bool{}
	for len(got) < 3 {
		got[<-done] = true
	}
	cancel()
	<-ended
}
