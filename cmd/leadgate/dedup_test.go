package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadgate/leadgate/handlers"
	"github.com/leadgate/leadgate/handlers/api"
	"github.com/leadgate/leadgate/handlers/intake"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/jobs"
	"github.com/leadgate/leadgate/jobs/notes"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/rules"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/pace"
	"github.com/leadgate/leadgate/notify/routing"
	"github.com/leadgate/leadgate/store"
)

// sent is one delivery, so long after the one before it. As is kept: the person
// in it as a form's fields, of which # is the number of the case.
type sent struct {
	source string
	fields string // email=ada@c#.example&name=Ada
	after  time.Duration
	id     string    // Idempotency-Key
	act    lead.Verb // done by Dana to the lead of the delivery before, instead of a delivery
}

// dedupCases are what people and vendors do twice, and what comes of it.
var dedupCases = []struct {
	title string
	sent  []sent
}{
	{"a double click", []sent{{source: "demo", fields: "email=ada@c#.example&message=Call me"}, {source: "demo", fields: "email=ada@c#.example&message=Call me", after: time.Second}}},
	{"the form sent again five minutes later, word for word", []sent{{source: "demo", fields: "email=ada@c#.example&message=Call me"}, {source: "demo", fields: "email=ada@c#.example&message=Call me", after: 5 * time.Minute}}},
	{"word for word again after eleven minutes: they mean it", []sent{{source: "demo", fields: "email=ada@c#.example&message=Call me"}, {source: "demo", fields: "email=ada@c#.example&message=Call me", after: 11 * time.Minute}}},
	{"word for word again the day after tomorrow", []sent{{source: "demo", fields: "email=ada@c#.example&message=Call me"}, {source: "demo", fields: "email=ada@c#.example&message=Call me", after: 48 * time.Hour}}},
	{"a vendor tries the same delivery again at once", []sent{{source: "demo", fields: "email=ada@c#.example", id: "d#"}, {source: "demo", fields: "email=ada@c#.example", after: time.Second, id: "d#"}}},
	{"a vendor tries the same delivery again after three days", []sent{{source: "demo", fields: "email=ada@c#.example", id: "d#"}, {source: "demo", fields: "email=ada@c#.example", after: 72 * time.Hour, id: "d#"}}},
	{"two people under one delivery id, as careless automations send", []sent{{source: "demo", fields: "email=ada@c#.example", id: "d#"}, {source: "demo", fields: "email=bob@c#.example", after: time.Second, id: "d#"}}},
	{"a typo in the message corrected", []sent{{source: "demo", fields: "email=ada@c#.example&message=Cal me"}, {source: "demo", fields: "email=ada@c#.example&message=Call me", after: time.Minute}}},
	{"the company corrected", []sent{{source: "demo", fields: "email=ada@c#.example&company=Acm"}, {source: "demo", fields: "email=ada@c#.example&company=Acme", after: time.Minute}}},
	{"a phone number added", []sent{{source: "demo", fields: "email=ada@c#.example"}, {source: "demo", fields: "email=ada@c#.example&phone=%2B4930123450#", after: time.Minute}}},
	{"the address corrected, with a phone number: not one by itself, for the first may be somebody's", []sent{{source: "demo", fields: "email=adda@c#.example&phone=%2B4930123450#"}, {source: "demo", fields: "email=ada@c#.example&phone=%2B4930123450#", after: time.Minute}}},
	{"the address corrected, without one: two people until somebody merges them", []sent{{source: "demo", fields: "email=adda@c#.example"}, {source: "demo", fields: "email=ada@c#.example", after: time.Minute}}},
	{"the address in capitals", []sent{{source: "demo", fields: "email=ada@c#.example"}, {source: "demo", fields: "email=ADA@C#.EXAMPLE&message=me again", after: time.Minute}}},
	{"the address with blanks around it", []sent{{source: "demo", fields: "email=ada@c#.example"}, {source: "demo", fields: "email=%20ada@c#.example%20&message=me again", after: time.Minute}}},
	{"a plus tag: another mailbox, unless plus_tags says same", []sent{{source: "demo", fields: "email=ada@c#.example"}, {source: "demo", fields: "email=ada%2Bdemo@c#.example", after: time.Minute}}},
	{"the same person on another form", []sent{{source: "webinar", fields: "email=ada@c#.example"}, {source: "demo", fields: "email=ada@c#.example", after: time.Hour}}},
	{"the same words on two forms", []sent{{source: "demo", fields: "email=ada@c#.example&message=Call me"}, {source: "contact", fields: "email=ada@c#.example&message=Call me", after: time.Second}}},
	{"hot, then a newsletter on another form", []sent{{source: "demo", fields: "email=ada@c#.example"}, {source: "newsletter", fields: "email=ada@c#.example", after: time.Hour}}},
	{"hot, then a webinar four days later", []sent{{source: "demo", fields: "email=ada@c#.example"}, {source: "webinar", fields: "email=ada@c#.example", after: 96 * time.Hour}}},
	{"taken by Dana, then asks again three days later", []sent{{source: "demo", fields: "email=ada@c#.example"}, {act: lead.VerbClaim}, {source: "quote", fields: "email=ada@c#.example", after: 72 * time.Hour}}},
	{"junk, then writes again", []sent{{source: "demo", fields: "email=ada@c#.example"}, {act: lead.VerbJunk}, {source: "demo", fields: "email=ada@c#.example&message=I am real", after: time.Hour}}},
	{"cooled for a month, then asks again", []sent{{source: "demo", fields: "email=ada@c#.example"}, {source: "demo", fields: "email=ada@c#.example&message=ready now", after: 30 * 24 * time.Hour}}},
	{"three warm touches heat up, once", []sent{{source: "webinar", fields: "email=ada@c#.example"}, {source: "whitepaper", fields: "email=ada@c#.example", after: time.Hour}, {source: "referral", fields: "email=ada@c#.example", after: time.Hour}, {source: "brochure", fields: "email=ada@c#.example", after: time.Hour}}},
	{"two people of one company", []sent{{source: "demo", fields: "email=ada@c#.example&company=Acme"}, {source: "demo", fields: "email=bob@c#.example&company=Acme", after: time.Minute}}},
	{"two people at one phone", []sent{{source: "demo", fields: "email=ada@c#.example&phone=%2B4930123450#"}, {source: "demo", fields: "email=bob@c#.example&phone=%2B4930123450#", after: time.Minute}}},
	{"a shared mailbox: one lead, and every name is in its thread", []sent{{source: "demo", fields: "email=info@c#.example&name=Ada Quell"}, {source: "demo", fields: "email=info@c#.example&name=Bob Brook", after: time.Minute}}},
	{"two people with one name", []sent{{source: "demo", fields: "email=ada1@c#.example&name=Ada Quell"}, {source: "demo", fields: "email=ada2@c#.example&name=Ada Quell", after: time.Minute}}},
	{"a phone number only, twice", []sent{{source: "demo", fields: "phone=%2B49 30 123450#"}, {source: "demo", fields: "phone=%2B4930123450#&message=me again", after: time.Minute}}},
	{"a phone number only, then with an address", []sent{{source: "demo", fields: "phone=%2B4930123450#"}, {source: "demo", fields: "email=ada@c#.example&phone=%2B4930123450#", after: time.Minute}}},
	{"an address, then the phone number alone", []sent{{source: "demo", fields: "email=ada@c#.example&phone=%2B4930123450#"}, {source: "demo", fields: "phone=%2B4930123450#&message=me again", after: time.Minute}}},
	{"a phone number without its country is nobody's key", []sent{{source: "demo", fields: "phone=030 123450#"}, {source: "demo", fields: "phone=030 123450#&message=me again", after: time.Minute}}},
	{"a support request of somebody hot", []sent{{source: "demo", fields: "email=ada@c#.example"}, {source: "contact", fields: "email=ada@c#.example&topic=Support&message=It does not start", after: time.Hour}}},
	{"a support request, then a demo", []sent{{source: "contact", fields: "email=ada@c#.example&topic=Support&message=It does not start"}, {source: "demo", fields: "email=ada@c#.example", after: time.Hour}}},
}

