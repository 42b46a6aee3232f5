// Package api answers programs with JSON and CSV: lists, reports, streams, and one
// table of commands, which the pages of package inbox share. Everything it shows
// is about people, so that nobody else may keep an answer.
//
// It must not know how a command is done, which is given to it, nor how a page
// looks. A new command is a field of Commands, a row in newCommands and its route;
// a new list or report is one function and its route.
package api

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/handlers/source"
)

// Options are what an API is made of. All are required.
type Options struct {
	Reader    reader
	Actor     actor
	Merger    merger
	Resender  resender
	Judge     judge
	Replayer  replayer
	Eraser    eraser
	People    people
	Watcher   watcher
	Machinery machinery
	Pauser    pauser
	Reporter  reporter
	Doctor    doctor
	Auditor   auditor

	Sessions *session.Sessions
	Sources  *source.Set
	Registry *prometheus.Registry
	Logger   *slog.Logger
	Now      func() time.Time
}

// API answers programs. Its methods may be called concurrently.
type API struct {
	Commands Commands
	o        Options

	rehearsing sync.Mutex      // of rules, on past leads
	closing    context.Context // ends when the server is shut down
	close      context.CancelFunc
	streams    atomic.Int32 // open now
}

// New returns the API of o.
func New(o Options) *API {
	s := &API{o: o}
	s.Commands = newCommands(s)
	s.closing, s.close = context.WithCancel(context.Background())
	o.Registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "leadgate_streams", Help: "Open streams of the API."},
		func() float64 { return float64(s.streams.Load()) }))
	return s
}

// Close ends the open streams.
func (s *API) Close() { s.close() }

// apiPath is where the API begins.
const Path = "/api/v1"
