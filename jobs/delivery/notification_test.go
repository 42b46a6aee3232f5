package delivery

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

// call is an escalation call that is due now.
func (b *ticking) call(name string, n Notification) *Item {
	n.Since = b.clock
	return &Item{Alert: notify.Alert{Kind: lead.Escalated, Notice: name, Touch: &lead.Touch{ID: "a"}, Lead: &lead.Lead{ID: "a"}}, Notification: &n}
}

func TestNotification_SentOnce(t *testing.T) {
	s := &scripted{most: 1}
	b := newTicking(t, s, noPace)
	b.redis.up = true
	var receipts []string
	n := Notification{Delivered: func(_ context.Context, receipt string) { receipts = append(receipts, receipt) }, More: []notify.Alert{{Touch: &lead.Touch{ID: "b"}}}}
	for range 2 {
		if err := b.t.Send("sales", b.call("call:1", n)); err != nil {
			t.Fatal(err)
		}
		if !b.t.Has("sales", "call:1") {
			t.Error("a notification that was just sent does not wait")
		}
		b.work(t)
	}
	if want := [][]string{{"a", "b"}}; !slices.EqualFunc(s.sent, want, slices.Equal) || !slices.Equal(receipts, []string{"C1/1", "C1/1"}) {
		t.Errorf("sent %v, receipts %v; want one message", s.sent, receipts)
	}
	if len(b.sink.ends) != 0 {
		t.Errorf("the sink got %v, want nothing of a notification", b.sink.ends)
	}
	restarted := b.t.o
	fresh := noStore{map[string]string{}}
	restarted.Store, restarted.Registry = fresh, prometheus.NewRegistry()
	next, err := New(restarted)
	if err == nil {
		err = next.RestoreReceipts(t.Context())
	}
	if want := map[string]string{"call:1": "C1/1"}; err != nil || !maps.Equal(fresh.set, want) {
		t.Errorf("restored %v, %v, want %v", fresh.set, err, want)
	}
}

func TestNotification_NotDue(t *testing.T) {
	for _, tt := range []struct {
		name string
		up   bool
		n    Notification
		set  map[string]string
	}{
		{"RedisAway", false, Notification{}, nil},
		{"Stale", true, Notification{Stale: func(context.Context) bool { return true }}, nil},
		{"SentElsewhere", true, Notification{}, map[string]string{"call:1": "C1/7"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &scripted{most: 1}
			b := newTicking(t, s, noPace)
			b.redis.up = tt.up
			maps.Copy(b.t.o.Store.(noStore).set, tt.set)
			if err := b.t.Send("sales", b.call("call:1", tt.n)); err != nil {
				t.Fatal(err)
			}
			b.work(t)
			if len(s.sent) != 0 || b.has("call:1") {
				t.Errorf("sent %v, waits %v; want it dropped", s.sent, b.has("call:1"))
			}
		})
	}
}

// What is given up counts as sent, unless it is made anew.
func TestNotification_GivenUp(t *testing.T) {
	for _, remake := range []bool{false, true} {
		b := newTicking(t, &scripted{most: 1, ends: []error{refuse}}, noPace)
		b.redis.up = true
		if err := b.t.Send("sales", b.call("digest:1", Notification{Remake: remake})); err != nil {
			t.Fatal(err)
		}
		b.work(t)
		if _, sent := b.t.notificationSent(t.Context(), "digest:1"); sent == remake {
			t.Errorf("with Remake %v it counts as sent: %v", remake, sent)
		}
	}
}

func TestTargets_Skip(t *testing.T) {
	b := newTicking(t, &scripted{most: 1}, noPace)
	if err := b.t.Skip(t.Context(), "digest:1"); err != nil {
		t.Fatal(err)
	}
	if _, sent := b.t.notificationSent(t.Context(), "digest:1"); !sent {
		t.Error("a digest without leads is made again")
	}
	for _, tt := range []struct {
		age  time.Duration
		gone bool
	}{{receiptAge - time.Hour, false}, {receiptAge + time.Hour, true}} {
		shelf, old := Expired(b.clock.Add(tt.age))
		value, err := b.t.o.Journal.Get(shelf, "digest:1")
		if err != nil {
			t.Fatal(err)
		}
		if got := old("digest:1", value); got != tt.gone {
			t.Errorf("expired after %s: %v, want %v", tt.age, got, tt.gone)
		}
	}
	if err := b.t.Send("nobody", b.call("call:1", Notification{})); !errors.Is(err, lead.ErrNotFound) {
		t.Errorf("sending to a target that is not there = %v", err)
	}
}

// recalling asks for its own name of a lead.
type recalling struct {
	scripted
	receipts []string
}

