package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/leadgate/leadgate/cmd/leadgate/load"
)

// loadArgs reads the command line of load as the command does.
func loadArgs(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	c := loadCommand()
	var out, talk bytes.Buffer
	c.SetOut(&out)
	c.SetErr(&talk)
	c.SilenceErrors, c.SilenceUsage = true, true
	c.SetArgs(args)
	err = c.ExecuteContext(t.Context())
	return out.String(), talk.String(), err
}

func TestLoadCommand_Refuses(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"--mode fast", "--mode fast: choose one of leadgate echo naive"},
		{"--only half", "--only half: choose one of ack alert"},
		{"--conns 0", "--conns must be between 1 and 4096"},
		{"--conns 5000", "--conns must be between"},
		{"--rate -1", "--rate must be between"},
		{"--rate NaN", "--rate must be between"},
		{"--warm 1e9", "--warm must be between"},
		{"--hot-rate 1e9", "--hot-rate must be between"},
		{"--compare --rounds 0", "--rounds must be between"},
		{"--duration 0s", "--duration"},
		{"--duration 11m", "--duration"},
		{"--warmup -1s", "--warmup"},
		{"--redis yes", "--redis is embedded, real, or a URL"},
		{"--mode naive --redis embedded", "--mode naive needs a Redis"},
		{"--mode echo --compare", "--mode echo only measures answers"},
		{"--mode echo --only alert", "--mode echo only measures answers"},
		{"--compare --url http://127.0.0.1:8080", "--compare starts its own servers"},
		{"--url http://127.0.0.1:8080 --only alert", "needs --slack-listen"},
		{"--url https://127.0.0.1:8080", "--url must look like"},
		{"--url http://127.0.0.1", "--url must look like"},
		{"--url http://leads.example.com:80", "only 127.0.0.1 and [::1] are loaded"},
		{"--url http://10.0.0.1:8080", "only 127.0.0.1 and [::1] are loaded"},
		{"--url http://localhost:8080", "only 127.0.0.1 and [::1] are loaded"},
	} {
		t.Run(c.args, func(t *testing.T) {
			out, _, err := loadArgs(t, strings.Fields(c.args)...)
			coded, ok := err.(*codedError)
			if !ok || coded.code != exitUsage || !strings.Contains(err.Error(), c.want) || out != "" {
				t.Errorf("load %s: err = %v, output %q, want a usage error with %q", c.args, err, out, c.want)
			}
		})
	}
}