// TestDedup shows for each case what becomes of every touch, whose lead it is,
// and what sales hears. Nobody is swallowed: whoever is hot is told of.
func TestDedup(t *testing.T) {
	w := newDedupWorld(t)
	var b strings.Builder
	b.WriteString("# What people and vendors do twice. Rewritten by: go test ./cmd/leadgate -run Dedup -update\n")
	for n, c := range dedupCases {
		fmt.Fprintf(&b, "\n%s\n", c.title)
		letters := map[string]string{}
		last := ""
		for _, s := range c.sent {
			s.fields = strings.ReplaceAll(s.fields, "#", fmt.Sprintf("%02d", n))
			s.id = strings.ReplaceAll(s.id, "#", fmt.Sprint(n))
			w.later(s.after)
			if s.act != "" {
				if _, err := w.jobs.Commands.Act(t.Context(), last, lead.Command{Verb: s.act, By: "Dana"}, 0); err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&b, "    Dana: %s\n", s.act)
				continue
			}
			touch, status := w.send(s)
			told := w.toldOf(touch)
			what := string(touch.State)
			switch {
			case status == "duplicate":
				what, told = "known delivery", "silent"
			case touch.State == lead.Merged:
				what, told = "merged into the touch before", "silent"
			}
			if touch.LeadID != "" {
				last = touch.LeadID
			}
			whose := ""
			if touch.LeadID != "" {
				l, err := w.store.Lead(t.Context(), touch.LeadID)
				if err != nil {
					t.Fatal(err)
				}
				if letters[touch.LeadID] == "" {
					letters[touch.LeadID] = string(rune('A' + len(letters)))
				}
				whose = fmt.Sprintf("lead %s (%s, %d)", letters[touch.LeadID], l.Verdict.Class(), len(l.Touches))
				if touch.State == lead.Settled && l.Temperature == lead.Hot && !l.NotALead && len(l.Alerts) == 0 && l.Status != lead.Junk {
					t.Errorf("%s: nobody ever heard of lead %s", c.title, touch.LeadID)
				}
			}
			text, err := url.QueryUnescape(s.fields)
			if err != nil {
				t.Fatal(err)
			}
			after := ""
			if s.after > 0 {
				after = " +" + strings.TrimSuffix(strings.TrimSuffix(s.after.String(), "0s"), "0m")
			}
			fmt.Fprintf(&b, "    %s%s: %s\n        %s\n", s.source, after, text, strings.Join(nonEmpty(what, whose, told), ", "))
		}
	}
	path := filepath.Join("testdata", "dedup.golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func nonEmpty(parts ...string) (some []string) {
	for _, p := range parts {
		if p != "" {
			some = append(some, p)
		}
	}
	return some
}

