// Package repo answers one question: what is known of a lead or a touch, and how
// is a lead changed?
//
// It promises that a read answers from the moment of acceptance on: from Redis,
// else from this node's journal; that Update is the only way to change a lead; and
// that what Update, Keep, Settle and Reopen return without an error is on disk. It
// must not know who works on a touch, what a message looks like, or why a lead
// changes: what has to happen in the same commit is given to it.
//
// Locks are taken in this order: leads (each once, in one order), then the
// settlement of a touch, then memory. Lock and LockSettlement are the only doors.
// A function that is called under a lock says so.
//
// To keep more with leads or touches, add a shelf and its codec to shelves.go.
package repo

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/jobs/events"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/journal/shelf"
	"github.com/leadgate/leadgate/lead"
)

// Store is what all replicas know of leads and touches. store.Store is one.
type Store interface {
	Lead(ctx context.Context, id string) (*lead.Lead, error)
	TouchesByID(ctx context.Context, ids []string) ([]*lead.Touch, error) // nil where there is none
	UpdateLead(ctx context.Context, id string, revision int64, change func(*lead.Lead) error) (*lead.Lead, error)
	Finish(ctx context.Context, t *lead.Touch, l *lead.Lead, o lead.Outcome) error
	LeadsByID(ctx context.Context, ids []string) ([]*lead.Lead, error) // nil where there is none
}

// Options of New; all are required.
type Options struct {
	Journal *journal.Journal
	Store   Store // with patience: of the workers
	Prompt  Store // the same over a client that never waits more than 200 ms
	Redis   *availability.Monitor
	Events  *events.Log

	// Alone is the lead of one touch, without history.
	Alone func(*lead.Touch) *lead.Lead
	// Overlay adds to a lead of this node's journal what was done about it and is not
	// in the store yet.
	Overlay func(id string, l *lead.Lead) (*lead.Lead, error)
	// InFlight are the steps that an unsettled touch of this node has taken since it
	// was written.
	InFlight func(*lead.Touch) []lead.Step

	Targets []string                 // names of all targets
	Updates func(target string) bool // messages of a target can be rewritten

	Logger *slog.Logger
	Now    func() time.Time
}

// Repo reads and changes leads and touches.
type Repo struct {
	o             Options
	store, prompt Store // that publish what is written
	receipts      *shelf.Shelf[lead.Delivery]
	touches       *shelf.Shelf[lead.Touch] // settled ones
	kept          *shelf.Shelf[lead.Lead]
	leads         Locks // by lead id
	settlements   Locks // by touch id
}

// New returns a repo over a journal and a store.
func New(o Options) *Repo {
	return &Repo{o: o, store: publishing{o.Store, o}, prompt: publishing{o.Prompt, o},
		receipts: shelf.New[lead.Delivery](o.Journal, ReceiptShelf, o.Logger),
		touches:  shelf.New[lead.Touch](o.Journal, TouchShelf, o.Logger),
		kept:     shelf.New[lead.Lead](o.Journal, LeadShelf, o.Logger)}
}

// publishing is a store whose changes are published.
type publishing struct {
	Store
	o Options
}

func (p publishing) Finish(ctx context.Context, t *lead.Touch, l *lead.Lead, o lead.Outcome) error {
	return events.Store{Next: p.Store, Log: p.o.Events, Now: p.o.Now}.Finish(ctx, t, l, o)
}

func (p publishing) UpdateLead(ctx context.Context, id string, revision int64, change func(*lead.Lead) error) (*lead.Lead, error) {
	return events.Store{Next: p.Store, Log: p.o.Events, Now: p.o.Now}.UpdateLead(ctx, id, revision, change)
}

// NotDurable adds lead.ErrNotDurable to the error of a journal that cannot write.
func NotDurable(err error) error {
	if errors.Is(err, journal.ErrUnavailable) {
		return fmt.Errorf("%w: %w", lead.ErrNotDurable, err)
	}
	return err
}

// ErrAway: what is asked for may be in Redis, and Redis does not answer.
var ErrAway = fmt.Errorf("%w: redis is away, and this node's journal does not have it", lead.ErrUnavailable)

// Touch returns a touch from the moment it was accepted: as the store has it,
// else as this node's journal does. While Redis is away it is the journal's.
// lead.ErrNotFound when neither has it.
func (r *Repo) Touch(ctx context.Context, id string) (*lead.Touch, error) {
	var trouble error
	if r.o.Redis.Up() {
		found, err := r.o.Prompt.TouchesByID(ctx, []string{id})
		if err == nil && found[0] != nil {
			return found[0], nil
		}
		trouble = err
	}
	t, shelf, err := r.Here(id)
	switch {
	case err == nil && shelf != TouchShelf:
		return r.withProgress(t), nil
	case errors.Is(err, lead.ErrNotFound) && trouble != nil:
		return nil, fmt.Errorf("read touch %s: %w", id, trouble)
	}
	return t, err
}

// Here returns a touch of this node's journal and the shelf that it is on: HotShelf
// or BulkShelf while it is not settled, else TouchShelf.
func (r *Repo) Here(id string) (t *lead.Touch, shelf string, err error) {
	for _, shelf := range []string{HotShelf, BulkShelf} { // a touch moves in this order
		switch t, err := r.Waiting(shelf, id); {
		case err == nil:
			return t, shelf, nil
		case !errors.Is(err, journal.ErrNotFound):
			return nil, "", fmt.Errorf("read touch %s: %w", id, err)
		}
	}
	settled, err := r.touches.Get(id)
	if errors.Is(err, journal.ErrNotFound) {
		return nil, "", fmt.Errorf("touch %s: %w", id, lead.ErrNotFound)
	}
	if err != nil {
		return nil, "", fmt.Errorf("read touch %s: %w", id, err)
	}
	return &settled, TouchShelf, nil
}

