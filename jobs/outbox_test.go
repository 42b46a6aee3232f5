package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

// scripted is a sender whose attempts end as it says, one after another; beyond
// its end they succeed.
type scripted struct {
	now  func() time.Time
	most int
	ends []error
	sent [][]string  // touch ids of each message that was taken
	at   []time.Time // of every attempt
}

func (s *scripted) Most() int { return s.most }

func (s *scripted) Send(_ context.Context, alerts []notify.Alert) (string, error) {
	s.at = append(s.at, s.now())
	if len(s.ends) > 0 {
		err := s.ends[0]
		s.ends = s.ends[1:]
		if err != nil {
			return "", err
		}
	}
	var ids []string
	for _, a := range alerts {
		ids = append(ids, a.Touch.ID)
	}
	s.sent = append(s.sent, ids)
	return fmt.Sprintf("C1/%d", len(s.sent)), nil
}

// noPace lets everything out at once.
var noPace = notify.Pace{Off: true}

// ticking is an outbox with a journal behind it, whose clock the test moves.
type ticking struct {
	*outbox
	clock time.Time
	begin time.Time
}

func newTicking(t *testing.T, s *scripted, pace notify.Pace) *ticking {
	t.Helper()
	jr, err := journal.Open(journal.Options{Dir: t.TempDir(), Shelves: Shelves(), Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { jr.Close() })
	b := &ticking{clock: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)}
	b.begin = b.clock
	s.now = func() time.Time { return b.clock }
	target := notify.Target{Name: "sales", Kind: "slack", Channel: "C1", Pace: pace}
	_, client := embedded(t)
	j, err := New(Options{Journal: jr, Store: noStore{}, Rules: lead.DefaultRules, Producer: client(), Embedded: true, MaxAge: time.Hour, Now: s.now,
		Outlets: []Outlet{{Target: target, Sender: s, Pacer: notify.NewPacer(target)}}})
	if err != nil {
		t.Fatal(err)
	}
	b.outbox = j.outboxes["sales"]
	return b
}

// noStore is a store that nobody asks: what is told straight from the journal needs none.
type noStore struct{ keeper }

func (b *ticking) hot(ids ...string) {
	for i, id := range ids {
		t := &lead.Touch{ID: id, ReceivedAt: b.clock.Add(time.Duration(i)), State: lead.Accepted}
		b.add(&note{Alert: notify.Alert{Kind: lead.HotAlert, Touch: t, Lead: &lead.Lead{ID: id}}, direct: true})
	}
}

// work lets the outbox do what run does, in the clock's time, until nothing waits.
func (b *ticking) work(t *testing.T) {
	t.Helper()
	for range 10_000 {
		if b.len() == 0 {
			return
		}
		b.step(t)
	}
	t.Fatal("the outbox does not empty")
}

// step sends the next message, or lets the clock run until it may go.
func (b *ticking) step(t *testing.T) {
	t.Helper()
	notes, wait := b.next()
	switch {
	case len(notes) > 0:
		b.send(t.Context(), notes)
	case wait > 0:
		b.clock = b.clock.Add(wait)
	default:
		t.Fatal("the outbox waits for nothing")
	}
}

func TestOutbox_TriesAgain(t *testing.T) {
	again := &notify.Error{Class: notify.Again, Code: "http_500", Err: errors.New("500")}
	limited := &notify.Error{Class: notify.Again, Code: "ratelimited", RetryAfter: 7 * time.Second, Err: errors.New("429")}
	token := &notify.Error{Class: notify.BadToken, Code: "token_revoked", Err: errors.New("revoked")}
	content := &notify.Error{Class: notify.BadContent, Code: "invalid_blocks", Err: errors.New("blocks")}
	for _, c := range []struct {
		name  string
		ends  []error
		notes []string
		waits []time.Duration // between attempts: so long, and up to a fifth more
		state lead.DeliveryState
		sent  [][]string
	}{
		{"AtOnce", nil, []string{"a"}, nil, lead.Sent, [][]string{{"a"}}},
		{"Ladder", []error{again, again, errors.New("network")}, []string{"a"}, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}, lead.Sent, [][]string{{"a"}}},
		{"RetryAfter", []error{limited}, []string{"a"}, []time.Duration{7 * time.Second}, lead.Sent, [][]string{{"a"}}},
		{"TokenRevoked", []error{token}, []string{"a", "b"}, []time.Duration{brokenWait}, lead.Sent, [][]string{{"a", "b"}}},
		{"RefusedForEver", []error{content}, []string{"a"}, nil, lead.Failed, nil},
		{"RollupRefusedThenOneByOne", []error{content}, []string{"a", "b", "c"}, nil, lead.Sent, [][]string{{"a"}, {"b"}, {"c"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &scripted{most: 40, ends: c.ends}
			b := newTicking(t, s, noPace)
			b.hot(c.notes...)
			b.work(t)
			if !slices.EqualFunc(s.sent, c.sent, slices.Equal) {
				t.Errorf("messages = %v, want %v", s.sent, c.sent)
			}
			for i, want := range c.waits {
				if got := s.at[i+1].Sub(s.at[i]); got < want || got > want*6/5 {
					t.Errorf("wait %d = %s, want %s and up to a fifth more", i+1, got, want)
				}
			}
			for _, id := range c.notes {
				if d, ok := b.j.receipt(id, "sales"); !ok || d.State != c.state {
					t.Errorf("receipt of %s = %v %+v, want %s", id, ok, d, c.state)
				}
				if b.has(id) {
					t.Errorf("%s still waits", id)
				}
			}
		})
	}
}

