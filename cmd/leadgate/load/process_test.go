package load

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func readyAtOnce(context.Context, string) error { return nil }

func TestProcess_Start(t *testing.T) {
	t.Run("NoSuchProgram", func(t *testing.T) {
		_, err := startProcess(t.Context(), exec.Command(filepath.Join(t.TempDir(), "none")), "none", t.TempDir(), "", readyAtOnce)
		if !errors.Is(err, os.ErrNotExist) {
			t.Errorf("err = %v, want that there is none", err)
		}
	})
	t.Run("NoDirectory", func(t *testing.T) {
		_, err := startProcess(t.Context(), exec.Command("true"), "x", filepath.Join(t.TempDir(), "none"), "", readyAtOnce)
		if !errors.Is(err, os.ErrNotExist) {
			t.Errorf("err = %v, want that the directory is missing", err)
		}
	})
	t.Run("EndsBeforeItIsReady", func(t *testing.T) {
		never := func(context.Context, string) error { return errors.New("not yet") }
		_, err := startProcess(t.Context(), exec.Command("sh", "-c", "echo port taken >&2; exit 3"), "server", t.TempDir(), "", never)
		if err == nil || !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "port taken") {
			t.Errorf("err = %v, want its status and its last words", err)
		}
	})
	t.Run("Interrupted", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		never := func(context.Context, string) error { cancel(); return errors.New("not yet") }
		cmd := exec.Command("sleep", "60")
		_, err := startProcess(ctx, cmd, "server", t.TempDir(), "", never)
		if err == nil || cmd.ProcessState == nil {
			t.Errorf("err = %v, state %v, want an error and no process left", err, cmd.ProcessState)
		}
	})
}

func TestProcess_Life(t *testing.T) {
	start := func(t *testing.T, script string) *process {
		t.Helper()
		c, err := startProcess(t.Context(), exec.Command("sh", "-c", script), "child", t.TempDir(), "", readyAtOnce)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.stop(0) })
		return c
	}
	t.Run("PausedAndStopped", func(t *testing.T) {
		c := start(t, "exec sleep 60")
		if err := errors.Join(c.alive(), c.pause()); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		c.stop(stopLimit) // a paused process must be woken to hear of it
		if took := time.Since(begin); took > stopLimit/2 {
			t.Errorf("stop took %s", took)
		}
		if err := c.alive(); err == nil || !strings.Contains(err.Error(), "child ended") {
			t.Errorf("alive = %v after stop, want that it ended", err)
		}
		if c.pause() == nil || c.resume() == nil {
			t.Error("a process that has ended was paused")
		}
	})
	t.Run("KilledWhenItDoesNotListen", func(t *testing.T) {
		c := start(t, "trap '' TERM; echo deaf; while :; do sleep 60; done")
		awaitFor(t, "the trap to be set", 10*time.Second, func() bool { return c.tail() == "deaf\n" })
		c.stop(20 * time.Millisecond)
		if c.cmd.ProcessState == nil {
			t.Error("still there")
		}
	})
	t.Run("UsesTheProcessor", func(t *testing.T) {
		if _, err := os.Stat("/proc/self/stat"); err != nil {
			t.Skip("this system does not tell a process's time in /proc")
		}
		c := start(t, "while :; do :; done")
		awaitFor(t, "50 ms of processor time", 10*time.Second, func() bool { return c.cpu() >= 50*time.Millisecond })
		c.stop(stopLimit)
		if got := c.cpu(); got != 0 {
			t.Errorf("cpu = %s of no process, want 0", got)
		}
	})
}

func TestCPU(t *testing.T) {
	for stat, want := range map[string]time.Duration{
		"42 (lead) gate (x) S 1 42 42 0 -1 4194304 9 0 0 0 150 50 0 0 20 0 9 0 1": 2 * time.Second,
		"42 (leadgate) S 1 42": 0,
		"":                     0,
		"42 (x) S 1 42 42 0 -1 4194304 9 0 0 0 many 50 0 0 20 0 9 0 1": 0,
	} {
		if got := cpuOf(stat); got != want {
			t.Errorf("cpuOf(%q) = %s, want %s", stat, got, want)
		}
	}
}

func TestReady(t *testing.T) {
	answering := func(t *testing.T, answer string) string {
		t.Helper()
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { ln.Close() })
		go func() {
			for {
				c, err := ln.Accept()
				if err != nil {
					return
				}
				c.Read(make([]byte, 1024))
				io.WriteString(c, answer)
				c.Close()
			}
		}()
		return ln.Addr().String()
	}
	nobody, err := freeAddr()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, addr string
		ask        func(context.Context, string) error
		want       string // in the error; empty: ready
	}{
		{"HTTP", answering(t, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), httpReady, ""},
		{"HTTPNotYet", answering(t, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"), httpReady, "503"},
		{"HTTPNobody", nobody, httpReady, "refused"},
		{"HTTPBadAddress", "127.0.0.1:x", httpReady, "invalid port"},
		{"Redis", answering(t, "+PONG\r\n"), redisReady, ""},
		{"RedisLoading", answering(t, "-LOADING Redis is loading\r\n"), redisReady, "LOAD"},
		{"RedisNobody", nobody, redisReady, "refused"},
		{"RedisCut", answering(t, "+PO"), redisReady, "EOF"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.ask(t.Context(), c.addr)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("err = %v, want one with %q", err, c.want)
			}
		})
	}
}

// TestMain lets the test binary be a server that load compares with, as the
// program is: load baseline KIND --listen ADDRESS --redis URL.
func TestMain(m *testing.M) {
	if os.Getenv("BE_LEADGATE") == "1" {
		if err := Baseline(context.Background(), os.Args[3], os.Args[5], os.Args[7]); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// awaitFor waits for a condition.
func awaitFor(t *testing.T, what string, limit time.Duration, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*limit) // a busy machine
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited %s for %s", 3*limit, what)
		case <-tick.C:
		}
	}
}
