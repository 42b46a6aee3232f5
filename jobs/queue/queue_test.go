package queue

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// shelves read a lane's shelf, whose values are "ok" or what is wrong.
type shelves struct{ *journal.Journal }

func (s shelves) Waiting(lane, id string) (*lead.Touch, error) {
	b, err := s.Get(lane, id)
	if err != nil {
		return nil, err
	}
	if string(b) != "ok" {
		return nil, errors.New(string(b))
	}
	return &lead.Touch{ID: id}, nil
}

// staging is a store that takes what is staged and knows what was ended.
type staging struct {
	ended map[string]bool
	err   error
}

func (staging) StageIn(context.Context, redis.Pipeliner, []*lead.Touch) error { return nil }

func (s staging) TouchesByID(_ context.Context, ids []string) ([]*lead.Touch, error) {
	touches := make([]*lead.Touch, len(ids))
	for i, id := range ids {
		if s.ended[id] {
			touches[i] = &lead.Touch{ID: id, Ended: true}
		}
	}
	return touches, s.err
}

// handling is a handler that keeps what it is called with.
type handling struct {
	mu         sync.Mutex
	worked     chan string
	alerts     chan string
	ends       []error // of Touch, one after another
	ended      []string
	unprepared error
	delivering map[string]bool
}

func (h *handling) Touch(_ context.Context, id string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.ends) > 0 {
		err := h.ends[0]
		h.ends = h.ends[1:]
		return err
	}
	h.worked <- id
	return nil
}

func (h *handling) Alert(_ context.Context, touchID, target string) error {
	h.alerts <- touchID + " to " + target
	return nil
}

func (h *handling) Ended(_ context.Context, t *lead.Touch) error {
	h.ended = append(h.ended, t.ID)
	return h.unprepared
}

func (h *handling) BeforeEnqueue(context.Context, *lead.Touch) error { return h.unprepared }
func (h *handling) Delivering(id string) bool                        { return h.delivering[id] }

// ticking is a queue with a journal behind it, whose clock the test moves.
type ticking struct {
	*Queue
	t     *testing.T
	h     *handling
	clock time.Time
}

func newTicking(t *testing.T, change ...func(*Options)) *ticking {
	t.Helper()
	jr, err := journal.Open(journal.Options{Dir: t.TempDir(), Shelves: []string{Hot, Bulk}, Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { jr.Close() })
	_, client := embedded(t)
	b := &ticking{t: t, clock: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC), h: &handling{worked: make(chan string, 100), alerts: make(chan string, 100)}}
	now := func() time.Time { return b.clock }
	o := Options{Journal: jr, Repo: shelves{jr}, Store: staging{}, Redis: availability.New(availability.Options{Now: now, Logger: slog.New(slog.DiscardHandler)}),
		Producer: client(), Hot: client(), Bulk: client(), HotSlots: 2, BulkSlots: 2, Launch: "one", Skip: func(string) bool { return false },
		Backoff: func(int) time.Duration { return 0 }, Registry: prometheus.NewRegistry(), Logger: slog.New(slog.DiscardHandler), Now: now}
	for _, c := range change {
		c(&o)
	}
	b.Queue = New(o)
	b.handler = b.h
	return b
}

// accept puts touches on a lane's shelf and adds them.
func (b *ticking) accept(lane string, ids ...string) {
	b.t.Helper()
	b.shelve(lane, "ok", ids...)
	for _, id := range ids {
		b.Add(lane, &lead.Touch{ID: id, ReceivedAt: b.clock}, b.clock)
	}
}

func (b *ticking) shelve(lane, value string, ids ...string) {
	b.t.Helper()
	for _, id := range ids {
		if err := b.o.Journal.Commit(b.t.Context(), journal.Put(lane, id, []byte(value))); err != nil {
			b.t.Fatal(err)
		}
	}
}

// send dispatches all that waits in a lane.
func (b *ticking) send(l *lane) {
	b.t.Helper()
	for ids, _ := l.take(dispatchBatch); len(ids) > 0; ids, _ = l.take(dispatchBatch) {
		if err := b.dispatch(b.t.Context(), l, ids); err != nil {
			b.t.Fatal(err)
		}
	}
}

// payloads are the touches of the tasks that wait in a queue.
func (b *ticking) payloads(queue string) (all []string) {
	b.t.Helper()
	tasks, err := b.inspector.ListPendingTasks(queue, asynq.PageSize(1000))
	if err != nil {
		b.t.Fatal(err)
	}
	for _, task := range tasks {
		all = append(all, strings.Fields(string(task.Payload))...)
	}
	return all
}

