package console

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Banner is what a person sees when the server is ready.
type Banner struct {
	Version string
	Ready   time.Duration // since the process started
	DataDir string        // empty: nothing is kept (journal: off)
	Listen  string        // host:port as listened
	Public  string        // public URL without a slash at the end; empty: http:// and where it listens
	Sources []BannerSource
	Try     bool   // there is a page of forms at /try
	Inbox   string // one-time sign-in link; empty: no line
	Redis   string // URL of a Redis that is configured, its secrets are left out; empty: built in
	Slack   string // who hears in Slack, such as "hot leads go to C0SALES"; empty: not connected
	Command string // how to run leadgate again; empty: as this process was started
	Color   bool
}

// BannerSource is one intake URL.
type BannerSource struct {
	Name string
	Path string // /in/NAME, with the token if it has one
	Form bool   // takes a plain form without a signature, so that curl can send one
}

// printBanner writes the banner. Every line that asks for something to be typed
// can be pasted into sh as it stands.
func printBanner(w io.Writer, b Banner) {
	strong, faint, plain := "", "", ""
	if b.Color {
		strong, faint, plain = "\x1b[1m", "\x1b[2m", "\x1b[0m"
	}
	at := Dialable(b.Listen)
	command := b.Command
	if exe, err := os.Executable(); command == "" && err == nil {
		command = startedAs(exe)
	}
	base := cmp.Or(b.Public, "http://"+at)
	kept := "nothing is kept on disk (journal: off)"
	if b.DataDir != "" {
		kept = "data " + b.DataDir + "  (kept between runs)"
	}
	fmt.Fprintf(w, "%sleadgate %s%s  ready in %-22s %s%s%s\n\n", strong, b.Version, plain, fmt.Sprintf("%d ms", b.Ready.Milliseconds()), faint, kept, plain)
	line := func(name, text, hint string) {
		if hint != "" {
			text += "     " + faint + hint + plain
		}
		fmt.Fprintf(w, "  %-15s %s\n", name, text)
	}
	for i, s := range b.Sources {
		name := ""
		if i == 0 {
			name = "Send leads to"
		}
		line(name, base+s.Path, "")
	}
	if b.Try {
		line("Forms", base+"/try", "to try it in a browser")
	}
	shown := "alerts are shown below"
	if b.Inbox != "" {
		line("Inbox", b.Inbox, "one use, 15 minutes")
		shown += " and in the inbox"
	}
	if b.Redis == "" {
		line("Redis", "built in (fine for one machine)", "for more: LEADGATE_REDIS_URL=redis://...")
	} else {
		line("Redis", WithoutSecrets(b.Redis), "")
	}
	if b.Slack == "" {
		line("Slack", "not connected, "+shown, "connect: LEADGATE_SLACK_BOT_TOKEN and LEADGATE_SLACK_CHANNEL")
	} else {
		line("Slack", b.Slack, "")
	}
	try, ok := sourceToTry(b.Sources)
	if !ok {
		return
	}
	fmt.Fprintf(w, "\nTry it (paste in a second terminal):\n\n")
	fmt.Fprintf(w, "  curl %s -d name='Grace Hopper' -d email=grace@acme.example -d company=Acme -d message='Call me today?'\n\n", shellWord(at+try.Path))
	fmt.Fprintf(w, "or let leadgate do it:   %s trigger %s\n\n", cmp.Or(command, "leadgate"), try.Name)
}

// sourceToTry prefers the source whose lead is hot without any configuration.
func sourceToTry(all []BannerSource) (try BannerSource, ok bool) {
	for _, s := range all {
		if s.Form && (!ok || s.Name == "demo-request") {
			try, ok = s, true
		}
	}
	return try, ok
}

// Dialable is where a client on this machine reaches a listener: one that
// listens on every address is reached at the loopback.
func Dialable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// WithoutSecrets cuts the user, the password and the query out of a Redis URL.
func WithoutSecrets(raw string) string {
	raw, _, _ = strings.Cut(raw, "?")
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return raw[strings.LastIndex(raw, "@")+1:]
	}
	return scheme + "://" + rest[strings.LastIndex(rest, "@")+1:]
}

// goRunDir is the directory that `go run` puts a program into: under a
// temporary go-build directory, or in the build cache by its hash.
var goRunDir = regexp.MustCompile(`/go-build[^/]*/|/[0-9a-f]{64}-d$`)

// startedAs says how the program at exe was started, so that hints can be
// pasted: by go run, by name when it is on the PATH, else by its path.
func startedAs(exe string) string {
	if goRunDir.MatchString(filepath.ToSlash(filepath.Dir(exe)+"/")) || goRunDir.MatchString(filepath.ToSlash(filepath.Dir(exe))) {
		return "go run ./cmd/leadgate"
	}
	name := filepath.Base(exe)
	if found, err := exec.LookPath(name); err == nil && sameFile(found, exe) {
		return name
	}
	if dir, err := os.Getwd(); err == nil && sameFile(filepath.Join(dir, name), exe) {
		return "./" + name
	}
	return shellWord(exe)
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

var shellPlain = regexp.MustCompile(`^[A-Za-z0-9_./:@%+=,-]+$`)

// shellWord quotes s for sh where it needs to be.
func shellWord(s string) string {
	if shellPlain.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
