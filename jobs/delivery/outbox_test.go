package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/pace"
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
var noPace = pace.Pace{Off: true}

// ticking is an outbox with a journal behind it, whose clock the test moves.
type ticking struct {
	*outbox
	clock time.Time
	begin time.Time
	redis *redisState
	sink  *sinkLog
}

// redisState says whether Redis is up.
type redisState struct{ up bool }

func (r *redisState) Up() bool          { return r.up }
func (r *redisState) ReportError(error) {}

// sinkLog keeps what it is told.
type sinkLog struct {
	ends    map[string]lead.Delivery // by touch id/target
	settled map[string]bool
	failed  []string
	dropped []string
}

func (s *sinkLog) Delivered(_ context.Context, items []*Item, d lead.Delivery) {
	for _, i := range items {
		s.ends[i.Touch.ID+"/"+d.Target] = i.Delivery(d)
	}
}

func (s *sinkLog) Failed(_ context.Context, _ notify.Target, items []*Item, _ *notify.Error, _ time.Duration) {
	for _, i := range items {
		s.failed = append(s.failed, i.ID())
	}
}

func (s *sinkLog) Dropped(touchID string) { s.dropped = append(s.dropped, touchID) }

func (s *sinkLog) Receipt(touchID, target string) (lead.Delivery, bool) {
	d, ok := s.ends[touchID+"/"+target]
	return d, ok && d.Final()
}

func (s *sinkLog) Settled(touchID string) bool { return s.settled[touchID] }

// noStore is a store without touches and receipts.
type noStore struct{ set map[string]string }

func (noStore) TouchesByID(_ context.Context, ids []string) ([]*lead.Touch, error) {
	return make([]*lead.Touch, len(ids)), nil
}
func (s noStore) SetReceipts(_ context.Context, receipts map[string]string) error {
	maps.Copy(s.set, receipts)
	return nil
}
func (s noStore) Receipts(context.Context, ...string) (map[string]string, error) { return s.set, nil }

func newTicking(t *testing.T, s *scripted, p pace.Pace, change ...func(*Options)) *ticking {
	t.Helper()
	jr, err := journal.Open(journal.Options{Dir: t.TempDir(), Shelves: Shelves(), Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { jr.Close() })
	b := &ticking{clock: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC), redis: &redisState{}, sink: &sinkLog{ends: map[string]lead.Delivery{}, settled: map[string]bool{}}}
	b.begin = b.clock
	s.now = func() time.Time { return b.clock }
	target := notify.Target{Name: "sales", Kind: "slack", Channel: "C1", Pace: p}
	store := noStore{map[string]string{}}
	o := Options{Outlets: []Outlet{{Target: target, Sender: s, Pacer: pace.New(target.PaceName(), target.Pace)}}, Journal: jr, Store: store, Prompt: store, Receipts: b.sink,
		Redis: b.redis, Node: "n1", Launch: "l1", MaxAge: time.Hour, Latency: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "latency"}),
		Registry: prometheus.NewRegistry(), Logger: slog.New(slog.DiscardHandler), Now: s.now}
	for _, c := range change {
		c(&o)
	}
	targets, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	targets.sink = b.sink
	b.outbox = targets.outboxes["sales"]
	return b
}

