package store_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/store"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// world is one store in one Redis, with the marker set.
type world struct {
	*store.Store
	t     testing.TB
	rdb   redis.UniversalClient // hooked: every command of the store goes through here
	plain redis.UniversalClient // for the test's own looks
	hook  *hook
	now   time.Time
}

// everywhere runs a test on the built-in Redis, on a server, and on a cluster.
func everywhere(t *testing.T, run func(t *testing.T, w *world)) {
	t.Run("Builtin", func(t *testing.T) { run(t, openBuiltin(t)) })
	t.Run("Server", func(t *testing.T) { run(t, openServer(t, false)) })
	t.Run("Cluster", func(t *testing.T) { run(t, openServer(t, true)) })
}

func openBuiltin(t testing.TB) *world {
	mini := miniredis.RunT(t)
	return open(t, mini.Addr(), false)
}

func open(t testing.TB, addr string, cluster bool) *world {
	w := &world{t: t, hook: &hook{}, now: noon}
	w.rdb = redis.NewUniversalClient(&redis.UniversalOptions{Addrs: []string{addr}, IsClusterMode: cluster, MaxRetries: -1})
	w.rdb.AddHook(w.hook)
	w.plain = redis.NewClient(&redis.Options{Addr: addr})
	t.Cleanup(func() { w.rdb.Close(); w.plain.Close() })
	w.Store = store.New(w.rdb, store.Options{Now: func() time.Time { return w.now }})
	w.bear()
	return w
}

func (w *world) bear() {
	w.t.Helper()
	if err := w.Bear(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) flush() {
	w.t.Helper()
	if err := w.plain.FlushAll(context.Background()).Err(); err != nil {
		w.t.Fatal(err)
	}
}

// openServer starts a redis-server of its own; as a cluster it is one node that
// holds every slot, which is enough to refuse keys of different slots.
func openServer(t testing.TB, cluster bool) *world {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("LEADGATE_REQUIRE_ALL") == "1" {
			t.Fatal("redis-server is not installed and LEADGATE_REQUIRE_ALL=1")
		}
		t.Skip("redis-server is not installed")
	}
	port := freePort(t)
	args := []string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir()}
	if cluster {
		args = append(args, "--cluster-enabled", "yes")
	}
	cmd := exec.Command(path, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	plain := redis.NewClient(&redis.Options{Addr: addr})
	defer plain.Close()
	await(t, "redis-server to answer", func() bool { return plain.Ping(t.Context()).Err() == nil })
	if cluster {
		if err := plain.Do(t.Context(), "cluster", "addslotsrange", 0, 16383).Err(); err != nil {
			t.Skipf("this redis-server cannot be a cluster of one: %v", err)
		}
		await(t, "the cluster to be ready", func() bool {
			return strings.Contains(plain.ClusterInfo(t.Context()).Val(), "cluster_state:ok")
		})
	}
	return open(t, addr, cluster)
}

// freePort leaves room for a cluster's second port, 10,000 above.
func freePort(t testing.TB) int {
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		l.Close()
		if port < 55000 {
			return port
		}
	}
	t.Fatal("no free port below 55000")
	return 0
}

func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(10 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("waited 10 s for %s", what)
		}
	}
}

// hook watches every command: it refuses keys of different slots, counts, and
// can lose one command or its answer.
type hook struct {
	mu       sync.Mutex
	trips    int
	commands int
	at       int // this command fails; 0: none
	late     bool
	fired    bool
	before   func(trip int) // called before every round trip
}

var errLost = errors.New("connection lost")

// lose makes the nth command from now fail: late means that Redis did it.
func (h *hook) lose(n int, late bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at, h.late, h.commands, h.trips, h.fired = n, late, 0, 0, false
}

func (h *hook) counts() (trips, commands int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.trips, h.commands
}

func (h *hook) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h *hook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		return h.send([]redis.Cmder{cmd}, func(cmds []redis.Cmder) error { return next(ctx, cmds[0]) })
	}
}

func (h *hook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		return h.send(cmds, func(cmds []redis.Cmder) error { return next(ctx, cmds) })
	}
}

