package config

import (
	"bytes"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/lead"
)

// exampleOptions are where all that the example names exists.
func exampleOptions(yaml string) Options {
	o := options(yaml)
	read := o.ReadFile
	o.ReadFile = func(name string) ([]byte, error) {
		if name == "/run/secrets/slack_bot_token" {
			return []byte("xoxb-hunter2"), nil
		}
		return read(name)
	}
	for _, m := range regexp.MustCompile(`\$\{([A-Z_]+)\}`).FindAllStringSubmatch(yaml, -1) {
		value := "hunter2"
		if strings.HasSuffix(m[1], "_URL") {
			value = "https://hooks.slack.com/services/hunter2"
		}
		o.Env = append(o.Env, m[1]+"="+value)
	}
	return o
}

// uncommented is the example with every setting in force.
func uncommented() string {
	return regexp.MustCompile(`(?m)^# `).ReplaceAllString(example, "")
}

func TestExample(t *testing.T) {
	c := load(t, options(example))
	bare := load(t, options(""))
	bare.File, bare.Default = "leadgate.yaml", false
	if diff := cmp.Diff(bare, c, unexported, equalZones); diff != "" {
		t.Errorf("the example as it is, against no file (-want +got):\n%s", diff)
	}

	text := strings.Replace(uncommented(), "yaml-language-server", "# yaml-language-server", 1)
	c = load(t, exampleOptions(text))
	if len(c.Warnings) > 0 {
		t.Errorf("the example warns: %v", c.Warnings)
	}
	for _, s := range Settings() {
		path := strings.ReplaceAll(regexp.QuoteMeta(s.Key), `\[\]`, `\[\d+\]`)
		found := false
		for at := range c.places {
			found = found || regexp.MustCompile("^"+path+"$").MatchString(at)
		}
		if !found {
			t.Errorf("the example lacks %s", s.Key)
		}
		if s.Env != "" && !strings.Contains(text, s.Env) {
			t.Errorf("the example does not mention %s", s.Env)
		}
		if s.Env != "" && s.Default != "" && !regexp.MustCompile("Default: "+regexp.QuoteMeta(s.Default)+"[.;]").MatchString(text) {
			t.Errorf("the example does not say that the default of %s is %s", s.Key, s.Default)
		}
	}
	var b bytes.Buffer
	c.Print(&b)
	golden(t, "testdata/print.golden", b.String())
	if strings.Contains(b.String(), "hunter2") {
		t.Error("Print shows a secret")
	}
}

// TestConfig_Print reads what Print wrote of a configuration without secrets:
// it is the same.
func TestConfig_Print(t *testing.T) {
	const text = `
listen: "127.0.0.1:0"
public_url: http://leads.example
journal: off
redis: {url: "redis://h:1/2"}
log: error
trusted_proxies: [10.0.0.0/8, "::1"]
max_body: 1000001
sources:
  - {name: a, action: demo, rate: off, origins: [https://a.example], min_fill: 5m3s, fields: {company: "in: put", title: "5"}, watch: true, country: AT}
  - {name: b, provider: zoom, unsigned: true, rate: 5/s, captcha: {kind: friendly, secret: "${E:-x}"}}
reps: [{name: "O'Neil: x", slack: U0X, hours: "Sat-Mon 00:00-24:00, Wed 09:05-10:00, Fri 22:00-06:00", zone: Asia/Tokyo, holidays: [2026-12-24, 12-25], weight: 3, cap: 7}]
teams: [{name: t, reps: ["O'Neil: x"], mode: claim}]
targets: [{name: log, kind: log, pace: 7/h}, {name: l2, kind: log, pace: off, fallback: log}]
routes: [{to: log, at_least: cold, sources: [a], actions: [x, y], team: t, escalate: [{after: 90s, to: t}, {after: 1d1h, to: log}]}, {to: l2}]
alarms: {to: log}
canary: {every: 2h, source: a}
digests: [{to: log, at: "00:05", zone: Asia/Tokyo, temperature: cold}]
retention: 1d12h
max_age: 25h
`
	first := load(t, options(text))
	var b strings.Builder
	first.Print(&b)
	printed := regexp.MustCompile(`secret: set \(sha256 .*\)`).ReplaceAllString(b.String(), "secret: x")
	printed = regexp.MustCompile(` set \(sha256 .*\)`).ReplaceAllString(printed, "")
	second := load(t, options(printed))
	first.Warnings, second.Warnings = nil, nil
	if diff := cmp.Diff(first, second, unexported, equalPrefixes, equalZones); diff != "" {
		t.Errorf("Print, read again (-want +got):\n%s\nprinted:\n%s", diff, printed)
	}
}

