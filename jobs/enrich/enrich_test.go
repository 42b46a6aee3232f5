package enrich

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/jobs/delivery"
	"github.com/leadgate/leadgate/jobs/events"
	"github.com/leadgate/leadgate/jobs/queue"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

// answering is a vendor whose answers are as it says, one after another; beyond
// their end it knows the person.
type answering struct {
	ends []*lead.AskError
	at   []time.Time
	now  func() time.Time
}

func (a *answering) Ask(_ context.Context, t *lead.Touch, _ *lead.Request, _ bool) (*lead.Touch, error) {
	a.at = append(a.at, a.now())
	if len(a.ends) > 0 {
		err := a.ends[0]
		a.ends = a.ends[1:]
		return nil, err
	}
	whole := *t
	whole.NeedsFetch, whole.Person.Email = false, "ada@works.example"
	whole.Trail = append(whole.Trail, lead.Step{At: a.now(), Step: lead.StepFetched})
	return &whole, nil
}

// touches is a store that keeps the steps that touches are given.
type touches struct {
	repo.Store
	steps map[string][]lead.Step
	err   error
}

func (s *touches) AddStep(_ context.Context, id string, st lead.Step) error {
	if s.err == nil {
		s.steps[id] = append(s.steps[id], st)
	}
	return s.err
}

func (s *touches) Reopen(context.Context, *lead.Touch) error { return s.err }

// testEnricher has a journal behind it and a clock that the test moves.
type testEnricher struct {
	*Enricher
	clock  time.Time
	redis  *availability.Monitor
	store  *touches
	begun  map[string]*lead.Touch // touches that are worked on
	alarms []string
}

func newTest(t *testing.T, a *answering) *testEnricher {
	t.Helper()
	jr, err := journal.Open(journal.Options{Dir: t.TempDir(), Shelves: append(Shelves(), repo.Shelves()...), Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { jr.Close() })
	b := &testEnricher{clock: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC), store: &touches{steps: map[string][]lead.Step{}}, begun: map[string]*lead.Touch{}}
	log, now := slog.New(slog.DiscardHandler), func() time.Time { return b.clock }
	a.now = now
	b.redis = availability.New(availability.Options{Logger: log, Now: now})
	r := repo.New(repo.Options{Journal: jr, Store: b.store, Prompt: b.store, Redis: b.redis, Events: events.NewLog("run", now), Logger: log, Now: now})
	begin := func(t *lead.Touch) { b.begun[t.ID] = t }
	b.Enricher = New(Options{Asker: a, Journal: jr, Repo: r, Store: b.store, Redis: b.redis,
		Lane: func(t *lead.Touch) string {
			if t.Action == "demo_request" {
				return queue.Hot
			}
			return queue.Bulk
		},
		Begin:   func(t *lead.Touch, _ string, _ time.Time) { begin(t) },
		Resume:  func(t *lead.Touch, _ string) { begin(t) },
		Alarm:   func(_ context.Context, a notify.Alarm) { b.alarms = append(b.alarms, a.Key) },
		Backoff: delivery.Backoff, MaxAge: time.Hour, Registry: prometheus.NewRegistry(), Logger: log, Now: now})
	return b
}

// accept keeps a touch as intake does.
func (b *testEnricher) accept(t *testing.T, id string, action lead.Action) *lead.Touch {
	t.Helper()
	touch := &lead.Touch{ID: id, RequestID: "r-" + id, State: lead.Accepted, Source: "ads", Action: action, NeedsFetch: true, At: b.clock, ReceivedAt: b.clock}
	lane := b.o.Lane(touch)
	if !b.Needs(touch) {
		t.Fatalf("touch %s needs no lookup", id)
	}
	op, end := b.Expect(touch, lane)
	defer end()
	kept, err := repo.NewOp(lane, touch)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.o.Journal.Commit(t.Context(), kept, op); err != nil {
		t.Fatal(err)
	}
	b.Start(touch, lane, b.clock)
	return touch
}

