// Package messages makes posted messages follow their leads: a message shows
// what its leads are now, and a thread gets each reply once.
//
// It promises that an update request is on disk when Update returns and is done
// in the end, whatever crashes meanwhile; that any number of requests for one
// message cost one call; and that the last write shows the latest state, whoever
// else writes. It must not know why a lead changed, nor what a message looks
// like: that is notify's.
//
// To have another kind of target follow its leads, implement Update in
// its sender. To let messages show something new of a lead, change the lead and
// call Update.
package messages

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/leadgate/leadgate/jobs/delivery"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/journal/shelf"
	"github.com/leadgate/leadgate/lead"
)

const (
	requestShelf = "refreshes" // lead id -> the messages about it are to be updated
	replyShelf   = "remarks"   // id -> a reply for a thread, until its target has it
)

// Shelves are the journal's that messages use.
func Shelves() []string { return []string{requestShelf, replyShelf} }

// Options of New; all are required.
type Options struct {
	Outlets []delivery.Outlet
	Journal *journal.Journal
	Leads   Leads
	Redis   Redis
	Keep    time.Duration // a message that is older is not updated any more
	MaxAge  time.Duration // how long a reply is tried
	Logger  *slog.Logger
	Now     func() time.Time
}

// Leads is where messages find what they show.
type Leads interface {
	Touch(ctx context.Context, id string) (*lead.Touch, error)
	Lead(ctx context.Context, id string) (*lead.Lead, error) // the id may be that of a touch of the lead
	Update(ctx context.Context, id string, c repo.Change) (*lead.Lead, error)
	Lock(leadIDs ...string) (unlock func()) // one journal write at a time for each lead
}

// Redis says whether Redis answers; *availability.Monitor.
type Redis interface{ Up() bool }

// Messages are the messages about leads. Create them with New, start them with
// Run.
type Messages struct {
	o        Options
	log      *slog.Logger
	outlets  map[string]delivery.Outlet
	updaters map[string]*updater // of the targets whose messages can be updated
	replied  chan struct{}       // a reply may wait
	kept     *shelf.Shelf[request]
	replies  *shelf.Shelf[reply]

	mu       sync.Mutex
	requests map[string]*request // by lead id: the latest in progress
	erased   map[string]bool     // leads whose messages are to say only that
}

// New prepares messages; nothing is written before Run.
func New(o Options) *Messages {
	m := &Messages{o: o, log: o.Logger, outlets: map[string]delivery.Outlet{}, updaters: map[string]*updater{}, replied: make(chan struct{}, 1),
		kept: shelf.New[request](o.Journal, requestShelf, o.Logger), replies: shelf.New[reply](o.Journal, replyShelf, o.Logger),
		requests: map[string]*request{}, erased: map[string]bool{}}
	for _, out := range o.Outlets {
		m.outlets[out.Target.Name] = out
		if u, ok := out.Sender.(updatable); ok {
			m.updaters[out.Target.Name] = newUpdater(m, out.Target, u)
		}
	}
	return m
}

// Run updates messages and sends replies until ctx ends.
func (m *Messages) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, u := range m.updaters {
		wg.Go(func() { u.run(ctx) })
	}
	wg.Go(func() { m.sendReplies(ctx) })
	wg.Wait()
}

// Updatable says whether messages to a target can be updated.
func (m *Messages) Updatable(target string) bool { return m.updaters[target] != nil }

// Posted keeps a message with its lead, so that later ones find the thread and
// an update finds all of them. composed is the revision that the message shows:
// what was done about the lead since is then shown in it.
func (m *Messages) Posted(ctx context.Context, leadID string, p lead.Post, composed int64) (*lead.Lead, error) {
	alert := p.Kind == lead.HotAlert || p.Kind == lead.JustTurnedHot || p.Kind == lead.Rollup
	l, err := m.o.Leads.Update(ctx, leadID, repo.Change{Apply: func(l *lead.Lead) error {
		if l.MergedInto != "" {
			return errMerged
		}
		isNew := m.Updatable(p.Target) && l.Posted(p)
		if alert && l.Alerts[p.Target] != p.Receipt {
			if l.Alerts == nil {
				l.Alerts = map[string]string{}
			}
			l.Alerts[p.Target], isNew = p.Receipt, true
		}
		if !isNew {
			return errPosted
		}
		return nil
	}})
	switch {
	case errors.Is(err, errMerged): // while the message was being sent
		return m.Posted(ctx, l.MergedInto, p, 0)
	case errors.Is(err, errPosted):
		return l, nil
	case err != nil:
		return nil, fmt.Errorf("keep where lead %s was posted: %w", leadID, err)
	}
	if l.Revision != composed+1 || !alert && p.Kind != lead.DigestAlert {
		return l, m.Update(ctx, l)
	}
	return l, nil
}

var (
	errMerged = errors.New("the lead was merged")
	errPosted = errors.New("known already")
)