// aRunning is a leadgate that accepts and, when it has Slack, alerts.
func aRunning(t *testing.T, refuse bool, slack *atomic.Pointer[string]) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/readyz" {
			return
		}
		var body struct{ Name string }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || refuse {
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		if to := slack.Load(); to != nil && r.URL.Path == "/in/demo-request" {
			go func() {
				resp, err := http.Post(*to, "application/json", strings.NewReader(`{"channel":"C1","text":"`+body.Name+`"}`))
				if err == nil {
					resp.Body.Close()
				}
			}()
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func TestLoadCommand_Running(t *testing.T) {
	var to atomic.Pointer[string]
	server := aRunning(t, false, &to)
	slack, err := freeAddress(t), error(nil)
	if err != nil {
		t.Fatal(err)
	}
	call := "http://" + slack + "/api/chat.postMessage"
	to.Store(&call)
	file := filepath.Join(t.TempDir(), "figures.json")
	out, talk, err := loadArgs(t, "--url", server.URL, "--slack-listen", slack, "--duration", "500ms", "--warmup", "50ms", "--rate", "200",
		"--hot-rate", "40", "--warm", "50", "--json", file)
	if err != nil || out != "" {
		t.Fatalf("load: %v, output %q\n%s", err, out, talk)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r load.Report
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	if r.Ack == nil || r.Ack.OK == 0 || r.Ack.RateAsked != 200 || r.Alert == nil || r.Alert.Alerts < 10 || r.Alert.Never != 0 || r.Alert.Warm == nil {
		t.Errorf("figures lack something: %s", raw)
	}
	for _, word := range []string{"lead sent to Slack called", "  hot", "  warm", "leadgate ", "p99.9"} {
		if !strings.Contains(talk, word) {
			t.Errorf("it said nothing of %q:\n%s", word, talk)
		}
	}
}

func TestLoadCommand_Fails(t *testing.T) {
	var none atomic.Pointer[string]
	quick := []string{"--duration", "50ms", "--warmup", "0s", "--conns", "2"}
	t.Run("NobodyListens", func(t *testing.T) {
		addr, err := freeAddress(t), error(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := loadArgs(t, append(quick, "--url", "http://"+addr)...); err == nil || !strings.Contains(err.Error(), "no leadgate is ready") {
			t.Errorf("err = %v, want that nobody is ready", err)
		}
	})
	t.Run("Refused", func(t *testing.T) {
		out, talk, err := loadArgs(t, append(quick, "--url", aRunning(t, true, &none).URL)...)
		if err == nil || !strings.Contains(err.Error(), "were not accepted") || !strings.Contains(out, `"429"`) || !strings.Contains(talk, "429") {
			t.Errorf("err = %v, want that requests were refused, with figures all the same:\n%s%s", err, out, talk)
		}
	})
	t.Run("SlackPortTaken", func(t *testing.T) {
		s := aRunning(t, false, &none)
		if _, _, err := loadArgs(t, append(quick, "--url", s.URL, "--slack-listen", s.Listener.Addr().String())...); err == nil || !strings.Contains(err.Error(), "listen for slack") {
			t.Errorf("err = %v, want that the address is taken", err)
		}
	})
	t.Run("NoDirectory", func(t *testing.T) {
		if _, _, err := loadArgs(t, append(quick, "--dir", filepath.Join(t.TempDir(), "none"))...); err == nil || !strings.Contains(err.Error(), "directory for the data") {
			t.Errorf("err = %v, want that the directory is missing", err)
		}
	})
	t.Run("FileNotWritable", func(t *testing.T) {
		if _, _, err := loadArgs(t, append(quick, "--url", aRunning(t, false, &none).URL, "--json", t.TempDir())...); err == nil {
			t.Error("the figures were written into a directory, want an error")
		}
	})
}

// loadSelf measures with the test's own program as the servers.
func loadSelf(t *testing.T, args ...string) *load.Report {
	t.Helper()
	t.Setenv("BE_LEADGATE", "1")
	dir := t.TempDir()
	out, talk, err := loadArgs(t, append([]string{"--dir", dir, "--conns", "8", "--duration", "300ms", "--warmup", "100ms"}, args...)...)
	if err != nil {
		t.Fatalf("%v\n%s", err, talk)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	r := &load.Report{}
	if err := json.Unmarshal([]byte(out), r); err != nil {
		t.Fatal(err)
	}
	return r
}

func needRedis(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("LEADGATE_REQUIRE_ALL") == "1" {
			t.Fatal("redis-server is not installed, and LEADGATE_REQUIRE_ALL=1 asks for it")
		}
		t.Skip("redis-server is not installed")
	}
}

func TestLoad_Baselines(t *testing.T) {
	t.Run("Echo", func(t *testing.T) {
		if r := loadSelf(t, "--mode", "echo"); r.Ack.OK == 0 || r.Redis != "" {
			t.Errorf("figures %+v with redis %q, want some and none", r.Ack, r.Redis)
		}
	})
	t.Run("Naive", func(t *testing.T) {
		needRedis(t)
		if r := loadSelf(t, "--mode", "naive"); r.Ack.OK == 0 || r.Redis != "real" {
			t.Errorf("figures %+v with redis %q, want some and a real one", r.Ack, r.Redis)
		}
	})
}

func TestLoad_Leadgate(t *testing.T) {
	r := loadSelf(t, "--hot-rate", "20", "--warm", "20", "--rate", "100")
	if r.Alert.Alerts == 0 || r.Alert.Warm.OK == 0 || r.Ack.OK == 0 || r.Redis != "embedded" {
		t.Errorf("figures lack something: %+v %+v", r.Alert, r.Ack)
	}
}

func TestLoad_Compare(t *testing.T) {
	needRedis(t)
	r := loadSelf(t, "--compare", "--rounds", "2", "--pause", "50ms")
	if r.Mode != "compare" || len(r.Compare.Rounds) != 2 || r.Compare.Ratios[load.Naive].RPS <= 0 || r.Compare.Medians["leadgate"].P99 <= 0 {
		t.Errorf("comparison lacks something: %+v", r.Compare)
	}
}
