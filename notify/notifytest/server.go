package notifytest

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

// Call is one request to a Server.
type Call struct {
	HTTP   string          `json:"-"`      // the request's method
	Method string          `json:"method"` // of Slack's API, else the path: chat.postMessage
	Form   url.Values      `json:"-"`
	Header http.Header     `json:"-"`
	Body   []byte          `json:"-"`
	Text   string          `json:"text"`
	Blocks json.RawMessage `json:"blocks"`
}

// Server records its requests and answers with the next of its answers, the last
// one for ever. A nil answer is Slack's normal one.
type Server struct {
	*httptest.Server
	mu      sync.Mutex
	calls   []Call
	answers []http.HandlerFunc
	n       int
}

// NewServer starts a Server that stops with the test.
func NewServer(t *testing.T, answers ...http.HandlerFunc) *Server {
	f := &Server{answers: answers}
	f.Server = httptest.NewServer(f)
	t.Cleanup(func() { f.CloseClientConnections(); f.Close() })
	return f
}

func (f *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c := Call{HTTP: r.Method, Method: strings.TrimPrefix(r.URL.Path, "/api/"), Header: r.Header, Body: body}
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
		answer = Answer(200, fmt.Sprintf(`{"ok":true,"channel":"C0SALES","ts":"1795344121.%06d"}`, n))
	}
	answer(w, r)
}

// Got returns the requests so far.
func (f *Server) Got() []Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Call(nil), f.calls...)
}

// Methods are the API's methods that were called, in order.
func (f *Server) Methods() string {
	var m []string
	for _, c := range f.Got() {
		m = append(m, c.Method)
	}
	return strings.Join(m, " ")
}

// Answer answers with a status, a body, and pairs of header names and values.
func Answer(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// Refuse is a refusal of Slack's API.
func Refuse(word string) http.HandlerFunc { return Answer(200, `{"ok":false,"error":"`+word+`"}`) }

// Hang never answers.
func Hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// Reset closes the connection without an answer.
func Reset(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }

// Secrets are what no error may contain.
var Secrets = []string{"xoxb-secret", "/services/T0/B0/hooksecret", "whsec_", "127.0.0.1", "http://", "https://", "grace", "Hopper", "+1415", "acme"}

// HookSecret signs what a webhook target sends.
const HookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// ClockFrom returns the first time once, when a sender is opened, then the second.
func ClockFrom(opened, later time.Time) func() time.Time {
	next := opened
	return func() time.Time { now := next; next = later; return now }
}