// advance moves the clock from action to action, until nothing is due before
// limit.
func (b *testEnricher) advance(t *testing.T, limit time.Duration) {
	t.Helper()
	end := b.clock.Add(limit)
	for range 1000 {
		due, wait := b.take()
		for _, a := range due {
			b.do(t.Context(), a)
			b.done(a)
		}
		if len(due) > 0 {
			continue
		}
		if b.clock = b.clock.Add(wait); !b.clock.Before(end) {
			b.clock = end
			return
		}
	}
	t.Fatal("the lookups do not come to rest")
}

func TestEnricher(t *testing.T) {
	why := func(why string, after time.Duration) *lead.AskError {
		return &lead.AskError{Why: why, RetryAfter: after, Note: "n"}
	}
	down := why(lead.AskUnavailable, 0)
	for _, c := range []struct {
		name    string
		action  lead.Action
		ends    []*lead.AskError
		waits   []time.Duration // between calls: so long, and up to a fifth more
		begins  time.Duration   // worked on so long after it was accepted, and up to a second more
		without string          // the reason of going on without; empty: it has its person
		open    bool            // it is looked up later on
		alarms  int
	}{
		{"AtOnce", "demo_request", nil, nil, 0, "", false, 0},
		{"Backoff", "webinar_registered", []*lead.AskError{down, down, down}, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}, 7 * time.Second, "", false, 0},
		{"RetryAfter", "webinar_registered", []*lead.AskError{why(lead.AskLimited, 7*time.Second)}, []time.Duration{7 * time.Second}, 7 * time.Second, "", false, 0},
		{"HotGoesOn", "demo_request", []*lead.AskError{down, down, down, down}, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}, 10 * time.Second, lead.AskUnavailable, true, 0},
		{"HotWaitsForNoRetryAfter", "demo_request", []*lead.AskError{why(lead.AskLimited, time.Hour)}, nil, 10 * time.Second, lead.AskLimited, true, 0},
		{"WarmGoesOn", "webinar_registered", []*lead.AskError{why(lead.AskUnavailable, time.Hour)}, nil, time.Minute, lead.AskUnavailable, true, 0},
		{"NotYet", "demo_request", []*lead.AskError{why(lead.AskNotThere, 0)}, []time.Duration{time.Second}, time.Second, "", false, 0},
		{"NoToken", "demo_request", []*lead.AskError{why(lead.AskNoToken, 0)}, nil, 0, lead.AskNoToken, true, 1},
		{"Refused", "webinar_registered", []*lead.AskError{why(lead.AskRefused, 0)}, nil, 0, lead.AskRefused, true, 1},
		{"Unreadable", "webinar_registered", []*lead.AskError{why(lead.AskUnreadable, 0)}, nil, 0, lead.AskUnreadable, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := &answering{ends: c.ends}
			b := newTest(t, a)
			begin := b.clock
			b.accept(t, "a", c.action)
			if !b.Waits("a") || b.pending.Len() != 1 {
				t.Error("a stub is worked on before it was looked up")
			}
			if c.begins > 0 {
				b.advance(t, c.begins-time.Millisecond)
				if b.begun["a"] != nil {
					t.Errorf("it is worked on before %s", c.begins)
				}
			}
			b.advance(t, c.begins+c.begins/5+time.Second-b.clock.Sub(begin))
			if b.begun["a"] == nil || b.Waits("a") {
				t.Fatalf("it is not worked on after %s", b.clock.Sub(begin))
			}
			got, _, err := b.o.Repo.Here("a")
			if err != nil || got.NeedsFetch != (c.without != "") || got.Trail[0].Step != lead.StepAccepted {
				t.Errorf("on the shelf = %+v, %v", got, err)
			}
			if last := got.Trail[len(got.Trail)-1]; last.Step != lead.StepFetched || last.Why != c.without {
				t.Errorf("its last step = %+v, want why %q", last, c.without)
			}
			if open := b.pending.Len() == 1; open != c.open {
				t.Errorf("it is looked up later on: %v, want %v", open, c.open)
			}
			if len(b.alarms) != c.alarms {
				t.Errorf("alarms %v, want %d", b.alarms, c.alarms)
			}
			for i, want := range c.waits {
				if i+1 >= len(a.at) {
					t.Errorf("%d calls, want %d", len(a.at), len(c.waits)+1)
					break
				}
				if wait := a.at[i+1].Sub(a.at[i]); wait < want || wait > want*6/5 {
					t.Errorf("wait %d = %s, want %s and up to a fifth more", i+1, wait, want)
				}
			}
		})
	}
}

