package config

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/routing"
)

// files are the only ones that a test's Load can read.
type files map[string]string

func (f files) read(name string) ([]byte, error) {
	if s, ok := f[name]; ok {
		return []byte(s), nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// options make Load see leadgate.yaml with this text, if any, and the pairs as
// its environment.
func options(yaml string, env ...string) Options {
	f := files{"rules.yaml": "rules: []", "conf/rules.yaml": "", "/run/secrets/token": "from-a-file\n", "/run/secrets/empty": " \n"}
	o := Options{Env: env, ReadFile: f.read, Kinds: []string{"slack", "webhook", "http", "teams", "email", "log"},
		Field:     func(name string) bool { return name == "company" || name == "utm_source" || name == "email" },
		Providers: []string{"form", "json", "zoom", "typeform", "msgraph"},
		Grants:    func(name string) bool { return name == "msgraph" }}
	o.Signs = func(name string) (known, signs bool) {
		return slices.Contains(o.Providers, name), name == "zoom" || name == "typeform" || name == "msgraph"
	}
	o.Stat = func(name string) (fs.FileInfo, error) {
		return fs.Stat(fstest.MapFS{"f": {Mode: 0o600}}, "f")
	}
	if yaml != "" {
		f["leadgate.yaml"], o.Path = yaml, "leadgate.yaml"
	}
	return o
}

func load(t *testing.T, o Options) *Config {
	t.Helper()
	c, err := Load(o)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return c
}

var unexported = cmpopts.IgnoreUnexported(Config{})

// equalZones compares time zones by name.
var equalZones = cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })

var equalPrefixes = cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })

func TestLoad_Nothing(t *testing.T) {
	want := &Config{
		Default: true, Listen: "127.0.0.1:8080", DataDir: "./leadgate-data", Journal: true, Log: "info", MaxBody: 256 << 10,
		Slack:     Slack{APIURL: "https://slack.com/api/"},
		Retention: 180 * 24 * time.Hour, MaxAge: 72 * time.Hour,
		Sources: []source.Source{
			{Name: "contact", Provider: "form", Action: "contact_form"},
			{Name: "demo-request", Provider: "form", Action: "demo_request"},
			{Name: "webinar", Provider: "form", Action: "webinar_registered"},
		},
		Targets: []notify.Target{{Name: "console", Kind: "log"}},
		Routes:  []routing.Route{{To: "console", AtLeast: lead.Hot}},
	}
	for name, env := range map[string][]string{
		"Empty":          nil,
		"OthersOnly":     {"HOME=/root", "PATH=/bin", "novalue", "=C:=x"},
		"EmptyVariables": {"LEADGATE_LISTEN=", "LEADGATE_SLACK_BOT_TOKEN=", "LEADGATE_CONFIG="},
		"KubernetesLinks": {"LEADGATE_SERVICE_HOST=10.0.0.1", "LEADGATE_SERVICE_PORT=80", "LEADGATE_SERVICE_PORT_HTTP=80", "LEADGATE_PORT=tcp://10.0.0.1:80",
			"LEADGATE_PORT_80_TCP=tcp://10.0.0.1:80", "LEADGATE_PORT_80_TCP_PROTO=tcp", "LEADGATE_PORT_80_TCP_ADDR=10.0.0.1", "LEADGATE_REDIS_SERVICE_HOST=10.0.0.2",
			"LEADGATE_REDIS_PORT=tcp://10.0.0.2:6379"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(want, load(t, options("", env...)), unexported, equalPrefixes, equalZones); diff != "" {
				t.Errorf("Load with no configuration (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoad_Default(t *testing.T) {
	for name, o := range map[string]Options{"Variable": options("", "LEADGATE_LOG=debug"), "File": options("log: debug\n")} {
		if load(t, o).Default {
			t.Errorf("%s: Default is true", name)
		}
	}
	o := options("")
	o.Flags = map[string]string{"data-dir": "/tmp/x"}
	if !load(t, o).Default {
		t.Error("a flag alone: Default is false")
	}
}

// TestLoad_Precedence takes each of the four origins away in turn.
func TestLoad_Precedence(t *testing.T) {
	for _, tt := range []struct {
		flag, env, file string
		want            string
	}{
		{"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3", "127.0.0.1:1"},
		{"", "127.0.0.1:2", "127.0.0.1:3", "127.0.0.1:2"},
		{"", "", "127.0.0.1:3", "127.0.0.1:3"},
		{"", "", "", "127.0.0.1:8080"},
		{"127.0.0.1:1", "", "", "127.0.0.1:1"},
	} {
		o := options("listen: \""+tt.file+"\"\n", "LEADGATE_LISTEN="+tt.env)
		o.Flags = map[string]string{"file": "a flag of the command's own"}
		if tt.flag != "" {
			o.Flags["listen"] = tt.flag
		}
		if got := load(t, o).Listen; got != tt.want {
			t.Errorf("flag %q, env %q, file %q: Listen = %q, want %q", tt.flag, tt.env, tt.file, got, tt.want)
		}
	}
}

// TestLoad_Environ sets every variable, so that each name reaches its field.
func TestLoad_Environ(t *testing.T) {
	values := map[string]string{
		"LISTEN": ":0", "PUBLIC_URL": "http://leads.example/", "DATA_DIR": "/data", "JOURNAL": "off", "REDIS_URL": "redis://h:1/2",
		"API_TOKEN": "tok", "SLACK_BOT_TOKEN": "xoxb-1", "SLACK_CHANNEL": "#sales", "SLACK_WEBHOOK_URL": "https://hooks.example/x",
		"SLACK_SIGNING_SECRET": "sig", "SLACK_APP_TOKEN": "xapp-1", "SLACK_API_URL": "http://127.0.0.1:9/api",
		"ALLOW_PRIVATE_TARGETS": "1", "LOG": "debug", "TRUSTED_PROXIES": "10.1.2.3/8, ::1", "MAX_BODY": "1MiB",
		"RULES": "rules.yaml", "PLUS_TAGS": "same", "RETENTION": "30d", "MAX_AGE": "1h30m",
		"ALARMS_TO":       "slack",
		"SLACK_CLIENT_ID": "12.34", "SLACK_CLIENT_SECRET": "cs",
		"CANARY_EVERY": "1h", "CANARY_SOURCE": "webinar",
	}
	var env []string
	for k, v := range values {
		env = append(env, "LEADGATE_"+k+"="+v)
	}
	c := load(t, options("", env...))
	c.Sources = nil
	want := &Config{Listen: ":0", PublicURL: "http://leads.example", DataDir: "/data", Redis: Redis{URL: "redis://h:1/2"}, APIToken: "tok",
		Slack:               Slack{BotToken: "xoxb-1", SigningSecret: "sig", AppToken: "xapp-1", WebhookURL: "https://hooks.example/x", Channel: "#sales", APIURL: "http://127.0.0.1:9/api/", ClientID: "12.34", ClientSecret: "cs"},
		AllowPrivateTargets: true, Log: "debug", TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")},
		MaxBody: 1 << 20, RulesPath: "rules.yaml", PlusTagsSame: true, Retention: 30 * 24 * time.Hour, MaxAge: 90 * time.Minute,
		Alarms:  Alarms{To: "slack"},
		Canary:  Canary{Every: time.Hour, Source: "webinar"},
		Targets: []notify.Target{{Name: "slack", Kind: "slack", Channel: "#sales"}}, Routes: []routing.Route{{To: "slack", AtLeast: lead.Hot}}}
	if diff := cmp.Diff(want, c, unexported, equalPrefixes); diff != "" {
		t.Errorf("Load of every variable (-want +got):\n%s", diff)
	}
	for _, s := range Settings() {
		if _, ok := values[strings.TrimPrefix(s.Env, "LEADGATE_")]; s.Env != "" && !ok {
			t.Errorf("%s is not tested here", s.Env)
		}
	}
}

func TestLoad_Secrets(t *testing.T) {
	for name, tt := range map[string]struct {
		yaml string
		env  []string
		want string
	}{
		"Plain":         {"api_token: abc\n", nil, "abc"},
		"Number":        {"api_token: 0123456\n", nil, "0123456"},
		"Variable":      {"api_token: ${T}\n", []string{"T=abc"}, "abc"},
		"InText":        {"api_token: a${T}c\n", []string{"T=b"}, "abc"},
		"Fallback":      {"api_token: ${T:-abc}\n", nil, "abc"},
		"NoFallback":    {"api_token: ${T:-}\n", nil, ""},
		"Escaped":       {"api_token: $${T}\n", []string{"T=abc"}, "${T}"},
		"OnlyOnce":      {"api_token: ${T}\n", []string{"T=${U}", "U=no"}, "${U}"},
		"File":          {"api_token: file:/run/secrets/token\n", nil, "from-a-file"},
		"FileVariable":  {"api_token: file:${DIR}/token\n", []string{"DIR=/run/secrets"}, "from-a-file"},
		"NotAFile":      {"api_token: ${T}\n", []string{"T=file:/run/secrets/token"}, "file:/run/secrets/token"},
		"Block":         {"api_token: |\n  abc\n", nil, "abc"},
		"Env":           {"", []string{"LEADGATE_API_TOKEN=${X}"}, "${X}"},
		"EnvFile":       {"", []string{"LEADGATE_API_TOKEN_FILE=/run/secrets/token"}, "from-a-file"},
		"EnvAsFile":     {"", []string{"LEADGATE_API_TOKEN=file:/run/secrets/token"}, "from-a-file"},
		"EnvOverBroken": {"api_token: ${MISSING}\n", []string{"LEADGATE_API_TOKEN=abc"}, "abc"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := load(t, options(tt.yaml, tt.env...)).APIToken.Reveal(); got != tt.want {
				t.Errorf("api_token = %q, want %q", got, tt.want)
			}
		})
	}
	for _, s := range Settings() {
		if s.Secret && s.Env != "" {
			c, err := Load(options("", s.Env+"_FILE=/run/secrets/token"))
			var ps Problems
			if errors.As(err, &ps) && strings.Contains(err.Error(), "no variable of leadgate") {
				t.Errorf("%s_FILE: %v, %v", s.Env, c, err)
			}
		}
	}
}

// TestLoad_Braces takes references within braces, where YAML itself wants them
// quoted.
func TestLoad_Braces(t *testing.T) {
	c := load(t, options("sources:\n  - {name: a, header: {X-Key: ${K}, X-B: b${K:-x}c}, captcha: {kind: turnstile, secret: ${K}}, origins: [https://${H}]}\n", "K=key", "H=www.example"))
	want := source.Source{Name: "a", Provider: "form", Header: map[string]string{"X-Key": "key", "X-B": "bkeyc"},
		Captcha: &source.Captcha{Kind: "turnstile", Secret: "key", MinScore: 0.5}, Origins: []string{"https://www.example"}}
	if diff := cmp.Diff(want, c.Sources[0]); diff != "" {
		t.Errorf("source (-want +got):\n%s", diff)
	}
}

func TestLoad_YAML(t *testing.T) {
	c := load(t, options(strings.ReplaceAll(`
sources:
  - &base
    name: one
    origins: &o [https://a.example]
    rate: 5/s
  - <<: *base
    name: two
    rate: off
  - {name: "three", origins: *o, next_hosts: a.example, min_fill: 1m30s, country: DE, "watch": yes, action: !!str demo}
`, "\n", "\r\n")))
	want := []source.Source{
		{Name: "one", Provider: "form", Origins: []string{"https://a.example"}, Rate: source.Rate{N: 5, Per: time.Second}},
		{Name: "two", Provider: "form", Origins: []string{"https://a.example"}, Rate: source.Rate{Off: true}},
		{Name: "three", Provider: "form", Origins: []string{"https://a.example"}, NextHosts: []string{"a.example"}, MinFill: 90 * time.Second, Country: "DE", Watch: true, Action: "demo"},
	}
	if diff := cmp.Diff(want, c.Sources); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
	for _, empty := range []string{" ", "# nothing\n", "---\n", "listen:\n", "sources: []\nslack: {}\nredis:\n", "sources: ~\n", "\uFEFFlog: info\n", "%YAML 1.2\n---\nlog: info\n"} {
		if c := load(t, options(empty)); c.Listen != "127.0.0.1:8080" || len(c.Sources) != 3 {
			t.Errorf("Load(%q) = listen %q, %d sources; want the defaults", empty, c.Listen, len(c.Sources))
		}
	}
}

// TestLoad_Paths: what the file names lies beside it, what a variable names
// does not.
func TestLoad_Paths(t *testing.T) {
	o := options("")
	f := files{"conf/l.yaml": "rules: ./rules.yaml\napi_token: file:tok\n", "conf/rules.yaml": "x", "conf/tok": "beside", "rules.yaml": "x", "tok": "here"}
	o.ReadFile, o.Env = f.read, []string{"LEADGATE_CONFIG=conf/l.yaml"}
	c := load(t, o)
	if c.File != "conf/l.yaml" || c.RulesPath != "conf/rules.yaml" || c.APIToken != "beside" {
		t.Errorf("file %q, rules %q, token %q", c.File, c.RulesPath, c.APIToken.Reveal())
	}
	o.Env = append(o.Env, "LEADGATE_RULES=rules.yaml", "LEADGATE_API_TOKEN_FILE=tok")
	if c = load(t, o); c.RulesPath != "rules.yaml" || c.APIToken != "here" {
		t.Errorf("from variables: rules %q, token %q", c.RulesPath, c.APIToken.Reveal())
	}
	f["other.yaml"], o.Path = "log: warn\n", "other.yaml"
	if c = load(t, o); c.File != "other.yaml" || c.Log != "warn" {
		t.Errorf("Options.Path against LEADGATE_CONFIG: file %q, log %q", c.File, c.Log)
	}
}

// TestLoad_FromDisk uses no seams, and knows nothing about providers.
func TestLoad_FromDisk(t *testing.T) {
	name := filepath.Join(t.TempDir(), "leadgate.yaml")
	if err := os.WriteFile(name, []byte("api_token: hunter2\nsources: [{name: a, provider: any}]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := Load(Options{Path: name})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0].Text, "every user of this machine can read it") {
		t.Errorf("warnings of a file that everybody can read: %v", c.Warnings)
	}
	if err := os.Chmod(name, 0o640); err != nil {
		t.Fatal(err)
	}
	if c, err = Load(Options{Path: name}); err != nil || len(c.Warnings) > 0 {
		t.Errorf("Load of a file that only its group can read: %v, %v", c.Warnings, err)
	}
}

func TestSettings(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Settings() {
		if s.Doc == "" || seen[s.Key] || s.Env != "" && seen[s.Env] {
			t.Errorf("%+v: without a doc or there twice", s)
		}
		seen[s.Key], seen[s.Env] = true, true
	}
	promised := strings.Fields("LISTEN PUBLIC_URL DATA_DIR JOURNAL REDIS_URL API_TOKEN SLACK_BOT_TOKEN SLACK_CHANNEL SLACK_WEBHOOK_URL SLACK_SIGNING_SECRET SLACK_APP_TOKEN SLACK_API_URL ALLOW_PRIVATE_TARGETS LOG")
	for _, name := range promised {
		if !seen["LEADGATE_"+name] {
			t.Errorf("no setting has the variable LEADGATE_%s", name)
		}
	}
}
