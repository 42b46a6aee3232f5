package kind

import (
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/message"
	"github.com/leadgate/leadgate/notify/notifytest"
	"github.com/leadgate/leadgate/notify/pace"
)

// open opens a sender of a kind that talks to a fake.
func open(t *testing.T, kind string, f *notifytest.Server, change ...func(*notify.Target, *Env)) notify.Sender {
	t.Helper()
	target := notify.Target{Name: "sales", Kind: kind, Channel: "C0SALES"}
	env := Env{SlackToken: "xoxb-secret", SlackAPIURL: f.URL + "/api", AllowPrivate: true, Buttons: true, Style: testStyle, Out: io.Discard,
		Now: func() time.Time { return testStyle.Now }}
	if kind == "slack" { // opened before the lead came, so that it looks for nothing of an earlier process
		env.Now = notifytest.ClockFrom(notifytest.Received.Add(-time.Hour), testStyle.Now)
	}
	switch kind {
	case "webhook":
		target.URL, target.Secret, target.Channel = f.URL+"/hook?key=urlsecret", notifytest.HookSecret, ""
	case "http":
		target.URL, target.Channel, target.Body = f.URL+"/leads?key=urlsecret", "", `{"name": "{{.Name}}", "mail": "{{.Email}}"}`
	case "teams":
		target.URL, target.Channel = f.URL+"/workflows/1?sig=urlsecret", ""
	case "slack_hook":
		target.Kind, target.URL, target.Channel, env.SlackToken = "slack", f.URL+"/services/T0/B0/hooksecret", "", ""
	}
	for _, c := range change {
		c(&target, &env)
	}
	s, err := Open(target, env)
	if err != nil {
		t.Fatalf("Open(%s): %v", kind, err)
	}
	return s
}

// outcome is what a kind must make of an answer.
type outcome struct {
	name   string
	answer http.HandlerFunc
	want   notify.Error // Class, RetryAfter, Ambiguous and Code count; the zero Error: success
}

// transport is how every kind that calls out must take these.
var transport = []outcome{
	{"429", notifytest.Answer(429, "", "Retry-After", "7"), notify.Error{Class: notify.Again, RetryAfter: 7 * time.Second, Code: "http_429"}},
	{"429WithoutHeader", notifytest.Answer(429, ""), notify.Error{Class: notify.Again, RetryAfter: 30 * time.Second, Code: "http_429"}},
	{"429WithNonsense", notifytest.Answer(429, "", "Retry-After", "soon"), notify.Error{Class: notify.Again, RetryAfter: 30 * time.Second, Code: "http_429"}},
	{"429WithZero", notifytest.Answer(429, "", "Retry-After", "0"), notify.Error{Class: notify.Again, RetryAfter: 30 * time.Second, Code: "http_429"}},
	{"429ForYears", notifytest.Answer(429, "", "Retry-After", "999999999"), notify.Error{Class: notify.Again, RetryAfter: 24 * time.Hour, Code: "http_429"}},
	{"429WithDate", notifytest.Answer(429, "", "Retry-After", "Wed, 25 Nov 2026 12:01:30 GMT", "Date", "Wed, 25 Nov 2026 12:00:00 GMT"),
		notify.Error{Class: notify.Again, RetryAfter: 90 * time.Second, Code: "http_429"}},
	{"500", notifytest.Answer(500, "<html>https://secret"), notify.Error{Class: notify.Again, Ambiguous: true, Code: "http_500"}},
	{"503WithHeader", notifytest.Answer(503, "", "Retry-After", "120"), notify.Error{Class: notify.Again, Ambiguous: true, RetryAfter: 2 * time.Minute, Code: "http_503"}},
	{"408", notifytest.Answer(408, ""), notify.Error{Class: notify.Again, Ambiguous: true, Code: "http_408"}},
	{"401", notifytest.Answer(401, ""), notify.Error{Class: notify.BadToken, Code: "http_401"}},
	{"404", notifytest.Answer(404, "no such xoxb-secret"), notify.Error{Class: notify.BadTarget, Code: "http_404"}},
	{"413", notifytest.Answer(413, ""), notify.Error{Class: notify.BadContent, Code: "http_413"}},
	{"Redirect", notifytest.Answer(302, "", "Location", "https://elsewhere.example/xoxb-secret"), notify.Error{Class: notify.BadTarget, Code: "http_302"}},
	{"RedirectKeepingTheMethod", notifytest.Answer(307, "", "Location", "/api/other"), notify.Error{Class: notify.BadTarget, Code: "http_307"}},
	{"Hang", notifytest.Hang, notify.Error{Class: notify.Again, Ambiguous: true, Code: "timeout"}},
	{"Reset", notifytest.Reset, notify.Error{Class: notify.Again, Ambiguous: true, Code: "cut_off"}},
}

