package messages

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leadgate/leadgate/jobs/delivery"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/pace"
)

// leads is one lead and its touches; every touch belongs to it.
type leads struct {
	mu   sync.Mutex
	lead lead.Lead
	gone bool
	err  error
	up   bool
}

func (s *leads) Up() bool { return s.up }

func (s *leads) Touch(_ context.Context, id string) (*lead.Touch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return nil, lead.ErrNotFound
	}
	return &lead.Touch{ID: id, LeadID: s.lead.ID}, s.err
}

func (s *leads) Lead(context.Context, string) (*lead.Lead, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return nil, lead.ErrNotFound
	}
	l := s.lead
	return &l, s.err
}

func (s *leads) Update(_ context.Context, _ string, c repo.Change) (*lead.Lead, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	l := s.lead
	err := c.Apply(&l)
	if err == nil {
		l.Revision++
		s.lead = l
	}
	return &l, err
}

func (s *leads) Lock(...string) func() { return func() {} }

func (s *leads) set(change func(*leads)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// slack is a sender whose calls end as it says, one after another; beyond its end
// they succeed.
type slack struct {
	mu     sync.Mutex
	ends   []error
	shown  []string // what messages showed: receipt@revision
	said   []string // replies
	during func()   // while a message is being written
}

func (s *slack) Most() int { return 1 }

func (s *slack) end() error {
	if len(s.ends) == 0 {
		return nil
	}
	err := s.ends[0]
	s.ends = s.ends[1:]
	return err
}

func (s *slack) Send(_ context.Context, alerts []notify.Alert) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.end(); err != nil {
		return "", err
	}
	s.said = append(s.said, alerts[0].Thread+" "+alerts[0].Note)
	return "C1/9", nil
}

func (s *slack) Update(_ context.Context, receipt string, alerts []notify.Alert) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.end(); err != nil {
		return err
	}
	if s.during != nil {
		during := s.during
		s.during = nil
		during()
	}
	s.shown = append(s.shown, fmt.Sprintf("%s@%d", receipt, revisionOf(alerts[0])))
	return nil
}

func open(t *testing.T, dir string, from *leads, to *slack) (*Messages, *journal.Journal) {
	t.Helper()
	jr, err := journal.Open(journal.Options{Dir: dir, Shelves: Shelves(), Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	target := notify.Target{Name: "sales", Kind: "slack", Channel: "C1"}
	return New(Options{Outlets: []delivery.Outlet{{Target: target, Sender: to, Pacer: pace.New(target.PaceName(), target.Pace)}}, Journal: jr, Leads: from, Redis: from,
		Keep: 24 * time.Hour, MaxAge: time.Hour, Logger: slog.New(slog.DiscardHandler), Now: time.Now}), jr
}

// posted is a lead with one message.
func posted(now time.Time) lead.Lead {
	return lead.Lead{ID: "l1", Revision: 3, Alerts: map[string]string{"sales": "C1/1"},
		Posts: []lead.Post{{Target: "sales", Receipt: "C1/1", Kind: lead.HotAlert, Touches: []string{"t1"}, At: now}}}
}

func TestMessages_Update(t *testing.T) {
	again := &notify.Error{Class: notify.Again, Code: "http_500", Err: errors.New("500")}
	gone := &notify.Error{Class: notify.BadTarget, Code: "message_not_found", Err: errors.New("gone")}
	for _, tt := range []struct {
		name   string
		ends   []error
		during func(*leads)
		shown  []string
	}{
		{"Once", nil, nil, []string{"C1/1@3"}},
		{"ChangedMeanwhile", nil, func(s *leads) { s.lead.Revision = 4 }, []string{"C1/1@3", "C1/1@4"}},
		{"TriesAgain", []error{again, errors.New("network"), again}, nil, []string{"C1/1@3"}},
		{"CannotBeUpdated", []error{gone}, nil, nil},
		{"Erased", nil, func(s *leads) { s.gone = true }, []string{"C1/1@3", "C1/1@-1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				from, to := &leads{lead: posted(time.Now()), up: true}, &slack{ends: tt.ends}
				if tt.during != nil {
					to.during = func() { from.set(tt.during) }
				}
				m, jr := open(t, dir, from, to)
				defer jr.Close()
				l := from.lead
				if err := m.Update(t.Context(), &l); err != nil {
					t.Fatal(err)
				}
				if n := jr.Len(requestShelf); n != 1 {
					t.Errorf("%d requests are kept, want 1", n)
				}
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan struct{})
				go func() { m.Run(ctx); close(done) }()
				<-time.After(time.Minute)
				cancel()
				<-done
				if !slices.Equal(to.shown, tt.shown) {
					t.Errorf("shown %v, want %v", to.shown, tt.shown)
				}
				if n := jr.Len(requestShelf); n != 0 {
					t.Errorf("%d requests are left, want none", n)
				}
			})
		})
	}
}

