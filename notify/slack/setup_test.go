package slack

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/message"
	"github.com/leadgate/leadgate/notify/notifytest"
	"github.com/slack-go/slack"
)

func TestManifest(t *testing.T) {
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

func TestCheckToken(t *testing.T) {
	all := "chat:write,chat:write.public,commands,users:read,channels:history,groups:history"
	for name, tt := range map[string]struct {
		answer  http.HandlerFunc
		want    string // in the error
		missing int
	}{
		"Good":       {notifytest.Answer(200, `{"ok":true,"team":"Acme","user":"leadgate"}`, "X-OAuth-Scopes", all), "", 0},
		"NoScopes":   {notifytest.Answer(200, `{"ok":true,"team":"Acme","user":"leadgate"}`), "", 0},
		"Fewer":      {notifytest.Answer(200, `{"ok":true,"team":"Acme","user":"leadgate"}`, "X-OAuth-Scopes", "chat:write, commands"), "", 4},
		"CannotPost": {notifytest.Answer(200, `{"ok":true}`, "X-OAuth-Scopes", "commands"), "chat:write", 0},
		"Revoked":    {notifytest.Refuse("token_revoked"), "token_revoked", 0},
		"HTML":       {notifytest.Answer(200, "<html>"), "cannot be read", 0},
		"Down":       {notifytest.Answer(503, ""), "http_503", 0},
	} {
		t.Run(name, func(t *testing.T) {
			f := notifytest.NewServer(t, tt.answer)
			account, err := CheckToken(t.Context(), "xoxb-secret", f.URL+"/api/")
			if tt.want == "" && (err != nil || account.Team != "Acme" || account.Name != "leadgate" || len(account.Missing) != tt.missing) {
				t.Errorf("CheckToken = %+v, %v", account, err)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "xoxb")) {
				t.Errorf("CheckToken = %v, want %q", err, tt.want)
			}
			if got := f.Got()[0]; got.Method != "auth.test" || got.Header.Get("Authorization") != "Bearer xoxb-secret" {
				t.Errorf("called %s with %q", got.Method, got.Header.Get("Authorization"))
			}
		})
	}
	if _, err := CheckToken(t.Context(), "x", "://"); err == nil {
		t.Error("an address that is none is called")
	}
}

func TestJSON(t *testing.T) {
	b, err := JSON([]notify.Alert{notifytest.Grace(lead.HotAlert)}, testStyle, true)
	var m struct {
		Text   string
		Blocks []map[string]any
	}
	if err != nil || json.Unmarshal(b, &m) != nil || !strings.HasPrefix(m.Text, "🔥 Grace Hopper") || len(m.Blocks) == 0 {
		t.Errorf("JSON = %s, %v", b, err)
	}
}

func TestOpen_Checks(t *testing.T) {
	for want, target := range map[string]notify.Target{
		"":                    {Channel: "C1"},
		"needs a channel":     {},
		"one after the other": {Channel: "C1", Concurrency: 2},
		"not a URL":           {URL: "https://"},
	} {
		if err := Check(target); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("Check(%+v) = %v, want %q", target, err, want)
		}
	}
	if _, err := Open(notify.Target{Channel: "C1"}, Options{}); err == nil || !strings.Contains(err.Error(), "LEADGATE_SLACK_BOT_TOKEN") {
		t.Errorf("Open without a token = %v", err)
	}
	if s, err := Open(notify.Target{URL: "https://hooks.slack.example/x", Channel: "C1"}, Options{Token: "xoxb-1"}); err != nil {
		t.Errorf("Open with a token and a hook = %v", err)
	} else if _, ok := s.(*bot); !ok {
		t.Errorf("with a token and a channel the sender is a %T", s)
	}
}

func TestAlarms(t *testing.T) {
	a := notify.Alarm{Title: "Target crm takes no leads", Text: "All are <kept>.", URL: "https://leads.example.com/queues"}
	f := notifytest.NewServer(t, nil, notifytest.Refuse("is_archived"), notifytest.Answer(200, `{"ok":true}`))
	s := open(t, f).(*bot)
	if err := s.Alarm(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if sent := f.Got()[0]; !strings.Contains(sent.Text, a.Title) || !strings.Contains(string(sent.Blocks), "lead.open") {
		t.Errorf("sent %q, %s", sent.Text, sent.Blocks)
	}
	for _, want := range []string{"is_archived", "no_ts"} {
		var e *notify.Error
		if err := s.Alarm(t.Context(), a); !errors.As(err, &e) || e.Code != want {
			t.Errorf("Alarm = %v, want %s", err, want)
		}
	}
	f = notifytest.NewServer(t, notifytest.Answer(200, "ok"), notifytest.Answer(404, "no_service"))
	h := openHook(t, f).(*hook)
	if err := h.Alarm(t.Context(), a); err != nil || h.Most() != message.MostLeads {
		t.Errorf("Alarm of a hook = %v, Most %d", err, h.Most())
	}
	if err := h.Alarm(t.Context(), a); notify.ClassOf(err) != notify.BadTarget {
		t.Errorf("Alarm of a hook that is gone = %v", err)
	}
}
