// Package handlers is the HTTP side: it takes leads in, answers for them only
// once they are durable, and lets people and programs read what became of
// them. routes.go lists every URL; intake.go reads as the contract of one
// delivery; every refusal is a problem with a stable code (problem.go).
//
// A new page or call is one function and one line in routes.go. A new vendor is
// no change here: it is one file in handlers/provider.
package handlers

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadgate/leadgate/handlers/intake"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/rules"
)

// Options are what a Server is made of. Accepter, Reader, Actor, Replayer, People and
// PublicURL are required.
type Options struct {
	Sources   []source.Source
	Intake    intake.Options // Accepter and MaxBody; New fills in the rest
	Source    source.Options // Notebook, ArrivalRates and TrustedProxies; New fills in the rest
	Reader    reader
	Actor     actor
	People    people
	Watcher   watcher   // nil: there is no stream
	Standby   standby   // nil: pages of leads need the store
	Doctor    doctor    // nil: nobody looks
	Machinery machinery // nil: nothing is shown of the machinery
	Pauser    pauser    // nil: targets are not shown
	Reporter  reporter  // nil: there are no reports on speed and the funnel
	Replayer  replayer
	Eraser    eraser
	Judge     judge  // nil: rules cannot be tried, nor leads classified again
	Merger    merger // nil: leads cannot be merged
	Resender  resender
	Auditor   auditor // nil: nothing is recorded

	// PublicURL is how the world reaches this server, without a trailing
	// slash. Vendors sign it and people follow it, so it is never taken from
	// a request.
	PublicURL string

	Session session.Options                        // Store, Tokens and Slack; New fills in the rest
	Rules   func() *rules.Set                      // in force, for what actions are called; default: the built-in ones
	Reps    func() []lead.Rep                      // who takes leads; nil: not limited
	Means   func(why string) string                // what a named reason means; nil: the word stands for itself
	Preview func(*lead.Lead, *lead.Touch) Preview  // the alert as Slack would show it; nil: none is shown
	Request func(id string) (*lead.Request, error) // a request as it came; nil, or an error: it is not shown
	Slack   Slack                                  // how people answer from Slack

	Try bool // serve /try, a page of forms for those who try it out

	Registry *prometheus.Registry            // default: a new one
	Ready    func(context.Context) Readiness // default: always ready
	Version  string
	Logger   *slog.Logger     // default: none
	Now      func() time.Time // default: time.Now
}

// Server answers every URL of the program. Its methods may be called
// concurrently.
type Server struct {
	o       Options
	public  *url.URL
	inbox   string // a lead's page, without its id
	intake  *intake.Intake
	sources *source.Set
	slack   *slackApp
	echo    *echo.Echo
	routed  map[string]bool // "GET /path" of every route
	views   map[string]*template.Template

	crossOrigin http.CrossOriginProtection
	sessions    *session.Sessions
	signIns     *source.Limiter // of attempts to sign in

	rehearsing sync.Mutex // of rules, on past leads

	closing context.Context // ends when the server is shut down
	close   context.CancelFunc
	streams atomic.Int32 // open now

}

const defaultMaxBody = 256 << 10

// New returns a server for the sources of o. Its error names everything that is
// wrong with them.
func New(o Options) (*Server, error) {
	o.Intake.MaxBody = cmp.Or(o.Intake.MaxBody, defaultMaxBody)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Registry == nil {
		o.Registry = prometheus.NewRegistry()
	}
	if o.Reps == nil {
		o.Reps = func() []lead.Rep { return nil }
	}
	if o.Ready == nil {
		o.Ready = func(context.Context) Readiness { return Readiness{Ready: true, RedisUp: true} }
	}
	if o.Auditor == nil {
		o.Auditor = noAuditor{}
	}
	if o.Rules == nil {
		set := rules.Default()
		o.Rules = func() *rules.Set { return set }
	}
	o.PublicURL = strings.TrimSuffix(o.PublicURL, "/")
	public, err := url.Parse(o.PublicURL)
	if err != nil || public.Host == "" || public.Scheme != "http" && public.Scheme != "https" {
		return nil, fmt.Errorf("public URL %q: want http(s)://host", o.PublicURL)
	}
	s := &Server{o: o, public: public, inbox: public.String() + "/l/",
		routed: map[string]bool{}, signIns: source.NewLimiter(signInRate),
		views: readViews(func(a lead.Action) string { return o.Rules().Label(a) }),
	}
	s.closing, s.close = context.WithCancel(context.Background())
	o.Session.Audit, o.Session.Public, o.Session.Reps, o.Session.Logger, o.Session.Now = o.Auditor, public, o.Reps, o.Logger, o.Now
	s.sessions = session.New(o.Session)
	o.Source.Public, o.Source.Registry, o.Source.Logger, o.Source.Now = public, o.Registry, o.Logger, o.Now
	if s.sources, err = source.New(o.Source); err != nil {
		return nil, err
	}
	o.Intake.Eraser, o.Intake.Sources, o.Intake.Sessions, o.Intake.Public, o.Intake.Logger, o.Intake.Now = o.Eraser, s.sources, s.sessions, public, o.Logger, o.Now
	s.intake = intake.New(o.Intake)
	s.slack = newSlackApp(o.Slack, s)
	o.Registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "leadgate_streams", Help: "Open streams of the API."},
		func() float64 { return float64(s.streams.Load()) }))
	if err := s.Reload(o.Sources); err != nil {
		return nil, err
	}
	if err := s.crossOrigin.AddTrustedOrigin(public.Scheme + "://" + public.Host); err != nil {
		return nil, fmt.Errorf("public URL %q: %w", o.PublicURL, err)
	}
	s.echo = s.routes()
	return s, nil
}

// Reload replaces all sources at once. On an error, which names everything that
// is wrong with them, the old ones stay.
func (s *Server) Reload(sources []source.Source) error { return s.sources.Reload(sources) }

// Cut returns a kept request without those of its touches that are marked.
func (s *Server) Cut(req *lead.Request, gone []bool) (*lead.Request, error) {
	return s.intake.Cut(req, gone)
}

// Reread reads a kept request as its source reads requests now.
func (s *Server) Reread(req *lead.Request) ([]*lead.Touch, error) { return s.intake.Reread(req) }

// Handler returns what answers every URL.
func (s *Server) Handler() http.Handler { return s.echo }

// HTTPServer returns a server around Handler that slow and greedy clients
// cannot hold up: 5 s for the headers, 10 s for the whole request, 15 s for the
// answer, 60 s idle, 16 KiB of headers. Its Shutdown ends the open streams.
func (s *Server) HTTPServer() *http.Server {
	server := &http.Server{
		Handler:           s.echo,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      15 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.o.Logger.Handler(), slog.LevelDebug), // what strangers' connections did
	}
	server.RegisterOnShutdown(s.close)
	return server
}

// SignInLink returns a link that signs one browser in as an owner of that name.
func (s *Server) SignInLink(ctx context.Context, name string) (string, error) {
	link, _, err := s.sessions.NewLink(ctx, name)
	return link, err
}
