// Package intake accepts requests: all touches of a request are durable, or none.
//
// It promises that what Accept returns without an error is on disk and will be
// worked on, and that a touch whose name came before is left alone, however many
// requests bring it at once. It must not know how touches are read from a request
// or what becomes of them: a lane, a lookup or a book takes them over.
//
// To let another part know of every accepted touch, add a function to OnAccept.
package intake

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/jobs/books"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// Options of New; all are required.
type Options struct {
	Journal  *journal.Journal
	Pipeline Pipeline
	Enrich   Enrich
	Queue    Queue
	Books    Books
	OnAccept []func(t *lead.Touch, at time.Time) // called for every accepted touch, once it is durable
	Enqueued bool                                // without a journal on disk: Accept waits until Redis has the tasks
	Now      func() time.Time
}

// Pipeline starts touches; jobs/pipeline is one.
type Pipeline interface {
	LaneOf(t *lead.Touch) string
	Start(t *lead.Touch, lane string, accepted time.Time)
}

// Enrich takes touches that lack something; jobs/enrich is one.
type Enrich interface {
	Needs(t *lead.Touch) bool
	Expect(t *lead.Touch, lane string) (op journal.Op, end func())
	Start(t *lead.Touch, lane string, accepted time.Time)
}

// Queue yields to intake, and knows when Redis has tasks; jobs/queue is one.
type Queue interface {
	Accepting() (done func())
	Enqueued(ctx context.Context, touches []*lead.Touch) error
}

// Books count accepted touches by UTC day; jobs/books is one.
type Books interface{ Accepted(day string, n int64) }

// Intake accepts requests. Create it with New.
type Intake struct {
	o     Options
	names repo.Locks // by touch id: one acceptance of a name at a time
}

// New returns an intake.
func New(o Options) *Intake { return &Intake{o: o} }

// Accept makes one request's touches durable, all or none, and starts them. isNew
// says whether any of them was new; a touch whose id is known already is a
// repeated delivery and is left alone. After an error that wraps
// lead.ErrNotDurable nothing may be promised, though a later start may find the
// touches all the same; the sender tries again and is then a repeat.
func (i *Intake) Accept(ctx context.Context, req *lead.Request, touches []*lead.Touch) (isNew bool, err error) {
	isNew, err = i.accept(ctx, req, touches)
	return isNew, repo.NotDurable(err)
}

// accepted is a new touch on its way into the journal.
type accepted struct {
	*lead.Touch
	lane  string
	lacks bool // it is looked up before it is worked on
}

func (i *Intake) accept(ctx context.Context, req *lead.Request, touches []*lead.Touch) (isNew bool, err error) {
	defer i.o.Queue.Accepting()()
	req.Touches = idsOf(touches)
	if named := namesOf(touches); len(named) > 0 {
		// One acceptance of a name at a time, so that reading and keeping are one.
		defer i.names.Lock(named...)()
		if touches, err = i.unknown(touches); err != nil {
			return false, fmt.Errorf("look for repeated deliveries: %w", err)
		}
	}
	if len(touches) == 0 {
		return false, nil
	}
	ops := make([]journal.Op, 0, len(touches)+2)
	fresh := make([]accepted, len(touches))
	counted := int64(0)
	for n, t := range touches {
		a := accepted{Touch: t, lane: i.o.Pipeline.LaneOf(t), lacks: i.o.Enrich.Needs(t)}
		op, err := repo.NewOp(a.lane, t)
		if err != nil {
			return false, fmt.Errorf("encode touch %s: %w", t.ID, err)
		}
		ops = append(ops, op)
		if a.lacks {
			op, end := i.o.Enrich.Expect(t, a.lane)
			defer end()
			ops = append(ops, op)
		}
		if !t.Test {
			counted++
		}
		fresh[n] = a
	}
	ops = append(ops, repo.RequestOp(req))
	day := lead.Day(req.ReceivedAt)
	if counted > 0 {
		ops = append(ops, books.CountOp(day, counted))
	}
	if err := i.o.Journal.Commit(ctx, ops...); err != nil {
		return false, fmt.Errorf("journal request %s: %w", req.ID, err)
	}
	at := i.o.Now()
	i.o.Books.Accepted(day, counted)
	for _, a := range fresh {
		for _, f := range i.o.OnAccept {
			f(a.Touch, at)
		}
		if a.lacks {
			i.o.Enrich.Start(a.Touch, a.lane, at)
		} else {
			i.o.Pipeline.Start(a.Touch, a.lane, at)
		}
	}
	if i.o.Enqueued {
		return true, i.o.Queue.Enqueued(ctx, touches)
	}
	return true, nil
}

func idsOf(touches []*lead.Touch) []string {
	ids := make([]string, len(touches))
	for i, t := range touches {
		ids[i] = t.ID
	}
	return ids
}

// namesOf are the ids that are not new but derived from a name that the sender
// gave, so that the same one may come again.
func namesOf(touches []*lead.Touch) (names []string) {
	for _, t := range touches {
		if t.DeliveryID != "" {
			names = append(names, t.ID)
		}
	}
	return names
}

// unknown leaves out the touches that the journal holds, settled or not, and all
// but the first of those that one request names twice.
func (i *Intake) unknown(touches []*lead.Touch) ([]*lead.Touch, error) {
	fresh := make([]*lead.Touch, 0, len(touches))
	seen := map[string]bool{}
	for _, t := range touches {
		known := seen[t.ID]
		seen[t.ID] = true
		for _, shelf := range []string{repo.HotShelf, repo.BulkShelf, repo.TouchShelf} { // a touch moves in this order
			if known || t.DeliveryID == "" {
				break
			}
			switch _, err := i.o.Journal.Get(shelf, t.ID); {
			case err == nil:
				known = true
			case !errors.Is(err, journal.ErrNotFound):
				return nil, err
			}
		}
		if !known {
			fresh = append(fresh, t)
		}
	}
	return fresh, nil
}
