package load

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func streamTo(s *httptest.Server) stream {
	return stream{addr: s.Listener.Addr().String(), paths: []string{"/in/a"}, conns: 4, duration: 10 * time.Second, ids: &atomic.Uint64{}}
}

func TestStream_Counts(t *testing.T) {
	var mu sync.Mutex
	paths, people := map[string]uint64{}, map[uint64]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		paths[r.URL.Path]++
		if r.URL.Path == "/in/full" {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	defer server.Close()
	s := streamTo(server)
	s.paths, s.most = []string{"/in/a", "/in/b", "/in/full"}, 300
	s.sent = func(id uint64, _ time.Time, code int) {
		mu.Lock()
		defer mu.Unlock()
		people[id] = code
	}
	var asked time.Duration
	s.cpu = []func() time.Duration{func() time.Duration { asked += time.Second; return asked }}
	tally := s.run(t.Context())
	if tally.requests != 300 || tally.ok != 200 || tally.unsent != 0 || tally.took.n != 300 {
		t.Errorf("requests %d ok %d unsent %d timed %d, want 300 200 0 300", tally.requests, tally.ok, tally.unsent, tally.took.n)
	}
	if d := cmp.Diff(map[string]uint64{"202": 200, "503": 100}, tally.status); d != "" {
		t.Errorf("status (-want +got):\n%s", d)
	}
	if d := cmp.Diff(map[string]uint64{"/in/a": 100, "/in/b": 100, "/in/full": 100}, paths); d != "" {
		t.Errorf("the paths are not taken in turn (-want +got):\n%s", d)
	}
	if len(people) != 300 {
		t.Errorf("%d people were sent, want 300", len(people))
	}
	if len(tally.cpu) != 1 || tally.cpu[0] != time.Second {
		t.Errorf("cpu = %v, want what was used between beginning and end, 1s", tally.cpu)
	}
}

func TestStream_WarmupDoesNotCount(t *testing.T) {
	var arrived atomic.Uint64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { arrived.Add(1) }))
	defer server.Close()
	s := streamTo(server)
	s.rate, s.warmup, s.duration = 500, 200*time.Millisecond, 200*time.Millisecond
	tally := s.run(t.Context())
	if tally.requests == 0 || tally.requests+50 > arrived.Load() {
		t.Errorf("%d counted of %d that arrived, want about half", tally.requests, arrived.Load())
	}
	if tally.requests+tally.unsent != 100 {
		t.Errorf("counted %d and %d unsent, want 100 at 500/s in 200 ms", tally.requests, tally.unsent)
	}
}

// A server that stands still for a while must show in as many requests as were
// due meanwhile, not only in those that happened to be on their way.
func TestStream_AStallCounts(t *testing.T) {
	const stall = 400 * time.Millisecond
	var n atomic.Int64
	gate := &sync.RWMutex{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) == 20 {
			gate.Lock()
			<-time.After(stall)
			gate.Unlock()
		}
		gate.RLock()
		defer gate.RUnlock()
		w.WriteHeader(http.StatusAccepted)
	}))
	defer server.Close()
	s := streamTo(server)
	s.conns, s.rate, s.duration = 2, 200, time.Second
	tally := s.run(t.Context())
	// 80 requests fall due in the stall; those of its first half wait over 200 ms.
	if tally.took.quantile(.85) < stall/4 {
		t.Errorf("p85 = %s of %d requests: the stall of %s is hidden", tally.took.quantile(.85), tally.took.n, stall)
	}
	if got := tally.took.quantile(1); got < stall*9/10 {
		t.Errorf("longest = %s, want the stall of %s", got, stall)
	}
}

func TestStream_UnsentIsTold(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { <-time.After(50 * time.Millisecond) }))
	defer server.Close()
	s := streamTo(server)
	s.conns, s.rate, s.duration = 1, 1000, 300*time.Millisecond
	tally := s.run(t.Context())
	if tally.requests > 10 || tally.requests+tally.unsent != 300 {
		t.Errorf("sent %d, unsent %d of a server that takes 20/s, want 300 together", tally.requests, tally.unsent)
	}
}

func TestStream_ADeadServerIsCounted(t *testing.T) {
	addr, err := freeAddr()
	if err != nil {
		t.Fatal(err)
	}
	s := stream{addr: addr, paths: []string{"/"}, conns: 2, duration: 100 * time.Millisecond, ids: &atomic.Uint64{}}
	tally := s.run(t.Context())
	if tally.ok != 0 || tally.requests == 0 || tally.errors["connect"] != tally.requests || tally.took.n != 0 {
		t.Errorf("ok %d of %d, errors %v, want only connect", tally.ok, tally.requests, tally.errors)
	}
	if tally.requests > 2*100 {
		t.Errorf("%d attempts in 100 ms: a dead server is hammered", tally.requests)
	}
}

func TestStream_EndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := stream{addr: silent(t), paths: []string{"/"}, conns: 3, rate: 100, duration: time.Hour, ids: &atomic.Uint64{}}
	done := make(chan struct{})
	go func() { defer close(done); s.run(ctx) }()
	cancel()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("run goes on after its context has ended")
	}
}
