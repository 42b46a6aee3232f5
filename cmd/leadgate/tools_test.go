package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/ops"
)

// begin runs a command of the program until the test interrupts it.
func (p *program) begin(args ...string) (out *lockedBuffer, stop func() int) {
	p.t.Helper()
	ctx, cancel := context.WithCancel(p.t.Context())
	out = &lockedBuffer{}
	code := make(chan int, 1)
	go func() { code <- run(ctx, args, p.env, strings.NewReader(""), out, out) }()
	return out, func() int { cancel(); return <-code }
}

// Demo fills a server with twenty leads that alert nobody and count nowhere;
// tail shows each of them, also after the server was started again.
func TestProgram_DemoAndTail(t *testing.T) {
	t.Parallel()
	slack := newFakeSlack(t)
	p := newProgram(t, slack.env()...)
	p.start()
	people, stop := p.begin("tail")
	machine, stopMachine := p.begin("tail", "--json", "--temperature", "hot")
	p.await("tail to watch", 10*time.Second, func() bool { return strings.Contains(p.metrics(), "leadgate_streams 2") })
	if code, out := p.run("demo", "--every", "0s"); code != 0 || strings.Count(out, "\n") != len(demoLeads)+1 {
		t.Fatalf("demo = %d %s", code, out)
	}
	p.await("all leads to settle", 20*time.Second, func() bool {
		return len(all[lead.Touch](p, "/touches")) == len(demoLeads) && !slices.ContainsFunc(all[lead.Touch](p, "/touches"), func(t lead.Touch) bool { return t.State == lead.Accepted })
	})
	temperatures := map[lead.Temperature]int{}
	for _, l := range all[lead.Lead](p, "/leads") {
		temperatures[l.Temperature]++
		if !l.Test {
			t.Errorf("%s is not marked as a test", l.Person.Name)
		}
	}
	if temperatures[lead.Hot] < 4 || temperatures[lead.Warm] < 4 {
		t.Errorf("the demo has %v, want several hot and several warm", temperatures)
	}
	var books lead.Books
	if p.get("/books", &books); books.Accepted != 0 || len(slack.about("")) != 0 {
		t.Errorf("the demo is in the books (%+v) or in Slack (%d messages)", books, len(slack.about("")))
	}
	p.await("tail to show everybody", 10*time.Second, func() bool {
		said := people.String()
		for _, d := range demoLeads {
			if !strings.Contains(said, d.form["name"]) {
				return false
			}
		}
		return true
	})
	if said := people.String(); !strings.Contains(said, "HOT") || !strings.Contains(said, "(test)") || strings.Contains(said, "\x1b") {
		t.Errorf("tail said:\n%s", said)
	}
	for line := range strings.Lines(machine.String()) {
		var n lead.News
		if err := json.Unmarshal([]byte(line), &n); err != nil || n.Temperature != "hot" && n.Kind != lead.ResetNews {
			t.Errorf("tail --json --temperature hot said %q: %v", line, err)
		}
	}
	if strings.Contains(machine.String(), "Mara") {
		t.Error("the stream names people")
	}

	p.end()
	p.start()
	p.await("tail to say that the server was away", 10*time.Second, func() bool { return strings.Contains(people.String(), "away") })
	p.await("tail to watch again", 10*time.Second, func() bool { return strings.Contains(p.metrics(), "leadgate_streams 2") })
	p.lead("demo-request", "Ada Later")
	p.await("tail to go on", 10*time.Second, func() bool { return strings.Contains(people.String(), "Ada Later") })
	if code := stop(); code != 0 {
		t.Errorf("tail ended with %d", code)
	}
	stopMachine()
}

