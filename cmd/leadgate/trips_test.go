package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/jobs"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/rules"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/pace"
	"github.com/leadgate/leadgate/notify/routing"
	"github.com/leadgate/leadgate/store"
)

// travel takes down, in their order, the journal's commits and the round trips to
// Redis that stand between the acceptance of a hot touch and the call to its
// target. It is the target, too.
type travel struct {
	mu      sync.Mutex
	trips   []string
	arrived bool
}

func (v *travel) note(trip string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.arrived {
		v.trips = append(v.trips, trip)
	}
}

// begin forgets all trips, those to come are of one lead.
func (v *travel) begin() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.trips, v.arrived = nil, false
}

func (v *travel) Most() int { return 1 }

func (v *travel) Send(context.Context, []notify.Alert) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.arrived = true
	return "C1/1", nil
}

// nobodyWaits are the trips that the call to the target does not wait for.
var nobodyWaits = regexp.MustCompile(strings.Join([]string{
	`: publish `,                             // wakes other replicas, tells those who watch
	`: zadd lg:touches`,                      // the lists, written while the target is called
	`asynq:{hot}:(active|scheduled|retry)`,   // the end of a task, and asynq's own rounds
	`^producer: get lg:{who}:born$`,          // the pulse
	`: (hello|client|zrange|hgetall|expire)`, // new connections, the rounds of other parts
}, "|"))

// path is what the lead had to wait for. Of all looks into the queue that is the
// first one after it came there; the others find nothing.
func (v *travel) path() (path []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	queued := false
	for _, trip := range v.trips {
		if look := strings.HasPrefix(trip, "hot: "); nobodyWaits.MatchString(trip) || look && !queued {
			continue
		} else if look {
			queued = false
		}
		queued = queued || strings.Contains(trip, "asynq:{hot}:t:")
		path = append(path, trip)
	}
	return path
}

// trips is a hook that takes down those of one client.
type trips struct {
	*travel
	client string
}

func (h trips) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		h.took(cmd)
		return next(ctx, cmd)
	}
}

func (h trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		h.took(cmds...)
		return next(ctx, cmds)
	}
}

var anyID = regexp.MustCompile(`[0-9A-Z]{26}|[0-9a-f]{64}`)

func (h trips) took(cmds ...redis.Cmder) {
	var names []string
	for _, c := range cmds {
		args := c.Args()
		key := args[min(1, len(args)-1)]
		if strings.HasPrefix(c.Name(), "eval") {
			key = args[3]
		}
		names = append(names, strings.TrimSuffix(c.Name(), "sha")+" "+anyID.ReplaceAllString(fmt.Sprint(key), "ID"))
	}
	h.note(h.client + ": " + strings.Join(names, ", "))
}

// TestTrips_HotLead counts what a hot lead waits for between its acceptance and
// the call to its target, where a shared Redis keeps its leases and its pace.
// Each line costs every hot lead its time: think before another one is added.
func TestTrips_HotLead(t *testing.T) {
	t.Parallel()
	server := newRealRedis(t)
	clients := newRedisClients(t, server.addr)
	v := &travel{}
	jr, err := journal.Open(journal.Options{Dir: t.TempDir(), Shelves: jobs.Shelves(), Reserve: -1, OnCommit: func(int, time.Duration) { v.note("journal") }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { jr.Close() })
	target := notify.Target{Name: "sales", Kind: "slack", Channel: "C1", Pace: pace.Pace{N: 1000, Per: time.Second}}
	work, err := jobs.New(jobs.Options{Journal: jr, Store: store.New(clients.workers, store.Options{}), Prompt: store.New(clients.producer, store.Options{}),
		Rules: rules.Default, Routes: []routing.Route{{To: "sales", AtLeast: lead.Hot}},
		Outlets:  []jobs.Outlet{{Target: target, Sender: v, Pacer: pace.New(target.PaceName(), target.Pace)}},
		Producer: clients.producer, Hot: clients.hot, Bulk: clients.bulk, Node: "n"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- work.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	if err := work.Redis.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	ask := func(email string) {
		t.Helper()
		now := time.Now()
		touch := &lead.Touch{ID: lead.NewID(now), State: lead.Accepted, Source: "site", Provider: "json", Action: "demo_request", At: now, ReceivedAt: now,
			Person: lead.Person{Email: email}, Content: lead.NewID(now)}
		req := &lead.Request{ID: lead.NewID(now), Source: "site", Provider: "json", ReceivedAt: now, Body: []byte("{}")}
		if _, err := work.Intake.Accept(ctx, req, []*lead.Touch{touch}); err != nil {
			t.Fatal(err)
		}
		awaitFor(t, "the lead to be settled", 10*time.Second, func() bool { return work.Books.Waiting() == 0 })
	}
	ask("first@works.example")
	// Now that all runs, the hooks are inside all others: what those join is one
	// trip, what they hold back none.
	for name, client := range map[string]redis.UniversalClient{"producer": clients.producer, "workers": clients.workers, "hot": clients.hot} {
		client.AddHook(trips{v, name})
	}
	for _, tt := range []struct {
		name  string
		email func(n int) string
		want  []string
	}{
		{"NewPerson", func(n int) string { return fmt.Sprintf("new%d@works.example", n) }, []string{
			"journal",
			"producer: hsetnx lg:{t:ID}, hsetnx lg:{t:ID}, eval asynq:{hot}:t:ID",
			"hot: eval asynq:{hot}:pending",
			"workers: set lg:same:site:ID, mget lg:{who}:born",
			"workers: set lg:{l:ID}, msetnx lg:{who}:ID",
			"producer: eval lg:lease:ID/sales, eval lg:pace:slack:C1",
		}},
		{"KnownPerson", func(int) string { return "first@works.example" }, []string{
			"journal",
			"producer: hsetnx lg:{t:ID}, hsetnx lg:{t:ID}, eval asynq:{hot}:t:ID",
			"hot: eval asynq:{hot}:pending",
			"workers: set lg:same:site:ID, mget lg:{who}:born",
			"workers: exists lg:{who}:born, get lg:{l:ID}",
			"workers: eval lg:{l:ID}",
			"producer: eval lg:lease:ID/sales, eval lg:pace:slack:C1",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var quietest []string // others have their rounds, which may fall on it
			for n := range 8 {
				v.begin()
				ask(tt.email(n))
				if path := v.path(); n == 0 || len(path) < len(quietest) {
					quietest = path
				}
			}
			if diff := cmp.Diff(tt.want, quietest); diff != "" {
				t.Errorf("what a hot lead waits for (-want +got):\n%s", diff)
			}
		})
	}
}
