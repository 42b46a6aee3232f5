package inbox

import (
	"context"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
)

// standby is what this node tells by itself while the store does not answer, so
// that people go on working. Programs are told to come again: they must not take
// a part for the whole. The program joins it with jobs.
type standby interface {
	AwaySince() time.Time                                  // zero: the store is there
	Held(ctx context.Context, n int) ([]*lead.Lead, error) // those who came last, the latest first
	HeldLead(id string) (*lead.Lead, error)                // lead.ErrNotFound: this node does not have it
}

// mostHeld is how many leads of this node an inbox is made of.
const mostHeld = 200

// outage is what a page says above all else while the store is away.
type outage struct {
	Since time.Time
	Held  bool // the page shows only what this node holds
}

// outage is nil while the store is there. Strangers are not told.
func (s *Pages) outage(me session.Credential) *outage {
	if me.Right == session.Anonymous {
		return nil
	}
	since := s.o.Standby.AwaySince()
	if since.IsZero() {
		return nil
	}
	return &outage{Since: since}
}

// held marks a page as made of what this node holds. The store may have gone a
// moment ago, before anybody noticed.
func (f *frame) held() {
	if f.Away == nil {
		f.Away = &outage{Since: f.Now}
	}
	f.Away.Held = true
}

// standsIn says whether this node shows what it holds in the stead of an error.
func (s *Pages) standsIn(err error) bool {
	return isAway(err)
}

// heldLeads are the leads of this node that a filter shows, on one page.
func (s *Pages) heldLeads(ctx context.Context, f filter) (lead.LeadPage, error) {
	all, err := s.o.Standby.Held(ctx, mostHeld)
	if err != nil {
		return lead.LeadPage{}, fmt.Errorf("list the leads of this node: %w", err)
	}
	var p lead.LeadPage
	for _, l := range all {
		if f.shows(l) {
			p.Items = append(p.Items, l)
		}
	}
	return p, nil
}