// A vendor is asked a few things at a time, hot leads first.
func TestEnricher_FewCallsAtATime(t *testing.T) {
	b := newTest(t, &answering{})
	for i := range 10 {
		b.accept(t, fmt.Sprint("warm", i), "webinar_registered")
	}
	b.accept(t, "hot", "demo_request")
	due, _ := b.take()
	if len(due) != callsAtOnce || due[0].id != "hot" {
		t.Errorf("%d calls at once, the first for %s; want %d, the hot one first", len(due), due[0].id, callsAtOnce)
	}
	if more, _ := b.take(); len(more) != 0 {
		t.Errorf("%d more calls while those go on", len(more))
	}
}

// A lookup outlives the process, and its touch is not worked on meanwhile; one that
// cannot be read holds up nothing.
func TestEnricher_Load(t *testing.T) {
	b := newTest(t, &answering{})
	b.accept(t, "a", "demo_request")
	b.accept(t, "b", "webinar_registered")
	b.accept(t, "c", "webinar_registered")
	if err := b.o.Journal.Settle(t.Context(), journal.Put(pendingShelf, "c", []byte("{"))); err != nil {
		t.Fatal(err)
	}
	clear(b.open) // as after a start
	if err := b.Load(); err != nil {
		t.Fatal(err)
	}
	if !b.Waits("a") || !b.Waits("b") {
		t.Error("after a start touches are worked on before they were looked up")
	}
	b.advance(t, time.Second)
	if touch := b.begun["a"]; touch == nil || touch.NeedsFetch {
		t.Errorf("touch = %+v, want it worked on with its person", touch)
	}
	if touch := b.begun["c"]; touch == nil || !touch.NeedsFetch {
		t.Errorf("touch = %+v, want it worked on without", touch)
	}
	b.o.Journal.Close()
	if err := b.Load(); err == nil {
		t.Error("Load from a closed journal: no error")
	}
}

// A touch that is found in the journal before its lookup is open is not worked on.
func TestEnricher_Expect(t *testing.T) {
	b := newTest(t, &answering{})
	_, end := b.Expect(&lead.Touch{ID: "a"}, queue.Hot)
	if !b.Waits("a") || b.Waits("b") {
		t.Error("what is about to come does not wait, or something else does")
	}
	if end(); b.Waits("a") {
		t.Error("what did not come waits for ever")
	}
}