func TestLane_Window(t *testing.T) {
	l := newLane("bulk", 3, 1, 1)
	l.push("a", "b", "c", "d")
	first, refill := l.take(10)
	if !slices.Equal(first, []string{"a", "b", "c"}) || refill {
		t.Errorf("take = %v, %v, want what the window has room for", first, refill)
	}
	if more, _ := l.take(10); more != nil {
		t.Errorf("take from a full window = %v", more)
	}
	l.release(2)
	l.unshift("b")
	if more, _ := l.take(10); !slices.Equal(more, []string{"b", "d"}) {
		t.Errorf("take = %v, want what was put back before the rest", more)
	}
}

func TestQueue_RefillReadsWhatMemoryDidNotHold(t *testing.T) {
	b := newTicking(t, func(o *Options) { o.Skip = func(id string) bool { return id == "skipped" } })
	for n := range 50 {
		b.accept(Bulk, fmt.Sprint(n))
	}
	b.shelve(Bulk, "ok", "skipped")
	b.bulk.waiting, b.bulk.overflow = b.bulk.waiting[:10], true
	clear(b.inFlight)
	b.refill(b.bulk)
	got := slices.Clone(b.bulk.waiting)
	slices.Sort(got)
	if len(got) != 50 || len(slices.Compact(got)) != 50 {
		t.Errorf("%d wait after the refill, want each of 50 once", len(b.bulk.waiting))
	}
}

func TestQueue_UnreadableTouchStopsNoOther(t *testing.T) {
	var logged bytes.Buffer
	b := newTicking(t, func(o *Options) { o.Logger = slog.New(slog.NewTextHandler(&logged, nil)) })
	b.accept(Bulk, "good")
	b.shelve(Bulk, "not a touch", "bad")
	clear(b.inFlight) // as after a restart
	b.bulk.waiting = []string{"bad", "settled", "good"}
	b.send(b.bulk)
	if got := b.payloads(Bulk); !slices.Equal(got, []string{"good"}) {
		t.Errorf("tasks = %v, want the good one", got)
	}
	if !strings.Contains(logged.String(), "level=ERROR") || !strings.Contains(logged.String(), "bad") {
		t.Errorf("the unreadable one is not logged: %s", logged.String())
	}
	if _, err := b.o.Journal.Get(Bulk, "bad"); err != nil {
		t.Errorf("the unreadable one is not kept: %v", err)
	}
}

// A process that starts again must not take the tasks of the one before for its
// own: they may be completed, orphaned, or hold other touches.
func TestQueue_AfterARestart(t *testing.T) {
	b := newTicking(t)
	b.accept(Hot, "hot")
	b.accept(Bulk, "one", "two")
	b.send(b.hot)
	b.send(b.bulk)
	o := b.o
	o.Launch, o.Registry = "another", prometheus.NewRegistry()
	b.Queue = New(o)
	b.handler = b.h
	b.accept(Bulk, "three")
	b.hot.waiting, b.bulk.waiting = []string{"hot"}, []string{"one", "three"}
	b.send(b.hot)
	b.send(b.bulk)
	if got := b.payloads(Hot); len(got) != 2 {
		t.Errorf("hot tasks = %v, want one of each run: the first may be done without effect", got)
	}
	if got := b.payloads(Bulk); !slices.Contains(got, "three") {
		t.Errorf("bulk tasks = %v, want the one that shares its first touch with a task of the run before", got)
	}
}

// Load brings in what an earlier run left; the hot ones can be alerted directly.
func TestQueue_Load(t *testing.T) {
	b := newTicking(t)
	b.shelve(Hot, "ok", "h")
	b.shelve(Hot, "broken", "x")
	b.shelve(Bulk, "ok", "b")
	b.Load()
	if !slices.Equal(b.hot.all(), []string{"h", "x"}) || !slices.Equal(b.bulk.all(), []string{"b"}) {
		t.Errorf("waiting %v and %v", b.hot.all(), b.bulk.all())
	}
	no := func(string) bool { return false }
	got := b.Direct(no)
	if len(got) != 1 || got[0].ID != "h" {
		t.Errorf("Direct = %v, want the hot one that can be read", got)
	}
	if again := b.Direct(no); len(again) != 0 {
		t.Errorf("Direct once more = %v", again)
	}
}