// dedupWorld is all of the program between a request and a target, with a clock
// that tests move.
type dedupWorld struct {
	t     *testing.T
	mini  *miniredis.Miniredis
	ahead atomic.Int64 // nanoseconds that the clock is ahead
	jobs  *jobs.Jobs
	store *store.Store
	web   http.Handler
}

func (w *dedupWorld) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

func (w *dedupWorld) later(d time.Duration) {
	w.ahead.Add(int64(d))
	w.mini.FastForward(d)
}

// salesTarget takes every message.
type salesTarget struct {
	mu sync.Mutex
	n  int
}

func (s *salesTarget) Most() int { return 1 }

func (s *salesTarget) Send(context.Context, []notify.Alert) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	return fmt.Sprintf("C1/%d", s.n), nil
}

func newDedupWorld(t *testing.T) *dedupWorld {
	w := &dedupWorld{t: t, mini: miniredis.RunT(t)}
	clients := newRedisClients(t, w.mini.Addr())
	w.store = store.New(clients.workers, store.Options{Now: w.now})
	target := notify.Target{Name: "sales", Kind: "slack", Pace: pace.Pace{Off: true}}
	var err error
	kept := newJournal(t)
	w.jobs, err = jobs.New(jobs.Options{Journal: kept, Store: w.store, Rules: rules.Default, Routes: []routing.Route{{To: "sales", AtLeast: lead.Hot}},
		Outlets:  []jobs.Outlet{{Target: target, Sender: &salesTarget{}, Pacer: pace.New(target.PaceName(), target.Pace)}},
		Producer: clients.producer, Hot: clients.hot, Bulk: clients.bulk, Node: "n", Now: w.now})
	if err != nil {
		t.Fatal(err)
	}
	var sources []source.Source
	for name, action := range map[string]lead.Action{"demo": "demo_request", "quote": "quote_request", "contact": "contact_form", "webinar": "webinar_registered",
		"newsletter": "newsletter_signup", "whitepaper": "whitepaper_download", "referral": "referral", "brochure": "brochure_download"} {
		sources = append(sources, source.Source{Name: name, Provider: "form", Action: action})
	}
	web, err := handlers.New(handlers.Options{Sources: sources, PublicURL: "https://leads.example.com", Rules: rules.Default, Reps: func() []lead.Rep { return nil },
		Source: source.Options{Notebook: notes.New(kept), ArrivalRates: w.store.ArrivalRates}, Intake: intake.Options{Accepter: w.jobs.Intake, MaxBody: 256 << 10},
		API: api.Options{Reader: w.jobs.Views, Actor: w.jobs.Commands, Auditor: w.jobs.Audit}, Registry: prometheus.NewRegistry(), Logger: slog.New(slog.DiscardHandler), Now: w.now})
	if err != nil {
		t.Fatal(err)
	}
	w.web = web.Handler()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- w.jobs.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	if err := w.jobs.Redis.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	return w
}

