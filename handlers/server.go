// Package handlers is the HTTP side: it lists every URL (routes.go), says who may
// call it (access.go), and joins the parts that answer: intake takes leads in, api
// answers programs, inbox people, slack those who press a button there.
//
// It must not know what a part does. A new page or call is one function there, one
// line in routes.go and, where the right differs, one in access.go. A new vendor is
// no change here: it is one file in handlers/provider.
package handlers

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadgate/leadgate/handlers/api"
	"github.com/leadgate/leadgate/handlers/inbox"
	"github.com/leadgate/leadgate/handlers/intake"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/handlers/slack"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/rules"
)

// Options are what a Server is made of. Of each part's options those that come
// from outside are given; New fills in the rest. All are required but Try.
type Options struct {
	Sources []source.Source
	Session session.Options // Store, Tokens, Slack
	Source  source.Options  // Notebook, ArrivalRates, TrustedProxies
	Intake  intake.Options  // Accepter, MaxBody
	API     api.Options     // what reads, acts and reports
	Pages   inbox.Options   // Standby, Means, Preview, Request
	Slack   slack.Options   // the secrets of the app

	// PublicURL is how the world reaches this server. Vendors sign it and people
	// follow it, so it is never taken from a request.
	PublicURL string

	Rules func() *rules.Set // in force
	Reps  func() []lead.Rep // who takes leads; none: anybody
	Try   bool              // serve /try, a page of forms for those who try it out

	Registry *prometheus.Registry
	Ready    func(context.Context) Readiness
	Version  string
	Logger   *slog.Logger
	Now      func() time.Time
}

// Server answers every URL of the program. Its methods may be called
// concurrently.
type Server struct {
	o           Options
	sessions    *session.Sessions
	sources     *source.Set
	intake      *intake.Intake
	api         *api.API
	pages       *inbox.Pages
	slack       *slack.App
	echo        *echo.Echo
	routed      map[string]bool // "GET /path" of every route
	crossOrigin http.CrossOriginProtection
}

// New returns a server for the sources of o. Its error names everything that is
// wrong with them.
func New(o Options) (*Server, error) {
	public, err := url.Parse(strings.TrimSuffix(o.PublicURL, "/"))
	if err != nil || public.Host == "" || public.Scheme != "http" && public.Scheme != "https" {
		return nil, fmt.Errorf("public URL %q: want http(s)://host", o.PublicURL)
	}
	s := &Server{o: o, routed: map[string]bool{}}
	if err := s.crossOrigin.AddTrustedOrigin(public.Scheme + "://" + public.Host); err != nil {
		return nil, fmt.Errorf("public URL %q: %w", o.PublicURL, err)
	}

	seo := o.Session
	seo.Audit, seo.Public, seo.Reps, seo.Logger, seo.Now = o.API.Auditor, public, o.Reps, o.Logger, o.Now
	s.sessions = session.New(seo)

	so := o.Source
	so.Public, so.Registry, so.Logger, so.Now = public, o.Registry, o.Logger, o.Now
	if s.sources, err = source.New(so); err != nil {
		return nil, err
	}
	if err := s.Reload(o.Sources); err != nil {
		return nil, err
	}

	in := o.Intake
	in.Eraser, in.Sources, in.Sessions, in.Public, in.Logger, in.Now = o.API.Eraser, s.sources, s.sessions, public, o.Logger, o.Now
	s.intake = intake.New(in)

	ao := o.API
	ao.Sessions, ao.Sources, ao.Registry, ao.Logger, ao.Now = s.sessions, s.sources, o.Registry, o.Logger, o.Now
	s.api = api.New(ao)

	po := o.Pages
	po.Reader, po.API, po.Intake, po.Sessions, po.Sources = o.API.Reader, s.api, s.intake, s.sessions, s.sources
	po.Rules, po.Reps, po.Public, po.Now = o.Rules, o.Reps, public, o.Now
	s.pages = inbox.New(po)

	sl := o.Slack
	sl.Reader, sl.Actor, sl.API, sl.Reps, sl.Inbox = o.API.Reader, o.API.Actor, s.api, o.Reps, public.String()+"/l/"
	sl.ReadBody, sl.Logger, sl.Now = s.intake.ReadBody, o.Logger, o.Now
	s.slack = slack.New(sl)

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
	server.RegisterOnShutdown(s.api.Close)
	return server
}

// Run answers Slack until ctx ends.
func (s *Server) Run(ctx context.Context) error { return s.slack.Run(ctx) }

// SignInLink returns a link that signs one browser in as an owner of that name.
func (s *Server) SignInLink(ctx context.Context, name string) (string, error) {
	link, _, err := s.sessions.NewLink(ctx, name)
	return link, err
}
