package config

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite golden files and the schema")

// golden compares with a file of testdata, or rewrites it.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is not current; go test -update rewrites it (-want +got):\n%s", file, diff)
	}
}

// broken are configurations with mistakes. The first line of each is its name;
// lines that begin with $ are the environment, with -- flags, the rest is the
// file. testdata/broken.golden is what people read.
var broken = []string{
	"unknown key\nlisten: 127.0.0.1:1\nlog_level: debug\nlogs: info\n",
	"unknown key in a section\nslack:\n  chanel: C1\n  bot_tokn: hunter2\n",
	"unknown key in a list\nsources:\n  - name: a\n    provder: zoom\n",
	"nothing like a key\nwebsite: x\n",
	"key twice\nlisten: 127.0.0.1:1\nlog: info\nlisten: 127.0.0.1:2\n",
	"not YAML: a quote\nslack:\n  bot_token: \"hunter2\n  channel: C1\n",
	"not YAML: indentation\nslack:\n  bot_token: hunter2\n channel: C1\n",
	"not YAML: a tab\nslack:\n\tchannel: C1\n",
	"not YAML: a bracket\nsources: [{name: a}\nlog: info\n",
	"two documents\nlog: info\n---\nlog: debug\n",
	"a list instead of settings\n- listen: :1\n",
	"a text instead of settings\nlisten\n",
	"a list instead of a value\nlisten: [\":1\"]\n",
	"a mapping instead of a value\nlog:\n  level: info\n",
	"a value instead of a mapping\nslack: C1\n",
	"an anchor that is not there\nlog: *level\n",
	"half of signing in with Slack\nslack: {client_id: 12.34}\n",
	"open to the network without a token\nlisten: :8080\n",
	"no port\nlisten: 127.0.0.1\n",
	"a port out of range\nlisten: 127.0.0.1:99999\n",
	"public_url without a scheme\npublic_url: leads.example.com\n",
	"public_url with more\npublic_url: https://leads.example.com/?a=b\n",
	"journal neither on nor off\njournal: maybe\n",
	"journal off without redis\njournal: off\n",
	"redis scheme\nredis: {url: \"http://user:hunter2@127.0.0.1\"}\n",
	"redis without a host\nredis:\n  url: redis://:6379/0\n",
	"redis with two hosts\nredis:\n  url: redis://a:1,b:2/0\n",
	"sentinel without a master\nredis:\n  url: redis+sentinel://:hunter2@a:1,b:2\n",
	"redis database\nredis:\n  url: redis://:hunter2@a:1/first\n",
	"level\nlog: verbose\n",
	"switch\nallow_private_targets: perhaps\n",
	"proxies\ntrusted_proxies: [10.0.0.0/8, proxy.example, 10.0.0.0/99]\n",
	"size\nmax_body: 1 GB\n",
	"size too large\nmax_body: 100MiB\n",
	"duration\nretention: half a year\n",
	"duration out of range\nretention: 1h\nmax_age: 400d\n",
	"variable missing\napi_token: ${API_TOKEN}\n",
	"variable empty\n$ API_TOKEN=\napi_token: ${API_TOKEN}\n",
	"variable malformed\napi_token: ${API TOKEN}\npublic_url: https://${HOST\n",
	"variable with nonsense\n$ LEVEL=hunter2\nlog: ${LEVEL}\n",
	"variable where a name should be\n$ V=hunter2\nsources: [{name: a, provider: \"${V}\"}]\ntargets: [{name: a, kind: \"${V}\"}]\nroutes: [{to: \"${V}\"}]\n",
	"secret file missing\nslack:\n  bot_token: file:/run/secrets/nope\n",
	"secret file empty\nslack:\n  bot_token: file:/run/secrets/empty\n",
	"rules missing\nrules: ./norules.yaml\n",
	"source name\nsources:\n  - name: Pricing Form\n  - provider: form\n",
	"source twice\nsources:\n  - {name: a}\n  - {name: b}\n  - {name: a}\n",
	"provider unknown\nsources:\n  - name: a\n    provider: zooom\n    secret: hunter2\n  - {name: b, provider: carrier-pigeon}\n",
	"some of what gets a token\nsources:\n  - name: a\n    provider: msgraph\n    unsigned: true\n    fetch: {client_id: app}\n",
	"a token and what gets one\nsources:\n  - name: a\n    provider: msgraph\n    unsigned: true\n    fetch: {token: hunter2, tenant: contoso.example, client_id: app, client_secret: hunter2}\n",
	"what gets no token\nsources:\n  - name: a\n    provider: json\n    fetch: {tenant: contoso.example, client_id: app, client_secret: hunter2}\n",
	"tenant\nsources:\n  - name: a\n    provider: msgraph\n    unsigned: true\n    fetch: {tenant: a/b, client_id: app}\n",
	"provider that signs\nsources:\n  - name: a\n    provider: zoom\n    action: webinar_attended\n",
	"provider that signs, variable missing\nsources:\n  - name: a\n    provider: zoom\n    secret: ${ZOOM}\n",
	"action\nsources:\n  - name: a\n    action: Quote Request\n",
	"token\nsources:\n  - name: a\n    token: hunter2/hunter2\n",
	"header\nsources:\n  - name: a\n    header: {X Key: hunter2, X-Other: \"\"}\n",
	"origins\nsources:\n  - name: a\n    origins:\n      - https://www.example.com/path\n      - www.example.com\n",
	"redirect and next_hosts\nsources:\n  - name: a\n    redirect: /thanks\n    next_hosts: [https://www.example.com]\n",
	"rate\nsources:\n  - {name: a, secret_previous: \"hunter2, hunter2\", rate: 60 per minute}\n",
	"captcha's score\nsources:\n  - name: a\n    captcha: {kind: recaptcha, secret: s, min_score: 2}\n",
	"captcha\nsources:\n  - name: a\n    captcha: {kind: riddle}\n",
	"fields and country\nsources:\n  - name: a\n    fields: {Company Name: input_5}\n    country: Germany\n",
	"min_fill too long\nsources:\n  - name: a\n    min_fill: 2h\n",
	"captcha without its settings\nsources:\n  - name: a\n    captcha: turnstile\n",
	"min_fill\nsources:\n  - name: a\n    min_fill: -3s\n",
	"target\ntargets:\n  - {name: \"sales team\", kind: slack, channel: C1}\n  - {kind: log}\n  - {name: x}\n",
	"target kind\ntargets:\n  - {name: crm, kind: webhok, secret: hunter2}\n",
	"target twice\ntargets:\n  - {name: a, kind: log}\n  - {name: a, kind: log}\n",
	"target without an address\ntargets:\n  - {name: crm, kind: webhook}\n  - {name: sales, kind: slack}\n",
	"target at plain http\ntargets:\n  - {name: crm, kind: webhook, url: http://crm.example.com/hunter2}\n",
	"target address\ntargets:\n  - name: crm\n    kind: webhook\n    url: crm.example.com/hunter2\n",
	"pace and fallback\ntargets:\n  - {name: a, kind: log, pace: fast, fallback: b}\n  - {name: c, kind: log, fallback: c}\n",
	"route\ntargets:\n  - {name: sales, kind: log}\nroutes:\n  - to: slaes\n    at_least: boiling\n    sources: [contcat]\n    actions: [Demo]\n    team: emea\n  - at_least: warm\n",
	"route to nowhere\nroutes: [{to: crm}]\n",
	"escalation\ntargets:\n  - name: sales\n    kind: log\nroutes:\n  - to: sales\n    escalate:\n      - {after: five minutes, to: sales}\n      - {after: 10m, to: boss}\n      - {after: 5m, to: sales}\n      - {to: sales}\n",
	"reps\nreps:\n  - {name: Dana, slack: dana, email: dana, weight: 0}\n  - {name: Dana, zone: Middle/Earth}\n  - {slack: U0DANA}\n",
	"hours\nreps:\n  - {name: A, hours: 9 to 5}\n  - {name: B, hours: \"Mon-Fry 09:00-17:00\"}\n  - {name: C, hours: \"Mon 25:00-26:00\"}\n  - {name: D, hours: \"Mon-Fri 22:00-22:00\"}\n",
	"days, caps and groups\nreps:\n  - {name: A, holidays: [12-25, 2026-02-30], cap: many}\nteams:\n  - {name: T, reps: [A], mode: random, slack: U0X}\n",
	"canary\ncanary: {every: 0s, source: nope}\n",
	"teams\nreps:\n  - {name: Dana}\nteams:\n  - {name: emea, reps: [Dana, Dona], mode: random}\n  - {name: emea, reps: []}\n",
	"alarms to nobody\nalarms: {to: nobody}\n",
	"digests\ndigests:\n  - {to: marketing, temperature: mild, at: 9 o'clock, zone: Berlin}\n",
	"slack tokens swapped\nslack:\n  bot_token: xapp-hunter2\n  app_token: xoxb-hunter2\n",
	"slack at plain http\nslack:\n  webhook_url: http://hooks.example.com/hunter2\n",
	"environment: unknown\n$ LEADGATE_SLACK_CHANEL=C1\n$ LEADGATE_LISTEN_FILE=x\n$ LEADGATE_NONSENSE_ALTOGETHER=1\n$ LEADGATE_PORT=8080\n",
	"environment: wrong\n$ LEADGATE_LISTEN=8080\n$ LEADGATE_LOG=loud\n$ LEADGATE_TRUSTED_PROXIES=10.0.0.0/8,x\n$ LEADGATE_REDIS_URL=hunter2\n",
	"environment: twice\n$ LEADGATE_API_TOKEN=hunter2\n$ LEADGATE_API_TOKEN_FILE=/run/secrets/token\n",
	"environment: file\n$ LEADGATE_API_TOKEN_FILE=/run/secrets/nope\n",
	"flag\n-- listen=here\n",
	"no file\n$ LEADGATE_CONFIG=nope.yaml\n$ LEADGATE_LOGG=x\n",
	"everywhere at once\n$ LEADGATE_LOG=loud\n-- max-age=long\nlisten: x\nsources:\n  - {name: a, provider: zoom}\nretention: y\n",
}

