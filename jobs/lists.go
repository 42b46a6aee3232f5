package jobs

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/ops"
)

// walkKeeper walks over all that the store holds. An error comes last.
type walkKeeper interface {
	CountLeads(ctx context.Context) (int, error)
	LeadPages(ctx context.Context) iter.Seq2[[]*lead.Lead, error]
	AllLeads(ctx context.Context) iter.Seq2[*lead.Lead, error]
	AllTouches(ctx context.Context, f lead.TouchFilter) iter.Seq2[*lead.Touch, error]
}

// listKeeper lists what the store holds, page by page.
type listKeeper interface {
	Touches(ctx context.Context, q lead.TouchQuery) (lead.TouchPage, error)
	Leads(ctx context.Context, q lead.Query) (lead.LeadPage, error)
	Care(ctx context.Context, from, to time.Time) ([]lead.Care, error)
	Funnel(ctx context.Context, from, to time.Time) ([]lead.Funnel, error)
	Server(ctx context.Context) ops.Redis
}

// present waits until the store holds what the journal kept. While Redis is away
// it returns lead.ErrUnavailable at once, for a call would only time out.
func (j *Jobs) present(ctx context.Context) error {
	if err := j.Loaded(ctx); err != nil {
		return err
	}
	if since := j.AwaySince(); !since.IsZero() {
		return fmt.Errorf("%w: redis is away since %s", lead.ErrUnavailable, since.UTC().Format(time.TimeOnly))
	}
	return nil
}

// Touches returns a page of touches.
func (j *Jobs) Touches(ctx context.Context, q lead.TouchQuery) (p lead.TouchPage, err error) {
	if err = j.present(ctx); err == nil {
		p, err = j.o.Lists.Touches(ctx, q)
	}
	return p, err
}

// Leads returns a page of leads with their verdicts as of now.
func (j *Jobs) Leads(ctx context.Context, q lead.Query) (p lead.LeadPage, err error) {
	if err = j.present(ctx); err == nil {
		p, err = j.o.Lists.Leads(ctx, q)
	}
	return p, err
}

// Care returns how the leads were taken care of whose visitors asked at from or
// later and before to.
func (j *Jobs) Care(ctx context.Context, from, to time.Time) (all []lead.Care, err error) {
	if err = j.present(ctx); err == nil {
		all, err = j.o.Lists.Care(ctx, from, to)
	}
	return all, err
}

// Funnel returns how far the leads came that were made on those UTC days, by
// source.
func (j *Jobs) Funnel(ctx context.Context, from, to time.Time) (rows []lead.Funnel, err error) {
	if err = j.present(ctx); err == nil {
		rows, err = j.o.Lists.Funnel(ctx, from, to)
	}
	return rows, err
}
