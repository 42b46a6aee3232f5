package jobs

import (
	"context"
	"time"

	"github.com/leadgate/leadgate/jobs/books"
	"github.com/leadgate/leadgate/jobs/delivery"
	"github.com/leadgate/leadgate/jobs/pipeline"
	"github.com/leadgate/leadgate/jobs/privacy"
	"github.com/leadgate/leadgate/jobs/queue"
	"github.com/leadgate/leadgate/jobs/replication"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/jobs/schedule"
	"github.com/leadgate/leadgate/lead"
)

// keeper is the store as jobs see it: leads, touches and receipts that every
// replica shares. store.Store is one.
type keeper interface {
	replication.Store
	AddStep(ctx context.Context, touchID string, st lead.Step) error // nothing where there is none
	privacy.Store
	pipeline.Store
	repo.Store
	queue.Store
	books.Store
	delivery.Store
	delivery.Peers
	schedule.Store
	Off(ctx context.Context, rep string, until time.Time) error
	listKeeper
	walkKeeper
	Relead(ctx context.Context, touchIDs []string, l *lead.Lead) error
	Release(ctx context.Context, name, owner string) error
	KeepEntries(ctx context.Context, entries []lead.Entry, since time.Time) error
	Entries(ctx context.Context, since time.Time, limit int, cursor string) (entries []lead.Entry, next string, err error)
}
