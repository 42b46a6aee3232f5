package privacy

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
func (p *Privacy) Export(ctx context.Context, email string) (*lead.Export, error) {
	all := lead.NewErasure("", p.o.Now().UTC(), p.o.PlusTagsSame) // what would have to go is what there is
	if err := p.resolve(ctx, &lead.EraseRequest{Email: email}, all); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	if err := p.addHere(all); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	if err := p.addUnread(ctx, all); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	if err := p.addRequests(all); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	x := &lead.Export{At: all.At, Leads: []*lead.Lead{}, Touches: []*lead.Touch{}, Requests: []lead.ExportedRequest{}}
	leads, err := p.o.Store.LeadsByID(ctx, all.Leads)
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	x.Leads = slices.DeleteFunc(leads, func(l *lead.Lead) bool { return l == nil })
	for _, id := range all.Touches {
		t, err := p.o.Repo.Touch(ctx, id)
		if errors.Is(err, lead.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("export: %w", err)
		}
		x.Touches = append(x.Touches, t)
	}
	for _, id := range all.Requests {
		req, err := p.o.Repo.Request(id)
		if errors.Is(err, journal.ErrNotFound) {
			x.Elsewhere = append(x.Elsewhere, id)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("export: %w", err)
		}
		if req, err = p.onlyOf(req, all); err != nil {
			return nil, fmt.Errorf("export request %s: %w", id, err)
		}
		x.Requests = append(x.Requests, lead.ExportedRequest{ID: req.ID, Source: req.Source, ReceivedAt: req.ReceivedAt, Header: req.Header, Body: string(req.Body)})
	}
	return x, nil
}

// onlyOf is a request without what others said in it.
func (p *Privacy) onlyOf(req *lead.Request, all *lead.Erasure) (*lead.Request, error) {
	others := make([]bool, len(req.Touches))
	for i, id := range req.Touches {
		others[i] = !slices.Contains(all.Touches, id)
	}
	if !slices.Contains(others, true) {
		return req, nil
	}
	return p.o.Cut(req, others)
}
