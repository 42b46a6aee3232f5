package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadgate/leadgate/handlers/api"
	"github.com/leadgate/leadgate/handlers/handlertest"
	"github.com/leadgate/leadgate/handlers/inbox"
	"github.com/leadgate/leadgate/handlers/intake"
	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/rules"
)

// noon is when the tests take place.
var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

const (
	publicURL  = "https://leads.example.com"
	jsonType   = "application/json"
	formType   = "application/x-www-form-urlencoded"
	zoomSecret = "zoom-secret"
	oneLead    = `{"name":"Ada Brandt","email":"ada.brandt@brandt-druck.example"}`
	oneForm    = "name=Ada+Brandt&email=ada.brandt%40brandt-druck.example"
)

// fakeAccepter keeps what it is given, and says what it is told to.
type fakeAccepter struct {
	mu       sync.Mutex
	known    bool // that the touches are duplicates
	err      error
	requests []*lead.Request
	touches  []*lead.Touch
	ctxErr   error // of the context, when it was called
}

func (f *fakeAccepter) Accept(ctx context.Context, r *lead.Request, touches []*lead.Touch) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ctxErr = ctx.Err()
	if f.err != nil {
		return false, f.err
	}
	f.requests, f.touches = append(f.requests, r), append(f.touches, touches...)
	return !f.known, nil
}

// testOptions are those of a server in which nothing has happened yet, changed.
func testOptions(change ...func(*Options)) Options {
	var none idle
	set := rules.Default()
	o := Options{PublicURL: publicURL, Version: "1.2.3", Registry: prometheus.NewRegistry(), Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return noon },
		Rules: func() *rules.Set { return set }, Reps: func() []lead.Rep { return nil },
		Ready:   func(context.Context) Readiness { return Readiness{Ready: true, RedisUp: true} },
		Session: session.Options{Store: newFakePasses()},
		Source: source.Options{Notebook: &fakeNotebook{notes: map[string][]byte{}},
			ArrivalRates: func(context.Context) (map[string]lead.ArrivalRate, error) { return nil, nil }},
		Intake: intake.Options{Accepter: nothing{}, MaxBody: 256 << 10},
		API: api.Options{Reader: fakeReader{}, Actor: none, Merger: none, Resender: none, Judge: none, Replayer: none, Eraser: none, People: none,
			Watcher: none, Machinery: none, Pauser: none, Reporter: none, Doctor: none, Auditor: none},
		Pages: inbox.Options{Standby: none, Means: func(why string) string { return "" }, Preview: func(*lead.Lead, *lead.Touch) inbox.Preview { return inbox.Preview{} },
			Request: func(string) (*lead.Request, error) { return nil, lead.ErrNotFound }}}
	for _, c := range change {
		c(&o)
	}
	return o
}

// testServer returns a server whose clock stands at noon.
func testServer(t testing.TB, sources []source.Source, change ...func(*Options)) (*Server, *fakeAccepter) {
	t.Helper()
	a := &fakeAccepter{}
	s, err := New(testOptions(append([]func(*Options){func(o *Options) { o.Sources, o.Intake.Accepter = sources, a }}, change...)...))
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return s, a
}

// ask sends one request straight to the handler.
func ask(s *Server, method, target, body string, header ...string) *httptest.ResponseRecorder {
	return handlertest.Ask(s.Handler(), method, target, body, header...)
}

func post(s *Server, target, contentType, body string, header ...string) *httptest.ResponseRecorder {
	return ask(s, http.MethodPost, target, body, append(header, "Content-Type", contentType)...)
}

// count reads one counter off the page that Prometheus reads; 0 if it is not there.
func count(t *testing.T, s *Server, counter string) float64 {
	t.Helper()
	return handlertest.Count(t, ask(s, http.MethodGet, "/metrics", "").Body.String(), counter)
}

