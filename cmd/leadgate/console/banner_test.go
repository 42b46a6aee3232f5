package console

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var firstRun = Banner{
	Version: "0.1.0", Ready: 212 * time.Millisecond, DataDir: "./leadgate-data", Listen: "127.0.0.1:8080",
	Sources: []BannerSource{{Name: "contact", Path: "/in/contact", Form: true}, {Name: "demo-request", Path: "/in/demo-request", Form: true}, {Name: "webinar", Path: "/in/webinar", Form: true}},
	Command: "go run ./cmd/leadgate", Try: true,
}

func TestPrintBanner(t *testing.T) {
	full := Banner{
		Version: "0.2.0", Ready: 1234 * time.Millisecond, Listen: "[::]:9000", Public: "https://leads.example.com", Command: "leadgate",
		Sources: []BannerSource{{Name: "zoom", Path: "/in/zoom"}, {Name: "pricing", Path: "/in/pricing/it's $5", Form: true}},
		Inbox:   "https://leads.example.com/#signin=3kq7-v9dm", Redis: "rediss://leadgate:hunter2@redis.example:6380/0?sentinel_password=hunter3", Slack: "hot leads go to C0SALES",
	}
	unsigned := firstRun
	unsigned.Try, unsigned.Sources = false, full.Sources[:1]
	for _, c := range []struct {
		name string
		b    Banner
		want string
	}{
		{"FirstRun", firstRun, `leadgate 0.1.0  ready in 212 ms                 data ./leadgate-data  (kept between runs)

  Send leads to   http://127.0.0.1:8080/in/contact
                  http://127.0.0.1:8080/in/demo-request
                  http://127.0.0.1:8080/in/webinar
  Forms           http://127.0.0.1:8080/try     to try it in a browser
  Redis           built in (fine for one machine)     for more: LEADGATE_REDIS_URL=redis://...
  Slack           not connected, alerts are shown below     connect: LEADGATE_SLACK_BOT_TOKEN and LEADGATE_SLACK_CHANNEL

Try it (paste in a second terminal):

  curl 127.0.0.1:8080/in/demo-request -d name='Grace Hopper' -d email=grace@acme.example -d company=Acme -d message='Call me today?'

or let leadgate do it:   go run ./cmd/leadgate trigger demo-request

`},
		{"Everything", full, `leadgate 0.2.0  ready in 1234 ms                nothing is kept on disk (journal: off)

  Send leads to   https://leads.example.com/in/zoom
                  https://leads.example.com/in/pricing/it's $5
  Inbox           https://leads.example.com/#signin=3kq7-v9dm     one use, 15 minutes
  Redis           rediss://redis.example:6380/0
  Slack           hot leads go to C0SALES

Try it (paste in a second terminal):

  curl '127.0.0.1:9000/in/pricing/it'\''s $5' -d name='Grace Hopper' -d email=grace@acme.example -d company=Acme -d message='Call me today?'

or let leadgate do it:   leadgate trigger pricing

`},
		{"NothingToTry", unsigned, `leadgate 0.1.0  ready in 212 ms                 data ./leadgate-data  (kept between runs)

  Send leads to   http://127.0.0.1:8080/in/zoom
  Redis           built in (fine for one machine)     for more: LEADGATE_REDIS_URL=redis://...
  Slack           not connected, alerts are shown below     connect: LEADGATE_SLACK_BOT_TOKEN and LEADGATE_SLACK_CHANNEL
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b strings.Builder
			printBanner(&b, c.b)
			if d := cmp.Diff(c.want, b.String()); d != "" {
				t.Errorf("printBanner (-want +got):\n%s", d)
			}
			// Colour adds nothing but colour.
			c.b.Color = true
			var painted strings.Builder
			printBanner(&painted, c.b)
			if s := painted.String(); !strings.Contains(s, "\x1b[") || strings.NewReplacer("\x1b[1m", "", "\x1b[2m", "", "\x1b[0m", "").Replace(s) != c.want {
				t.Errorf("in colour: %q", s)
			}
		})
	}
}

// The curl line is for pasting, so sh must read from it what was meant.
func TestPrintBanner_CurlPastes(t *testing.T) {
	b := firstRun
	b.Sources = []BannerSource{{Name: "contact", Path: "/in/contact/$(id)'\"`x`", Form: true}}
	var out strings.Builder
	printBanner(&out, b)
	_, line, _ := strings.Cut(out.String(), "  curl ")
	line, _, _ = strings.Cut(line, "\n")
	got, err := exec.Command("sh", "-c", `printf '%s\n' `+line).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := "127.0.0.1:8080/in/contact/$(id)'\"`x`\n-d\nname=Grace Hopper\n-d\nemail=grace@acme.example\n-d\ncompany=Acme\n-d\nmessage=Call me today?\n"
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Errorf("what sh reads (-want +got):\n%s", d)
	}
}

func TestDialable(t *testing.T) {
	for listen, want := range map[string]string{
		"127.0.0.1:8080": "127.0.0.1:8080", "0.0.0.0:80": "127.0.0.1:80", "[::]:80": "127.0.0.1:80", ":80": "127.0.0.1:80",
		"[::1]:8080": "[::1]:8080", "leads.example:8080": "leads.example:8080", "odd": "odd",
	} {
		if got := Dialable(listen); got != want {
			t.Errorf("Dialable(%q) = %q, want %q", listen, got, want)
		}
	}
}

func TestWithoutSecrets(t *testing.T) {
	for raw, want := range map[string]string{
		"redis://127.0.0.1:6379/0":                         "redis://127.0.0.1:6379/0",
		"redis://user:p@ss@host:6379/0":                    "redis://host:6379/0",
		"redis+sentinel://:pw@a:1,b:2/m?sentinel_password": "redis+sentinel://a:1,b:2/m",
		"user:secret@host":                                 "host",
	} {
		if got := WithoutSecrets(raw); got != want {
			t.Errorf("WithoutSecrets(%q) = %q, want %q", raw, got, want)
		}
	}
}

func TestStartedAs(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "leadgate")
	if err := os.WriteFile(program, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	spaced := filepath.Join(dir, "my programs")
	if err := os.Mkdir(spaced, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", spaced)
	if got := startedAs(program); got != program {
		t.Errorf("elsewhere: %q, want its path %q", got, program)
	}
	if got, want := startedAs(filepath.Join(spaced, "leadgate")), "'"+filepath.Join(spaced, "leadgate")+"'"; got != want {
		t.Errorf("with a space: %q, want %q", got, want)
	}
	for _, exe := range []string{"/tmp/go-build2391/b001/exe/leadgate", "/home/ada/.cache/go-build/7f/7f" + strings.Repeat("ab", 31) + "-d/leadgate", "/var/cache/7f/7f" + strings.Repeat("ab", 31) + "-d/leadgate"} {
		if got := startedAs(exe); got != "go run ./cmd/leadgate" {
			t.Errorf("startedAs(%q) = %q, want go run", exe, got)
		}
	}
	t.Chdir(dir)
	if got := startedAs(program); got != "./leadgate" {
		t.Errorf("here: %q, want ./leadgate", got)
	}
	t.Setenv("PATH", dir)
	if got := startedAs(program); got != "leadgate" {
		t.Errorf("on the PATH: %q, want leadgate", got)
	}
}

func TestIsTerminal(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if IsTerminal(w) || WantsColor(w) {
		t.Error("a pipe is no terminal")
	}
	tty, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no pseudo-terminal here:", err)
	}
	defer tty.Close()
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "xterm")
	if !IsTerminal(tty) || !WantsColor(tty) {
		t.Error("a pseudo-terminal is not seen as one")
	}
	t.Setenv("TERM", "dumb")
	if WantsColor(tty) {
		t.Error("a dumb terminal gets colour")
	}
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "1")
	if WantsColor(tty) {
		t.Error("NO_COLOR is not heeded")
	}
}