func TestProgram_ToolsRefuse(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	for name, tt := range map[string]struct {
		args []string
		code int
		says string
	}{
		"TailWithoutServer": {[]string{"tail"}, exitFailed, "no leadgate runs"},
		"DemoWithoutServer": {[]string{"demo"}, exitFailed, "no leadgate runs"},
		"DemoTooSlow":       {[]string{"demo", "--every", "2h"}, exitUsage, "--every"},
		"TailArgument":      {[]string{"tail", "x"}, exitUsage, "help"},
	} {
		if code, out := p.run(tt.args...); code != tt.code || !strings.Contains(out, tt.says) {
			t.Errorf("%s = %d %s, want %d and %q", name, code, out, tt.code, tt.says)
		}
	}
	p.start()
	if code, out := p.run("tail", "--temperature", "tepid"); code != exitUsage || !strings.Contains(out, "tepid") {
		t.Errorf("tail --temperature tepid = %d %s", code, out)
	}
	p.config("sources:\n  - {name: zoom, provider: zoom, secret: s3cret}\n")
	if code, out := p.run("demo"); code != exitUsage || !strings.Contains(out, "trigger") {
		t.Errorf("demo without a form = %d %s", code, out)
	}
}

// Doctor finds what hurts, by itself and when it asks the server.
func TestProgram_Doctor(t *testing.T) {
	t.Parallel()
	r := newRealRedis(t)
	var says atomic.Value
	says.Store(`{"ok":true,"team":"Works","user":"leadgate"}`)
	slack := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-OAuth-Scopes", "chat:write, chat:write.public, commands, users:read, channels:history, groups:history")
		io.WriteString(w, says.Load().(string))
	}))
	defer slack.Close()
	p := newProgram(t, "LEADGATE_REDIS_URL="+r.url(), "LEADGATE_SLACK_BOT_TOKEN=xoxb-doctor", "LEADGATE_SLACK_CHANNEL=C1", "LEADGATE_SLACK_API_URL="+slack.URL+"/")
	look := func() (int, map[string][]ops.Finding) {
		t.Helper()
		code, out := p.run("doctor", "--json")
		var page struct{ Items []ops.Finding }
		if err := json.NewDecoder(strings.NewReader(out)).Decode(&page); err != nil {
			t.Fatalf("doctor --json: %v in %s", err, out)
		}
		found := map[string][]ops.Finding{}
		for _, f := range page.Items {
			found[f.Check] = append(found[f.Check], f)
		}
		return code, found
	}
	worst := func(all []ops.Finding) (state ops.FindingState) {
		for _, s := range []ops.FindingState{ops.Fine, ops.Warns, ops.Fails} {
			if slices.ContainsFunc(all, func(f ops.Finding) bool { return f.State == s }) {
				state = s
			}
		}
		return state
	}
	for _, running := range []bool{false, true} {
		if running {
			p.start()
		}
		code, found := look()
		if code != 0 || worst(found["redis"]) == ops.Fails || worst(found["slack"]) != ops.Fine || worst(found["public_url"]) != ops.Warns || len(found["data_dir"]) == 0 {
			t.Errorf("running %v: doctor = %d %+v", running, code, found)
		}
		if running != (len(found["targets"]) == 1) {
			t.Errorf("running %v: targets %+v", running, found["targets"])
		}
	}
	if code, out := p.run("doctor"); code != 0 || !strings.Contains(out, "fsync") || !strings.Contains(out, "->") {
		t.Errorf("doctor = %d %s", code, out)
	}
	r.kill()
	says.Store(`{"ok":false,"error":"invalid_auth"}`)
	if code, found := look(); code != exitFailed || worst(found["redis"]) != ops.Fails || worst(found["slack"]) != ops.Fails {
		t.Errorf("without Redis: doctor = %d %+v", code, found)
	}
	p.end()
	if code, found := look(); code != exitFailed || worst(found["redis"]) != ops.Fails {
		t.Errorf("without Redis and server: doctor = %d %+v", code, found)
	}
	p.env = append(p.env, "LEADGATE_DATA_DIR="+filepath.Join(p.dir, "leadgate.yaml", "below-a-file"))
	p.config("listen: 127.0.0.1:0\n")
	if code, found := look(); code != exitFailed || worst(found["data_dir"]) != ops.Fails {
		t.Errorf("without a directory: doctor = %d %+v", code, found["data_dir"])
	}
}