// slackOnly is how Slack's Web API must be taken beyond that.
var slackOnly = []outcome{
	{"OKWithoutTS", notifytest.Answer(200, `{"ok":true}`), notify.Error{Ambiguous: true, Code: "no_ts"}},
	{"EmptyObject", notifytest.Answer(200, `{}`), notify.Error{Ambiguous: true, Code: "no_ts"}},
	{"Null", notifytest.Answer(200, `null`), notify.Error{Ambiguous: true, Code: "no_ts"}},
	{"NotOKWithoutError", notifytest.Answer(200, `{"ok":false}`), notify.Error{Ambiguous: true, Code: "no_ts"}},
	{"HTML", notifytest.Answer(200, `<!doctype html>xoxb-secret`), notify.Error{Ambiguous: true, Code: "bad_answer"}},
	{"Empty", notifytest.Answer(200, ``), notify.Error{Ambiguous: true, Code: "bad_answer"}},
	{"RateLimitedInside200", notifytest.Refuse("ratelimited"), notify.Error{RetryAfter: 30 * time.Second, Code: "ratelimited"}},
	{"FatalError", notifytest.Refuse("fatal_error"), notify.Error{Ambiguous: true, Code: "fatal_error"}},
	{"NoChannel", notifytest.Refuse("channel_not_found"), notify.Error{Class: notify.BadTarget, Code: "channel_not_found"}},
	{"Archived", notifytest.Refuse("is_archived"), notify.Error{Class: notify.BadTarget, Code: "is_archived"}},
	{"RestrictedSomehow", notifytest.Refuse("restricted_action_read_only_channel"), notify.Error{Class: notify.BadTarget, Code: "restricted_action_read_only_channel"}},
	{"Revoked", notifytest.Refuse("token_revoked"), notify.Error{Class: notify.BadToken, Code: "token_revoked"}},
	{"NoScope", notifytest.Refuse("missing_scope"), notify.Error{Class: notify.BadToken, Code: "missing_scope"}},
	{"InvalidBlocks", notifytest.Refuse("invalid_blocks"), notify.Error{Class: notify.BadContent, Code: "invalid_blocks"}},
	{"TooLong", notifytest.Refuse("msg_too_long"), notify.Error{Class: notify.BadContent, Code: "msg_too_long"}},
	{"UnknownWord", notifytest.Refuse("mercury_in_retrograde"), notify.Error{Class: notify.Again, Code: "mercury_in_retrograde"}},
	{"UnknownText", notifytest.Refuse("see https://slack.com/?token=xoxb-secret"), notify.Error{Class: notify.Again, Ambiguous: true, Code: "bad_answer"}},
	{"400FromAProxy", notifytest.Answer(400, ""), notify.Error{Class: notify.BadTarget, Code: "http_400"}},
}

// hookOnly is how an incoming webhook's answers must be taken.
var hookOnly = []outcome{
	{"OK", notifytest.Answer(200, "ok"), notify.Error{}},
	{"InvalidPayload", notifytest.Answer(400, "invalid_payload"), notify.Error{Class: notify.BadContent, Code: "invalid_payload"}},
	{"Prohibited", notifytest.Answer(403, "action_prohibited"), notify.Error{Class: notify.BadTarget, Code: "action_prohibited"}},
	{"NoService", notifytest.Answer(404, "no_service"), notify.Error{Class: notify.BadTarget, Code: "no_service"}},
	{"Archived", notifytest.Answer(410, "channel_is_archived"), notify.Error{Class: notify.BadTarget, Code: "channel_is_archived"}},
	{"RollupError", notifytest.Answer(500, "rollup_error"), notify.Error{Ambiguous: true, Code: "rollup_error"}},
	{"RefusedInside200", notifytest.Answer(200, "invalid_blocks"), notify.Error{Class: notify.BadContent, Code: "invalid_blocks"}},
	{"HTML", notifytest.Answer(200, "<html>"), notify.Error{Ambiguous: true, Code: "bad_answer"}},
	{"Empty", notifytest.Answer(200, ""), notify.Error{Ambiguous: true, Code: "bad_answer"}},
}