func (r *recalling) Recalls() bool { return true }
func (r *recalling) Send(ctx context.Context, alerts []notify.Alert) (string, error) {
	r.receipts = append(r.receipts, alerts[0].Receipt)
	return r.scripted.Send(ctx, alerts)
}

// history is a store with one touch that was sent before.
type history struct {
	noStore
	err error
}

func (h *history) TouchesByID(_ context.Context, ids []string) ([]*lead.Touch, error) {
	err := h.err
	h.err = nil
	return []*lead.Touch{nil, {ID: "before", Deliveries: []lead.Delivery{{Target: "sales", State: lead.Sent, Receipt: "deal/7"}}}}[:min(2, len(ids)+1)], err
}

func TestOutbox_Recalls(t *testing.T) {
	r := &recalling{scripted: scripted{most: 1}}
	b := newTicking(t, &r.scripted, noPace, func(o *Options) { o.Store = &history{err: errors.New("timeout")} })
	b.sender = r
	b.add(&Item{Alert: notify.Alert{Kind: lead.Copy, Touch: &lead.Touch{ID: "now", ReceivedAt: b.clock}, Lead: &lead.Lead{ID: "l", Touches: []string{"before", "now"}}}})
	b.work(t)
	if !slices.Equal(r.receipts, []string{"deal/7"}) || b.clock.Sub(b.begin) < time.Second {
		t.Errorf("receipts given %q after %s, want deal/7 once the store answers", r.receipts, b.clock.Sub(b.begin))
	}
}

// Run sends what is queued while it runs, and raises alarms.
func TestTargets_Run(t *testing.T) {
	sent := make(chan string, 10)
	b := newTicking(t, &scripted{}, noPace, func(o *Options) {
		o.Now = time.Now
		o.Peers = &pausingPeers{pauses: map[string]string{"quiet": `{"by":"Dana"}`}}
	})
	b.redis.up = true
	b.beside("crm", signalling(sent))
	b.beside("quiet", signalling(sent))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { b.t.Run(ctx, b.sink); close(done) }()
	item := func(id string) *Item {
		return &Item{Alert: notify.Alert{Kind: lead.HotAlert, Touch: &lead.Touch{ID: id, ReceivedAt: time.Now()}, Lead: &lead.Lead{ID: id}}}
	}
	if err := b.t.Send("crm", item("a")); err != nil {
		t.Error(err)
	}
	if got := <-sent; got != "a" {
		t.Errorf("sent %q, want a", got)
	}
	b.t.Alarm(t.Context(), notify.Alarm{Title: "fire", About: "quiet"})
	if got := <-sent; got != "alarm: fire" {
		t.Errorf("sent %q, want the alarm", got)
	}
	cancel()
	<-done
	if st := b.t.outboxes["quiet"].state(); st.State != "paused" || st.PausedBy != "Dana" {
		t.Errorf("another replica paused it, here it is %+v", st)
	}
	if err := b.t.Send("quiet", item("b")); err != nil {
		t.Error(err)
	}
	b.t.Remove("b")
	if b.t.Has("quiet", "b") || !b.t.Known("quiet") || b.t.Kind("quiet") != "webhook" {
		t.Error("a touch that was removed waits still")
	}
}

// What was paused hears nothing because a node starts, before it has seen that
// Redis is there.
func TestTargets_PausedAtTheStart(t *testing.T) {
	sent := make(chan string, 10)
	b := newTicking(t, &scripted{}, noPace, func(o *Options) {
		o.Now = time.Now
		o.Peers = &pausingPeers{pauses: map[string]string{"quiet": `{"by":"Dana"}`}}
	})
	for _, target := range []string{"quiet", "crm"} {
		b.beside(target, signalling(sent))
		i := &Item{Alert: notify.Alert{Kind: lead.HotAlert, Touch: &lead.Touch{ID: target, ReceivedAt: time.Now()}, Lead: &lead.Lead{ID: target}}}
		if err := b.t.Send(target, i); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { b.t.Run(ctx, b.sink); close(done) }()
	if got := <-sent; got != "crm" {
		t.Errorf("sent %q, want crm", got)
	}
	cancel()
	<-done
	if len(sent) > 0 || !b.t.Has("quiet", "quiet") {
		t.Error("the paused target has heard")
	}
}

// pausingPeers knows what other replicas paused.
type pausingPeers struct {
	peersFake
	pauses map[string]string
}

func (p *pausingPeers) Pauses(context.Context) (map[string]string, error) { return p.pauses, nil }

// signalling is a sender that passes on what it takes.
type signalling chan string

func (s signalling) Most() int { return 1 }
func (s signalling) Send(_ context.Context, alerts []notify.Alert) (string, error) {
	s <- alerts[0].Touch.ID
	return "1", nil
}
func (s signalling) Alarm(_ context.Context, a notify.Alarm) error {
	s <- "alarm: " + a.Title
	return nil
}
