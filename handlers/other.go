package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// otherLead finds the lead that somebody names by its link, its id or an e-mail
// address. lead.ErrNotFound when there is none.
func (s *Server) otherLead(ctx context.Context, said string) (*lead.Lead, error) {
	said = strings.TrimSpace(said)
	if strings.Contains(said, "@") && !strings.Contains(said, "/") {
		page, err := s.o.Reader.Leads(ctx, lead.Query{Email: said, Limit: 1})
		if err != nil {
			return nil, fmt.Errorf("find the lead of an address: %w", err)
		}
		if len(page.Items) == 0 {
			return nil, fmt.Errorf("find the lead of an address: %w", lead.ErrNotFound)
		}
		return page.Items[0], nil
	}
	if i := strings.LastIndex(said, "/l/"); i >= 0 {
		said, _, _ = strings.Cut(said[i+len("/l/"):], "?")
		said, _, _ = strings.Cut(said, "#")
		if id, err := url.PathUnescape(said); err == nil {
			said = id
		}
	}
	return s.o.Reader.Lead(ctx, said)
}

// whyApart says to people why two leads did not become one, or one not two.
func whyApart(err error) string {
	switch {
	case errors.Is(err, lead.ErrTwoClaims):
		return "Two people have these leads; one of them has to give theirs back first."
	case errors.Is(err, lead.ErrSameLead):
		return "They are one lead already."
	case errors.Is(err, lead.ErrNotMerged):
		return "The lead was not merged, or is its own again already."
	}
	return "Somebody changed one of the leads meanwhile, or merges it; try again in a moment."
}