var webhookOnly = []outcome{
	{"200", notifytest.Answer(200, ""), notify.Error{}},
	{"204", notifytest.Answer(204, ""), notify.Error{}},
	{"202WithHTML", notifytest.Answer(202, "<html>"), notify.Error{}},
	{"400", notifytest.Answer(400, "email grace@acme.example taken"), notify.Error{Class: notify.BadContent, Code: "http_400"}},
	{"403", notifytest.Answer(403, ""), notify.Error{Class: notify.BadToken, Code: "http_403"}},
	{"410", notifytest.Answer(410, ""), notify.Error{Class: notify.BadTarget, Code: "http_410"}},
	{"HugeAnswer", huge, notify.Error{}},
	{"CutOffAnswer", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.Write([]byte("{"))
	}, notify.Error{Ambiguous: true, Code: "cut_off"}},
}

var huge = notifytest.Answer(200, strings.Repeat("x", 1<<20))

func TestKinds(t *testing.T) {
	own := map[string][]outcome{"slack": slackOnly, "slack_hook": hookOnly, "webhook": webhookOnly, "http": webhookOnly, "teams": webhookOnly}
	tested := map[string]bool{"slack_hook": true, "log": true, "email": true} // log calls nobody, email speaks SMTP: email_test.go
	for kind, outcomes := range own {
		tested[kind] = true
		for _, o := range append(append([]outcome{}, transport...), outcomes...) {
			t.Run(kind+"/"+o.name, func(t *testing.T) {
				t.Parallel()
				contract(t, kind, o)
			})
		}
	}
	for _, k := range All() {
		if !tested[k.Name] {
			t.Errorf("kind %s has no answers in this test", k.Name)
		}
		if k.Name == "" || k.Doc == "" || k.Check == nil || k.Open == nil {
			t.Errorf("kind %+v is not whole", k)
		}
	}
}

func contract(t *testing.T, kind string, o outcome) {
	f := notifytest.NewServer(t, o.answer)
	s := open(t, kind, f)
	ctx := t.Context()
	if o.name == "Hang" {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
	}
	receipt, err := s.Send(ctx, []notify.Alert{notifytest.Grace(lead.HotAlert)})
	if o.want == (notify.Error{}) {
		if err != nil || receipt == "" {
			t.Fatalf("Send = %q, %v, want a receipt", receipt, err)
		}
		return
	}
	var e *notify.Error
	if !errors.As(err, &e) {
		t.Fatalf("Send = %q, %v, want an *Error", receipt, err)
	}
	if receipt != "" {
		t.Errorf("Send gave the receipt %q with an error", receipt)
	}
	got := notify.Error{Class: e.Class, RetryAfter: e.RetryAfter, Ambiguous: e.Ambiguous, Code: e.Code}
	if got != o.want {
		t.Errorf("Send error = %+v, want %+v", got, o.want)
	}
	for _, secret := range notifytest.Secrets {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error %q contains %q", err, secret)
		}
	}
	if n := len(f.Got()); e.Class != notify.BadContent && n != 1 {
		t.Errorf("%d calls, want one attempt", n)
	}
}

// Nobody listens there, and no name resolves: not ambiguous, nothing was sent.
func TestKinds_NobodyThere(t *testing.T) {
	for _, kind := range []string{"slack", "slack_hook", "webhook", "http", "teams"} {
		t.Run(kind, func(t *testing.T) {
			f := notifytest.NewServer(t)
			s := open(t, kind, f)
			f.Close()
			_, err := s.Send(t.Context(), []notify.Alert{notifytest.Grace(lead.HotAlert)})
			var e *notify.Error
			if !errors.As(err, &e) || e.Code != "refused" || e.Class != notify.Again || e.Ambiguous {
				t.Errorf("Send to a closed port: %+v, want refused, again, not ambiguous", e)
			}
		})
	}
}

