// Package inbox answers people at a browser: the list of leads, with rows that
// come by themselves, the page of each lead, sources, rules, queues, reports,
// settings, and the forms of what can be done. Pages work without scripts.
//
// It must not know how a command is done: forms call those of package api. A new
// page is its view and function, its template web/page_NAME.html and its route; a
// new button is a line in Forms.
package inbox

import (
	"context"
	"html/template"
	"net/url"
	"time"

	"github.com/leadgate/leadgate/handlers/api"
	"github.com/leadgate/leadgate/handlers/intake"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/rules"
)

// Options are what Pages are made of. All are required.
type Options struct {
	Reader  reads
	Standby standby
	Means   func(why string) string                // what a named reason means
	Preview func(*lead.Lead, *lead.Touch) Preview  // the alert as Slack would show it
	Request func(id string) (*lead.Request, error) // a request as it came; an error: it is not shown

	API      *api.API
	Intake   *intake.Intake
	Sessions *session.Sessions
	Sources  *source.Set
	Rules    func() *rules.Set // in force
	Reps     func() []lead.Rep // who takes leads; none: anybody
	Public   *url.URL          // of this server
	Now      func() time.Time
}

// reads finds what was accepted. Its errors wrap lead.ErrNotFound,
// lead.ErrBadCursor or lead.ErrUnavailable.
type reads interface {
	Touch(ctx context.Context, id string) (*lead.Touch, error)
	Touches(ctx context.Context, q lead.TouchQuery) (lead.TouchPage, error)
	Lead(ctx context.Context, id string) (*lead.Lead, error)
	Leads(ctx context.Context, q lead.Query) (lead.LeadPage, error)
}

// Pages answers people at a browser. Its methods may be called concurrently.
type Pages struct {
	o       Options
	views   map[string]*template.Template
	signIns *source.Limiter // of attempts to sign in
}

// New returns the pages of o.
func New(o Options) *Pages {
	return &Pages{o: o, signIns: source.NewLimiter(signInRate), views: readViews(func(a lead.Action) string { return o.Rules().Label(a) })}
}
