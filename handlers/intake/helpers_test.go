package intake

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/leadgate/leadgate/handlers/handlertest"
	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
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

// server answers what the intake answers, as the program joins it.
type server struct {
	*Intake
	echo     *echo.Echo
	registry *prometheus.Registry
}

func (s *server) Handler() http.Handler { return s.echo }

// notes forgets what is known of sources.
type notes struct{}

func (notes) KeepNote(string, []byte) error     { return nil }
func (notes) Notes() (map[string][]byte, error) { return nil, nil }

// keeper keeps no credentials and records nothing.
type keeper struct{}

func (keeper) Pass(context.Context, string) (session.Credential, error) {
	return session.Credential{}, lead.ErrNotFound
}
func (keeper) Passes(context.Context) ([]session.Credential, error) { return nil, nil }
func (keeper) Put(context.Context, session.Credential) error        { return nil }
func (keeper) Drop(context.Context, string) error                   { return nil }
func (keeper) Record(context.Context, lead.Entry)                   {}

// testServer returns an intake whose clock stands at noon.
func testServer(t testing.TB, sources []source.Source, change ...func(*Options)) (*server, *fakeAccepter) {
	t.Helper()
	a, public := &fakeAccepter{}, &url.URL{Scheme: "https", Host: "leads.example.com"}
	o := Options{Accepter: a, Public: public, MaxBody: 256 << 10, Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return noon }}
	for _, c := range change {
		c(&o)
	}
	s := &server{echo: echo.New(), registry: prometheus.NewRegistry()}
	var err error
	o.Sources, err = source.New(source.Options{Notebook: notes{}, ArrivalRates: func(context.Context) (map[string]lead.ArrivalRate, error) { return nil, nil },
		Public: o.Public, Registry: s.registry, Logger: o.Logger, Now: o.Now})
	if err == nil {
		err = o.Sources.Reload(sources)
	}
	if err != nil {
		t.Fatal(err)
	}
	o.Sessions = session.New(session.Options{Store: keeper{}, Audit: keeper{}, Public: o.Public, Reps: func() []lead.Rep { return nil }, Logger: o.Logger, Now: o.Now})
	s.Intake = New(o)
	s.echo.Use(problem.Recovered)
	s.echo.HTTPErrorHandler = func(err error, c echo.Context) {
		p := problem.Of(err)
		s.CountRefusal(c.Request(), p)
		if !c.Response().Committed && !s.RefuseVisitor(c, p) {
			p.Write(c)
		}
	}
	for _, path := range []string{"/in/:source", "/in/:source/", "/in/:source/:token", "/in/:source/:token/"} {
		s.echo.POST(path, s.Deliver)
		s.echo.GET(path, s.Probe)
		s.echo.HEAD(path, s.Probe)
		s.echo.OPTIONS(path, s.Preflight)
	}
	return s, a
}

// ask sends one request straight to the handler.
func ask(s *server, method, target, body string, header ...string) *httptest.ResponseRecorder {
	return handlertest.Ask(s.Handler(), method, target, body, header...)
}

func post(s *server, target, contentType, body string, header ...string) *httptest.ResponseRecorder {
	return ask(s, http.MethodPost, target, body, append(header, "Content-Type", contentType)...)
}

// count reads one counter, such as leadgate_ignored_total{source="zoom"}; 0 if it
// is not there.
func count(t *testing.T, s *server, counter string) float64 {
	t.Helper()
	w := httptest.NewRecorder()
	promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return handlertest.Count(t, w.Body.String(), counter)
}

// zoomSigned returns the headers that Zoom would send with body.
func zoomSigned(secret, body string, at time.Time) []string {
	ts := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + ts + ":" + body))
	return []string{"x-zm-request-timestamp", ts, "x-zm-signature", "v0=" + hex.EncodeToString(mac.Sum(nil))}
}

func zoomRegistered(email string) string {
	return `{"event":"webinar.registration_created","event_ts":1764072000000,"payload":{"account_id":"a1","object":{"uuid":"u1","id":91122233344,` +
		`"topic":"Growing with less","registrant":{"id":"r1","email":"` + email + `","first_name":"Ida","last_name":"Sommer","status":"approved"}}}}`
}