func TestOpen_Refuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		target notify.Target
		env    Env
		want   string
	}{
		{"UnknownKind", notify.Target{Kind: "pigeon"}, Env{}, "there are slack, webhook, http, teams, email, log"},
		{"SlackWithoutChannel", notify.Target{Kind: "slack"}, Env{SlackToken: "x"}, "needs a channel"},
		{"SlackWithoutToken", notify.Target{Kind: "slack", Channel: "C1"}, Env{}, "LEADGATE_SLACK_BOT_TOKEN"},
		{"SlackWithABadURL", notify.Target{Kind: "slack", URL: "hooks.slack.com/services/secret"}, Env{}, "url"},
		{"WebhookWithoutURL", notify.Target{Kind: "webhook"}, Env{}, "needs a url"},
		{"WebhookOverHTTP", notify.Target{Kind: "webhook", URL: "http://crm.example/hook"}, Env{}, "https"},
		{"TeamsWithoutURL", notify.Target{Kind: "teams"}, Env{}, "needs the url"},
		{"TeamsOverHTTP", notify.Target{Kind: "teams", URL: "http://teams.example/hook"}, Env{}, "https"},
		{"HTTPWithoutURL", notify.Target{Kind: "http", Body: "{}"}, Env{}, "needs a url"},
		{"HTTPOverHTTP", notify.Target{Kind: "http", URL: "http://crm.example/"}, Env{}, "https"},
		{"HTTPHostFromALead", notify.Target{Kind: "http", URL: "https://{{.Company}}/"}, Env{}, "must not be a template"},
		{"HTTPHostPartly", notify.Target{Kind: "http", URL: "https://crm.{{.Source}}.example/"}, Env{}, "must not be a template"},
		{"HTTPUnknownSlot", notify.Target{Kind: "http", URL: "https://crm.example/", Body: `{"a": "{{.Nope}}"}`}, Env{}, "Nope"},
		{"HTTPBrokenTemplate", notify.Target{Kind: "http", URL: "https://crm.example/", Body: `{"a": "{{.Name"}`}, Env{}, "the call: body:1"},
		{"HTTPUnquoted", notify.Target{Kind: "http", URL: "https://crm.example/", Body: `{"a": {{.Name}}}`}, Env{}, "not JSON"},
		{"HTTPUnknownGot", notify.Target{Kind: "http", URL: "https://crm.example/", Body: `{"a": {{.Got.person}}}`}, Env{}, "not JSON"},
		{"HTTPNamelessBefore", notify.Target{Kind: "http", URL: "https://crm.example/", Before: []notify.Call{{URL: "https://crm.example/"}}}, Env{}, "needs a name"},
		{"HTTPSameNames", notify.Target{Kind: "http", URL: "https://crm.example/", Before: []notify.Call{{Name: "a", URL: "https://crm.example/"}, {Name: "a", URL: "https://crm.example/"}}}, Env{}, "a: needs a name of its own"},
		{"HTTPBadMethod", notify.Target{Kind: "http", URL: "https://crm.example/", Method: "PO ST"}, Env{}, "method"},
		{"EmailWithoutServer", notify.Target{Kind: "email", From: "a@b.example", To: []string{"a@b.example"}}, Env{}, "smtp://"},
		{"EmailOverHTTP", notify.Target{Kind: "email", URL: "https://mail.example"}, Env{}, "smtp://"},
		{"EmailBadPort", notify.Target{Kind: "email", URL: "smtp://mail.example:99999"}, Env{}, "smtp://"},
		{"EmailToNobody", notify.Target{Kind: "email", URL: "smtp://mail.example", From: "a@b.example"}, Env{}, "needs to"},
		{"EmailBadAddress", notify.Target{Kind: "email", URL: "smtp://mail.example", From: "nobody", To: []string{"a@b.example"}}, Env{}, "from and to"},
		{"EmailUserWithoutSecret", notify.Target{Kind: "email", URL: "smtp://mail.example", From: "a@b.example", To: []string{"a@b.example"}, User: "u"}, Env{}, "belong together"},
		{"SlackAtOnce", notify.Target{Kind: "slack", Channel: "C1", Concurrency: 2}, Env{SlackToken: "x"}, "one after the other"},
		{"WebhookOverFTP", notify.Target{Kind: "webhook", URL: "ftp://crm.example/hook"}, Env{AllowPrivate: true}, "https"},
		{"WebhookWithPassword", notify.Target{Kind: "webhook", URL: "https://a:secret@crm.example/"}, Env{}, "use header"},
		{"WebhookWithBadURL", notify.Target{Kind: "webhook", URL: "https://crm.example/%zzsecret"}, Env{}, "not a URL"},
		{"WebhookWithBadSecret", notify.Target{Kind: "webhook", URL: "https://crm.example/", Secret: "secret"}, Env{}, "whsec_"},
		{"WebhookWithShortSecret", notify.Target{Kind: "webhook", URL: "https://crm.example/", Secret: "whsec_c2VjcmV0"}, Env{}, "16 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Open(tt.target, tt.env)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("Open = %v, want an error with %q", err, tt.want)
			}
			if tt.target.Secret != "" && strings.Contains(err.Error(), "c2VjcmV0") || strings.Contains(err.Error(), "services/secret") || strings.Contains(err.Error(), "zzsecret") {
				t.Errorf("the error %q contains the secret", err)
			}
		})
	}
}

