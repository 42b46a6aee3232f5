package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/leadgate/leadgate/config"
	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/lead/rules"
)

// commands returns the lines of the README's shell blocks.
func commands(t *testing.T) (lines []string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(b), -1) {
		for line := range strings.Lines(block[1]) {
			if line = strings.TrimSpace(line); line != "" {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

// TestREADME runs every command of the README against this program. Where the
// README says go run ./cmd/leadgate the test binary stands in.
func TestREADME(t *testing.T) {
	t.Parallel()
	slack := newFakeSlack(t)
	p := newProgram(t, slack.env()...)
	p.start()
	var id string
	for _, line := range commands(t) {
		t.Run(line, func(t *testing.T) {
			program, isProgram := strings.CutPrefix(line, "go run ./cmd/leadgate")
			switch {
			case strings.Contains(line, "LEADGATE_SLACK_BOT_TOKEN="):
				return // the program runs with these already
			case line == "go test ./...":
				return // this is it
			case isProgram && strings.TrimSpace(program) == "":
				return // it runs
			case isProgram:
				program = strings.ReplaceAll(program, "ID", id)
				if code, out := p.run(strings.Fields(program)...); code != 0 {
					t.Errorf("%s ended with %d:\n%s", line, code, out)
				}
			case strings.HasPrefix(line, "curl "):
				sh := exec.CommandContext(t.Context(), "sh", "-c", strings.ReplaceAll(line, "127.0.0.1:8080", p.addr))
				sh.Env = append(os.Environ(), "LEADGATE_API_TOKEN="+apiToken)
				out, err := sh.Output()
				if err != nil || !strings.Contains(string(out), `"`) {
					t.Fatalf("%s: %v\n%s", line, err, out)
				}
				if m := regexp.MustCompile(`"id":"([0-9A-Z]{26})"`).FindStringSubmatch(string(out)); m != nil && id == "" {
					id = m[1]
					p.settled(id)
				}
			default:
				t.Errorf("the README has a command that no test knows: %s", line)
			}
		})
	}
	if id == "" || len(slack.about("Grace Hopper")) != 1 {
		t.Errorf("the README's curl made no alert (touch %q)", id)
	}
}

// TestREADME_Config loads the README's configuration.
func TestREADME_Config(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(b)
	if m == nil {
		t.Fatal("no configuration in the README")
	}
	file := filepath.Join(t.TempDir(), "leadgate.yaml")
	if err := os.WriteFile(file, m[1], 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(config.Options{Path: file, Env: []string{"SLACK_BOT_TOKEN=xoxb-test", "ZOOM_SECRET_TOKEN=secret"}, Signs: signs, Providers: provider.Names(), Field: provider.IsField})
	if err != nil {
		t.Fatal(err)
	}
	if w := cfg.Check(rules.Default().Knows); len(w) != 0 {
		t.Errorf("warnings: %v", w)
	}
}

func TestProgram_TriggerAndExplain(t *testing.T) {
	t.Parallel()
	slack := newFakeSlack(t)
	p := newProgram(t, slack.env()...)
	p.config(`
sources:
  - {name: demo-request, provider: form, action: demo_request}
  - {name: webinar, provider: form, action: webinar_registered}
  - {name: zoom-webinars, provider: zoom, secret: zoom-secret}
  - {name: typeform-demo, provider: typeform, secret: typeform-secret, action: demo_request}
`)
	p.start()
	for _, name := range []string{"webinar", "demo-request", "zoom", "typeform"} {
		t.Run(name, func(t *testing.T) {
			code, out := p.run("trigger", name)
			m := regexp.MustCompile(`"id":"([0-9A-Z]{26})"`).FindStringSubmatch(out)
			if code != 0 || m == nil {
				t.Fatalf("trigger %s ended with %d:\n%s", name, code, out)
			}
			p.settled(m[1])
			code, out = p.run("explain", m[1])
			if code != 0 || !strings.Contains(out, "classified") || !strings.Contains(out, "rule ") {
				t.Errorf("explain ended with %d:\n%s", code, out)
			}
			if name == "webinar" && !strings.Contains(out, "too_cool") {
				t.Errorf("explain does not say why nobody was told:\n%s", out)
			}
		})
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"trigger", "nothing"}, exitUsage, "no source and no provider"},
		{[]string{"explain", "nope"}, exitFailed, "no such lead or touch"},
		{[]string{"explain"}, exitUsage, "accepts 1 arg"},
		{[]string{"--no-such-flag"}, exitUsage, "unknown flag"},
		{[]string{"sing"}, exitUsage, "unknown command"},
		{[]string{"health"}, 0, ""},
		{[]string{"version"}, 0, "leadgate " + version},
		{[]string{"check"}, 0, "the configuration is good"},
	} {
		if code, out := p.run(c.args...); code != c.code || !strings.Contains(out, c.want) {
			t.Errorf("leadgate %s ended with %d, want %d and %q:\n%s", strings.Join(c.args, " "), code, c.code, c.want, out)
		}
	}
}

func TestProgram_PortTaken(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.start()
	second := newProgram(t)
	second.env = append(second.env, "LEADGATE_LISTEN="+p.addr)
	if code, out := second.run(); code != exitConfig || !strings.Contains(out, "LEADGATE_LISTEN") {
		t.Errorf("with a taken port the program ended with %d, want %d and a hint:\n%s", code, exitConfig, out)
	}
}

func TestProgram_Metrics(t *testing.T) {
	t.Parallel()
	slack := newFakeSlack(t)
	p := newProgram(t, slack.env()...)
	p.start()
	p.settled(p.lead("demo-request", "Metric Example").ID)
	var page string
	p.await("the metrics", 5*time.Second, func() bool {
		resp, err := http.Get("http://" + p.addr + "/metrics")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		var b strings.Builder
		if err := resp.Write(&b); err != nil {
			return false
		}
		page = b.String()
		return true
	})
	for _, name := range []string{"leadgate_accepted_total{", "leadgate_journal_append_seconds", "leadgate_journal_waiting", "leadgate_hop_seconds",
		"leadgate_deliveries_total{", "leadgate_decisions_total{", "leadgate_redis_up", "leadgate_unaccounted"} {
		if !strings.Contains(page, name) {
			t.Errorf("/metrics has no %s", name)
		}
	}
	if strings.Contains(page, "Metric Example") || strings.Contains(page, "works.example") {
		t.Error("/metrics names a person")
	}
}
