package store_test

import (
	"context"
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

// testStore is one store in one Redis, with the marker set.
type testStore struct {
	*store.Store
	t     testing.TB
	rdb   redis.UniversalClient // hooked: every command of the store goes through here
	plain redis.UniversalClient // for the test's own looks
	hook  *hook
	now   time.Time
}

// everywhere runs a test on the built-in Redis, on a server, and on a cluster.
func everywhere(t *testing.T, run func(t *testing.T, w *testStore)) {
	t.Run("Builtin", func(t *testing.T) { run(t, openBuiltin(t)) })
	t.Run("Server", func(t *testing.T) { run(t, openServer(t, false)) })
	t.Run("Cluster", func(t *testing.T) { run(t, openServer(t, true)) })
}

func openBuiltin(t testing.TB) *testStore {
	return open(t, redis.UniversalOptions{Addrs: []string{miniredis.RunT(t).Addr()}}, store.Options{Look: 1 << 20})
}

func open(t testing.TB, o redis.UniversalOptions, also ...store.Options) *testStore {
	w := &testStore{t: t, hook: &hook{}, now: noon}
	o.MaxRetries = -1
	w.rdb = redis.NewUniversalClient(&o)
	w.rdb.AddHook(w.hook)
	w.plain = redis.NewClient(&redis.Options{Addr: o.Addrs[0]})
	t.Cleanup(func() { w.rdb.Close(); w.plain.Close() })
	options := store.Options{}
	for _, options = range also {
	}
	options.Now = func() time.Time { return w.now }
	w.Store = store.New(w.rdb, options)
	w.bear()
	return w
}

func (w *testStore) bear() {
	w.t.Helper()
	if _, err := w.NewGeneration(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *testStore) flush() {
	w.t.Helper()
	if err := w.plain.FlushAll(context.Background()).Err(); err != nil {
		w.t.Fatal(err)
	}
}

// servers are the redis-servers of this run, started when first asked for and
// shared, since a cluster takes two seconds to trust itself.
var servers struct {
	sync.Mutex
	addr    map[bool]string // by whether it is a cluster
	stop    []func()
	scratch string
}

func TestMain(m *testing.M) {
	servers.addr = map[bool]string{}
	servers.scratch, _ = os.MkdirTemp("", "leadgate-store")
	code := m.Run()
	for _, stop := range servers.stop {
		stop()
	}
	os.RemoveAll(servers.scratch)
	os.Exit(code)
}

func openServer(t testing.TB, cluster bool) *testStore {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("LEADGATE_REQUIRE_ALL") == "1" {
			t.Fatal("redis-server is not installed and LEADGATE_REQUIRE_ALL=1")
		}
		t.Skip("redis-server is not installed")
	}
	servers.Lock()
	defer servers.Unlock()
	if servers.addr[cluster] == "" {
		servers.addr[cluster] = startServer(t, path, cluster)
	}
	plain := redis.NewClient(&redis.Options{Addr: servers.addr[cluster]})
	defer plain.Close()
	if err := plain.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	return open(t, redis.UniversalOptions{Addrs: []string{servers.addr[cluster]}, IsClusterMode: cluster})
}

// startServer starts a redis-server of its own; as a cluster it is one node that
// holds every slot, which is enough to refuse keys of different slots.
func startServer(t testing.TB, path string, cluster bool) string {
	t.Helper()
	port := freePort(t)
	args := []string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", servers.scratch}
	if cluster {
		args = append(args, "--cluster-enabled", "yes")
	}
	cmd := exec.Command(path, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	servers.stop = append(servers.stop, func() { cmd.Process.Kill(); cmd.Wait() })
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	plain := redis.NewClient(&redis.Options{Addr: addr})
	defer plain.Close()
	await(t, "redis-server to answer", func() bool { return plain.Ping(t.Context()).Err() == nil })
	if cluster {
		if err := plain.Do(t.Context(), "cluster", "addslotsrange", 0, 16383).Err(); err != nil {
			t.Fatalf("make a cluster of one: %v", err)
		}
		await(t, "the cluster to be ready", func() bool {
			return strings.Contains(plain.ClusterInfo(t.Context()).Val(), "cluster_state:ok")
		})
	}
	return addr
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
	limit := time.After(30 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("waited 30 s for %s", what)
		}
	}
}

// dump is everything in Redis but lifetimes.
func (w *testStore) dump() map[string]any {
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
		case "stream": // a log of what was written: writing again adds to it
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
func (w *testStore) add(t *lead.Touch) *lead.Lead { w.t.Helper(); return w.addMet(t, nil) }

func (w *testStore) addMet(t *lead.Touch, met *lead.Met) *lead.Lead {
	w.t.Helper()
	l, _, err := w.Add(context.Background(), t, t.ID, met, take(t))
	if err != nil {
		w.t.Fatalf("Add(%s): %v", t.ID, err)
	}
	return l
}

// settle carries a touch that tells nobody through the store.
func (w *testStore) settle(t *lead.Touch) *lead.Lead { w.t.Helper(); return w.settleMet(t, nil) }

func (w *testStore) settleMet(t *lead.Touch, met *lead.Met) *lead.Lead {
	w.t.Helper()
	l := w.addMet(t, met)
	t.State, t.LeadID = lead.Settled, l.ID
	if err := w.Finish(context.Background(), t, l, lead.OutcomeHeld); err != nil {
		w.t.Fatalf("Finish(%s): %v", t.ID, err)
	}
	return l
}