// While Redis answers, a hot touch is alerted directly when it is late.
func TestQueue_Direct(t *testing.T) {
	b := newTicking(t)
	b.o.Redis.SetUp(true)
	b.accept(Hot, "a", "b")
	no := func(id string) bool { return id == "b" }
	if got := b.Direct(no); len(got) != 0 {
		t.Errorf("at once: %v", got)
	}
	b.clock = b.clock.Add(directAfter + time.Millisecond)
	if got := b.Direct(no); len(got) != 1 || got[0].ID != "a" {
		t.Errorf("later: %v, want the one that is not being delivered", got)
	}
}

// Other replicas are called only to what this one's workers are too few for.
func TestQueue_Announces(t *testing.T) {
	_, client := embedded(t)
	b := newTicking(t, func(o *Options) { o.Shared, o.Producer = true, client() })
	sub := client().Subscribe(t.Context(), peerChannel)
	defer sub.Close()
	if _, err := sub.Receive(t.Context()); err != nil {
		t.Fatal(err)
	}
	messages := sub.Channel()
	for n := range 4 {
		b.accept(Hot, fmt.Sprint("t", n))
		b.send(b.hot)
		b.publish(fmt.Sprint(n))
	}
	b.PublishEnded("t0") // is not published while Redis is away
	for _, want := range []string{"0", "1", Hot, "2", Hot, "3"} {
		if m := <-messages; m.Payload != want {
			t.Fatalf("published %q, want %q", m.Payload, want)
		}
	}
}

// A long list that is imported waits on the disk and in Redis, not in memory.
func TestQueue_KeepsAWindowInMemory(t *testing.T) {
	b := newTicking(t, func(o *Options) { o.Shared = true })
	ids := make([]string, memoryMost+1_000)
	ops := make([]journal.Op, len(ids))
	for i := range ids {
		ids[i] = strconv.Itoa(i)
		ops[i] = journal.Put(Bulk, ids[i], []byte("ok"))
	}
	if err := b.o.Journal.Commit(t.Context(), ops...); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		b.Add(Bulk, &lead.Touch{ID: id}, b.clock)
	}
	b.send(b.bulk)
	kept := 0
	for _, f := range b.inFlight {
		if f.kept() != nil {
			kept++
		}
	}
	if len(b.inFlight) != len(ids) || kept != memoryMost {
		t.Errorf("%d touches are in flight and %d of them in memory, want %d and %d", len(b.inFlight), kept, len(ids), memoryMost)
	}
}

// What the store is not ready for waits again, and so does what Redis refuses.
func TestQueue_DispatchFails(t *testing.T) {
	for _, tt := range []struct {
		name string
		fail func(*ticking)
	}{
		{"NotReady", func(b *ticking) { b.h.unprepared = errors.New("away") }},
		{"Journal", func(b *ticking) { clear(b.inFlight); b.o.Journal.Close() }},
		{"Redis", func(b *ticking) { b.client = asynq.NewClientFromRedisClient(broken(b.t)) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newTicking(t)
			b.accept(Bulk, "a", "b")
			tt.fail(b)
			ids, _ := b.bulk.take(10)
			if err := b.dispatch(t.Context(), b.bulk, ids); err == nil {
				t.Error("dispatch has no error")
			}
			if got := b.bulk.all(); !slices.Equal(got, []string{"a", "b"}) || b.bulk.out != 0 {
				t.Errorf("%v wait and %d are out, want both to wait", got, b.bulk.out)
			}
		})
	}
}

func broken(t *testing.T) redis.UniversalClient {
	_, client := embedded(t)
	c := client()
	c.Close()
	return c
}

func TestQueue_Sweep(t *testing.T) {
	b := newTicking(t)
	b.o.Store = staging{ended: map[string]bool{"ended": true}}
	b.h.delivering = map[string]bool{"delivering": true}
	b.accept(Hot, "ended", "lost", "delivering")
	b.accept(Bulk, "slow")
	b.send(b.hot)
	b.send(b.bulk)
	b.clock = b.clock.Add(redriveHot + time.Second)
	if err := b.check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(b.h.ended, []string{"ended"}) || !slices.Equal(b.hot.all(), []string{"lost"}) || b.bulk.len() != 0 {
		t.Errorf("ended %v, waiting %v and %v; want one settled and one enqueued once more", b.h.ended, b.hot.all(), b.bulk.all())
	}
	b.o.Store = staging{err: errors.New("timeout")}
	b.checkNow("slow")
	b.clock = b.clock.Add(time.Minute)
	if err := b.check(t.Context()); err == nil {
		t.Error("a store that cannot be read is no error")
	}
	b.RequeueAll(func(id string) bool { return id == "ended" })
	if got := b.bulk.all(); !slices.Equal(got, []string{"slow"}) {
		t.Errorf("after Redis lost its tasks %v waits, want slow", got)
	}
}

