package load

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// aRun is a run whose servers are the test's own program.
func aRun(t *testing.T, o Options) *runner {
	t.Helper()
	o.Program, o.env, o.Out, o.dir = os.Args[0], []string{"BE_LEADGATE=1"}, io.Discard, t.TempDir()
	o.conns, o.duration = 2, 100*time.Millisecond
	r, err := newRunner(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	return r
}

func TestRunner_Redis(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	r := aRun(t, Options{})
	for choice, want := range map[string]string{"embedded": "", "redis://127.0.0.1:6379/3": "redis://127.0.0.1:6379/3"} {
		if got, err := r.redisURL(t.Context(), choice, 1); err != nil || got != want {
			t.Errorf("redisURL(%s) = %q, %v, want %q", choice, got, err, want)
		}
	}
	r.o.redis, r.o.mode = "real", Naive
	if _, err := r.baseline(t.Context()); err == nil || !strings.Contains(err.Error(), "needs redis-server on the PATH") {
		t.Errorf("naive without redis-server: err = %v", err)
	}
	if _, _, err := r.own(t.Context()); err == nil || !strings.Contains(err.Error(), "needs redis-server on the PATH") {
		t.Errorf("leadgate without redis-server: err = %v", err)
	}
	if _, err := r.compare(t.Context()); err == nil || !strings.Contains(err.Error(), "needs redis-server on the PATH") {
		t.Errorf("compare without redis-server: err = %v", err)
	}
}

// Settings of leadgate that surround load must not reach what it measures, and
// a server that dies is an error, not a figure.
func TestRunner_Turn(t *testing.T) {
	t.Setenv("LEADGATE_LISTEN", "10.0.0.1:1")
	r := aRun(t, Options{mode: Echo})
	echo, err := r.startBaseline(t.Context(), Echo)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range echo.cmd.Env {
		if strings.HasPrefix(e, "LEADGATE_") {
			t.Errorf("the server was started with %s", e)
		}
	}
	if ack, err := r.turn(t.Context(), echo); err != nil || ack.OK == 0 {
		t.Fatalf("turn: %v, %+v", err, ack)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.turn(ctx, echo); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("turn = %v after its context ended, want interrupted", err)
	}
	r.o.pause = time.Second // longer than a process takes to die
	kill := time.AfterFunc(30*time.Millisecond, func() { echo.cmd.Process.Kill() })
	defer kill.Stop()
	if _, err := r.turn(t.Context(), echo); err == nil || !strings.Contains(err.Error(), "echo ended while it was measured") {
		t.Errorf("turn = %v of a server that died, want that it did", err)
	}
	if _, err := r.turn(t.Context(), echo); err == nil || !strings.Contains(err.Error(), "resume echo") {
		t.Errorf("turn = %v of a dead server, want that it cannot be resumed", err)
	}
}

func TestConfigFor(t *testing.T) {
	want := `sources:
  - {name: warm, provider: json, action: webinar_registered}
  - {name: hot0, provider: json, action: demo_request}
  - {name: hot1, provider: json, action: demo_request}
targets:
  - {name: slack0, kind: slack, channel: C0LOAD0}
  - {name: slack1, kind: slack, channel: C0LOAD1}
routes:
  - {to: slack0, at_least: hot, sources: [hot0]}
  - {to: slack1, at_least: hot, sources: [hot1]}
`
	if d := cmp.Diff(want, configFor(2)); d != "" {
		t.Errorf("configFor(2) (-want +got):\n%s", d)
	}
	if got, _, _ := strings.Cut(want, "  - {name: hot0"); configFor(0) != got {
		t.Errorf("configFor(0) = %q, want the warm source alone", configFor(0))
	}
}