// parseBroken splits one of broken into its name and what Load gets.
func parseBroken(s string) (string, Options) {
	name, rest, _ := strings.Cut(s, "\n")
	var env, yaml []string
	flags := map[string]string{}
	for line := range strings.Lines(rest) {
		if v, ok := strings.CutPrefix(line, "$ "); ok {
			env = append(env, strings.TrimSpace(v))
		} else if v, ok := strings.CutPrefix(line, "-- "); ok {
			k, v, _ := strings.Cut(strings.TrimSpace(v), "=")
			flags[k] = v
		} else {
			yaml = append(yaml, line)
		}
	}
	o := options(strings.Join(yaml, ""), env...)
	o.Flags = flags
	return name, o
}

func TestLoad_Broken(t *testing.T) {
	var b strings.Builder
	for _, s := range broken {
		name, o := parseBroken(s)
		c, err := Load(o)
		var ps Problems
		if c != nil || !errors.As(err, &ps) || len(ps) == 0 {
			t.Errorf("%s: Load = %v, %v; want Problems", name, c, err)
			continue
		}
		fmt.Fprintf(&b, "== %s\n", name)
		for _, p := range ps {
			fmt.Fprintln(&b, p.Error())
			if p.Place.Source == "" || p.Text == "" || p.Fix == "" {
				t.Errorf("%s: %#v says too little", name, p)
			}
		}
		b.WriteString("\n")
	}
	if strings.Contains(b.String(), "hunter2") {
		t.Error("a problem shows a secret")
	}
	golden(t, "testdata/broken.golden", b.String())
}