// testStyle is that of messages 1.4 seconds after the lead came.
var testStyle = message.Style{PublicURL: "https://leads.example.com", Now: notifytest.Received.Add(1400 * time.Millisecond), People: notifytest.People}

func TestComplete(t *testing.T) {
	own := pace.Pace{N: 20, Per: time.Minute}
	for _, tt := range []struct{ target, want notify.Target }{
		{notify.Target{Kind: "slack"}, notify.Target{Kind: "slack", Pace: pace.Pace{N: 1, Per: time.Second}}},
		{notify.Target{Kind: "slack", Pace: own}, notify.Target{Kind: "slack", Pace: own}},
		{notify.Target{Kind: "slack", Pace: pace.Pace{Off: true}}, notify.Target{Kind: "slack", Pace: pace.Pace{Off: true}}},
		{notify.Target{Kind: "webhook"}, notify.Target{Kind: "webhook", Concurrency: 4}},
		{notify.Target{Kind: "http", Concurrency: 2}, notify.Target{Kind: "http", Concurrency: 2}},
		{notify.Target{Kind: "pigeon"}, notify.Target{Kind: "pigeon"}},
	} {
		if got := Complete(tt.target); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("Complete(%+v) = %+v, want %+v", tt.target, got, tt.want)
		}
	}
}

// Every sender that delivers alarms delivers the title and the text, and reports
// a failure in the terms of Send.
func TestKinds_Alarms(t *testing.T) {
	a := notify.Alarm{Key: "broken:crm", About: "crm", Title: "Target crm takes no leads", Text: "All are kept.", URL: "https://leads.example.com/queues", At: notifytest.Received}
	for _, kind := range []string{"slack", "slack_hook", "webhook", "teams"} {
		t.Run(kind, func(t *testing.T) {
			good := notifytest.Answer(200, "ok")
			if kind == "slack" {
				good = nil
			}
			f := notifytest.NewServer(t, good, notifytest.Answer(503, ""))
			s := open(t, kind, f).(interface {
				Alarm(context.Context, notify.Alarm) error
			})
			if err := s.Alarm(t.Context(), a); err != nil {
				t.Fatal(err)
			}
			sent := string(f.Got()[0].Body)
			if c := f.Got()[0]; c.Form != nil {
				sent = c.Text + string(c.Blocks)
			}
			if !strings.Contains(sent, a.Title) || !strings.Contains(sent, a.Text) || !strings.Contains(sent, a.URL) {
				t.Errorf("sent %s", sent)
			}
			var e *notify.Error
			if err := s.Alarm(t.Context(), a); !errors.As(err, &e) || e.Class != notify.Again || e.Code != "http_503" {
				t.Errorf("a second alarm = %v, want http_503", err)
			}
		})
	}
	var b strings.Builder
	s, err := Open(notify.Target{Name: "console", Kind: "log"}, Env{Out: &b})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.(*preview).Alarm(t.Context(), a); err != nil || !strings.Contains(b.String(), a.Title) || s.Most() != 1 {
		t.Errorf("on the console: %v, %q", err, b.String())
	}
}

func TestCheck(t *testing.T) {
	for want, target := range map[string]notify.Target{
		"":                    {Kind: "pigeon"}, // the configuration reports it
		"needs a channel":     {Kind: "slack"},
		"one after the other": {Kind: "slack", Channel: "C1", Concurrency: 2},
		"is not a URL":        {Kind: "slack", URL: "https://"},
		"needs a url":         {Kind: "webhook"},
	} {
		err := Check(target)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("Check(%+v) = %v, want %q", target, err, want)
		}
	}
}