func TestQueue_Work(t *testing.T) {
	b := newTicking(t)
	b.accept(Hot, "a")
	b.clock = b.clock.Add(time.Second)
	b.send(b.hot)
	failed := errors.New("failed")
	err := b.Work("a", func(f InFlight) error {
		if f.Touch == nil || !f.First {
			t.Errorf("in flight %+v, want the touch, worked on for the first time", f)
		}
		if err := b.Work("a", func(InFlight) error { t.Error("it is worked on twice at once"); return nil }); err != nil {
			t.Error(err)
		}
		return failed
	})
	if !errors.Is(err, failed) {
		t.Errorf("Work = %v", err)
	}
	if steps := b.Trail(&lead.Touch{ID: "a"}); len(steps) != 2 || steps[0].Step != lead.StepAccepted || steps[1].Step != lead.StepQueued {
		t.Errorf("trail = %+v", steps)
	}
	if !b.FirstSeen("a") || b.FirstSeen("a") || !b.FirstSeen("elsewhere") {
		t.Error("FirstSeen is to be true once, and always for what is not in flight")
	}
	if b.hot.out != 1 {
		t.Errorf("%d are out", b.hot.out)
	}
	b.Done("a")
	if b.hot.out != 0 || b.of("a") != nil || b.Trail(&lead.Touch{ID: "a"}) != nil {
		t.Error("what is done is still in flight")
	}
	if err := b.Work("a", func(f InFlight) error { return f.err() }); err != nil {
		t.Error(err)
	}
	b.Resume(Hot, &lead.Touch{ID: "again"})
	b.Requeue(Hot, "again")
	if got := b.hot.all(); !slices.Equal(got, []string{"again"}) || b.hot.out != 0 {
		t.Errorf("%v wait, %d are out", got, b.hot.out)
	}
}

func (f InFlight) err() error {
	if f.Touch != nil || f.First {
		return errors.New("something is known of it")
	}
	return nil
}

// Run enqueues, dequeues and handles; a task that is to run later runs again.
func TestQueue_Run(t *testing.T) {
	b := newTicking(t, func(o *Options) { o.Now = time.Now; o.Shared = true })
	b.h.ends = []error{ErrLater, errors.New("down")}
	b.o.Redis.SetUp(true)
	b.accept(Hot, "hot")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { b.Run(ctx, b.h); close(done) }()
	b.o.Redis.MarkReady()
	if err := b.Enqueued(t.Context(), []*lead.Touch{{ID: "hot"}, {ID: "done already"}}); err != nil {
		t.Error(err)
	}
	b.accept(Bulk, "b0", "b1", "b2")
	for left := map[string]bool{"hot": true, "b0": true, "b1": true, "b2": true}; len(left) > 0; {
		delete(left, <-b.h.worked) // which of them is retried, and when, is open
	}
	if err := b.EnqueueAlert(t.Context(), "hot", "sales", 0); err != nil {
		t.Error(err)
	}
	if got := <-b.h.alerts; got != "hot to sales" {
		t.Errorf("alert = %q", got)
	}
	b.PublishEnded("hot")
	for !b.of("hot").checked() {
		<-time.After(time.Millisecond)
	}
	if err := errors.Join(b.RestoreNames(t.Context()), b.EnqueueAlert(t.Context(), "hot", "sales", time.Hour), b.EnqueueAlert(t.Context(), "hot", "sales", time.Hour)); err != nil {
		t.Error(err)
	}
	cancel()
	<-done
}

// checked says that the sweeper was told to look at the touch.
func (f *inFlight) checked() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.checkAt.After(time.Now())
}

// Without a journal a sender waits until Redis has the task, and not for ever.
func TestQueue_EnqueuedInTime(t *testing.T) {
	b := newTicking(t)
	b.accept(Hot, "a")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Enqueued(ctx, []*lead.Touch{{ID: "a"}}); !errors.Is(err, journal.ErrUnavailable) {
		t.Errorf("Enqueued = %v, want journal.ErrUnavailable", err)
	}
}

func TestAsynqLogger(t *testing.T) {
	var b bytes.Buffer
	l := asynqLogger{slog.New(slog.NewTextHandler(io.Writer(&b), &slog.HandlerOptions{Level: slog.LevelDebug}))}
	l.Debug("d")
	l.Info("i")
	l.Warn("w")
	l.Error("e")
	l.Fatal("f")
	if got := strings.Count(b.String(), "level=WARN"); got != 2 || !strings.Contains(b.String(), "level=ERROR") {
		t.Errorf("logged:\n%s", b.String())
	}
}
