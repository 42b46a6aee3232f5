package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// Export returns all that is held of the person with an e-mail address; empty
// lists when nobody is known by it. Requests are those of this node's journal.
func (j *Jobs) Export(ctx context.Context, email string) (*lead.Export, error) {
	all := lead.NewErasure("", j.now().UTC(), j.o.PlusTagsSame) // what would have to go is what there is
	if err := j.resolve(ctx, &lead.Wish{Email: email}, all); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	if err := j.coverWaiting(all); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	if err := j.coverUnread(ctx, all); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	if err := j.coverShared(all); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	x := &lead.Export{At: all.At, Leads: []*lead.Lead{}, Touches: []*lead.Touch{}, Requests: []lead.ExportedRequest{}}
	leads, err := j.o.Store.LeadsByID(ctx, all.Leads)
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	x.Leads = slices.DeleteFunc(leads, func(l *lead.Lead) bool { return l == nil })
	for _, id := range all.Touches {
		t, err := j.repo.Touch(ctx, id)
		if errors.Is(err, lead.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("export: %w", err)
		}
		x.Touches = append(x.Touches, t)
	}
	for _, id := range all.Requests {
		req, err := j.repo.Request(id)
		if errors.Is(err, journal.ErrNotFound) {
			x.Elsewhere = append(x.Elsewhere, id)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("export: %w", err)
		}
		if req, err = j.onlyOf(req, all); err != nil {
			return nil, fmt.Errorf("export request %s: %w", id, err)
		}
		x.Requests = append(x.Requests, lead.ExportedRequest{ID: req.ID, Source: req.Source, ReceivedAt: req.ReceivedAt, Header: req.Header, Body: string(req.Body)})
	}
	return x, nil
}

// onlyOf is a request without what others said in it.
func (j *Jobs) onlyOf(req *lead.Request, all *lead.Erasure) (*lead.Request, error) {
	others := make([]bool, len(req.Touches))
	for i, id := range req.Touches {
		others[i] = !slices.Contains(all.Touches, id)
	}
	if !slices.Contains(others, true) {
		return req, nil
	}
	return j.o.Cut(req, others)
}
