package events

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/lead"
)

// publishNumbered publishes n pieces of news whose touches are numbered from first.
func publishNumbered(s *Log, first, n int) {
	for i := range n {
		s.Publish(lead.News{Kind: lead.TouchNews, TouchID: strconv.Itoa(first + i)})
	}
}

func TestLog_News(t *testing.T) {
	j := NewLog("run", time.Now)
	start := j.Place()
	publishNumbered(j, 1, 3)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	tests := map[string]struct {
		place string
		want  string // ids of touches, or reset
		last  string
	}{
		"FromTheStart": {start, "1 2 3 ", "run-3"},
		"FromBetween":  {"run-2", "3 ", "run-3"},
		"Nothing":      {"run-3", "", ""},
		"Future":       {"run-9", "reset ", "run-3"},
		"OtherRun":     {"other-2", "reset ", "run-3"},
		"NoPlace":      {"", "reset ", "run-3"},
		"NoNumber":     {"run-x", "reset ", "run-3"},
		"Negative":     {"run--1", "reset ", "run-3"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, last := "", ""
			for _, n := range j.News(ended, tt.place) {
				if last = n.ID; n.Kind == lead.ResetNews {
					got += "reset "
					continue
				}
				got += n.TouchID + " "
			}
			if got != tt.want || last != tt.last {
				t.Errorf("News(%q) = %q up to %q, want %q up to %q", tt.place, got, last, tt.want, tt.last)
			}
		})
	}
}

// Whoever reads from time to time gets everything once and in order, or a reset
// exactly when more was told in between than is kept.
func TestLog_After(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := NewLog("run", time.Now)
		told, place := 0, int64(0)
		for range rapid.IntRange(1, 3).Draw(t, "rounds") {
			n := rapid.SampledFrom([]int{1, 2, 100, kept - 1, kept, kept + 1}).Draw(t, "told")
			publishNumbered(s, told, n)
			news, last, lost := s.after(context.Background(), place)
			if lost != (n > kept) {
				t.Fatalf("lost is %v after %d pieces of news", lost, n)
			}
			if want := min(n, kept); len(news) != want || last != place+int64(n) {
				t.Fatalf("%d pieces up to %d, want %d up to %d", len(news), last, want, place+int64(n))
			}
			told += n
			for i, h := range news {
				if want := strconv.Itoa(told - len(news) + i); h.TouchID != want {
					t.Fatalf("piece %d is %s, want %s", i, h.TouchID, want)
				}
			}
			place = last
		}
	})
}

func TestLog_ManyAtOnce(t *testing.T) {
	s := NewLog("run", time.Now)
	const tellers, each = 8, 200
	var readers, all sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			seen, place := 0, int64(0)
			for seen < tellers*each {
				news, last, lost := s.after(t.Context(), place)
				if lost || len(news) == 0 {
					t.Errorf("a reader that keeps up got %d pieces, lost %v", len(news), lost)
					return
				}
				seen, place = seen+len(news), last
			}
		})
	}
	for range tellers {
		all.Go(func() { publishNumbered(s, 0, each) })
	}
	all.Wait()
	readers.Wait()
}

// wordy is a writer that does as it is told.
type wordy struct {
	err  error
	have lead.Lead
}

func (w wordy) Finish(context.Context, *lead.Touch, *lead.Lead, lead.Outcome) error { return w.err }

func (w wordy) UpdateLead(_ context.Context, _ string, _ int64, change func(*lead.Lead) error) (*lead.Lead, error) {
	l := w.have
	if err := change(&l); err != nil {
		return &l, err
	}
	return &l, w.err
}

