package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/jobs"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/rules"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/message"
	"github.com/leadgate/leadgate/notify/pace"
	"github.com/leadgate/leadgate/notify/routing"
	"github.com/leadgate/leadgate/store"
)

// house is jobs with a store in this process, whose clock the test moves.
type house struct {
	*jobs.Jobs
	t     *testing.T
	o     jobs.Options
	store *store.Store
	dir   string
	addr  string // of a Redis that replicas share; empty: built in
	stop  func()
	*town
}

// town is what replicas have in common: the time, and targets.
type town struct {
	mu   sync.Mutex
	at   time.Time
	told []heardAlert

	breaks func(step string) bool // whether the store fails at a step, as if the process had ended there; nil: never
	alarms []string               // titles
	broken error                  // what targets say when they are asked whether they could be told
}

// heardAlert is one message that a target was sent.
type heardAlert struct {
	target string
	alerts []notify.Alert
}

// breaking is a store that fails where the town says so.
type breaking struct {
	*store.Store
	town *town
}

var errBroken = errors.New("broken off")

func (b breaking) at(step string) error {
	b.town.mu.Lock()
	defer b.town.mu.Unlock()
	if b.town.breaks != nil && b.town.breaks(step) {
		return errBroken
	}
	return nil
}

func (b breaking) UpdateLead(ctx context.Context, id string, revision int64, change func(*lead.Lead) error) (*lead.Lead, error) {
	if err := b.at("before the lead"); err != nil {
		return nil, err
	}
	return b.Store.UpdateLead(ctx, id, revision, change)
}

func (b breaking) Reopen(ctx context.Context, t *lead.Touch) error {
	if err := b.at("before the touch"); err != nil {
		return err
	}
	if err := b.Store.Reopen(ctx, t); err != nil {
		return err
	}
	return b.at("after the touch")
}

// earOf is a sender that listens.
type earOf struct {
	h      *house
	target string
}

func (e earOf) Most() int { return 40 }

func (e earOf) Send(_ context.Context, alerts []notify.Alert) (string, error) {
	e.h.mu.Lock()
	defer e.h.mu.Unlock()
	e.h.told = append(e.h.told, heardAlert{e.target, alerts})
	return fmt.Sprintf("C-%s/%d", e.target, len(e.h.told)), nil
}

// Alarm lets targets hear of alarms, too.
func (e earOf) Alarm(_ context.Context, a notify.Alarm) error {
	e.h.mu.Lock()
	defer e.h.mu.Unlock()
	e.h.alarms = append(e.h.alarms, e.target+": "+a.Title)
	return nil
}

// Probe lets targets be asked.
func (e earOf) Probe(context.Context) error {
	e.h.mu.Lock()
	defer e.h.mu.Unlock()
	return e.h.broken
}

func (n *town) breakTargets(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.broken = err
}

// newHouse opens a house at a moment; targets are the names of all there are.
func newHouse(t *testing.T, at string, o jobs.Options, targets ...string) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), o: o, town: &town{}}
	h.setTime(at)
	for _, name := range targets {
		target := notify.Target{Name: name, Kind: "slack", Channel: "C-" + name, Pace: pace.Pace{Off: true}}
		h.o.Outlets = append(h.o.Outlets, jobs.Outlet{Target: target, Sender: earOf{h, name}, Pacer: pace.New(target.PaceName(), target.Pace)})
	}
	h.open()
	t.Cleanup(func() { h.stop() })
	return h
}

// replica opens another house on the same Redis, with a journal of its own.
func (h *house) replica() *house {
	h.t.Helper()
	r := &house{t: h.t, dir: h.t.TempDir(), o: h.o, addr: h.addr, town: h.town}
	r.open()
	h.t.Cleanup(func() { r.stop() })
	return r
}

