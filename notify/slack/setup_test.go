package slack

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/slack-go/slack"
)

func TestSlackManifest(t *testing.T) {
	for _, c := range []struct{ public, interactions string }{{"", ""}, {"https://leads.example.com/", "https://leads.example.com/slack/interactions"}} {
		b := Manifest(c.public)
		var m slack.Manifest
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		if got := m.Settings.Interactivity.RequestUrl; got != c.interactions || m.Settings.SocketModeEnabled != (c.public == "") {
			t.Errorf("for %q the clicks go to %q, Socket Mode %v", c.public, got, m.Settings.SocketModeEnabled)
		}
		for _, s := range scopes {
			if !strings.Contains(string(b), `"`+s.scope+`"`) {
				t.Errorf("the manifest does not ask for %s, which the check wants", s.scope)
			}
		}
		if n := len(InstallURL(b)); n > 4000 {
			t.Errorf("the link is %d characters long", n)
		}
	}
}
