// Package views answers one question: what do people and programs see now?
//
// It joins the store, this node's journal and what is still in flight into lists,
// leads with their verdicts as of now, and the state of the machinery. It changes
// nothing. While Redis is away lists fail at once, and what this node holds can be
// seen all the same.
//
// A new list is a method here and one of Store; a new figure of the machinery is a
// field in package ops, filled in by the part that it is about.
package views

import (
	"context"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/jobs/books"
	"github.com/leadgate/leadgate/jobs/policy"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/ops"
)

// Store lists what all nodes share, page by page. store.Store is one.
type Store interface {
	Touches(ctx context.Context, q lead.TouchQuery) (lead.TouchPage, error)
	Leads(ctx context.Context, q lead.Query) (lead.LeadPage, error)
	Care(ctx context.Context, from, to time.Time) ([]lead.Care, error)
	Funnel(ctx context.Context, from, to time.Time) ([]lead.Funnel, error)
}

// Options of New; all are required.
type Options struct {
	Journal  *journal.Journal
	Shelves  []string // whose lengths are shown
	Store    Store    // over a client for readers, whom a long list may keep waiting
	Server   func(ctx context.Context) ops.Redis
	Embedded bool // Redis is in this process
	Redis    *availability.Monitor
	Repo     *repo.Repo
	Policy   policy.Policy
	Books    *books.Books
	Queues   func(ctx context.Context) ([]ops.Queue, error)
	Targets  func() []ops.Target
}

// Views reads.
type Views struct{ o Options }

// New returns views.
func New(o Options) *Views { return &Views{o} }

// AwaySince is when Redis went away; zero while it is up, and while the store is
// being filled after the start.
func (v *Views) AwaySince() time.Time { return v.o.Redis.DownSince() }

// present waits until the store is filled. While Redis is away it returns lead.ErrUnavailable at
// once, for a call would only time out.
func (v *Views) present(ctx context.Context) error {
	if err := v.o.Redis.Ready(ctx); err != nil {
		return err
	}
	if since := v.AwaySince(); !since.IsZero() {
		return fmt.Errorf("%w: redis is away since %s", lead.ErrUnavailable, since.UTC().Format(time.TimeOnly))
	}
	return nil
}

// Touches returns a page of touches.
func (v *Views) Touches(ctx context.Context, q lead.TouchQuery) (p lead.TouchPage, err error) {
	if err = v.present(ctx); err == nil {
		p, err = v.o.Store.Touches(ctx, q)
	}
	return p, err
}

// Leads returns a page of leads with their verdicts as of now.
func (v *Views) Leads(ctx context.Context, q lead.Query) (p lead.LeadPage, err error) {
	if err = v.present(ctx); err == nil {
		p, err = v.o.Store.Leads(ctx, q)
	}
	return p, err
}

// Care returns how the leads were taken care of whose visitors asked at from or
// later and before to.
func (v *Views) Care(ctx context.Context, from, to time.Time) (all []lead.Care, err error) {
	if err = v.present(ctx); err == nil {
		all, err = v.o.Store.Care(ctx, from, to)
	}
	return all, err
}

// Funnel returns how far the leads came that were made on those UTC days, by
// source.
func (v *Views) Funnel(ctx context.Context, from, to time.Time) (rows []lead.Funnel, err error) {
	if err = v.present(ctx); err == nil {
		rows, err = v.o.Store.Funnel(ctx, from, to)
	}
	return rows, err
}

// Books returns the books of a UTC day over all nodes; see books.Books.
func (v *Views) Books(ctx context.Context, day string) (lead.Books, error) {
	if err := v.o.Redis.Ready(ctx); err != nil {
		return lead.Books{}, err
	}
	return v.o.Books.Of(ctx, day)
}

// Touch returns a touch from the moment it was accepted; see repo.Repo.
func (v *Views) Touch(ctx context.Context, id string) (*lead.Touch, error) {
	return v.o.Repo.Touch(ctx, id)
}

// Request returns a request as it came, from the journal of this node.
func (v *Views) Request(id string) (*lead.Request, error) { return v.o.Repo.Request(id) }

// Lead returns a lead as it is now, once the store is filled, with its verdict as
// of now; see repo.Repo.
func (v *Views) Lead(ctx context.Context, id string) (*lead.Lead, error) {
	if err := v.o.Redis.Ready(ctx); err != nil {
		return nil, err
	}
	l, err := v.o.Repo.Lead(ctx, id)
	return v.o.Policy.AsOfNow(l), err
}

// Held returns up to n leads of those who came to this node last; see repo.Latest.
func (v *Views) Held(ctx context.Context, n int) ([]*lead.Lead, error) {
	leads, err := v.o.Repo.Latest(ctx, n)
	for i, l := range leads {
		leads[i] = v.o.Policy.AsOfNow(l)
	}
	return leads, err
}

// HeldLead returns a lead as this node last saw it; see repo.LatestOf.
func (v *Views) HeldLead(id string) (*lead.Lead, error) {
	l, err := v.o.Repo.LatestOf(id)
	return v.o.Policy.AsOfNow(l), err
}

// Explain says why a lead is what it is now; see policy.Policy. Of a lead that was
// merged it is the other one that is meant.
func (v *Views) Explain(ctx context.Context, id string) (lead.Explanation, error) {
	if err := v.o.Redis.Ready(ctx); err != nil {
		return lead.Explanation{}, err
	}
	l, err := v.o.Repo.Lead(ctx, id)
	for err == nil && l.MergedInto != "" {
		l, err = v.o.Repo.Lead(ctx, l.MergedInto)
	}
	if err != nil {
		return lead.Explanation{}, err
	}
	return v.o.Policy.Explain(l), nil
}

// Machinery returns the state of Redis, the journal, the queues and the targets,
// as far as it is known: without Redis there are no queues.
func (v *Views) Machinery(ctx context.Context) ops.Machinery {
	m := ops.Machinery{
		Journal: ops.Journal{Waiting: v.o.Books.Waiting(), Bytes: v.o.Journal.Size(), Shelves: []ops.Shelf{}},
		Queues:  []ops.Queue{},
		Targets: v.o.Targets(),
	}
	if v.o.Journal.Err() != nil {
		m.Journal.Error = "the journal cannot be written"
	}
	for _, name := range v.o.Shelves {
		m.Journal.Shelves = append(m.Journal.Shelves, ops.Shelf{Name: name, Kept: v.o.Journal.Len(name)})
	}
	if v.o.Redis.Up() {
		if queues, err := v.o.Queues(ctx); err == nil {
			m.Queues, m.Redis.Up = queues, true
		}
	}
	if m.Redis.Up && !v.o.Embedded {
		m.Redis = v.o.Server(ctx)
		m.Redis.Up = true
	}
	m.Redis.Embedded = v.o.Embedded
	return m
}