// open starts jobs over the house's directory and an empty built-in Redis.
func (h *house) open() {
	h.t.Helper()
	jr, err := journal.Open(journal.Options{Dir: h.dir, Shelves: jobs.Shelves(), Reserve: -1})
	if err != nil {
		h.t.Fatal(err)
	}
	addr, embedded := h.addr, func() {}
	if addr == "" {
		mini, err := miniredis.Run()
		if err != nil {
			h.t.Fatal(err)
		}
		addr, embedded = mini.Addr(), mini.Close
	}
	client := func() redis.UniversalClient {
		return redis.NewUniversalClient(&redis.UniversalOptions{Addrs: []string{addr}, Protocol: 2})
	}
	clients := []redis.UniversalClient{client(), client(), client()}
	h.store = store.New(clients[0], store.Options{Now: h.now})
	o := h.o
	o.Journal, o.Store, o.Now, o.Embedded = jr, breaking{h.store, h.town}, h.now, h.addr == ""
	if o.Rules == nil {
		o.Rules = rules.Default
	}
	o.Node = h.dir
	o.Producer, o.Hot, o.Bulk = clients[0], clients[1], clients[2]
	if h.Jobs, err = jobs.New(o); err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	if err := h.Redis.Ready(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	h.stop = func() {
		cancel()
		if err := <-done; err != nil {
			h.t.Error(err)
		}
		for _, c := range clients {
			c.Close()
		}
		embedded()
		jr.Close()
	}
}

// reopen is a restart.
func (h *house) reopen() {
	h.t.Helper()
	h.stop()
	h.open()
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

// pass lets time go by.
func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
}

func (h *house) setTime(at string) {
	h.t.Helper()
	now, err := time.Parse(time.RFC3339, at)
	if err != nil {
		h.t.Fatal(err)
	}
	h.mu.Lock()
	h.at = now
	h.mu.Unlock()
}

// demo has somebody ask for a demo, and waits until the lead is settled.
func (h *house) demo(name string, change ...func(*lead.Touch)) *lead.Lead {
	h.t.Helper()
	now := h.now()
	t := &lead.Touch{ID: lead.NewID(now), State: lead.Accepted, Source: "site", Provider: "form", Action: "demo_request", At: now, ReceivedAt: now,
		Person: lead.Person{Name: name, Email: strings.ToLower(name) + "@works.example"}, Content: name}
	for _, c := range change {
		c(t)
	}
	if _, err := h.Intake.Accept(h.t.Context(), &lead.Request{ID: lead.NewID(now), Source: "site", ReceivedAt: now}, []*lead.Touch{t}); err != nil {
		h.t.Fatal(err)
	}
	var l *lead.Lead
	awaitFor(h.t, name+" to be settled", 10*time.Second, func() bool {
		found, err := h.Views.Touch(h.t.Context(), t.ID)
		if err != nil || found.State == lead.Accepted {
			return false
		}
		l, err = h.store.Lead(h.t.Context(), found.LeadID)
		return err == nil
	})
	return l
}

// lead reads a lead again.
func (h *house) lead(id string) *lead.Lead {
	h.t.Helper()
	l, err := h.store.Lead(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return l
}

// heard returns how often each target was told something of a kind of a lead.
func (h *house) heard(kind lead.AlertKind, leadID string) map[string]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	times := map[string]int{}
	for _, m := range h.told {
		if m.alerts[0].Kind == kind && slices.ContainsFunc(m.alerts, func(a notify.Alert) bool { return a.Lead.ID == leadID }) {
			times[m.target]++
		}
	}
	return times
}

// escalated waits until a level of a lead has heard.
func (h *house) escalated(l *lead.Lead, level int) {
	h.t.Helper()
	awaitFor(h.t, fmt.Sprintf("level %d of %s to hear", level, l.Person.Name), 10*time.Second, func() bool { return h.lead(l.ID).Escalated >= level })
}

var fiveMinutes = []routing.Route{{To: "sales", AtLeast: lead.Hot, Team: "emea", Escalate: []routing.Escalation{{After: 5 * time.Minute, To: "managers"}, {After: 15 * time.Minute, To: "Boss"}}}}

func TestClock_Claimed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "2026-11-25T10:00:00Z", jobs.Options{Routes: fiveMinutes, People: lead.People{Reps: []lead.Rep{{Name: "Boss"}}}}, "sales", "managers")
	ignored, claimed, back := h.demo("Ignored"), h.demo("Claimed"), h.demo("Back")
	if !ignored.EscalatesAt.Equal(h.now().Add(5 * time.Minute)) {
		t.Errorf("escalates at %s", ignored.EscalatesAt)
	}
	act := func(l *lead.Lead, v lead.Verb) {
		t.Helper()
		if _, err := h.Commands.Act(t.Context(), l.ID, lead.Command{Verb: v, By: "Dana"}, 0); err != nil {
			t.Fatal(err)
		}
	}
	h.setTime("2026-11-25T10:04:59Z")
	act(claimed, lead.VerbClaim)
	act(back, lead.VerbClaim)
	act(back, lead.VerbUnclaim)
	h.setTime("2026-11-25T10:05:00Z")
	h.escalated(ignored, 1)
	for l, want := range map[*lead.Lead]map[string]int{ignored: {"sales": 1, "managers": 1}, claimed: {}, back: {}} {
		if diff := cmp.Diff(want, h.heard(lead.Escalated, l.ID)); diff != "" {
			t.Errorf("who heard of %s after five minutes (-want +got):\n%s", l.Person.Name, diff)
		}
	}
	// Who was given back waits since then.
	h.setTime("2026-11-25T10:09:59Z")
	h.escalated(back, 1)
	// After a restart the next level hears, and the first does not again.
	h.setTime("2026-11-25T10:15:00Z")
	h.reopen()
	h.escalated(ignored, 2)
	for l, want := range map[*lead.Lead]map[string]int{ignored: {"sales": 2, "managers": 1}, claimed: {}, back: {"sales": 1, "managers": 1}} {
		if diff := cmp.Diff(want, h.heard(lead.Escalated, l.ID)); diff != "" {
			t.Errorf("who heard of %s in the end (-want +got):\n%s", l.Person.Name, diff)
		}
	}
	if l := h.lead(ignored.ID); !l.EscalatesAt.IsZero() || l.Trail[len(l.Trail)-1].Note != "Boss" {
		t.Errorf("at the end of its ladder the lead escalates at %s, and its trail ends with %+v", l.EscalatesAt, l.Trail[len(l.Trail)-1])
	}
}

