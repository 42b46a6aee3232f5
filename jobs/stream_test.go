package jobs

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/lead"
)

// tellNumbered tells n pieces of news whose touches are numbered from first.
func tellNumbered(s *stream, first, n int) {
	for i := range n {
		s.tell(false, lead.News{Kind: lead.TouchNews, TouchID: strconv.Itoa(first + i)})
	}
}

func TestJobs_News(t *testing.T) {
	j := &Jobs{stream: newStream("run"), now: time.Now}
	start := j.Place()
	tellNumbered(j.stream, 1, 3)
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
func TestStream_After(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newStream("run")
		told, place := 0, int64(0)
		for range rapid.IntRange(1, 3).Draw(t, "rounds") {
			n := rapid.SampledFrom([]int{1, 2, 100, streamKept - 1, streamKept, streamKept + 1}).Draw(t, "told")
			tellNumbered(s, told, n)
			news, last, lost := s.after(context.Background(), place)
			if lost != (n > streamKept) {
				t.Fatalf("lost is %v after %d pieces of news", lost, n)
			}
			if want := min(n, streamKept); len(news) != want || last != place+int64(n) {
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

func TestStream_ManyAtOnce(t *testing.T) {
	s := newStream("run")
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
		all.Go(func() { tellNumbered(s, 0, each) })
	}
	all.Wait()
	readers.Wait()
}

// wordy is a keeper that does as it is told.
type wordy struct {
	keeper
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

func TestNewsKeeper(t *testing.T) {
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
	update := func(change func(*lead.Lead)) func(newsKeeper) error {
		return func(k newsKeeper) error {
			_, err := k.UpdateLead(t.Context(), "l1", 0, func(l *lead.Lead) error { change(l); return nil })
			return err
		}
	}
	finish := func(l *lead.Lead) func(newsKeeper) error {
		return func(k newsKeeper) error { return k.Finish(t.Context(), touch, l, lead.OutcomeHeld) }
	}
	refused := errors.New("refused")
	tests := map[string]struct {
		do   func(newsKeeper) error
		err  error
		want []lead.News
	}{
		"New":       {finish(&l), nil, []lead.News{touched(of("new"))}},
		"Touched":   {finish(&again), nil, []lead.News{touched(of("touched"))}},
		"NoLead":    {finish(nil), nil, []lead.News{{Kind: lead.TouchNews, At: now, TouchID: "t1", Source: "contact", Action: "demo_request", State: "settled"}}},
		"NotKept":   {finish(&l), refused, nil},
		"Claim":     {update(func(l *lead.Lead) { _ = l.Act(lead.Deed{Verb: lead.VerbClaim, By: "Dana"}, now) }), nil, []lead.News{claimed}},
		"Verdict":   {update(func(l *lead.Lead) { l.Temperature = lead.Warm }), nil, []lead.News{cooled}},
		"Updated":   {update(func(l *lead.Lead) { l.Alerts = map[string]string{"sales": "C1/2"} }), nil, []lead.News{of("updated")}},
		"NotUpdate": {update(func(*lead.Lead) {}), refused, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			j := &Jobs{stream: newStream("run"), now: time.Now}
			start := j.Place()
			err := tt.do(newsKeeper{wordy{err: tt.err, have: l}, j.stream, func() time.Time { return now }})
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

// Two nodes on one Redis: each hears the other, and neither hears itself twice.
func TestJobs_NewsOfOtherNodes(t *testing.T) {
	mini, client := embedded(t)
	nodes := make([]*Jobs, 2)
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	defer wg.Wait()
	defer cancel()
	for i := range nodes {
		j := &Jobs{stream: newStream(lead.NewID(time.Now())), now: time.Now, redis: availability.New(availability.Options{Now: time.Now}), o: Options{Producer: client(), Hot: client()}}
		j.launch = j.stream.launch
		j.redis.SetUp(true)
		nodes[i] = j
		wg.Go(func() { j.spread(ctx) })
		wg.Go(func() { j.overhear(ctx) })
	}
	for mini.PubSubNumSub(newsChannel)[newsChannel] < len(nodes) {
		availability.Sleep(ctx, time.Millisecond)
	}
	start := []string{nodes[0].Place(), nodes[1].Place()}
	nodes[0].stream.tell(false, lead.News{Kind: lead.TouchNews, TouchID: "from0"})
	expect := func(node int, want ...string) {
		t.Helper()
		place, got := start[node], []string(nil)
		wait, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		for len(got) < len(want) && wait.Err() == nil {
			for _, n := range nodes[node].News(wait, place) {
				place, got = n.ID, append(got, string(n.Kind)+n.TouchID)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("node %d heard (-want +got):\n%s", node, diff)
		}
	}
	expect(1, "touchfrom0")
	nodes[1].stream.tell(false, lead.News{Kind: lead.TouchNews, TouchID: "from1"})
	expect(0, "touchfrom0", "touchfrom1")

	// Redis goes and comes: what was told meanwhile may be lost, and that is said.
	start = []string{nodes[0].Place(), nodes[1].Place()}
	nodes[1].redis.SetUp(false)
	nodes[1].redis.SetUp(true)
	expect(1, "reset")
	nodes[0].takeIn(`{"node":"third","lost":true,"news":[{"kind":"touch","touch_id":"x"}]}`)
	nodes[0].takeIn(`{"node":"` + nodes[0].launch + `","news":[{"kind":"touch","touch_id":"own"}]}`)
	nodes[0].takeIn(`garbage`)
	expect(0, "reset", "touchx")
}
