package app

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leadgate/leadgate/cmd/leadgate/client"
	"github.com/leadgate/leadgate/config"
	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/notify/kind"
)

// log is what an app writes.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// configured is the configuration of an environment.
func configured(t *testing.T, env ...string) *config.Config {
	t.Helper()
	o := config.Options{Env: append([]string{"HOME=" + t.TempDir(), "LEADGATE_LISTEN=127.0.0.1:0"}, env...), Providers: provider.Names(), Field: provider.IsField, CheckTarget: kind.Check,
		Signs: func(string) (bool, bool) { return true, false }, Grants: func(string) bool { return false }}
	cfg, err := config.Load(o)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func awaitFor(t *testing.T, what string, limit time.Duration, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(3 * limit); !ok(); <-time.After(5 * time.Millisecond) { // three times, for a busy machine
		if time.Now().After(deadline) {
			t.Fatalf("waited %s for %s", 3*limit, what)
		}
	}
}

// A server starts, stops and starts again on one directory, which no second one
// can have meanwhile.
func TestApp(t *testing.T) {
	dir := t.TempDir()
	cfg := configured(t, "LEADGATE_DATA_DIR="+dir)
	for range 2 {
		out := &log{}
		a, err := New(Options{Config: cfg, Out: out, Version: "test", Owner: "Dana", Begin: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		a.Start()
		if _, err := New(Options{Config: cfg, Out: io.Discard, Begin: time.Now()}); err == nil {
			t.Error("a second server has the same directory")
		}
		resp, err := http.Post("http://"+a.Address()+"/in/contact", "application/json", strings.NewReader(`{"email":"ada@works.example"}`))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusAccepted {
			t.Errorf("POST = %d", resp.StatusCode)
		}
		if l, err := client.Find(dir); err != nil || l.Address != a.Address() {
			t.Errorf("the directory names the server at %q, %v", l.Address, err)
		}
		a.Reload()
		awaitFor(t, "the configuration to be read again", 10*time.Second, func() bool { return strings.Contains(out.String(), "configuration is in force") })
		if err := a.Stop(); err != nil {
			t.Error(err)
		}
		if _, err := client.Find(dir); err == nil {
			t.Error("the directory still names a server")
		}
	}
}

// A server that cannot go on says so.
func TestApp_PartFails(t *testing.T) {
	a, err := New(Options{Config: configured(t, "LEADGATE_DATA_DIR="+t.TempDir()), Out: io.Discard, Begin: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	a.Start()
	a.listener.Close()
	<-a.Done()
	if err := a.Stop(); err == nil || !strings.Contains(err.Error(), "serve") {
		t.Errorf("Stop = %v, want the failure of the HTTP server", err)
	}
}

func TestNew_Refuses(t *testing.T) {
	for name, change := range map[string]func(*config.Config){
		"Redis":   func(cfg *config.Config) { cfg.Redis.URL = "redis+sentinel://127.0.0.1" },
		"Address": func(cfg *config.Config) { cfg.Listen = "127.0.0.1:65536" },
		"Rules":   func(cfg *config.Config) { cfg.RulesPath = "none.yaml" },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := configured(t, "LEADGATE_DATA_DIR="+t.TempDir())
			change(cfg)
			_, err := New(Options{Config: cfg, Out: io.Discard, Begin: time.Now()})
			var bad *ConfigError
			if !errors.As(err, &bad) {
				t.Errorf("New = %v, want an error of the configuration", err)
			}
		})
	}
}