// TestClock_Wall: the clock stops with the working day, also over the night in
// which clocks change, counts from the visitor's submit, and says when it is late.
func TestClock_Wall(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	office := []lead.Span{{Days: []time.Weekday{1, 2, 3, 4, 5}, From: 9 * time.Hour, To: 17*time.Hour + 30*time.Minute}}
	people := lead.People{Reps: []lead.Rep{{Name: "Dana", Hours: lead.Hours{Spans: office, Zone: berlin}}, {Name: "Boss"}}, Teams: []lead.Team{{Name: "emea", Reps: []string{"Dana"}}}}
	for name, tt := range map[string]struct {
		asked, due string
		ago        time.Duration // the visitor's submit was so long before its arrival
	}{
		"WinterBegins":   {"2026-10-23T17:28:00+02:00", "2026-10-26T09:03:00+01:00", 0},
		"SummerBegins":   {"2026-03-27T17:28:00+01:00", "2026-03-30T09:03:00+02:00", 0},
		"AtNight":        {"2026-11-25T02:00:00+01:00", "2026-11-25T09:05:00+01:00", 0},
		"AskedBefore":    {"2026-11-25T10:00:00+01:00", "2026-11-25T10:02:00+01:00", 3 * time.Minute},
		"AskedLongSince": {"2026-11-25T10:00:00+01:00", "2026-11-25T10:05:00+01:00", 3 * 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, tt.asked, jobs.Options{Routes: fiveMinutes, People: people}, "sales", "managers")
			l := h.demo("Grace", func(t *lead.Touch) { t.At = t.At.Add(-tt.ago) })
			if got := l.EscalatesAt.In(berlin).Format(time.RFC3339); got != tt.due {
				t.Fatalf("escalates at %s, want %s", got, tt.due)
			}
			before := l.EscalatesAt.Add(-time.Second)
			h.setTime(before.Format(time.RFC3339))
			control := h.demo("Control", func(t *lead.Touch) { t.At = before.Add(-24 * time.Hour) })
			if control.EscalatesAt.Before(before) {
				h.escalated(control, 1) // so a look at the clock has passed
			}
			if told := h.heard(lead.Escalated, l.ID); len(told) > 0 {
				t.Fatalf("a second before its time %v heard", told)
			}
			h.setTime(tt.due)
			h.escalated(l, 1)
			h.setTime(l.EscalatesAt.Add(3 * time.Hour).Format(time.RFC3339))
			h.escalated(l, 2)
			h.mu.Lock()
			defer h.mu.Unlock()
			for _, m := range h.told {
				r := m.alerts[0].Reminder
				if r == nil || m.alerts[0].Lead.ID != l.ID {
					continue
				}
				if late := r.To == "Boss"; (r.Late > 0) != late || !late && r.Waited != 5*time.Minute {
					t.Errorf("%s was told for %s: after %s, late %s", m.target, r.To, r.Waited, r.Late)
				}
			}
		})
	}
}

