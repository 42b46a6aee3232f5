package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/config"
	"github.com/leadgate/leadgate/handlers"
	"github.com/leadgate/leadgate/jobs"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/store"
)

// The packages do not know one another; what one asks for and another has is
// joined here.

// accepter is what handlers ask of jobs.
type accepter struct{ jobs *jobs.Jobs }

func (a accepter) Accept(ctx context.Context, r *lead.Request, touches []*lead.Touch) (string, error) {
	isNew, err := a.jobs.Accept(ctx, r, touches)
	switch {
	case errors.Is(err, journal.ErrUnavailable):
		return "", fmt.Errorf("%w: %w", handlers.ErrNotDurable, err)
	case err != nil:
		return "", err
	case isNew:
		return "accepted", nil
	}
	return "duplicate", nil
}

// reader is what handlers read: the store, and before that what this node's
// journal knows of touches that the store does not have yet.
type reader struct {
	jobs  *jobs.Jobs
	store *store.Store
	rules *rulebook
}

func (r reader) Touch(ctx context.Context, id string) (*lead.Touch, error) {
	t, err := r.jobs.Touch(ctx, id)
	return t, readable(err)
}

func (r reader) Touches(ctx context.Context, q handlers.TouchQuery) (handlers.TouchPage, error) {
	if err := present(ctx, r.jobs); err != nil {
		return handlers.TouchPage{}, err
	}
	p, err := r.store.Touches(ctx, store.TouchQuery(q))
	return handlers.TouchPage(p), readable(err)
}

func (r reader) Lead(ctx context.Context, id string) (*lead.Lead, error) {
	if err := r.jobs.Loaded(ctx); err != nil {
		return nil, readable(err)
	}
	l, err := r.jobs.Lead(ctx, id)
	if err == nil {
		now := *l // the journal's or the store's stays as it is
		now.Verdict = r.rules.now().AsOf(l, time.Now())
		l = &now
	}
	return l, readable(err)
}

func (r reader) Leads(ctx context.Context, q handlers.LeadQuery) (handlers.LeadPage, error) {
	if err := present(ctx, r.jobs); err != nil {
		return handlers.LeadPage{}, err
	}
	p, err := r.store.Leads(ctx, store.LeadQuery(q))
	return handlers.LeadPage(p), readable(err)
}

func (r reader) Books(ctx context.Context, day string) (lead.Books, error) {
	if err := r.jobs.Loaded(ctx); err != nil {
		return lead.Books{}, readable(err)
	}
	b, err := r.jobs.Books(ctx, day)
	return b, readable(err)
}

// reporter is what reports are made of.
type reporter struct {
	jobs  *jobs.Jobs
	store *store.Store
}

func (r reporter) Care(ctx context.Context, from, to time.Time) ([]lead.Care, error) {
	if err := present(ctx, r.jobs); err != nil {
		return nil, err
	}
	all, err := r.store.Care(ctx, from, to)
	return all, readable(err)
}

func (r reporter) Funnel(ctx context.Context, from, to time.Time) ([]lead.Funnel, error) {
	if err := present(ctx, r.jobs); err != nil {
		return nil, err
	}
	rows, err := r.store.Funnel(ctx, from, to)
	return rows, readable(err)
}

// actor is what handlers let people do.
type actor struct {
	jobs  *jobs.Jobs
	rules *rulebook
}

func (a actor) Act(ctx context.Context, id string, d lead.Deed, revision int64) (*lead.Lead, error) {
	act := func() (*lead.Lead, error) { return a.jobs.Act(ctx, id, d, revision) }
	if d.Verb == lead.VerbRelease {
		act = func() (*lead.Lead, error) { return a.jobs.Release(ctx, id, d.By, revision) }
	}
	l, err := act()
	if l != nil {
		now := *l // what Act returns may be shown elsewhere, too
		now.Verdict = a.rules.now().AsOf(l, time.Now())
		l = &now
	}
	switch {
	case errors.Is(err, lead.ErrNoVerb):
		return nil, fmt.Errorf("%w: %w", handlers.ErrNotFound, err)
	case errors.Is(err, lead.ErrWhom):
		return l, err
	case errors.Is(err, lead.ErrTwoClaims), errors.Is(err, lead.ErrSameLead):
		return l, conflicting{err}
	case errors.Is(err, store.ErrConflict), errors.Is(err, lead.ErrTaken), errors.Is(err, lead.ErrHeld), errors.Is(err, jobs.ErrChanged):
		return l, fmt.Errorf("%w: %w", handlers.ErrConflict, err)
	}
	return l, readable(err)
}

