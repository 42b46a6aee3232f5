package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// outcome is what a kind must make of an answer.
type outcome struct {
	name   string
	answer http.HandlerFunc
	want   Error // Class, RetryAfter, Ambiguous and Code count; the zero Error: success
}

// transport is how every kind that calls out must take these.
var transport = []outcome{
	{"429", says(429, "", "Retry-After", "7"), Error{Class: Again, RetryAfter: 7 * time.Second, Code: "http_429"}},
	{"429WithoutHeader", says(429, ""), Error{Class: Again, RetryAfter: 30 * time.Second, Code: "http_429"}},
	{"429WithNonsense", says(429, "", "Retry-After", "soon"), Error{Class: Again, RetryAfter: 30 * time.Second, Code: "http_429"}},
	{"429WithZero", says(429, "", "Retry-After", "0"), Error{Class: Again, RetryAfter: 30 * time.Second, Code: "http_429"}},
	{"429ForYears", says(429, "", "Retry-After", "999999999"), Error{Class: Again, RetryAfter: 24 * time.Hour, Code: "http_429"}},
	{"429WithDate", says(429, "", "Retry-After", "Wed, 25 Nov 2026 12:01:30 GMT", "Date", "Wed, 25 Nov 2026 12:00:00 GMT"),
		Error{Class: Again, RetryAfter: 90 * time.Second, Code: "http_429"}},
	{"500", says(500, "<html>https://secret"), Error{Class: Again, Ambiguous: true, Code: "http_500"}},
	{"503WithHeader", says(503, "", "Retry-After", "120"), Error{Class: Again, Ambiguous: true, RetryAfter: 2 * time.Minute, Code: "http_503"}},
	{"408", says(408, ""), Error{Class: Again, Ambiguous: true, Code: "http_408"}},
	{"401", says(401, ""), Error{Class: BadToken, Code: "http_401"}},
	{"404", says(404, "no such xoxb-secret"), Error{Class: BadTarget, Code: "http_404"}},
	{"413", says(413, ""), Error{Class: BadContent, Code: "http_413"}},
	{"Redirect", says(302, "", "Location", "https://elsewhere.example/xoxb-secret"), Error{Class: BadTarget, Code: "http_302"}},
	{"RedirectKeepingTheMethod", says(307, "", "Location", "/api/other"), Error{Class: BadTarget, Code: "http_307"}},
	{"Hang", hangs, Error{Class: Again, Ambiguous: true, Code: "timeout"}},
	{"Reset", resets, Error{Class: Again, Ambiguous: true, Code: "cut_off"}},
}

// slackOnly is how Slack's Web API must be taken beyond that.
var slackOnly = []outcome{
	{"OKWithoutTS", says(200, `{"ok":true}`), Error{Ambiguous: true, Code: "no_ts"}},
	{"EmptyObject", says(200, `{}`), Error{Ambiguous: true, Code: "no_ts"}},
	{"Null", says(200, `null`), Error{Ambiguous: true, Code: "no_ts"}},
	{"NotOKWithoutError", says(200, `{"ok":false}`), Error{Ambiguous: true, Code: "no_ts"}},
	{"HTML", says(200, `<!doctype html>xoxb-secret`), Error{Ambiguous: true, Code: "bad_answer"}},
	{"Empty", says(200, ``), Error{Ambiguous: true, Code: "bad_answer"}},
	{"RateLimitedInside200", refuses("ratelimited"), Error{RetryAfter: 30 * time.Second, Code: "ratelimited"}},
	{"FatalError", refuses("fatal_error"), Error{Ambiguous: true, Code: "fatal_error"}},
	{"NoChannel", refuses("channel_not_found"), Error{Class: BadTarget, Code: "channel_not_found"}},
	{"Archived", refuses("is_archived"), Error{Class: BadTarget, Code: "is_archived"}},
	{"RestrictedSomehow", refuses("restricted_action_read_only_channel"), Error{Class: BadTarget, Code: "restricted_action_read_only_channel"}},
	{"Revoked", refuses("token_revoked"), Error{Class: BadToken, Code: "token_revoked"}},
	{"NoScope", refuses("missing_scope"), Error{Class: BadToken, Code: "missing_scope"}},
	{"InvalidBlocks", refuses("invalid_blocks"), Error{Class: BadContent, Code: "invalid_blocks"}},
	{"TooLong", refuses("msg_too_long"), Error{Class: BadContent, Code: "msg_too_long"}},
	{"UnknownWord", refuses("mercury_in_retrograde"), Error{Class: Again, Code: "mercury_in_retrograde"}},
	{"UnknownText", refuses("see https://slack.com/?token=xoxb-secret"), Error{Class: Again, Ambiguous: true, Code: "bad_answer"}},
	{"400FromAProxy", says(400, ""), Error{Class: BadTarget, Code: "http_400"}},
}