func TestClock_RoundRobin(t *testing.T) {
	t.Parallel()
	people := lead.People{Reps: []lead.Rep{{Name: "Dana", Weight: 2}, {Name: "Eli"}}, Teams: []lead.Team{{Name: "emea", Mode: lead.RoundRobin, Reps: []string{"Dana", "Eli"}}}}
	h := newHouse(t, "2026-11-25T10:00:00Z", jobs.Options{Routes: fiveMinutes, People: people}, "sales", "managers")
	deal := func(names ...string) (whose []string) {
		t.Helper()
		for _, name := range names {
			l := h.demo(name)
			if l.Assigned == nil {
				t.Fatalf("%s was given to nobody", name)
			}
			whose = append(whose, l.Assigned.To)
		}
		return whose
	}
	want := func(what string, got []string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: whose leads (-want +got):\n%s", what, diff)
		}
	}
	want("at first", deal("A", "B"), "Dana", "Eli")
	h.reopen()
	want("after a restart", deal("C", "D", "E"), "Dana", "Dana", "Eli")
	if _, err := h.Commands.OffUntil(t.Context(), "Dana", "14:00"); err != nil {
		t.Fatal(err)
	}
	h.reopen()
	want("while Dana is off", deal("F", "G"), "Eli", "Eli")
	h.setTime("2026-11-25T14:00:00Z")
	want("when Dana is back", deal("H"), "Dana")
	if _, err := h.Commands.OffUntil(t.Context(), "Nobody", "15:00"); err == nil {
		t.Error("somebody unknown can be off")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range h.told {
		if a := m.alerts[0]; a.Lead.Assigned == nil || a.Lead.Assigned.Team != "emea" {
			t.Errorf("the alert to %s says nothing of whose turn it is", m.target)
		}
	}
}

// digests returns who each digest told of, in order.
func (h *house) digests() (all [][]string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range h.told {
		if m.alerts[0].Kind != lead.DigestAlert {
			continue
		}
		var names []string
		for _, a := range m.alerts {
			names = append(names, a.Lead.Person.Name)
		}
		all = append(all, names)
	}
	return all
}

func did(a lead.Action) func(*lead.Touch) {
	return func(t *lead.Touch) { t.Action, t.Content = a, t.Content+string(a) }
}

