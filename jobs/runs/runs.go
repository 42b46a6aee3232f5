package runs

import (
	"context"
	"iter"
	"log/slog"
	"time"

	"github.com/leadgate/leadgate/jobs/audit"
	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/jobs/enrich"
	"github.com/leadgate/leadgate/jobs/messages"
	"github.com/leadgate/leadgate/jobs/pipeline"
	"github.com/leadgate/leadgate/jobs/policy"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// Store walks over all that the store holds. store.Store is one.
type Store interface {
	CountLeads(ctx context.Context) (int, error)
	LeadPages(ctx context.Context) iter.Seq2[[]*lead.Lead, error]
	AllTouches(ctx context.Context, f lead.TouchFilter) iter.Seq2[*lead.Touch, error]
	LeadsByID(ctx context.Context, ids []string) ([]*lead.Lead, error) // nil where there is none
}

// Options of New; all are required.
type Options struct {
	Registry *Registry
	Journal  *journal.Journal
	Store    Store // with patience
	Redis    *availability.Monitor
	Repo     *repo.Repo
	Policy   policy.Policy
	Pipeline *pipeline.Pipeline
	Enrich   *enrich.Enricher
	Messages *messages.Messages
	Audit    *audit.Log

	Reread func(*lead.Request) ([]*lead.Touch, error) // reads a kept request as its source reads requests now
	Resend func(ctx context.Context, t *lead.Touch, targets []string, by string) error
	Known  func(target string) bool // a target of the configuration

	Logger *slog.Logger
	Now    func() time.Time
}

// Runs are the long work on leads and touches.
type Runs struct{ o Options }

// New returns runs over a registry.
func New(o Options) *Runs { return &Runs{o: o} }

// RunOf returns a run as it is now; see Registry.Get.
func (w *Runs) RunOf(id string) (lead.Run, error) { return w.o.Registry.Get(id) }

// step is a step of a touch's trail that is taken now.
func (w *Runs) step(t *lead.Touch, name lead.StepName, why, note string) lead.Step {
	s := t.StepAt(w.o.Now(), name)
	s.Why, s.Note = why, note
	return s
}
