package api

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// OtherLead finds the lead that somebody names by its link, its id or an e-mail
// address. lead.ErrNotFound when there is none.
func (s *API) OtherLead(ctx context.Context, said string) (*lead.Lead, error) {
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