func (h *hook) send(cmds []redis.Cmder, next func([]redis.Cmder) error) error {
	for _, c := range cmds {
		if err := oneSlot(c); err != nil {
			c.SetErr(err)
			return err
		}
	}
	h.mu.Lock()
	h.trips++
	trip, before := h.trips, h.before
	n := len(cmds)
	lost := h.at > h.commands && h.at <= h.commands+n
	if lost {
		n = h.at - h.commands - 1
		if h.late {
			n++
		}
		h.fired = true
	}
	h.commands += len(cmds)
	h.mu.Unlock()
	if before != nil {
		before(trip)
	}
	if !lost {
		return next(cmds)
	}
	if n > 0 {
		_ = next(cmds[:n]) // whatever Redis says, the answer is lost
	}
	for _, c := range cmds {
		c.SetErr(errLost)
	}
	return errLost
}

// oneSlot refuses a command whose keys do not share a hash tag.
func oneSlot(c redis.Cmder) error {
	var keys []string
	args := make([]string, len(c.Args()))
	for i, a := range c.Args() {
		args[i] = fmt.Sprint(a)
	}
	switch c.Name() {
	case "eval", "evalsha":
		n, _ := strconv.Atoi(args[2])
		keys = args[3 : 3+n]
	case "msetnx", "mset":
		for i := 1; i < len(args); i += 2 {
			keys = append(keys, args[i])
		}
	case "mget", "del", "exists", "unlink", "sunion", "sinter", "sdiff", "pfcount", "rename":
		keys = args[1:]
	}
	for _, k := range keys {
		if slotTag(k) != slotTag(keys[0]) {
			return fmt.Errorf("%s has keys of different slots: %q and %q", c.Name(), keys[0], k)
		}
	}
	return nil
}

func slotTag(key string) string {
	if _, rest, ok := strings.Cut(key, "{"); ok {
		if tag, _, ok := strings.Cut(rest, "}"); ok && tag != "" {
			return tag
		}
	}
	return key
}

// dump is everything in Redis but lifetimes.
func (w *world) dump() map[string]any {
	w.t.Helper()
	ctx := context.Background()
	all := map[string]any{}
	for _, key := range w.plain.Keys(ctx, "*").Val() {
		switch kind := w.plain.Type(ctx, key).Val(); kind {
		case "string":
			all[key] = w.plain.Get(ctx, key).Val()
		case "hash":
			all[key] = w.plain.HGetAll(ctx, key).Val()
		case "set":
			members := w.plain.SMembers(ctx, key).Val()
			slices.Sort(members)
			all[key] = members
		case "zset":
			all[key] = w.plain.ZRangeWithScores(ctx, key, 0, -1).Val()
		default:
			w.t.Fatalf("key %s is a %s", key, kind)
		}
	}
	return all
}

// touch is what person did in minute n of the test.
func touch(id string, minute int, p lead.Person) *lead.Touch {
	at := noon.Add(time.Duration(minute) * time.Minute)
	return &lead.Touch{ID: id, State: lead.Accepted, Source: "contact", Provider: "form", Action: "contact_form", At: at, ReceivedAt: at,
		Person: p, Content: "content-" + id, Trail: []lead.Step{{At: at, Step: lead.StepAccepted}}}
}

func take(t *lead.Touch) func(*lead.Lead) error {
	return func(l *lead.Lead) error { l.Take(t); return nil }
}

// add adds t with its own id for a new lead, as jobs does.
func (w *world) add(t *lead.Touch) *lead.Lead {
	w.t.Helper()
	l, _, err := w.Add(context.Background(), t, t.ID, take(t))
	if err != nil {
		w.t.Fatalf("Add(%s): %v", t.ID, err)
	}
	return l
}

// settle carries a touch that tells nobody through the store.
func (w *world) settle(t *lead.Touch) *lead.Lead {
	w.t.Helper()
	l := w.add(t)
	t.State, t.LeadID = lead.Settled, l.ID
	if err := w.Finish(context.Background(), t, l, lead.OutcomeHeld); err != nil {
		w.t.Fatalf("Finish(%s): %v", t.ID, err)
	}
	return l
}
