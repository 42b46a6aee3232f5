package jobs

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// attic is a store with old leads in it.
type attic struct {
	keeper
	leads  []*lead.Lead
	erased []string
	wished bool // an erasure was somebody's wish
}

func (a *attic) OldTouches(context.Context, time.Time, int) ([]string, error) { return nil, nil }

func (a *attic) OldLeads(_ context.Context, before time.Time, skip, limit int) (ids []string, leads []*lead.Lead, err error) {
	for _, l := range a.leads[min(skip, len(a.leads)):] {
		if len(ids) < limit && !slices.Contains(a.erased, l.ID) {
			ids, leads = append(ids, l.ID), append(leads, l)
		}
	}
	return ids, leads, nil
}

func (a *attic) Erase(_ context.Context, e *lead.Erasure) (lead.Erased, error) {
	a.erased = append(a.erased, e.Leads...)
	a.wished = a.wished || !e.Aged
	return lead.Erased{Leads: len(e.Leads), Days: map[string]int{"2026-11-25": 1}}, nil
}

// Leads that were made long ago and are alive do not stand in the way of others.
func TestJobs_Expire(t *testing.T) {
	j := newIdle(t)
	before := j.now()
	old := &attic{}
	for i := range expireBatch + 3 {
		l := &lead.Lead{ID: lead.NewID(before.Add(time.Duration(i))), UpdatedAt: before.Add(time.Hour)}
		if i >= expireBatch {
			l.UpdatedAt = before.Add(-time.Hour)
		}
		old.leads = append(old.leads, l)
	}
	use(j, old)
	skip := 0
	if more, err := j.expireSome(t.Context(), before, &skip); err != nil || !more || skip != expireBatch {
		t.Errorf("first pass = %v, %v, skips %d, want more to come behind those that are alive", more, err, skip)
	}
	if more, err := j.expireSome(t.Context(), before, &skip); err != nil || more || len(old.erased) != 3 || skip != 0 {
		t.Errorf("second pass = %v, %v, erased %v, want the three old ones and a start anew", more, err, old.erased)
	}
	if old.wished {
		t.Error("what is past its retention is erased as if somebody had wished it, and would leave the reports")
	}
	if b := booksOf(t, j); b.Accepted != -1 {
		t.Errorf("books = %+v, want what was erased taken out of them", b)
	}
}

func TestJobs_Tidy(t *testing.T) {
	j := newIdle(t)
	j.o.Keep, j.o.Retention = time.Hour, 3*time.Hour
	keep := func(age time.Duration) (request, touch string) {
		at := j.now().Add(-age)
		request, touch = lead.NewID(at), lead.NewID(at)
		err := j.o.Journal.Commit(t.Context(), repo.RequestOp(&lead.Request{ID: request, ReceivedAt: at}),
			journal.Put(repo.TouchShelf, touch, mustJSON(lead.Touch{ID: touch, ReceivedAt: at})))
		if err != nil {
			t.Fatal(err)
		}
		return request, touch
	}
	oldRequest, oldTouch := keep(4 * time.Hour)
	middleRequest, middleTouch := keep(2 * time.Hour)
	newRequest, newTouch := keep(time.Minute)
	j.tidy(t.Context(), j.now())
	for _, c := range []struct {
		shelf, key string
		kept       bool
	}{
		{repo.RequestShelf, oldRequest, false}, {repo.RequestShelf, middleRequest, true}, {repo.RequestShelf, newRequest, true},
		{repo.TouchShelf, oldTouch, false}, {repo.TouchShelf, middleTouch, false}, {repo.TouchShelf, newTouch, true},
	} {
		if _, err := j.o.Journal.Get(c.shelf, c.key); errors.Is(err, journal.ErrNotFound) == c.kept {
			t.Errorf("%s %s after tidy: %v, want it kept: %v", c.shelf, c.key, err, c.kept)
		}
	}
}