func (b *ticking) hot(ids ...string) {
	for i, id := range ids {
		t := &lead.Touch{ID: id, ReceivedAt: b.clock.Add(time.Duration(i)), State: lead.Accepted}
		b.add(&Item{Alert: notify.Alert{Kind: lead.HotAlert, Touch: t, Lead: &lead.Lead{ID: id}}, Direct: true})
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
				if d, ok := b.sink.Receipt(id, "sales"); !ok || d.State != c.state {
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
	b := newTicking(t, s, pace.Pace{N: 1, Per: time.Second})
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
	d, ok := b.sink.Receipt("a", "sales")
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
	b.sink.ends["a/sales"] = lead.Delivery{Target: "sales", State: lead.Sent, Receipt: "C1/0"}
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
	b.sink.settled["a"] = true
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
	b.t.add(Outlet{Target: other, Sender: s, Pacer: pace.New(other.PaceName(), other.Pace)})
	b.target.Fallback = "managers"
	b.hot("a")
	b.work(t)
	managers := &ticking{outbox: b.t.outboxes["managers"], clock: b.clock}
	managers.work(t)
	if want := [][]string{{"a"}}; !slices.EqualFunc(s.sent, want, slices.Equal) || !slices.EqualFunc(broken.sent, want, slices.Equal) {
		t.Errorf("the fallback got %v, the mended target %v, want %v each", s.sent, broken.sent, want)
	}
}

// peersFake lets one of the replicas send.
type peersFake struct {
	elsewhere bool            // another replica sends it
	waits     []time.Duration // what the shared pace answers next
	err       error
	lease     time.Duration // that was asked for last
}

func (p *peersFake) Admit(_ context.Context, a lead.Admission) (wait time.Duration, elsewhere []bool, err error) {
	p.lease = a.For
	elsewhere = make([]bool, len(a.Leases))
	for i := range elsewhere {
		elsewhere[i] = p.elsewhere
	}
	if len(p.waits) > 0 {
		wait, p.waits = p.waits[0], p.waits[1:]
	}
	return wait, elsewhere, p.err
}

func (p *peersFake) Hold(context.Context, string, time.Duration, time.Duration, int) error {
	return p.err
}
func (p *peersFake) Lease(context.Context, string, string, time.Duration) (bool, error) {
	return !p.elsewhere, p.err
}
func (p *peersFake) Pauses(context.Context) (map[string]string, error) { return nil, p.err }
func (p *peersFake) Pause(context.Context, string, string) error       { return p.err }

func TestOutbox_AnotherReplicaSends(t *testing.T) {
	s := &scripted{most: 1}
	b := newTicking(t, s, noPace, func(o *Options) { o.Peers = &peersFake{elsewhere: true} })
	b.redis.up = true
	b.hot("a")
	b.work(t)
	if len(s.sent) != 0 || b.has("a") || !slices.Equal(b.sink.dropped, []string{"a"}) {
		t.Errorf("sent %v, waits here %v, dropped %v; want it left to the replica that has the lease", s.sent, b.has("a"), b.sink.dropped)
	}
}

// timed is a sender that keeps how long it was given.
type timed struct {
	scripted
	limit time.Duration
}

func (s *timed) Send(ctx context.Context, alerts []notify.Alert) (string, error) {
	until, _ := ctx.Deadline()
	s.limit = time.Until(until)
	return s.scripted.Send(ctx, alerts)
}

// An attempt lasts as long as the target's kind needs, and so does its lease.
func TestOutbox_Timeout(t *testing.T) {
	for _, c := range []struct{ timeout, want time.Duration }{{0, SendTimeout}, {15 * time.Minute, 15 * time.Minute}} {
		peers := &peersFake{}
		s := &timed{}
		b := newTicking(t, &s.scripted, noPace, func(o *Options) {
			o.Peers, o.Outlets[0].Sender, o.Outlets[0].Target.Timeout = peers, s, c.timeout
		})
		s.most, b.redis.up = 1, true
		b.hot("a")
		b.work(t)
		if s.limit <= c.want-time.Minute || s.limit > c.want {
			t.Errorf("with a timeout of %s an attempt has %s, want %s", c.timeout, s.limit, c.want)
		}
		if peers.lease != c.want+leaseSlack {
			t.Errorf("with a timeout of %s the lease is %s, want %s", c.timeout, peers.lease, c.want+leaseSlack)
		}
	}
}

// What the pace of all replicas holds back waits, and is sent with what came
// meanwhile; while Redis does not answer, this replica's own pace holds.
func TestOutbox_SharedPace(t *testing.T) {
	for _, c := range []struct {
		name  string
		peers peersFake
		sent  int
		after time.Duration
	}{
		{"Waits", peersFake{waits: []time.Duration{0, 700 * time.Millisecond}}, 2, 700 * time.Millisecond},
		{"Away", peersFake{err: errors.New("timeout")}, 3, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &scripted{most: 40}
			b := newTicking(t, s, pace.Pace{N: 1, Per: time.Second}, func(o *Options) { o.Peers = &c.peers })
			b.redis.up = true
			for _, id := range []string{"a", "b", "c"} { // two at once, were it for this replica alone
				b.hot(id)
				if items, _ := b.next(); len(items) > 0 {
					b.send(t.Context(), items)
				}
			}
			b.work(t)
			if len(s.sent) != c.sent || len(slices.Concat(s.sent...)) != 3 {
				t.Fatalf("messages = %v, want %d with all three", s.sent, c.sent)
			}
			if got := s.at[len(s.at)-1].Sub(b.begin); got != c.after {
				t.Errorf("the last one went after %s, want %s", got, c.after)
			}
		})
	}
}
