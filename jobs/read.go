package jobs

import (
	"context"
	"fmt"

	"github.com/leadgate/leadgate/lead"
)

// ErrNotFound says that neither the store nor this node's journal has it.
var ErrNotFound = lead.ErrNotFound

// Loaded waits until the store holds what the journal kept, for lists would be
// short before; an error means that ctx ended first.
func (j *Jobs) Loaded(ctx context.Context) error {
	if err := j.redis.Ready(ctx); err != nil {
		return fmt.Errorf("%w: %w", lead.ErrUnavailable, err)
	}
	return nil
}

// Touch returns a touch from the moment it was accepted; see repo.Repo.
func (j *Jobs) Touch(ctx context.Context, id string) (*lead.Touch, error) {
	return j.repo.Touch(ctx, id)
}

// Lead returns a lead as it is now, once the store is filled, with its verdict as
// of now; see repo.Repo.
func (j *Jobs) Lead(ctx context.Context, id string) (*lead.Lead, error) {
	if err := j.Loaded(ctx); err != nil {
		return nil, err
	}
	l, err := j.repo.Lead(ctx, id)
	return j.asOfNow(l), err
}

// asOfNow is a copy of a lead, which others may hold, with its verdict as of now.
func (j *Jobs) asOfNow(l *lead.Lead) *lead.Lead {
	if l == nil {
		return nil
	}
	now := *l
	now.Verdict = j.o.Rules().AsOf(l, j.now())
	return &now
}

// Request returns a request as it came, from the journal of this node.
func (j *Jobs) Request(id string) (*lead.Request, error) { return j.repo.Request(id) }

// Held returns up to n leads of those who came to this node last; see repo.Latest.
func (j *Jobs) Held(ctx context.Context, n int) ([]*lead.Lead, error) {
	leads, err := j.repo.Latest(ctx, n)
	for i, l := range leads {
		leads[i] = j.asOfNow(l)
	}
	return leads, err
}

// HeldLead returns a lead as this node last saw it; see repo.LatestOf.
func (j *Jobs) HeldLead(id string) (*lead.Lead, error) {
	l, err := j.repo.LatestOf(id)
	return j.asOfNow(l), err
}

func targetNames(outlets []Outlet) []string {
	names := make([]string, len(outlets))
	for i, o := range outlets {
		names[i] = o.Target.Name
	}
	return names
}