// A person is looked up until MaxAge. Then the touch says so, here and in the
// store, and is kept apart until its retention is over.
func TestEnricher_GivesUp(t *testing.T) {
	a := &answering{ends: []*lead.AskError{{Why: lead.AskUnavailable, RetryAfter: 24 * time.Hour, Note: "status 503"}}}
	b := newTest(t, a)
	begin := b.clock
	b.store.err = errors.New("away")
	b.redis.SetUp(true)
	b.accept(t, "a", "webinar_registered")
	b.advance(t, 2*time.Minute)
	touch := b.begun["a"]
	if touch == nil || touch.Unnamed() != "unavailable: status 503" {
		t.Fatalf("touch worked on = %+v, want the reason why nobody is known", touch)
	}
	touch.State = lead.Settled
	op, err := repo.SettledOp(touch)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.o.Journal.Settle(t.Context(), journal.Delete(repo.BulkShelf, "a"), op); err != nil {
		t.Fatal(err)
	}
	b.advance(t, 57*time.Minute)
	if b.unidentified.Len() != 0 {
		t.Errorf("given up after %s", b.clock.Sub(begin))
	}
	b.advance(t, 2*time.Minute) // the store is away at first
	if b.unidentified.Len() != 0 || !b.Pending("a") {
		t.Error("given up before the store knew")
	}
	b.store.err = nil
	b.advance(t, 2*time.Second)
	got, _, err := b.o.Repo.Here("a")
	steps := b.store.steps["a"]
	if err != nil || got.Unnamed() != "unavailable: status 503" || len(steps) != 1 || got.Trail[len(got.Trail)-1] != steps[0] || steps[0].Why != lead.AskGivenUp {
		t.Errorf("touch = %+v, %v, in the store %+v; want the step %s in both", got, err, steps, lead.AskGivenUp)
	}
	if counts, err := b.Unidentified(); err != nil || counts["ads"] != 1 || b.pending.Len() != 0 || b.Pending("a") {
		t.Errorf("unidentified = %v, %v, and %d pending; want one of ads and none", counts, err, b.pending.Len())
	}
	if len(a.at) != 1 {
		t.Errorf("asked %d times, want once", len(a.at))
	}
	name, isOld := Expired(b.clock.Add(-30 * time.Minute))
	value, err := b.o.Journal.Get(name, "a")
	if err != nil || !isOld("a", value) {
		t.Errorf("Expired says that it is kept past its retention, %v", err)
	}
	if _, isOld := Expired(begin); isOld("a", value) {
		t.Error("Expired says that it is old at once")
	}

	ops, start := b.Restart(got)
	if err := b.o.Journal.Commit(t.Context(), ops...); err != nil {
		t.Fatal(err)
	}
	start()
	if !b.Pending("a") || b.Waits("a") || b.unidentified.Len() != 0 {
		t.Error("a lookup that begins anew is not pending, or its touch waits for it")
	}
	clear(b.vendors) // which answers again
	b.Retry()
	b.advance(t, time.Minute)
	if touch := b.begun["a"]; touch.Person.Email == "" || b.pending.Len() != 0 {
		t.Errorf("looked up again: %+v, want its person", touch)
	}
}

// Without a journal the touch's own job looks up, and comes again while it may.
func TestEnricher_Complete(t *testing.T) {
	unavailable := &lead.AskError{Why: lead.AskUnavailable, Note: "status 503"}
	for name, c := range map[string]struct {
		end    *lead.AskError
		age    time.Duration
		again  bool
		person bool
	}{
		"Answered":   {nil, 0, false, true},
		"ComesAgain": {unavailable, 0, true, false},
		"TooLate":    {unavailable, hotPatience, false, false},
		"Refused":    {&lead.AskError{Why: lead.AskRefused}, 0, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := &answering{}
			if c.end != nil {
				a.ends = []*lead.AskError{c.end}
			}
			b := newTest(t, a)
			b.o.InJob = true
			touch := &lead.Touch{ID: "a", State: lead.Accepted, Action: "demo_request", NeedsFetch: true, ReceivedAt: b.clock.Add(-c.age)}
			if b.Needs(touch) {
				t.Error("it waits for a lookup although its job looks up")
			}
			got, err := b.Complete(t.Context(), touch)
			if (err != nil) != c.again {
				t.Fatalf("error %v, want it to come again: %t", err, c.again)
			}
			if err == nil && (got.Person.Email != "") != c.person {
				t.Errorf("touch = %+v", got)
			}
		})
	}
	b := newTest(t, &answering{})
	whole := &lead.Touch{ID: "a", State: lead.Accepted}
	if got, err := b.Complete(t.Context(), whole); err != nil || got != whole {
		t.Errorf("what lacks nothing = %+v, %v", got, err)
	}
}
