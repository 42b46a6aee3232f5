// Package privacy answers one question: what is kept of a person, and how does it
// go?
//
// To erase takes three steps, each of which survives a crash. A request is kept in
// the journal before it is answered (it may say who is meant, and goes when it is
// processed). It becomes an order, without personal data, that is kept here and in
// the store. Every node applies each order to its memory, its journal and the
// store, a node that was down when it comes back, and then rewrites its journal's
// file so that no bytes remain.
//
// It promises that a request once accepted is processed whatever happens, that an
// erased person does not come back, and that nothing stays beyond its retention.
// It must not know how a touch is worked on.
//
// To let erasing reach a new place, delete from it in apply; to let something
// expire, add it to Options.Expired.
package privacy

import (
	"context"
	"iter"
	"log/slog"
	"sync"
	"time"

	"github.com/leadgate/leadgate/jobs/audit"
	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/jobs/books"
	"github.com/leadgate/leadgate/jobs/messages"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/jobs/runs"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/journal/shelf"
	"github.com/leadgate/leadgate/lead"
)

// erasureShelf of the journal: see the prefixes of its keys.
const erasureShelf = "erasures"

// Shelves are the journal's that privacy uses.
func Shelves() []string { return []string{erasureShelf} }

// Store is what all replicas know of people. store.Store is one.
type Store interface {
	Erase(ctx context.Context, e *lead.Erasure) (lead.Erased, error)
	Known(ctx context.Context, p lead.Person) (leadIDs []string, err error)
	Order(ctx context.Context, e *lead.Erasure) error
	Orders(ctx context.Context) (ids []string, err error)
	OrderOf(ctx context.Context, id string) (*lead.Erasure, error)
	Unorder(ctx context.Context, id string) error
	OldTouches(ctx context.Context, before time.Time, limit int) (ids []string, err error)
	OldLeads(ctx context.Context, before time.Time, skip, limit int) (ids []string, leads []*lead.Lead, err error)
	LeadsByID(ctx context.Context, ids []string) ([]*lead.Lead, error)    // nil where there is none
	TouchesByID(ctx context.Context, ids []string) ([]*lead.Touch, error) // nil where there is none
	AllLeads(ctx context.Context) iter.Seq2[*lead.Lead, error]
	AllTouches(ctx context.Context, f lead.TouchFilter) iter.Seq2[*lead.Touch, error]
	Lease(ctx context.Context, name, owner string, d time.Duration) (bool, error)
}

// Expired says which values of a shelf are too old; limit is now less Keep.
type Expired func(now, limit time.Time) (shelf string, isOld func(key string, value []byte) bool)

// Options of New; all are required.
type Options struct {
	Journal  *journal.Journal
	Repo     *repo.Repo
	Store    Store // with patience
	Prompt   Store // the same over a client that never waits more than 200 ms
	Redis    *availability.Monitor
	Audit    *audit.Log
	Books    *books.Books
	Messages *messages.Messages
	Runs     *runs.Registry

	Forget  func(touchID string) // ends in memory what this node does about a touch
	Cut     func(r *lead.Request, gone []bool) (*lead.Request, error)
	Targets []string // names of all targets
	Expired []Expired

	PlusTagsSame bool          // ada+x@ and ada@ are one person
	Keep         time.Duration // settled touches and leads stay in the journal so long
	Retention    time.Duration // what is older is erased everywhere
	Node         string        // name of this journal among the replicas
	Logger       *slog.Logger
	Now          func() time.Time
}

// Privacy erases, exports and expires. Create it with New, start it with Run.
type Privacy struct {
	o         Options
	log       *slog.Logger
	requests  *shelf.Shelf[lead.EraseRequest]
	orders    *shelf.Shelf[*lead.Erasure]
	requested chan struct{} // a request was kept
	compacted time.Time     // when Tidy last rewrote the file; its own
}

// New returns privacy over a journal and a store.
func New(o Options) *Privacy {
	return &Privacy{o: o, log: o.Logger, requested: make(chan struct{}, 1),
		requests: shelf.New[lead.EraseRequest](o.Journal, erasureShelf, o.Logger), orders: shelf.New[*lead.Erasure](o.Journal, erasureShelf, o.Logger)}
}

// Run processes erasures and expires what is past its retention, from Ready on
// until ctx ends.
func (p *Privacy) Run(ctx context.Context) {
	if p.o.Redis.Ready(ctx) != nil {
		return
	}
	var wg sync.WaitGroup
	wg.Go(func() { p.processErasures(ctx) })
	wg.Go(func() { p.expire(ctx) })
	wg.Wait()
}

// Sync applies the erasures of other nodes, before anything is restored or
// delivered at a start.
func (p *Privacy) Sync(ctx context.Context) error { return p.syncOrders(ctx) }

// touchBatch is how many touches are read at once.
const touchBatch = 500