// hookOnly is how an incoming webhook's answers must be taken.
var hookOnly = []outcome{
	{"OK", says(200, "ok"), Error{}},
	{"InvalidPayload", says(400, "invalid_payload"), Error{Class: BadContent, Code: "invalid_payload"}},
	{"Prohibited", says(403, "action_prohibited"), Error{Class: BadTarget, Code: "action_prohibited"}},
	{"NoService", says(404, "no_service"), Error{Class: BadTarget, Code: "no_service"}},
	{"Archived", says(410, "channel_is_archived"), Error{Class: BadTarget, Code: "channel_is_archived"}},
	{"RollupError", says(500, "rollup_error"), Error{Ambiguous: true, Code: "rollup_error"}},
	{"RefusedInside200", says(200, "invalid_blocks"), Error{Class: BadContent, Code: "invalid_blocks"}},
	{"HTML", says(200, "<html>"), Error{Ambiguous: true, Code: "bad_answer"}},
	{"Empty", says(200, ""), Error{Ambiguous: true, Code: "bad_answer"}},
}

var webhookOnly = []outcome{
	{"200", says(200, ""), Error{}},
	{"204", says(204, ""), Error{}},
	{"202WithHTML", says(202, "<html>"), Error{}},
	{"400", says(400, "email grace@acme.example taken"), Error{Class: BadContent, Code: "http_400"}},
	{"403", says(403, ""), Error{Class: BadToken, Code: "http_403"}},
	{"410", says(410, ""), Error{Class: BadTarget, Code: "http_410"}},
	{"HugeAnswer", huge, Error{}},
	{"CutOffAnswer", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.Write([]byte("{"))
	}, Error{Ambiguous: true, Code: "cut_off"}},
}

var huge = says(200, strings.Repeat("x", 1<<20))

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
	for _, k := range Kinds() {
		if !tested[k.Name] {
			t.Errorf("kind %s has no answers in this test", k.Name)
		}
		if k.Name == "" || k.Doc == "" || k.Check == nil || k.Open == nil {
			t.Errorf("kind %+v is not whole", k)
		}
	}
}

func contract(t *testing.T, kind string, o outcome) {
	f := newFake(t, o.answer)
	s := open(t, kind, f)
	ctx := t.Context()
	if o.name == "Hang" {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
	}
	receipt, err := s.Send(ctx, []Alert{grace(lead.HotAlert)})
	if o.want == (Error{}) {
		if err != nil || receipt == "" {
			t.Fatalf("Send = %q, %v, want a receipt", receipt, err)
		}
		return
	}
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("Send = %q, %v, want an *Error", receipt, err)
	}
	if receipt != "" {
		t.Errorf("Send gave the receipt %q with an error", receipt)
	}
	got := Error{Class: e.Class, RetryAfter: e.RetryAfter, Ambiguous: e.Ambiguous, Code: e.Code}
	if got != o.want {
		t.Errorf("Send error = %+v, want %+v", got, o.want)
	}
	for _, secret := range secrets {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error %q contains %q", err, secret)
		}
	}
	if n := len(f.got()); e.Class != BadContent && n != 1 {
		t.Errorf("%d calls, want one attempt", n)
	}
}

// Nobody listens there, and no name resolves: not ambiguous, nothing was sent.
func TestKinds_NobodyThere(t *testing.T) {
	for _, kind := range []string{"slack", "slack_hook", "webhook", "http", "teams"} {
		t.Run(kind, func(t *testing.T) {
			f := newFake(t)
			s := open(t, kind, f)
			f.Close()
			_, err := s.Send(t.Context(), []Alert{grace(lead.HotAlert)})
			var e *Error
			if !errors.As(err, &e) || e.Code != "refused" || e.Class != Again || e.Ambiguous {
				t.Errorf("Send to a closed port: %+v, want refused, again, not ambiguous", e)
			}
		})
	}
}

func TestKinds_Nothing(t *testing.T) {
	for _, kind := range []string{"slack", "slack_hook", "webhook", "http", "teams", "log"} {
		if _, err := open(t, kind, newFake(t)).Send(t.Context(), nil); ClassOf(err) != BadContent {
			t.Errorf("%s: Send of nothing = %v, want BadContent", kind, err)
		}
	}
}