// send delivers a form and waits until everything that follows is done.
func (w *dedupWorld) send(s sent) (*lead.Touch, string) {
	w.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/in/"+s.source, strings.NewReader(strings.ReplaceAll(s.fields, " ", "+")))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	if s.id != "" {
		r.Header.Set("Idempotency-Key", s.id)
	}
	rec := httptest.NewRecorder()
	w.web.ServeHTTP(rec, r)
	var a struct{ ID, Status string }
	if err := json.Unmarshal(rec.Body.Bytes(), &a); err != nil || rec.Code/100 != 2 {
		w.t.Fatalf("POST /in/%s %s = %d %s", s.source, s.fields, rec.Code, rec.Body)
	}
	var touch *lead.Touch
	awaitFor(w.t, "touch "+a.ID+" to be settled", 20*time.Second, func() bool {
		var err error
		touch, err = w.jobs.Views.Touch(w.t.Context(), a.ID)
		return err == nil && touch.State != lead.Accepted && w.jobs.Books.Waiting() == 0
	})
	return touch, a.Status
}

// toldOf says what sales heard of a touch, and why.
func (w *dedupWorld) toldOf(touch *lead.Touch) string {
	w.t.Helper()
	if touch.LeadID == "" {
		return ""
	}
	l, err := w.store.Lead(w.t.Context(), touch.LeadID)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, p := range l.History {
		if p.ID != touch.ID || len(p.Decisions) == 0 {
			continue
		}
		switch d := p.Decisions[0]; d.Kind {
		case "":
			return "silent (" + d.Why + ")"
		case lead.Repeat:
			return "to the thread (" + d.Why + ")"
		default:
			return strings.ReplaceAll(string(d.Kind), "_", " ")
		}
	}
	return ""
}