func TestMessages_Restore(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		from, to := &leads{lead: posted(time.Now()), up: true}, &slack{}
		m, jr := open(t, dir, from, to)
		l, erased := from.lead, posted(time.Now())
		erased.ID, erased.Posts[0].Receipt = "l2", "C1/2"
		if err := errors.Join(m.Update(t.Context(), &l), m.UpdateErased(t.Context(), &erased)); err != nil {
			t.Fatal(err)
		}
		if err := jr.Commit(t.Context(), journal.Put(requestShelf, "broken", []byte("{"))); err != nil {
			t.Fatal(err)
		}
		jr.Close()
		m, jr = open(t, dir, from, to) // the next process
		defer jr.Close()
		from.set(func(s *leads) { s.err = errors.New("redis is away") })
		if err := m.Restore(t.Context()); err == nil {
			t.Error("Restore without the store succeeds")
		}
		from.set(func(s *leads) { s.err = nil })
		if err := m.Restore(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { m.Run(ctx); close(done) }()
		<-time.After(time.Minute)
		cancel()
		<-done
		slices.Sort(to.shown)
		if want := []string{"C1/1@3", "C1/2@3"}; !slices.Equal(to.shown, want) {
			t.Errorf("shown %v, want %v", to.shown, want)
		}
		if n := jr.Len(requestShelf); n != 1 {
			t.Errorf("%d requests are left, want the broken one", n)
		}
	})
}

func TestMessages_Posted(t *testing.T) {
	now := time.Now()
	new1 := lead.PostOf(lead.Delivery{Target: "sales", Receipt: "C1/5", At: now}, "t2", lead.HotAlert)
	for _, tt := range []struct {
		name     string
		post     lead.Post
		composed int64
		change   func(*leads)
		revision int64
		updates  int
		fails    bool
	}{
		{"New", new1, 3, nil, 4, 0, false},
		{"ChangedMeanwhile", new1, 2, nil, 4, 1, false},
		{"KnownAlready", posted(now).Posts[0], 3, nil, 3, 0, false},
		{"Escalation", lead.Post{Target: "sales", Receipt: "C1/6", Kind: lead.Escalated, Touches: []string{"t1"}, At: now}, 3, nil, 4, 1, false},
		{"StoreFails", new1, 3, func(s *leads) { s.err = errors.New("timeout") }, 0, 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			from := &leads{lead: posted(now)}
			if tt.change != nil {
				tt.change(from)
			}
			m, jr := open(t, t.TempDir(), from, &slack{})
			defer jr.Close()
			l, err := m.Posted(t.Context(), "l1", tt.post, tt.composed)
			if (err != nil) != tt.fails {
				t.Fatalf("Posted = %v", err)
			}
			if !tt.fails && l.Revision != tt.revision || jr.Len(requestShelf) != tt.updates {
				t.Errorf("lead %+v, %d updates; want revision %d, %d updates", l, jr.Len(requestShelf), tt.revision, tt.updates)
			}
		})
	}
}

func TestMessages_Reply(t *testing.T) {
	again := &notify.Error{Class: notify.Again, Code: "ratelimited", RetryAfter: time.Minute, Err: errors.New("429")}
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		from, to := &leads{lead: posted(time.Now())}, &slack{ends: []error{again, &notify.Error{Class: notify.BadContent, Code: "no_text", Err: errors.New("no")}}}
		m, jr := open(t, dir, from, to)
		defer jr.Close()
		l := from.lead
		var ops []journal.Op
		for _, text := range []string{"refused", "second", "third"} {
			<-time.After(time.Millisecond)
			ops = append(ops, m.Reply(&l, lead.Click{Receipt: "C1/1"}, text)...)
		}
		ops = append(ops, m.Reply(&lead.Lead{ID: "never posted"}, lead.Click{}, "nowhere")...)
		ops = append(ops, journal.Put(replyShelf, "x", []byte(`{"target":"no more"}`)), journal.Put(replyShelf, "y", []byte(`{`)))
		if err := jr.Commit(t.Context(), ops...); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { m.Run(ctx); close(done) }()
		m.WakeReplies()
		for {
			<-time.After(time.Second)
			if jr.Len(replyShelf) == 1 {
				break
			}
		}
		took := time.Since(began)
		cancel()
		<-done
		if want := []string{"C1/1 second", "C1/1 third"}; !slices.Equal(to.said, want) || took < time.Minute {
			t.Errorf("said %q after %s, want %q after a minute", to.said, took, want)
		}
	})
}