func TestOpen_Refuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		target Target
		env    Env
		want   string
	}{
		{"UnknownKind", Target{Kind: "pigeon"}, Env{}, "there are slack, webhook, http, teams, email, log"},
		{"SlackWithoutChannel", Target{Kind: "slack"}, Env{SlackToken: "x"}, "needs a channel"},
		{"SlackWithoutToken", Target{Kind: "slack", Channel: "C1"}, Env{}, "LEADGATE_SLACK_BOT_TOKEN"},
		{"SlackWithABadURL", Target{Kind: "slack", URL: "hooks.slack.com/services/secret"}, Env{}, "url"},
		{"WebhookWithoutURL", Target{Kind: "webhook"}, Env{}, "needs a url"},
		{"WebhookOverHTTP", Target{Kind: "webhook", URL: "http://crm.example/hook"}, Env{}, "https"},
		{"TeamsWithoutURL", Target{Kind: "teams"}, Env{}, "needs the url"},
		{"TeamsOverHTTP", Target{Kind: "teams", URL: "http://teams.example/hook"}, Env{}, "https"},
		{"HTTPWithoutURL", Target{Kind: "http", Body: "{}"}, Env{}, "needs a url"},
		{"HTTPOverHTTP", Target{Kind: "http", URL: "http://crm.example/"}, Env{}, "https"},
		{"HTTPHostFromALead", Target{Kind: "http", URL: "https://{{.Company}}/"}, Env{}, "must not be a template"},
		{"HTTPHostPartly", Target{Kind: "http", URL: "https://crm.{{.Source}}.example/"}, Env{}, "must not be a template"},
		{"HTTPUnknownSlot", Target{Kind: "http", URL: "https://crm.example/", Body: `{"a": "{{.Nope}}"}`}, Env{}, "Nope"},
		{"HTTPBrokenTemplate", Target{Kind: "http", URL: "https://crm.example/", Body: `{"a": "{{.Name"}`}, Env{}, "the call: body:1"},
		{"HTTPUnquoted", Target{Kind: "http", URL: "https://crm.example/", Body: `{"a": {{.Name}}}`}, Env{}, "not JSON"},
		{"HTTPUnknownGot", Target{Kind: "http", URL: "https://crm.example/", Body: `{"a": {{.Got.person}}}`}, Env{}, "not JSON"},
		{"HTTPNamelessBefore", Target{Kind: "http", URL: "https://crm.example/", Before: []Call{{URL: "https://crm.example/"}}}, Env{}, "needs a name"},
		{"HTTPSameNames", Target{Kind: "http", URL: "https://crm.example/", Before: []Call{{Name: "a", URL: "https://crm.example/"}, {Name: "a", URL: "https://crm.example/"}}}, Env{}, "a: needs a name of its own"},
		{"HTTPBadMethod", Target{Kind: "http", URL: "https://crm.example/", Method: "PO ST"}, Env{}, "method"},
		{"EmailWithoutServer", Target{Kind: "email", From: "a@b.example", To: []string{"a@b.example"}}, Env{}, "smtp://"},
		{"EmailOverHTTP", Target{Kind: "email", URL: "https://mail.example"}, Env{}, "smtp://"},
		{"EmailBadPort", Target{Kind: "email", URL: "smtp://mail.example:99999"}, Env{}, "smtp://"},
		{"EmailToNobody", Target{Kind: "email", URL: "smtp://mail.example", From: "a@b.example"}, Env{}, "needs to"},
		{"EmailBadAddress", Target{Kind: "email", URL: "smtp://mail.example", From: "nobody", To: []string{"a@b.example"}}, Env{}, "from and to"},
		{"EmailUserWithoutSecret", Target{Kind: "email", URL: "smtp://mail.example", From: "a@b.example", To: []string{"a@b.example"}, User: "u"}, Env{}, "belong together"},
		{"SlackAtOnce", Target{Kind: "slack", Channel: "C1", Concurrency: 2}, Env{SlackToken: "x"}, "one after the other"},
		{"WebhookOverFTP", Target{Kind: "webhook", URL: "ftp://crm.example/hook"}, Env{AllowPrivate: true}, "https"},
		{"WebhookWithPassword", Target{Kind: "webhook", URL: "https://a:secret@crm.example/"}, Env{}, "use header"},
		{"WebhookWithBadURL", Target{Kind: "webhook", URL: "https://crm.example/%zzsecret"}, Env{}, "not a URL"},
		{"WebhookWithBadSecret", Target{Kind: "webhook", URL: "https://crm.example/", Secret: "secret"}, Env{}, "whsec_"},
		{"WebhookWithShortSecret", Target{Kind: "webhook", URL: "https://crm.example/", Secret: "whsec_c2VjcmV0"}, Env{}, "16 bytes"},
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

func TestFailure(t *testing.T) {
	for want, err := range map[string]error{
		"dns":     &net.DNSError{Err: "no such host", Name: "crm.example", IsNotFound: true},
		"timeout": &net.DNSError{Err: "no answer", Name: "crm.example", IsTimeout: true},
		"reset":   &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)},
		"tls":     &tls.CertificateVerificationError{Err: errors.New("expired")},
	} {
		if e := failure(&url.Error{Op: "Post", URL: "https://secret", Err: err}, false); e.Code != want || strings.Contains(e.Error(), "crm.example") {
			t.Errorf("failure(%v) = %v, want %s", err, e, want)
		}
	}
	f := newFake(t)
	_, err := (&http.Client{}).Get(strings.Replace(f.URL, "http:", "https:", 1))
	if e := failure(err, false); e.Code != "tls" {
		t.Errorf("failure of https to a plain server = %s (%v), want tls", e.Code, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if e := failure(&url.Error{Op: "Post", URL: "https://secret", Err: ctx.Err()}, false); e.Code != "cancelled" {
		t.Errorf("failure of a cancelled call = %s, want cancelled", e.Code)
	}
	if e := failure(errors.New("https://secret"), true); e.Code != "network" || !e.Ambiguous || strings.Contains(e.Error(), "secret") {
		t.Errorf("failure of anything else = %v", e)
	}
}