func TestClock_Digest(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "2026-11-24T07:59:00Z", jobs.Options{Routes: []routing.Route{{To: "sales", AtLeast: lead.Hot}},
		Digests: []lead.Digest{{To: "marketing", Temperature: lead.Warm, At: 9 * time.Hour}}}, "sales", "marketing")
	digested := func(day string, n int64) {
		t.Helper()
		awaitFor(t, fmt.Sprintf("the books of %s to balance with %d digested", day, n), 10*time.Second, func() bool {
			b, err := h.Views.Books(t.Context(), day)
			return err == nil && b.Digested == n && b.Unaccounted+b.Waiting == 0 && b.Accepted == b.Alerted+b.Held+b.Digested
		})
	}
	h.demo("Ada", did("webinar_registered"))
	h.demo("Bob", did("webinar_registered"), func(t *lead.Touch) { t.Test = true })
	h.demo("Cleo", did("page_view"))
	h.demo("Dina")
	taken := h.demo("Emil", did("webinar_registered"))
	if _, err := h.Commands.Act(t.Context(), taken.ID, lead.Command{Verb: lead.VerbClaim, By: "Dana"}, 0); err != nil {
		t.Fatal(err)
	}
	h.setTime("2026-11-24T09:00:00Z")
	digested("2026-11-24", 1)

	// The next slots are missed, and told of in one, after a restart.
	h.setTime("2026-11-24T12:00:00Z")
	h.demo("Finn", did("ebook_download"))
	h.demo("Ada", did("whitepaper_download"))
	h.reopen()
	h.setTime("2026-11-27T10:00:00Z")
	digested("2026-11-24", 3)
	h.reopen()
	digested("2026-11-24", 3)
	h.setTime("2026-11-28T09:30:00Z") // nobody came since
	h.demo("Gus", did("webinar_registered"))
	h.setTime("2026-11-29T09:00:00Z")
	digested("2026-11-28", 1)
	if diff := cmp.Diff([][]string{{"Ada"}, {"Ada", "Finn"}, {"Gus"}}, h.digests()); diff != "" {
		t.Errorf("digests (-want +got):\n%s", diff)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range h.told {
		if d := m.alerts[0].Digest; d != nil && m.alerts[0].Lead.Person.Name == "Ada" && len(m.alerts) == 2 {
			if d.Heating != 1 || d.Total != 2 || d.Sources["site"] != 2 || d.From.Day() != 24 || d.To.Day() != 27 {
				t.Errorf("the second digest says %+v", d)
			}
		}
	}
}

// board is a target whose messages can be rewritten.
type board struct {
	mu    sync.Mutex
	shows map[string][]notify.Alert // receipt -> the message as it is
}

func (b *board) Most() int { return lead.Listed }

func (b *board) Send(ctx context.Context, alerts []notify.Alert) (string, error) {
	receipt := "C-board/" + alerts[0].ID()
	return receipt, b.Update(ctx, receipt, alerts)
}

func (b *board) Update(_ context.Context, receipt string, alerts []notify.Alert) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shows[receipt] = alerts
	return nil
}

// says is a message as Slack would show it in one line a lead.
func (b *board) says(receipt string) (lines []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.shows[receipt]) == 0 {
		return nil
	}
	m := message.ComposeAll(b.shows[receipt], message.Style{})
	lines = append(lines, m.Header, m.Note, m.More)
	for _, one := range m.Leads {
		button := ""
		if len(one.Buttons) > 0 {
			button = one.Buttons[0].Label
		}
		lines = append(lines, fmt.Sprintf("%s %s %s %s", one.Who, one.Owner, one.Change, button))
	}
	return lines
}

