package events

import (
	"context"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// writer is the part of the store through which every change of a touch or a
// lead goes. store.Store is one.
type writer interface {
	Finish(ctx context.Context, t *lead.Touch, l *lead.Lead, o lead.Outcome) error
	UpdateLead(ctx context.Context, id string, revision int64, change func(*lead.Lead) error) (*lead.Lead, error)
}

// Store publishes what is written through it, so that readers miss nothing and
// whoever writes need not think of them.
type Store struct {
	Next writer
	Log  *Log
	Now  func() time.Time
}

// Finish writes the end of a touch and publishes its lead, or the touch when it
// has none.
func (s Store) Finish(ctx context.Context, t *lead.Touch, l *lead.Lead, o lead.Outcome) error {
	if err := s.Next.Finish(ctx, t, l, o); err != nil {
		return err
	}
	n := Of(t, s.Now())
	if l != nil {
		n.Kind, n.Change = lead.LeadNews, "touched"
		if len(l.Touches) == 1 {
			n.Change = "new"
		}
		n = n.About(l)
	}
	s.Log.Publish(n)
	return nil
}

// UpdateLead changes a lead and publishes what changed it.
func (s Store) UpdateLead(ctx context.Context, id string, revision int64, change func(*lead.Lead) error) (*lead.Lead, error) {
	var before lead.Lead
	l, err := s.Next.UpdateLead(ctx, id, revision, func(l *lead.Lead) error {
		before = *l
		return change(l)
	})
	if err == nil {
		s.Log.Publish(lead.News{Kind: lead.LeadNews, At: s.Now().UTC(), Change: changeOf(&before, l)}.About(l))
	}
	return l, err
}

// changeOf names what made a lead of before what it is now.
func changeOf(before, l *lead.Lead) string {
	n := len(l.Trail)
	switch {
	case n > 0 && (n > len(before.Trail) || l.Trail[n-1] != before.Trail[n-1]):
		return string(l.Trail[n-1].Step)
	case l.Temperature != before.Temperature || l.Score != before.Score || l.Stage != before.Stage:
		return "verdict"
	}
	return "updated"
}

// Of is an event about a touch.
func Of(t *lead.Touch, at time.Time) lead.News {
	return lead.News{Kind: lead.TouchNews, At: at.UTC(), TouchID: t.ID, Source: t.Source, Action: t.Action, State: string(t.State), Test: t.Test}
}