// Waiting returns an unsettled touch of this node's journal; journal.ErrNotFound
// when it is not on that lane's shelf.
func (r *Repo) Waiting(shelf, id string) (*lead.Touch, error) {
	b, err := r.o.Journal.Get(shelf, id)
	if err != nil {
		return nil, err
	}
	return DecodeWaiting(b)
}

// withProgress adds to an unsettled touch what this node knows of its way so far.
func (r *Repo) withProgress(t *lead.Touch) *lead.Touch {
	t.Trail = append(t.Trail, r.o.InFlight(t)...)
	for _, target := range r.o.Targets {
		if d, ok := r.Receipt(t.ID, target); ok {
			t.Deliveries = append(t.Deliveries, d)
		}
	}
	return t
}

// Lead returns a lead as it is now. While Redis is away, and before a touch's job
// has made its lead, it is what this node's journal knows. The id may also be
// that of a touch of the lead: alerts that were sent from the journal name it so.
func (r *Repo) Lead(ctx context.Context, id string) (*lead.Lead, error) {
	if !r.o.Redis.Up() {
		l, err := r.LeadHere(id)
		if errors.Is(err, lead.ErrNotFound) {
			return nil, fmt.Errorf("lead %s: %w", id, ErrAway)
		}
		return l, err
	}
	l, err := r.o.Prompt.Lead(ctx, id)
	if !errors.Is(err, lead.ErrNotFound) {
		return l, err
	}
	t, err := r.Touch(ctx, id)
	if err != nil {
		return nil, err
	}
	if t.LeadID != "" && t.LeadID != id {
		return r.o.Prompt.Lead(ctx, t.LeadID)
	}
	return r.LeadHere(id)
}

// Stored returns a lead as the store has it, by its id or that of a touch of it.
func (r *Repo) Stored(ctx context.Context, id string) (*lead.Lead, error) {
	l, err := r.o.Prompt.Lead(ctx, id)
	if errors.Is(err, lead.ErrNotFound) {
		if t, terr := r.Touch(ctx, id); terr == nil && t.LeadID != "" && t.LeadID != id {
			return r.o.Prompt.Lead(ctx, t.LeadID)
		}
	}
	return l, err
}

// LeadHere is a lead as this node last saw it, kept or that of a touch that waits
// here, with what was done about it since.
func (r *Repo) LeadHere(id string) (*lead.Lead, error) {
	l, err := r.kept.Get(id)
	if err == nil {
		return r.o.Overlay(id, &l)
	}
	if !errors.Is(err, journal.ErrNotFound) {
		return nil, fmt.Errorf("read lead %s: %w", id, err)
	}
	for _, shelf := range []string{HotShelf, BulkShelf} {
		if t, err := r.Waiting(shelf, id); err == nil && t.State == lead.Accepted {
			return r.o.Overlay(id, r.Alone(r.withProgress(t)))
		}
	}
	return nil, fmt.Errorf("lead %s: %w", id, lead.ErrNotFound)
}

// Alone is a lead of one touch, without history, and the messages about it.
func (r *Repo) Alone(t *lead.Touch) *lead.Lead {
	l := r.o.Alone(t)
	for _, d := range t.Deliveries {
		if d.State == lead.Sent && r.o.Updates(d.Target) {
			l.Posted(lead.PostOf(d, t.ID, lead.HotAlert))
		}
	}
	return l
}

// Request returns a request as it came, from the journal of this node.
func (r *Repo) Request(id string) (*lead.Request, error) {
	b, err := r.o.Journal.Get(RequestShelf, id)
	if err != nil {
		return nil, fmt.Errorf("request %s: %w", id, err)
	}
	return DecodeRequest(b)
}

// Settled says whether this node's journal keeps a touch as history.
func (r *Repo) Settled(id string) bool {
	_, err := r.o.Journal.Get(TouchShelf, id)
	return err == nil
}

// Owns says whether an unsettled touch is in this node's journal.
func (r *Repo) Owns(id string) bool {
	for _, shelf := range []string{HotShelf, BulkShelf} {
		if _, err := r.o.Journal.Get(shelf, id); !errors.Is(err, journal.ErrNotFound) {
			return true
		}
	}
	return false
}

// ReceiptOp keeps a delivery of an unsettled touch that came to its end.
func (r *Repo) ReceiptOp(touchID string, d lead.Delivery) journal.Op {
	return r.receipts.Put(ReceiptKey(touchID, d.Target), d)
}

// Receipts iterates over the deliveries that came to their end, of touches that
// are not settled. An error comes last.
func (r *Repo) Receipts() iter.Seq2[lead.Change, error] {
	return func(yield func(lead.Change, error) bool) {
		for e, err := range r.receipts.All() {
			if !yield(lead.Change{TouchID: TouchOf(e.Key), Delivery: e.Value}, err) {
				return
			}
		}
	}
}

// Receipt returns what the journal knows of a delivery that came to its end.
func (r *Repo) Receipt(touchID, target string) (lead.Delivery, bool) {
	d, err := r.receipts.Get(ReceiptKey(touchID, target))
	return d, err == nil && d.Final()
}