// TestClock_DigestFollows: the message of a digest shows who has taken its leads
// and keeps nothing of who was erased, also after a restart.
func TestClock_DigestFollows(t *testing.T) {
	t.Parallel()
	b := &board{shows: map[string][]notify.Alert{}}
	target := notify.Target{Name: "marketing", Kind: "slack", Channel: "C-board", Pace: pace.Pace{Off: true}}
	h := newHouse(t, "2026-11-24T07:59:00Z", jobs.Options{Digests: []lead.Digest{{To: "marketing", Temperature: lead.Warm, At: 9 * time.Hour}},
		Outlets: []jobs.Outlet{{Target: target, Sender: b, Pacer: pace.New(target.PaceName(), target.Pace)}}})
	ada := h.demo("Ada", did("webinar_registered"))
	h.setTime("2026-11-24T07:59:01Z") // equally warm, the first to come is the first to be told of
	bob := h.demo("Bob", did("webinar_registered"))
	h.setTime("2026-11-24T07:59:02Z")
	h.demo("Cleo", did("webinar_registered"))
	h.setTime("2026-11-24T09:00:00Z")
	receipt := "C-board/digest:marketing:warm:2026-11-24"
	header := []string{"3 warm leads since Mon 09:00", "site 3", ""}
	var said []string
	defer func() {
		if t.Failed() {
			t.Logf("the digest says %q", said)
		}
	}()
	shows := func(lines ...string) {
		t.Helper()
		want := append(slices.Clone(header), lines...)
		awaitFor(t, fmt.Sprintf("the digest to say %q", want), 10*time.Second, func() bool {
			h.pass(50 * time.Millisecond) // rewriting has a pace of its own
			said = b.says(receipt)
			return slices.Equal(said, want)
		})
	}
	shows("Ada, works.example  35 Claim", "Bob, works.example  35 Claim", "Cleo, works.example  35 Claim")
	awaitFor(t, "the leads to know their message", 10*time.Second, func() bool {
		l, err := h.Views.Lead(t.Context(), ada.ID)
		return err == nil && len(l.Posts) == 1
	})
	act := func(id string, v lead.Verb) {
		t.Helper()
		if _, err := h.Commands.Act(t.Context(), id, lead.Command{Verb: v, By: "Dana"}, 0); err != nil {
			t.Fatal(err)
		}
	}
	act(ada.ID, lead.VerbClaim)
	shows("Ada, works.example Dana 35 I made contact", "Bob, works.example  35 Claim", "Cleo, works.example  35 Claim")
	awaitFor(t, "the books to have the digest", 10*time.Second, func() bool {
		books, err := h.Views.Books(t.Context(), "2026-11-24")
		return err == nil && books.Digested == 3
	})
	h.reopen()
	act(bob.ID, lead.VerbJunk)
	shows("Ada, works.example Dana 35 I made contact", "Bob, works.example  35 Not junk", "Cleo, works.example  35 Claim")
	if _, err := h.Privacy.Erase(t.Context(), lead.EraseRequest{LeadID: ada.ID}, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	shows("[erased on request]   ", "Bob, works.example  35 Not junk", "Cleo, works.example  35 Claim")
}

// TestClock_Replicas: three replicas tell every digest and every level once, also
// when the one that took the leads is gone.
func TestClock_Replicas(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "2026-11-24T08:59:00Z", jobs.Options{}, "sales", "managers", "marketing")
	h.stop()
	h.o.Routes, h.o.Digests = fiveMinutes, []lead.Digest{{To: "marketing", Temperature: lead.Warm, At: 9 * time.Hour}}
	h.addr = newRealRedis(t).addr
	h.open()
	others := []*house{h.replica(), h.replica()}
	hot := h.demo("Hot")
	h.demo("Warm", did("webinar_registered"))
	h.stop()
	h.stop = func() {}
	h.setTime("2026-11-24T09:04:00Z")
	others[0].escalated(hot, 1)
	h.setTime("2026-11-24T09:30:00Z")
	others[1].escalated(hot, 2)
	awaitFor(t, "the digest", 10*time.Second, func() bool { return len(h.digests()) > 0 })
	h.open() // and the first comes back
	h.setTime("2026-11-25T09:00:00Z")
	awaitFor(t, "the empty slot", 10*time.Second, func() bool {
		told, err := h.store.Receipts(t.Context(), "digest:marketing:warm:2026-11-25")
		return err == nil && len(told) == 1
	})
	if diff := cmp.Diff([][]string{{"Warm"}}, h.digests()); diff != "" {
		t.Errorf("digests (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"sales": 2, "managers": 1}, h.heard(lead.Escalated, hot.ID)); diff != "" {
		t.Errorf("who heard that nobody took the hot one (-want +got):\n%s", diff)
	}
}

func TestClock_Silence(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "2026-11-24T08:00:00Z", jobs.Options{AlarmTo: "managers", Sources: []string{"site", "zoom-webinars", "new"},
		Routes: []routing.Route{{To: "sales", AtLeast: lead.Hot}}}, "sales", "managers")
	heard := func(want ...string) {
		t.Helper()
		awaitFor(t, fmt.Sprintf("%d alarms", len(want)), 10*time.Second, func() bool {
			h.mu.Lock()
			defer h.mu.Unlock()
			return len(h.alarms) >= len(want)
		})
		h.mu.Lock()
		defer h.mu.Unlock()
		if diff := cmp.Diff(want, h.alarms); diff != "" {
			t.Errorf("alarms (-want +got):\n%s", diff)
		}
	}
	// What was said is kept a moment later; a stop in between has it said again.
	kept := func(is func(lead.ArrivalRate) bool) (rates map[string]lead.ArrivalRate) {
		t.Helper()
		awaitFor(t, "the rhythm to be kept", 10*time.Second, func() bool {
			var err error
			rates, err = h.store.ArrivalRates(t.Context())
			return err == nil && is(rates["zoom-webinars"])
		})
		return rates
	}
	gaps := map[string]time.Duration{"2026-11-20": 8 * time.Hour, "2026-11-21": 9 * time.Hour, "2026-11-22": 9 * time.Hour}
	rates := map[string]lead.ArrivalRate{}
	for source, silent := range map[string]time.Duration{"site": 13 * time.Hour, "zoom-webinars": 26 * time.Hour, "gone": 99 * time.Hour} {
		rates[source] = lead.ArrivalRate{Last: h.now().Add(-silent), Seen: h.now().Add(-time.Second), Longest: gaps}
	}
	if err := h.store.SetArrivalRates(t.Context(), rates, false); err != nil {
		t.Fatal(err)
	}
	h.setTime("2026-11-24T08:01:00Z")
	heard("managers: Source zoom-webinars has been silent for 26 h, usually at most 9 h")
	kept(func(r lead.ArrivalRate) bool { return !r.Silent.IsZero() })
	h.reopen() // which does not say it again
	h.setTime("2026-11-24T08:02:00Z")
	h.demo("Ada", func(t *lead.Touch) { t.Source = "zoom-webinars" })
	h.demo("Test", func(t *lead.Touch) { t.Source, t.Test = "new", true })
	h.setTime("2026-11-24T08:03:00Z")
	heard("managers: Source zoom-webinars has been silent for 26 h, usually at most 9 h", "managers: Source zoom-webinars speaks again, after 26 h")
	now := kept(func(r lead.ArrivalRate) bool { return r.Longest["2026-11-24"] >= 26*time.Hour })
	if !now["site"].Silent.IsZero() || !now["zoom-webinars"].Silent.IsZero() {
		t.Errorf("rhythms are %+v", now)
	}
	if _, ok := now["new"]; ok {
		t.Error("a test counts as if its source had spoken")
	}
}