func TestConfig_PrintOrigins(t *testing.T) {
	o := options("\nlog: debug\nslack: {channel: C1}\n", "LEADGATE_MAX_AGE=5h", "LEADGATE_SLACK_BOT_TOKEN=hunter2")
	o.Flags = map[string]string{"listen": "127.0.0.1:1"}
	var b strings.Builder
	load(t, o).Print(&b)
	for _, want := range []string{
		"listen: 127.0.0.1:1  # flag: --listen\n", "log: debug  # leadgate.yaml:2\n", "max_age: 5h  # environment: LEADGATE_MAX_AGE\n", "retention: 180d  # default\n",
		"slack:\n  bot_token: set (sha256 f52f...)  # environment: LEADGATE_SLACK_BOT_TOKEN\n  channel: C1  # leadgate.yaml:3\n", "journal: on  # default\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("Print lacks %q:\n%s", want, b.String())
		}
	}
}

// TestConfig_PrintByHand prints a Config that no file made.
func TestConfig_PrintByHand(t *testing.T) {
	c := Config{Redis: Redis{URL: "hunter2"}, Reps: []lead.Rep{{Name: "Dana"}}}
	want := "journal: off  # default\nredis:\n  url: set (sha256 f52f...)  # default\nallow_private_targets: false  # default\n" +
		"max_body: 0  # default\nplus_tags: apart  # default\nreps:  # default\n  - name: Dana\n    weight: 0\n"
	if diff := cmp.Diff(want, fmt.Sprint(c)); diff != "" {
		t.Errorf("Sprint (-want +got):\n%s", diff)
	}
}

