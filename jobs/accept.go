package jobs

import (
	"context"
	"errors"
	"fmt"

	"github.com/leadgate/leadgate/jobs/books"
	"github.com/leadgate/leadgate/jobs/events"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// Accept makes one request's touches durable, all or none, and sets them on
// their way. isNew says whether any of them was new; a touch whose id is known
// already is a repeated delivery and is left alone. After an error that wraps
// lead.ErrNotDurable nothing may be promised, though a later start may find the
// touches all the same; the sender tries again and is then a repeat.
func (j *Jobs) Accept(ctx context.Context, req *lead.Request, touches []*lead.Touch) (isNew bool, err error) {
	isNew, err = j.accept(ctx, req, touches)
	return isNew, repo.NotDurable(err)
}

func (j *Jobs) accept(ctx context.Context, req *lead.Request, touches []*lead.Touch) (isNew bool, err error) {
	defer j.queue.Accepting()()
	req.Touches = idsOf(touches)
	if named := namesOf(touches); len(named) > 0 {
		// One acceptance of a name at a time, so that looking and keeping are one.
		defer j.names.Lock(named...)()
		if touches, err = j.unknown(touches); err != nil {
			return false, fmt.Errorf("look for repeated deliveries: %w", err)
		}
	}
	if len(touches) == 0 {
		return false, nil
	}
	ops := make([]journal.Op, 0, len(touches)+2)
	var asked []bool // those that lack something, if any does
	lanes := make([]string, len(touches))
	counted := int64(0)
	for i, t := range touches {
		lanes[i] = j.pipeline.LaneOf(t)
		op, err := repo.NewOp(lanes[i], t)
		if err != nil {
			return false, fmt.Errorf("encode touch %s: %w", t.ID, err)
		}
		ops = append(ops, op)
		if j.enrich.Needs(t) {
			if asked == nil {
				asked = make([]bool, len(touches))
			}
			asked[i] = true
			op, end := j.enrich.Expect(t, lanes[i])
			defer end()
			ops = append(ops, op)
		}
		if !t.Test {
			counted++
		}
	}
	ops = append(ops, repo.RequestOp(req))
	day := lead.Day(req.ReceivedAt)
	if counted > 0 {
		ops = append(ops, books.CountOp(day, counted))
	}
	if err := j.o.Journal.Commit(ctx, ops...); err != nil {
		return false, fmt.Errorf("journal request %s: %w", req.ID, err)
	}
	kept := j.now()
	j.books.Accepted(day, counted)
	for i, t := range touches {
		j.metrics.hop("accept", kept.Sub(t.ReceivedAt))
		j.events.Publish(events.Of(t, kept))
		if asked != nil && asked[i] {
			j.enrich.Start(t, lanes[i], kept)
			continue
		}
		j.ears.hear(t)
		j.pipeline.Start(t, lanes[i], kept)
	}
	if j.o.Sync {
		return true, j.queue.Enqueued(ctx, touches)
	}
	return true, nil
}

func idsOf(touches []*lead.Touch) []string {
	ids := make([]string, len(touches))
	for i, t := range touches {
		ids[i] = t.ID
	}
	return ids
}

// namesOf are the ids that are not new but derived from a name that the sender
// gave, so that the same one may come again.
func namesOf(touches []*lead.Touch) (names []string) {
	for _, t := range touches {
		if t.DeliveryID != "" {
			names = append(names, t.ID)
		}
	}
	return names
}

// unknown leaves out the touches that the journal holds, settled or not, and
// all but the first of those that one request names twice.
func (j *Jobs) unknown(touches []*lead.Touch) ([]*lead.Touch, error) {
	fresh := make([]*lead.Touch, 0, len(touches))
	seen := map[string]bool{}
	for _, t := range touches {
		known := seen[t.ID]
		seen[t.ID] = true
		for _, shelf := range []string{repo.HotShelf, repo.BulkShelf, repo.TouchShelf} { // a touch moves in this order
			if known || t.DeliveryID == "" {
				break
			}
			switch _, err := j.o.Journal.Get(shelf, t.ID); {
			case err == nil:
				known = true
			case !errors.Is(err, journal.ErrNotFound):
				return nil, err
			}
		}
		if !known {
			fresh = append(fresh, t)
		}
	}
	return fresh, nil
}