// TestApply: routes, people and sources of a changed configuration are in force at once.
func TestApply(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "2026-11-24T08:00:00Z", jobs.Options{AlarmTo: "managers", Routes: []routing.Route{{To: "sales", AtLeast: lead.Hot}}}, "sales", "managers")
	l := h.demo("Ada")
	silent := map[string]lead.ArrivalRate{"site": {Last: h.now().Add(-26 * time.Hour), Seen: h.now().Add(-time.Second),
		Longest: map[string]time.Duration{"2026-11-20": time.Hour, "2026-11-21": time.Hour, "2026-11-22": time.Hour}}}
	if err := h.store.SetArrivalRates(t.Context(), silent, false); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Commands.OffUntil(t.Context(), "Dana", "14:00"); !errors.Is(err, lead.ErrNotFound) {
		t.Errorf("off duty of an unknown rep: %v", err)
	}
	h.Apply(jobs.Settings{Routes: []routing.Route{{To: "managers", AtLeast: lead.Cold}}, People: lead.People{Reps: []lead.Rep{{Name: "Dana"}}}, Sources: []string{"news"}})

	if _, err := h.Commands.OffUntil(t.Context(), "Dana", "14:00"); err != nil {
		t.Errorf("off duty of a new rep: %v", err)
	}
	if _, err := h.Commands.Resend(t.Context(), l.ID, lead.ResendOne{Target: "managers", By: "Dana"}); err != nil {
		t.Fatal(err)
	}
	awaitFor(t, "managers to get it", 10*time.Second, func() bool { return h.heard(lead.Copy, l.ID)["managers"] == 1 })

	silent["news"] = silent["site"]
	if err := h.store.SetArrivalRates(t.Context(), silent, false); err != nil {
		t.Fatal(err)
	}
	h.setTime("2026-11-24T08:01:00Z")
	awaitFor(t, "the alarm", 10*time.Second, func() bool { h.mu.Lock(); defer h.mu.Unlock(); return len(h.alarms) > 0 })
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.alarms) != 1 || !strings.Contains(h.alarms[0], "Source news has been silent") {
		t.Errorf("alarms are %q, want one of the new source", h.alarms)
	}
}

