package notify

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// call is one request that reached a fake.
type call struct {
	Method string          `json:"method"` // chat.postMessage; empty for hooks
	Form   url.Values      `json:"-"`
	Header http.Header     `json:"-"`
	Body   []byte          `json:"-"`
	Text   string          `json:"text"`
	Blocks json.RawMessage `json:"blocks"`
}

// fake keeps what reached it and answers with the next of its answers, the last
// one for ever. A nil answer is Slack's normal one.
type fake struct {
	*httptest.Server
	mu      sync.Mutex
	calls   []call
	answers []http.HandlerFunc
	n       int
}

func newFake(t *testing.T, answers ...http.HandlerFunc) *fake {
	f := &fake{answers: answers}
	f.Server = httptest.NewServer(f)
	t.Cleanup(func() { f.CloseClientConnections(); f.Close() })
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c := call{Method: strings.TrimPrefix(r.URL.Path, "/api/"), Header: r.Header, Body: body}
	if strings.Contains(r.Header.Get("Content-Type"), "json") {
		json.Unmarshal(body, &c)
	} else {
		c.Form, _ = url.ParseQuery(string(body))
		c.Text, c.Blocks = c.Form.Get("text"), json.RawMessage(c.Form.Get("blocks"))
	}
	f.mu.Lock()
	f.calls = append(f.calls, c)
	f.n++
	n := f.n
	var answer http.HandlerFunc
	if len(f.answers) > 0 {
		answer = f.answers[min(n, len(f.answers))-1]
	}
	f.mu.Unlock()
	if answer == nil {
		answer = says(200, fmt.Sprintf(`{"ok":true,"channel":"C0SALES","ts":"1795344121.%06d"}`, n))
	}
	answer(w, r)
}

func (f *fake) got() []call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]call(nil), f.calls...)
}

// methods are the API's methods that were called, in order.
func (f *fake) methods() string {
	var m []string
	for _, c := range f.got() {
		m = append(m, c.Method)
	}
	return strings.Join(m, " ")
}

func says(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func refuses(word string) http.HandlerFunc { return says(200, `{"ok":false,"error":"`+word+`"}`) }

func hangs(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func resets(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }

// secrets are what no error may contain.
var secrets = []string{"xoxb-secret", "/services/T0/B0/hooksecret", "whsec_", "127.0.0.1", "http://", "https://", "grace", "Hopper", "+1415", "acme"}

const hookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// clockFrom tells the first time once, when a sender is opened, then the second.
func clockFrom(opened, later time.Time) func() time.Time {
	next := opened
	return func() time.Time { now := next; next = later; return now }
}

// open opens a sender of a kind that talks to a fake.
func open(t *testing.T, kind string, f *fake, change ...func(*Target, *Env)) Sender {
	t.Helper()
	target := Target{Name: "sales", Kind: kind, Channel: "C0SALES"}
	env := Env{SlackToken: "xoxb-secret", SlackAPIURL: f.URL + "/api", AllowPrivate: true, Buttons: true, Style: style0, Out: io.Discard,
		Now: func() time.Time { return style0.Now }}
	if kind == "slack" { // opened before the lead came, so that it looks for nothing of an earlier process
		env.Now = clockFrom(received0.Add(-time.Hour), style0.Now)
	}
	switch kind {
	case "webhook":
		target.URL, target.Secret, target.Channel = f.URL+"/hook?key=urlsecret", hookSecret, ""
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
