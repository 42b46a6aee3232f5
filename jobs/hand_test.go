package jobs

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hibiken/asynq"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"

	"github.com/leadgate/leadgate/lead"
)

// payloads are the tasks of a queue that wait.
func payloads(t *testing.T, j *Jobs, queue string) (all []string) {
	t.Helper()
	tasks, err := asynq.NewInspectorFromRedisClient(j.o.Producer).ListPendingTasks(queue, asynq.PageSize(1000))
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		all = append(all, strings.Fields(string(task.Payload))...)
	}
	return all
}

func TestJobs_Hand_UnreadableTouchStopsNobody(t *testing.T) {
	j := newIdle(t)
	var said bytes.Buffer
	j.log = slog.New(slog.NewTextHandler(&said, nil))
	good := named(j, "good")
	if _, err := j.Accept(t.Context(), request(j), []*lead.Touch{good}); err != nil {
		t.Fatal(err)
	}
	if err := j.o.Journal.Commit(t.Context(), journal.Put(repo.BulkShelf, "bad", []byte("not a touch"))); err != nil {
		t.Fatal(err)
	}
	j.mu.Lock()
	clear(j.flights) // as after a restart
	j.mu.Unlock()
	j.bulk.waiting = []string{"bad", good.ID}
	ids, _ := j.bulk.take(10)
	if err := j.hand(t.Context(), j.bulk, ids); err != nil {
		t.Fatalf("hand = %v, want the good one handed over", err)
	}
	if got := payloads(t, j, repo.BulkShelf); !slices.Equal(got, []string{good.ID}) {
		t.Errorf("tasks = %v, want the good one", got)
	}
	if !strings.Contains(said.String(), "level=ERROR") || !strings.Contains(said.String(), "bad") {
		t.Errorf("nobody is told of the unreadable one: %s", said.String())
	}
	if _, err := j.o.Journal.Get(repo.BulkShelf, "bad"); err != nil {
		t.Errorf("the unreadable one is not kept: %v", err)
	}
}

// A process that starts again must not take the tasks of the one before for
// its own: they may be completed, orphaned, or hold other touches.
func TestJobs_Hand_AfterARestart(t *testing.T) {
	j := newIdle(t)
	hot := &lead.Touch{ID: lead.NewID(j.now()), State: lead.Accepted, Action: "demo_request", ReceivedAt: j.now()}
	one, two := named(j, "one"), named(j, "two")
	if _, err := j.Accept(t.Context(), request(j), []*lead.Touch{hot, one, two}); err != nil {
		t.Fatal(err)
	}
	for _, l := range []*lane{j.hot, j.bulk} {
		ids, _ := l.take(10)
		if err := j.hand(t.Context(), l, ids); err != nil {
			t.Fatal(err)
		}
	}
	j.mu.Lock()
	clear(j.flights)
	clear(j.urgent)
	j.mu.Unlock()
	j.launch = "another"
	three := named(j, "three")
	for _, again := range []struct {
		l   *lane
		ids []string
	}{{j.hot, []string{hot.ID}}, {j.bulk, []string{one.ID, three.ID}}} {
		if again.l == j.bulk {
			if _, err := j.Accept(t.Context(), request(j), []*lead.Touch{three}); err != nil {
				t.Fatal(err)
			}
		}
		again.l.waiting, again.l.out = again.ids, 0
		ids, _ := again.l.take(10)
		if err := j.hand(t.Context(), again.l, ids); err != nil {
			t.Fatal(err)
		}
	}
	if got := payloads(t, j, repo.HotShelf); len(got) != 2 {
		t.Errorf("hot tasks = %v, want one of each run: the first may be done without effect", got)
	}
	if got := payloads(t, j, repo.BulkShelf); !slices.Contains(got, three.ID) {
		t.Errorf("bulk tasks = %v, want the one that shares its first touch with a task of the run before", got)
	}
}

// Other replicas are called only to what this one's workers have no hands for.
func TestJobs_Hand_CallsForHelp(t *testing.T) {
	_, client := embedded(t)
	j := newIdle(t)
	use(j, &flakyStore{})
	j.o.Embedded, j.o.Producer = false, client()
	j.hot.slots = 2
	sub := client().Subscribe(t.Context(), wakeChannel)
	defer sub.Close()
	if _, err := sub.Receive(t.Context()); err != nil {
		t.Fatal(err)
	}
	heard := sub.Channel()
	for n := range 4 {
		touch := &lead.Touch{ID: lead.NewID(j.now()), State: lead.Accepted, Action: "demo_request", ReceivedAt: j.now()}
		if _, err := j.Accept(t.Context(), request(j), []*lead.Touch{touch}); err != nil {
			t.Fatal(err)
		}
		ids, _ := j.hot.take(10)
		if err := j.hand(t.Context(), j.hot, ids); err != nil {
			t.Fatal(err)
		}
		if err := j.o.Producer.Publish(t.Context(), wakeChannel, n).Err(); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"0", "1", repo.HotShelf, "2", repo.HotShelf, "3"} {
		if m := <-heard; m.Payload != want {
			t.Fatalf("the others hear %q, want %q", m.Payload, want)
		}
	}
}

// staging is a store that takes what is staged.
type staging struct{ noStore }

func (staging) StageIn(context.Context, redis.Pipeliner, []*lead.Touch) error { return nil }

// A long list that is imported waits on the disk and in Redis, not in memory.
func TestJobs_Hand_HoldsAWindow(t *testing.T) {
	j := newIdle(t)
	use(j, staging{})
	j.o.Embedded, j.bulk.window = false, 50_000
	touches := make([]*lead.Touch, holdMost+1_000)
	for i := range touches {
		touches[i] = named(j, strconv.Itoa(i))
	}
	if _, err := j.Accept(t.Context(), request(j), touches); err != nil {
		t.Fatal(err)
	}
	for ids, _ := j.bulk.take(feedBatch); len(ids) > 0; ids, _ = j.bulk.take(feedBatch) {
		if err := j.hand(t.Context(), j.bulk, ids); err != nil {
			t.Fatal(err)
		}
	}
	held := 0
	for _, f := range j.flights {
		if f.held() != nil {
			held++
		}
	}
	if len(j.flights) != len(touches) || held != holdMost {
		t.Errorf("%d touches are on their way and %d of them in memory, want %d and %d", len(j.flights), held, len(touches), holdMost)
	}
}