func TestOutbox_PaceAndRollup(t *testing.T) {
	s := &scripted{most: 40}
	b := newTicking(t, s, notify.Pace{N: 1, Per: time.Second})
	for n := range 100 { // one after another until the burst is used up, then all that waits together
		b.hot(fmt.Sprintf("t%03d", n))
		if notes, _ := b.next(); len(notes) > 0 {
			b.send(t.Context(), notes)
		}
	}
	b.hot("t050") // waits already
	b.work(t)
	var all []string
	for _, m := range s.sent {
		all = append(all, m...)
	}
	if len(all) != 100 || len(slices.Compact(slices.Sorted(slices.Values(all)))) != 100 {
		t.Errorf("%d leads in the messages, want each of 100 once", len(all))
	}
	if len(s.sent) != 6 { // three alone, then 97 in rollups of forty
		t.Errorf("%d messages, want 6", len(s.sent))
	}
	for i := 3; i < len(s.at); i++ {
		if gap := s.at[i].Sub(s.at[i-1]); gap < time.Second {
			t.Errorf("message %d came %s after the one before, want a second at least", i+1, gap)
		}
	}
}

func TestOutbox_GivesUpByAge(t *testing.T) {
	down := make([]error, 1000)
	for i := range down {
		down[i] = errors.New("connection refused")
	}
	s := &scripted{most: 40, ends: down}
	b := newTicking(t, s, noPace)
	begin := b.clock
	b.hot("a")
	b.work(t)
	d, ok := b.j.receipt("a", "sales")
	if took := b.clock.Sub(begin); !ok || d.State != lead.Failed || d.Error == "" || took < time.Hour || took > 63*time.Minute {
		t.Errorf("after %s the delivery is %+v, want it failed a little after an hour", took, d)
	}
}

func TestOutbox_OldestFirst(t *testing.T) {
	s := &scripted{most: 1}
	b := newTicking(t, s, noPace)
	late := b.clock
	b.clock = late.Add(time.Minute)
	b.hot("younger")
	b.clock = late
	b.hot("older")
	b.work(t)
	if want := [][]string{{"older"}, {"younger"}}; !slices.EqualFunc(s.sent, want, slices.Equal) {
		t.Errorf("order = %v, want %v", s.sent, want)
	}
}

func TestOutbox_ReceiptMeansDone(t *testing.T) {
	s := &scripted{most: 40}
	b := newTicking(t, s, noPace)
	if err := b.j.o.Journal.Commit(t.Context(), journal.Put(receiptShelf, receiptKey("a", "sales"),
		mustJSON(lead.Delivery{Target: "sales", State: lead.Sent, Receipt: "C1/0"}))); err != nil {
		t.Fatal(err)
	}
	b.hot("a")
	b.work(t)
	if len(s.sent) != 0 {
		t.Errorf("told again although there is a receipt: %v", s.sent)
	}
}

// A touch that was told and settled while its note waited here is not told again,
// though its receipt is gone.
func TestOutbox_SettledMeansTold(t *testing.T) {
	s := &scripted{most: 40}
	b := newTicking(t, s, noPace)
	if err := b.j.o.Journal.Commit(t.Context(), journal.Put(touchShelf, "a", []byte("{}"))); err != nil {
		t.Fatal(err)
	}
	b.hot("a", "b")
	b.work(t)
	if want := [][]string{{"b"}}; !slices.EqualFunc(s.sent, want, slices.Equal) || b.has("a") {
		t.Errorf("told %v, want b alone", s.sent)
	}
}

func TestOutbox_Fallback(t *testing.T) {
	gone := &notify.Error{Class: notify.BadTarget, Code: "channel_not_found", Err: errors.New("gone")}
	broken, s := &scripted{most: 40, ends: []error{gone, gone}}, &scripted{most: 40}
	b := newTicking(t, broken, noPace)
	s.now = broken.now
	other := notify.Target{Name: "managers", Kind: "slack", Channel: "C2", Pace: noPace}
	b.j.outboxes["managers"] = newOutbox(b.j, Outlet{Target: other, Sender: s, Pacer: notify.NewPacer(other)})
	b.target.Fallback = "managers"
	b.hot("a")
	b.work(t)
	managers := &ticking{outbox: b.j.outboxes["managers"], clock: b.clock}
	managers.work(t)
	if want := [][]string{{"a"}}; !slices.EqualFunc(s.sent, want, slices.Equal) || !slices.EqualFunc(broken.sent, want, slices.Equal) {
		t.Errorf("the fallback got %v, the mended target %v, want %v each", s.sent, broken.sent, want)
	}
}
