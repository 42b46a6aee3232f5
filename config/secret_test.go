package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSecret(t *testing.T) {
	type holder struct {
		A Secret
		B *Secret `json:",omitempty"`
		C []Secret
	}
	s := Secret("hunter2")
	h := holder{s, &s, []Secret{s}}
	var logged bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&logged, nil))
	log.Info("x", "secret", s, "holder", h)
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "secret", s, "holder", h)
	encoded, err := json.Marshal(map[string]any{"a": s, "b": h})
	if err != nil {
		t.Fatal(err)
	}
	printed := []string{s.String(), logged.String(), string(encoded), fmt.Sprint(s, h)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T%s"} {
		printed = append(printed, fmt.Sprintf(verb, s), fmt.Sprintf(verb, h), fmt.Sprintf(verb, &h))
	}
	for _, text := range printed {
		if strings.Contains(text, "hunter2") || strings.Contains(text, fmt.Sprintf("%x", "hunter2")) {
			t.Errorf("a secret was printed: %s", text)
		}
	}
	if got := fmt.Sprint(s); got != "[secret]" {
		t.Errorf("Sprint = %q, want [secret]", got)
	}
	if got := fmt.Sprint(Secret("")); got != "" {
		t.Errorf("Sprint of none = %q, want nothing", got)
	}
	if got := s.Reveal(); got != "hunter2" {
		t.Errorf("Reveal = %q", got)
	}
}

// full has a canary in every place that can hold a secret.
const full = `
redis: {url: "redis+sentinel://user:hunter2@a:1,b:2/m?sentinel_password=hunter2"}
api_token: hunter2
slack: {bot_token: hunter2, channel: C1, signing_secret: hunter2, app_token: hunter2, webhook_url: https://hooks.example/hunter2}
sources:
  - name: a
    provider: zoom
    secret: hunter2
    secret_previous: hunter2
    token: hunter2
    verify_token: hunter2
    header: {X-Key: hunter2}
    captcha: {kind: turnstile, secret: hunter2}
    fetch: {token: hunter2}
targets:
  - {name: crm, kind: webhook, url: https://crm.example/hunter2, secret: hunter2, header: {Authorization: Bearer hunter2}}
routes: [{to: crm}]
`

func TestConfig_Canary(t *testing.T) {
	c := load(t, options(full))
	var b bytes.Buffer
	c.Print(&b)
	fmt.Fprintf(&b, "%v %+v %#v %s %v", c, c, c, c, *c)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "config", c)
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "config", c, "value", *c)
	for _, v := range []any{c, *c} {
		encoded, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(encoded)
	}
	for _, w := range c.Warnings {
		fmt.Fprintln(&b, w)
	}
	if i := strings.Index(b.String(), "hunter2"); i >= 0 {
		t.Errorf("a secret was printed: ...%s", b.String()[max(0, i-100):i+7])
	}

	// Now break every line in turn, so that each stands in an excerpt.
	lines := strings.Split(full, "\n")
	for i, line := range lines {
		for _, broken := range []string{line + "\n  oops: hunter2", line + " [", strings.Replace(line, ":", "s:", 1), strings.ReplaceAll(line, ": ", ":"),
			strings.Replace(line, "hunter2", "\"hunter2", 1), strings.ReplaceAll(line, "hunter2", "[hunter2]"), strings.ReplaceAll(line, "hunter2", "{hunter2: hunter2}"),
			strings.ReplaceAll(line, "hunter2", "hunter2/${X"), "\t" + line, strings.ReplaceAll(line, "https://", "ftp://"), line + " # hunter2\n?"} {
			text := strings.Join(append(append(append([]string{}, lines[:i]...), broken), lines[i+1:]...), "\n")
			if _, err := Load(options(text)); err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("with the line %q:\n%v", broken, err)
			}
		}
	}
}

func TestHide(t *testing.T) {
	v := veil{shown: map[string]bool{"name": true}, opens: map[string]bool{"sources": true, "header": true}}
	for _, tt := range []struct {
		line   string
		column int
		want   string
		moved  int
	}{
		{`name: a`, 7, `name: a`, 7},
		{`secret: a`, 9, `secret: [hidden]`, 9},
		{`  - {secret: a, name: b}`, 23, `  - {secret: [hidden], name: b}`, 30},
		{`  - {secret: a, name: b}`, 14, `  - {secret: [hidden], name: b}`, 14},
		{`{"secret":"a, name: b","name":"c"}`, 31, `{"secret":[hidden],"name":"c"}`, 27},
		{`{'secret': 'it''s', name: b}`, 1, `{'secret': [hidden]`, 1},
		{`secret: "a"b, name: c`, 1, `secret: [hidden]`, 1},
		{`{secret: "a", b, name: c}`, 1, `{secret: [hidden]`, 1},
		{`secret: {a: b}`, 1, `secret: [hidden]`, 1},
		{`sources: [{secret: a}]`, 1, `sources: [{secret: [hidden]}]`, 1},
		{`header: a`, 1, `header: [hidden]`, 1},
		{`header: {a: b}`, 1, `header: {a: [hidden]}`, 1},
		{`a b name: c`, 9, `[hidden]`, 1},
		{`- &a {name: c}`, 1, `- &a {name: c}`, 1},
		{`  ]}`, 1, `  ]}`, 1},
		{`secret: "a\"b"`, 1, `secret: [hidden]`, 1},
		{`secret: ${VAR}`, 9, `secret: ${VAR}`, 9},
		{`secret: ${VAR:-a}`, 9, `secret: [hidden]`, 9},
		{`{secret: file:/run/x, name: a}`, 1, `{secret: file:/run/x, name: a}`, 1},
		{`- a`, 3, `- [hidden]`, 3},
		{`äö: ü, x: 1`, 9, `äö: [hidden]`, 5},
		{`sources:`, 1, `sources:`, 1},
		{``, 1, ``, 1},
	} {
		got, moved := v.hide(tt.line, tt.column)
		if got != tt.want || moved != tt.moved {
			t.Errorf("hide(%q, %d) = %q, %d, want %q, %d", tt.line, tt.column, got, moved, tt.want, tt.moved)
		}
	}
}

func TestWithoutComment(t *testing.T) {
	for line, want := range map[string]string{
		`a: b # c`: `a: b`, `# c`: ``, `a: "#b # c"`: `a: "#b # c"`, `a: b#c`: `a: b#c`, `  # c`: ``, `a: 'it' # 'c'`: `a: 'it'`,
	} {
		if got := withoutComment(line); got != want {
			t.Errorf("withoutComment(%q) = %q, want %q", line, got, want)
		}
	}
}

func TestMask(t *testing.T) {
	for name, tt := range map[string]struct{ got, want string }{
		"None":   {mask(""), ""},
		"Text":   {mask("hunter2"), "set (sha256 f52f...)"},
		"Web":    {maskURL("https://u:p@crm.example/x?y"), "https://crm.example "},
		"NotWeb": {maskURL("hunter2"), "set (sha256 f52f...)"},
		"Redis":  {maskRedis("redis+cluster://u:p@/?s@a:1,b:2/0?x=y"), "redis+cluster://a:1,b:2/0 "},
	} {
		if cmp.Diff(tt.want, tt.got) != "" && !(strings.HasSuffix(tt.want, " ") && strings.HasPrefix(tt.got, tt.want+"set (sha256 ")) {
			t.Errorf("%s: %q, want %q", name, tt.got, tt.want)
		}
	}
}