func TestWarnings(t *testing.T) {
	knows := func(a lead.Action) bool { return a == "demo_request" }
	for name, tt := range map[string]struct {
		yaml string
		env  []string
		mode fs.FileMode
		want []string
	}{
		"None":      {"sources: [{name: a, provider: zoom, secret: \"${S}\", action: demo_request}]\n", []string{"S=x"}, 0o644, nil},
		"Unsigned":  {"sources:\n  - {name: a, provider: zoom, unsigned: true}\n", nil, 0o600, []string{"leadgate.yaml:2:5  sources[0]  takes leads from anybody who knows its URL; set a secret or a token"}},
		"WithToken": {"sources: [{name: a, provider: zoom, unsigned: true, token: x}, {name: b, provider: json, header: {X-K: y}}]\n", nil, 0o600, nil},
		"Signless":  {"sources: [{name: a, provider: json}]\n", nil, 0o600, []string{"leadgate.yaml:1:11  sources[0]  takes leads from anybody who knows its URL; set a secret or a token"}},
		"Useless":   {"sources: [{name: a, secret: x}]\n", nil, 0o600, []string{"leadgate.yaml:1:29  sources[0].secret  is not used: form does not sign; a token in the URL keeps strangers out"}},
		"Both":      {"sources: [{name: a, provider: zoom, secret: x, unsigned: true}]\n", nil, 0o600, []string{"leadgate.yaml:1:58  sources[0].unsigned  is not needed: there is a secret"}},
		"Readable":  {"log: info\napi_token: x\n", nil, 0o644, []string{"leadgate.yaml:2:12  the file holds a secret and every user of this machine can read it: chmod o-r, or write ${VARIABLE} or file:/path"}},
		"NoSecrets": {"log: info\n", nil, 0o644, nil},
		"Action": {"sources: [{name: a, action: demo}]\nroutes: [{to: console, actions: [demo_request, nope]}]\ntargets: [{name: console, kind: log}]\n", nil, 0o600, []string{
			`leadgate.yaml:1:29  sources[0].action  no rule knows the action "demo", so it is warm and counted as unclassified`,
			`leadgate.yaml:2:48  routes[0].actions[1]  no rule knows the action "nope", so it is warm and counted as unclassified`}},
		"Unheard":     {"targets: [{name: a, kind: log}]\n", nil, 0o600, []string{`leadgate.yaml:1:11  targets[0]  no route leads to "a", so it hears of nothing`}},
		"Field":       {"sources: [{name: a, fields: {compny: x, utm_source: y}}]\n", nil, 0o600, []string{`leadgate.yaml:1:38  sources[0].fields.compny  "compny" is no field that leadgate knows, so it stays among the touch's other fields`}},
		"TokenOnly":   {"", []string{"LEADGATE_SLACK_BOT_TOKEN=x"}, 0, []string{"environment: LEADGATE_SLACK_BOT_TOKEN  slack.bot_token  there is no slack.channel, so there is no target slack; targets need a channel each"}},
		"ChannelOnly": {"", []string{"LEADGATE_SLACK_CHANNEL=x"}, 0, []string{"environment: LEADGATE_SLACK_CHANNEL  slack.channel  there is no slack.bot_token, so nothing is sent there"}},
		"Preview": {"targets: [{name: a, kind: slack, channel: C}]\nroutes: [{to: a}]\n", nil, 0o600, []string{
			"leadgate.yaml:1:11  targets[0]  there is no slack.bot_token, so its alerts are only shown in the console and the inbox"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(tt.yaml, tt.env...)
			o.Stat = func(string) (fs.FileInfo, error) { return fs.Stat(fstest.MapFS{"f": {Mode: tt.mode}}, "f") }
			var got []string
			c := load(t, o)
			if name == "Action" || name == "None" {
				c.Warnings = c.Check(knows)
			}
			for _, w := range c.Warnings {
				got = append(got, w.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHours(t *testing.T) {
	got, bad := hours.parse("Fri-Mon 09:00-17:30, Wed 00:00-24:00, Thu 22:00-06:30")
	want := []lead.Span{
		{Days: []time.Weekday{time.Friday, time.Saturday, time.Sunday, time.Monday}, From: 9 * time.Hour, To: 17*time.Hour + 30*time.Minute},
		{Days: []time.Weekday{time.Wednesday}, From: 0, To: 24 * time.Hour},
		{Days: []time.Weekday{time.Thursday}, From: 22 * time.Hour, To: 30*time.Hour + 30*time.Minute},
	}
	if diff := cmp.Diff(want, got); bad != nil || diff != "" {
		t.Errorf("hours: %v (-want +got):\n%s", bad, diff)
	}
}

func TestDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{"5m": 5 * time.Minute, "90s": 90 * time.Second, "1h30m": 90 * time.Minute, "180d": 180 * day, "1d12h": 36 * time.Hour, "1.5h": 90 * time.Minute} {
		if got, bad := lasting(0, 1000*day).parse(text); bad != nil || got != want {
			t.Errorf("lasting(%q) = %v, %v; want %v", text, got, bad, want)
		}
	}
	for _, text := range []string{"5", "d", "-5m", "1h-5m", "+5m", "5 m", "99999999999999d", "9999999999h", "5m1d", "1d+2h"} {
		if got, bad := lasting(0, 1000*day).parse(text); bad == nil {
			t.Errorf("lasting(%q) = %v, want a problem", text, got)
		}
	}
}

func TestSuggest(t *testing.T) {
	for _, tt := range []struct{ name, want string }{
		{"chanel", "did you mean channel?"}, {"CHANNEL", "did you mean channel?"}, {"secert", "did you mean secret?"},
		{"b", "known: channel, secret, token"}, {"elephant", "known: channel, secret, token"},
	} {
		if got := suggest(tt.name, []string{"secret", "token", "channel"}); got != tt.want {
			t.Errorf("suggest(%q) = %q, want %q", tt.name, got, tt.want)
		}
	}
}