// TestLoad_BrokenByOptions is what depends on the machine.
func TestLoad_BrokenByOptions(t *testing.T) {
	o := options("")
	o.Path = "secret.yaml"
	o.ReadFile = func(name string) ([]byte, error) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	if _, err := Load(o); err == nil || !strings.Contains(err.Error(), "secret.yaml  cannot be read: permission denied") {
		t.Errorf("Load of a file without permission: %v", err)
	}
	o.ReadFile = func(string) ([]byte, error) { return nil, errors.New("the disk is gone") }
	if _, err := Load(o); err == nil || !strings.Contains(err.Error(), "the disk is gone") {
		t.Errorf("Load from a broken disk: %v", err)
	}
	o.Path, o.ReadFile = t.TempDir(), nil
	if _, err := Load(o); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("Load of a directory: %v", err)
	}
}

// FuzzLoad: whatever the file says, Load answers, and points into the file.
func FuzzLoad(f *testing.F) {
	for _, s := range broken {
		_, text, _ := strings.Cut(s, "\n")
		f.Add(text)
	}
	f.Add(example)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Load(options(text, "T=x"))
		if (c == nil) == (err == nil) {
			t.Fatalf("Load = %v, %v", c, err)
		}
		var ps Problems
		errors.As(err, &ps)
		for _, p := range ps {
			if p.Line > strings.Count(text, "\n")+1 {
				t.Errorf("%s is behind the end", p.Place)
			}
		}
	})
}