func TestCanary(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	h := newHouse(t, "2026-11-24T08:00:00Z", jobs.Options{AlarmTo: "managers", Registry: registry, Canary: jobs.Canary{Every: 50 * time.Millisecond, Source: "site"},
		Sources: []string{"site"}, Routes: []routing.Route{{To: "sales", AtLeast: lead.Hot}}}, "sales", "managers")
	value := func(name string) (v float64) {
		t.Helper()
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() == name {
				v = f.Metric[0].GetGauge().GetValue() + f.Metric[0].GetCounter().GetValue()
			}
		}
		return v
	}
	alarms := func() string {
		h.mu.Lock()
		defer h.mu.Unlock()
		return strings.Join(h.alarms, "; ")
	}
	awaitFor(t, "a canary to come through", 10*time.Second, func() bool { return value("leadgate_canary_seconds") > 0 })
	if at := value("leadgate_canary_last_success_timestamp_seconds"); at != float64(h.now().Unix()) {
		t.Errorf("the last success was at %v", at)
	}
	h.breakTargets(&notify.Error{Class: notify.BadToken, Code: "token_revoked", Err: errors.New("the token was revoked")})
	awaitFor(t, "the alarm", 10*time.Second, func() bool { return alarms() == "managers: The canary did not come through" })
	h.breakTargets(nil)
	awaitFor(t, "the end of the alarm", 10*time.Second, func() bool { return strings.HasSuffix(alarms(), "; managers: The canary comes through again") })
	if value("leadgate_canary_failures_total") == 0 {
		t.Error("no failure was counted")
	}
	h.mu.Lock()
	told := len(h.told)
	h.mu.Unlock()
	b, err := h.Views.Books(t.Context(), "2026-11-24")
	if err != nil || b != (lead.Books{}) || told > 0 {
		t.Errorf("canaries are in the books, %+v, %v, or told to %d targets", b, err, told)
	}
	p, err := h.store.Leads(t.Context(), lead.Query{})
	if err != nil || len(p.Items) != 1 || !p.Items[0].Test {
		t.Errorf("%d leads, %v; want one test", len(p.Items), err)
	}
}
