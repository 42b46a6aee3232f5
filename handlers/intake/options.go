package intake

import (
	"context"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
)

// Options are what an Intake is made of. All are required.
type Options struct {
	Accepter accepter
	Eraser   eraser
	Sources  *source.Set
	Sessions *session.Sessions
	Public   *url.URL // of this server, as senders know it
	MaxBody  int64    // bytes of a body, inflated
	Logger   *slog.Logger
	Now      func() time.Time
}

// accepter makes one request's touches durable, all or none; intake.Intake is one.
// isNew is false when each of them was known. An error that wraps
// lead.ErrNotDurable means that nothing is kept and that the sender should try
// again.
type accepter interface {
	Accept(ctx context.Context, r *lead.Request, touches []*lead.Touch) (isNew bool, err error)
}

// eraser keeps the requests of vendors that people be forgotten. Its errors wrap
// lead.ErrNotDurable.
type eraser interface {
	Erase(ctx context.Context, w lead.EraseRequest, wait time.Duration) (lead.Run, error)
}

// Intake takes leads in. Its methods may be called concurrently.
type Intake struct {
	o       Options
	inbox   string // a lead's page, without its id
	visitor visitorPage
	imports imports

	refusals, breakages rate.Sometimes // bound the log lines that senders can cause

	inflaters sync.Pool // of *gzip.Reader; each is 40 KiB
}

// New returns an intake for the sources of o.
func New(o Options) *Intake {
	return &Intake{o: o, inbox: o.Public.String() + "/l/", visitor: newVisitorPage(),
		refusals:  rate.Sometimes{First: 10, Interval: time.Second},
		breakages: rate.Sometimes{First: 10, Interval: time.Second}}
}