func TestNew_Refuses(t *testing.T) {
	valid := source.Source{Name: "contact", Provider: "form"}
	change := func(f func(*source.Source)) []source.Source { s := valid; f(&s); return []source.Source{s} }
	for name, tc := range map[string]struct {
		sources []source.Source
		want    string
	}{
		"UnknownProvider": {change(func(s *source.Source) { s.Provider = "zom" }), `no provider "zom"; known are form json`},
		"SignsWithout":    {change(func(s *source.Source) { s.Provider = "zoom" }), "Zoom signs what it sends: set secret, or unsigned: true"},
		"OnlyPrevious":    {change(func(s *source.Source) { s.Name = "UPPER" }), "a name is"},
		"EmptyName":       {change(func(s *source.Source) { s.Name = "" }), "a name is"},
		"Twice":           {[]source.Source{valid, valid}, "two of this name"},
		"EmptyHeader":     {change(func(s *source.Source) { s.Header = map[string]string{"X-Key": ""} }), "has no value"},
		"OriginWithPath":  {change(func(s *source.Source) { s.Origins = []string{"https://www.example.com/page"} }), "want scheme://host"},
		"OriginAny":       {change(func(s *source.Source) { s.Origins = []string{"https://*.example.com"} }), "want scheme://host"},
		"RedirectRubbish": {change(func(s *source.Source) { s.Redirect = "javascript:alert(1)" }), "want http(s)://host/path"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(testOptions(func(o *Options) { o.Sources = tc.sources }))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("New = %v, want an error with %q", err, tc.want)
			}
		})
	}
	t.Run("All", func(t *testing.T) {
		_, err := New(testOptions(func(o *Options) { o.Sources = []source.Source{{Name: "a", Provider: "x"}, {Name: "b", Provider: "y"}} }))
		if err == nil || !strings.Contains(err.Error(), `source "a"`) || !strings.Contains(err.Error(), `source "b"`) {
			t.Errorf("New = %v, want both sources in it", err)
		}
	})
	for _, u := range []string{"", "leads.example.com", "ftp://leads.example.com", "https://"} {
		if _, err := New(testOptions(func(o *Options) { o.PublicURL = u })); err == nil {
			t.Errorf("New with public URL %q succeeded", u)
		}
	}
	if _, err := New(testOptions(func(o *Options) { o.Sources = change(func(s *source.Source) { s.Provider, s.Unsigned = "zoom", true }) })); err != nil {
		t.Errorf("New with an unsigned zoom: %v", err)
	}
}

func TestServer_Reload(t *testing.T) {
	s, _ := testServer(t, []source.Source{{Name: "old", Provider: "json"}})
	if err := s.Reload([]source.Source{{Name: "new", Provider: "nonsense"}}); err == nil {
		t.Fatal("Reload of a wrong source succeeded")
	}
	if w := post(s, "/in/old", jsonType, oneLead); w.Code != 202 {
		t.Errorf("after a failed Reload the old source answers %d, want 202", w.Code)
	}
	if err := s.Reload([]source.Source{{Name: "new", Provider: "json"}}); err != nil {
		t.Fatal(err)
	}
	handlertest.WantProblem(t, post(s, "/in/old", jsonType, oneLead), problem.NotFound)
	if w := post(s, "/in/new", jsonType, oneLead); w.Code != 202 {
		t.Errorf("the new source answers %d, want 202", w.Code)
	}
}

func TestServer_Routes(t *testing.T) {
	s, _ := testServer(t, testSources)
	handlertest.WantProblem(t, ask(s, http.MethodGet, "/nope", ""), problem.NotFound)
	handlertest.WantProblem(t, ask(s, http.MethodPost, "/healthz", ""), problem.MethodNotAllowed)
	handlertest.WantProblem(t, ask(s, "BREW", "/in/json", ""), problem.MethodNotAllowed)
	handlertest.WantProblem(t, post(s, "/in/json", jsonType, `{`), problem.Malformed)
	if n := count(t, s, `leadgate_refused_total{source="json",why="malformed"}`); n != 1 {
		t.Errorf("%v refusals are counted, want 1", n)
	}
	if w := post(s, "/in/contact", formType, "email=", "Accept", "text/html"); w.Code != 422 || !strings.Contains(w.Body.String(), "<html") {
		t.Errorf("an empty form of a browser = %d %s, want a page with 422", w.Code, w.Body)
	}
}

func TestServer_HTTPServer(t *testing.T) {
	s, _ := testServer(t, nil)
	h := s.HTTPServer()
	if h.ReadHeaderTimeout != 5*time.Second || h.ReadTimeout != 10*time.Second || h.WriteTimeout != 15*time.Second ||
		h.IdleTimeout != time.Minute || h.MaxHeaderBytes != 16<<10 || h.ErrorLog == nil {
		t.Errorf("HTTPServer = %+v, without all of its limits", h)
	}
	if intake.AcceptLimit >= h.WriteTimeout {
		t.Errorf("acceptLimit %s leaves no time for an answer within %s", intake.AcceptLimit, h.WriteTimeout)
	}
}

// nothing accepts everything and keeps nothing.
type nothing struct{}

func (nothing) Accept(context.Context, *lead.Request, []*lead.Touch) (bool, error) {
	return true, nil
}

var testSources = []source.Source{
	{Name: "contact", Provider: "form", Rate: source.Rate{Off: true}},
	{Name: "json", Provider: "json", Action: "quote_request"},
	{Name: "thanks", Provider: "form", Redirect: "https://www.example.com/thanks", NextHosts: []string{"shop.example.com"}},
	{Name: "tok", Provider: "json", Token: "right-token"},
	{Name: "static", Provider: "json", Header: map[string]string{"X-Key": "static-value"}},
	{Name: "zoom", Provider: "zoom", Secret: zoomSecret, SecretPrevious: "older-secret"},
}
