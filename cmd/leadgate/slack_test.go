package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// TestProgram_SlackCommands: setup asks for what is missing, checks the token and
// posts; test does so for what is configured; preview prints.
func TestProgram_SlackCommands(t *testing.T) {
	t.Parallel()
	slack := newFakeSlack(t)
	var scopes atomic.Value // a string
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !strings.HasSuffix(r.URL.Path, "/auth.test"):
			slack.ServeHTTP(w, r)
		case r.Header.Get("Authorization") != "Bearer xoxb-good":
			fmt.Fprint(w, `{"ok":false,"error":"invalid_auth"}`)
		default:
			w.Header().Set("X-OAuth-Scopes", scopes.Load().(string))
			fmt.Fprint(w, `{"ok":true,"team":"Works","user":"leadgate"}`)
		}
	}))
	t.Cleanup(api.Close)
	payload := filepath.Join(t.TempDir(), "payload.json")
	if err := os.WriteFile(payload, []byte(`{"name":"Ada Brandt","email":"ada@brandt-druck.example","message":"<!channel> call me"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	with := func(env ...string) []string { return append(env, "LEADGATE_SLACK_API_URL="+api.URL+"/api/") }
	for _, c := range []struct {
		name   string
		env    []string
		scopes string
		args   []string
		typed  string
		code   int
		want   []string
		posts  int
	}{
		{"SetupWithoutToken", with(), "", []string{"slack", "setup"}, "", exitFailed, []string{"https://api.slack.com/apps?new_app=1&manifest_json=%7B", "no bot token yet"}, 0},
		{"SetupWithoutChannel", with(), "", []string{"slack", "setup"}, "xoxb-good\n", exitFailed, []string{"no channel yet"}, 0},
		{"Setup", with(), "chat:write,commands", []string{"slack", "setup"}, "xoxb-good\nC0HOT\n", 0,
			[]string{"leadgate's in Works", "It lacks users:read", "A test alert is in C0HOT", "LEADGATE_SLACK_APP_TOKEN=<"}, 1},
		{"SetupOverHTTP", with("LEADGATE_PUBLIC_URL=https://leads.example.com"), "chat:write", []string{"slack", "setup"}, "xoxb-good\nC0HOT\n", 0,
			[]string{"leads.example.com%2Fslack%2Finteractions", "LEADGATE_SLACK_SIGNING_SECRET=<"}, 1},
		{"SetupWithABadToken", with(), "", []string{"slack", "setup"}, "xoxb-bad\nC0HOT\n", exitFailed, []string{"invalid_auth"}, 0},
		{"SetupThatMayNotPost", with(), "commands", []string{"slack", "setup"}, "xoxb-good\nC0HOT\n", exitFailed, []string{"lacks the scope chat:write"}, 0},
		{"TestWithoutSlack", nil, "", []string{"slack", "test"}, "", exitConfig, []string{"there is no Slack target"}, 0},
		{"Test", with("LEADGATE_SLACK_BOT_TOKEN=xoxb-good", "LEADGATE_SLACK_CHANNEL=C0HOT"), "chat:write", []string{"slack", "test"}, "", 0, []string{"slack: a test alert is in C0HOT"}, 1},
		{"Preview", nil, "", []string{"slack", "preview", payload}, "", 0, []string{"Ada Brandt", `"action_id": "lead.claim"`}, 0},
		{"PreviewOfNothing", nil, "", []string{"slack", "preview", payload + "x"}, "", exitFailed, []string{"no such file"}, 0},
		{"PreviewOfNobody", nil, "", []string{"slack", "preview", "--provider", "nobody", payload}, "", exitUsage, []string{"no provider is called"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			scopes.Store(c.scopes)
			before := len(slack.about("Grace Hopper"))
			p := newProgram(t, c.env...)
			code, said := p.runWith(c.typed, c.args...)
			if code != c.code {
				t.Errorf("leadgate %s = exit %d, want %d: %s", strings.Join(c.args, " "), code, c.code, said)
			}
			for _, want := range c.want {
				if !strings.Contains(said, want) {
					t.Errorf("leadgate %s says %s, want %q", strings.Join(c.args, " "), said, want)
				}
			}
			if n := len(slack.about("Grace Hopper")) - before; n != c.posts {
				t.Errorf("%d messages were posted, want %d", n, c.posts)
			}
			if strings.Contains(said, "xoxb-") && !strings.Contains(said, "(xoxb-...)") {
				t.Errorf("the token is shown: %s", said)
			}
		})
	}
}