func TestStore(t *testing.T) {
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	touch := &lead.Touch{ID: "t1", Source: "contact", Action: "demo_request", State: lead.Settled}
	l := lead.Lead{ID: "l1", Status: lead.New, Revision: 2, Touches: []string{"t1"}, Verdict: lead.Verdict{Temperature: lead.Hot, Stage: lead.SQL, Score: 90},
		History: []lead.Past{{ID: "t1", Source: "contact", Action: "demo_request"}}}
	again := l
	again.Touches = []string{"t0", "t1"}
	of := func(change string) lead.News {
		return lead.News{Kind: lead.LeadNews, At: now, LeadID: "l1", Source: "contact", Action: "demo_request", Change: change,
			Temperature: "hot", Stage: "SQL", Score: 90, Status: lead.New, Revision: 2}
	}
	touched := func(n lead.News) lead.News { n.TouchID, n.State = "t1", "settled"; return n }
	claimed := of("claim")
	claimed.By, claimed.Status = "Dana", lead.Claimed
	cooled := of("verdict")
	cooled.Temperature = "warm"
	update := func(change func(*lead.Lead)) func(Store) error {
		return func(k Store) error {
			_, err := k.UpdateLead(t.Context(), "l1", 0, func(l *lead.Lead) error { change(l); return nil })
			return err
		}
	}
	finish := func(l *lead.Lead) func(Store) error {
		return func(k Store) error { return k.Finish(t.Context(), touch, l, lead.OutcomeHeld) }
	}
	refused := errors.New("refused")
	tests := map[string]struct {
		do   func(Store) error
		err  error
		want []lead.News
	}{
		"New":       {finish(&l), nil, []lead.News{touched(of("new"))}},
		"Touched":   {finish(&again), nil, []lead.News{touched(of("touched"))}},
		"NoLead":    {finish(nil), nil, []lead.News{{Kind: lead.TouchNews, At: now, TouchID: "t1", Source: "contact", Action: "demo_request", State: "settled"}}},
		"NotKept":   {finish(&l), refused, nil},
		"Claim":     {update(func(l *lead.Lead) { _ = l.Act(lead.Command{Verb: lead.VerbClaim, By: "Dana"}, now) }), nil, []lead.News{claimed}},
		"Verdict":   {update(func(l *lead.Lead) { l.Temperature = lead.Warm }), nil, []lead.News{cooled}},
		"Updated":   {update(func(l *lead.Lead) { l.Alerts = map[string]string{"sales": "C1/2"} }), nil, []lead.News{of("updated")}},
		"NotUpdate": {update(func(*lead.Lead) {}), refused, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			j := NewLog("run", time.Now)
			start := j.Place()
			err := tt.do(Store{wordy{err: tt.err, have: l}, j, func() time.Time { return now }})
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			got := j.News(ended, start)
			for i := range got {
				got[i].ID = ""
			}
			if diff := cmp.Diff(tt.want, got); len(tt.want)+len(got) > 0 && diff != "" {
				t.Errorf("news (-want +got):\n%s", diff)
			}
		})
	}
}

// Two nodes on one Redis: each receives the other's events, and neither its own.
func TestReplicator(t *testing.T) {
	mini := miniredis.RunT(t)
	nodes := make([]Replicator, 2)
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	defer wg.Wait()
	defer cancel()
	client := func() redis.UniversalClient {
		c := redis.NewClient(&redis.Options{Addr: mini.Addr()})
		t.Cleanup(func() { c.Close() })
		return c
	}
	for i := range nodes {
		r := Replicator{Log: NewLog(lead.NewID(time.Now()), time.Now), Redis: availability.New(availability.Options{Now: time.Now}), Publisher: client(), Subscriber: client()}
		r.Redis.SetUp(true)
		nodes[i] = r
		wg.Go(func() { r.Send(ctx) })
		wg.Go(func() { r.Receive(ctx) })
	}
	for mini.PubSubNumSub(channel)[channel] < len(nodes) {
		availability.Sleep(ctx, time.Millisecond)
	}
	start := []string{nodes[0].Log.Place(), nodes[1].Log.Place()}
	nodes[0].Log.Publish(lead.News{Kind: lead.TouchNews, TouchID: "from0"})
	expect := func(node int, want ...string) {
		t.Helper()
		place, got := start[node], []string(nil)
		for len(got) < len(want) && ctx.Err() == nil {
			for _, n := range nodes[node].Log.News(ctx, place) {
				place, got = n.ID, append(got, string(n.Kind)+n.TouchID)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("node %d received (-want +got):\n%s", node, diff)
		}
	}
	expect(1, "touchfrom0")
	nodes[1].Log.Publish(lead.News{Kind: lead.TouchNews, TouchID: "from1"})
	expect(0, "touchfrom0", "touchfrom1")

	// Redis goes and returns: what was published meanwhile may be lost, and readers
	// are told to read again.
	start = []string{nodes[0].Log.Place(), nodes[1].Log.Place()}
	nodes[1].Redis.SetUp(false)
	nodes[1].Redis.SetUp(true)
	expect(1, "reset")
	nodes[0].take(`{"node":"third","lost":true,"news":[{"kind":"touch","touch_id":"x"}]}`)
	nodes[0].take(`{"node":"` + nodes[0].Log.launch + `","news":[{"kind":"touch","touch_id":"own"}]}`)
	nodes[0].take(`garbage`)
	expect(0, "reset", "touchx")
}