// replayer is what handlers let people do about kept requests.
type replayer struct{ jobs *jobs.Jobs }

func (r replayer) Replay(ctx context.Context, touchID string, dryRun bool) (lead.Run, error) {
	run, err := r.jobs.Replay(ctx, touchID, dryRun)
	return run, readable(err)
}

func (r replayer) ReplayAll(ctx context.Context, f lead.TouchFilter, dryRun bool) (lead.Run, error) {
	run, err := r.jobs.ReplayAll(ctx, f, dryRun)
	return run, readable(err)
}

func (r replayer) RunOf(id string) (lead.Run, error) {
	run, err := r.jobs.RunOf(id)
	return run, readable(err)
}

// eraser is what handlers let people and vendors have forgotten.
type eraser struct{ jobs *jobs.Jobs }

func (e eraser) Erase(ctx context.Context, w lead.Wish, wait time.Duration) (lead.Run, error) {
	run, err := e.jobs.Erase(ctx, w, wait)
	if errors.Is(err, journal.ErrUnavailable) {
		return run, fmt.Errorf("%w: %w", handlers.ErrNotDurable, err)
	}
	return run, readable(err)
}

func (e eraser) Export(ctx context.Context, email string) (*lead.Export, error) {
	x, err := e.jobs.Export(ctx, email)
	return x, readable(err)
}

// resender is what handlers let people have told again.
type resender struct{ jobs *jobs.Jobs }

func (r resender) Resend(ctx context.Context, leadID string, again lead.Retelling) (*lead.Lead, error) {
	l, err := r.jobs.Resend(ctx, leadID, again)
	switch {
	case errors.Is(err, jobs.ErrNobodyTold):
		return l, fmt.Errorf("%w: %w", handlers.ErrNoTarget, err)
	case errors.Is(err, lead.ErrHeld), errors.Is(err, jobs.ErrChanged):
		return l, fmt.Errorf("%w: %w", handlers.ErrConflict, err)
	}
	return l, readable(err)
}

func (r resender) ResendAll(ctx context.Context, ask lead.Resending, wait time.Duration) (lead.Run, error) {
	run, err := r.jobs.ResendAll(ctx, ask, wait)
	if errors.Is(err, jobs.ErrNobodyTold) {
		return run, fmt.Errorf("%w: %w", handlers.ErrNoTarget, err)
	}
	return run, readable(err)
}

// auditor is what handlers keep and read of who did what.
type auditor struct{ *jobs.Jobs }

func (a auditor) Entries(ctx context.Context, limit int, cursor string) ([]lead.Entry, string, error) {
	entries, next, err := a.Jobs.Entries(ctx, limit, cursor)
	return entries, next, readable(err)
}

// touchesOf lists what jobs look through, a page at a time.
func touchesOf(s *store.Store) func(context.Context, lead.TouchFilter, string) ([]*lead.Touch, string, error) {
	return func(ctx context.Context, f lead.TouchFilter, cursor string) ([]*lead.Touch, string, error) {
		p, err := s.Touches(ctx, store.TouchQuery{Source: f.Source, State: f.State, Since: f.Since, Limit: 200, Cursor: cursor})
		return p.Items, p.Next, err
	}
}

// readable says in handlers' words what went wrong while reading.
func readable(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrNotFound), errors.Is(err, jobs.ErrNotFound):
		return fmt.Errorf("%w: %w", handlers.ErrNotFound, err)
	case errors.Is(err, store.ErrBadCursor):
		return fmt.Errorf("%w: %w", handlers.ErrBadQuery, err)
	}
	return fmt.Errorf("%w: %w", handlers.ErrUnavailable, err)
}

// slackOf is what handlers know of Slack.
func slackOf(cfg *config.Config) handlers.Slack {
	return handlers.Slack{SigningSecret: cfg.Slack.SigningSecret.Reveal(), AppToken: cfg.Slack.AppToken.Reveal(), BotToken: cfg.Slack.BotToken.Reveal(),
		APIURL: cfg.Slack.APIURL}
}
