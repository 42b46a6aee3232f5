package jobs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// bookKeeper counts a day's touches by outcome.
type bookKeeper interface {
	Accepted(ctx context.Context, day, node string, total, waiting int64) error
	Books(ctx context.Context, day, butNode string) (lead.Books, error)
}

// days counts what this node accepted and has not settled, by UTC day.
type days struct {
	mu      sync.Mutex
	waiting map[string]int64
	missing atomic.Int64 // unaccounted, as last seen
}

func newDays() *days { return &days{waiting: map[string]int64{}} }

func (d *days) accept(day string, n int64) {
	if n == 0 {
		return
	}
	d.mu.Lock()
	d.waiting[day] += n
	d.mu.Unlock()
}

func (d *days) settle(day string) {
	d.mu.Lock()
	if d.waiting[day]--; d.waiting[day] <= 0 {
		delete(d.waiting, day)
	}
	d.mu.Unlock()
}

func (d *days) of(day string) int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.waiting[day]
}

// count fills days from the journal, with what earlier runs of the process have
// left: what this one accepts is counted when it is.
func (j *Jobs) count() error {
	begun := j.begun.Truncate(time.Millisecond) // as exact as arrivalOf
	for _, shelf := range []string{repo.HotShelf, repo.BulkShelf} {
		err := j.o.Journal.Each(shelf, "", func(_ string, b []byte) bool {
			if at, test := repo.Arrival(b); !test && at.Before(begun) {
				j.days.accept(lead.Day(at), 1)
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Waiting is how many touches this node has accepted and not settled.
func (j *Jobs) Waiting() int { return j.o.Journal.Len(repo.HotShelf) + j.o.Journal.Len(repo.BulkShelf) }

// Books returns the books of a UTC day over all nodes: what the nodes counted
// when they accepted, what became of it, what waits, and what is in no column.
func (j *Jobs) Books(ctx context.Context, day string) (lead.Books, error) {
	if err := j.Loaded(ctx); err != nil {
		return lead.Books{}, err
	}
	b, err := j.o.Prompt.Books(ctx, day, j.o.Node)
	if err != nil {
		return b, fmt.Errorf("books of %s: %w", day, err)
	}
	mine, err := j.acceptedOn(day)
	if err != nil {
		return b, fmt.Errorf("books of %s: %w", day, err)
	}
	b.Accepted += mine
	b.Waiting += j.days.of(day)
	b.Unaccounted = max(0, b.Accepted-b.Alerted-b.Held-b.Digested-b.Quarantined-b.Merged-b.Unread-b.Failed-b.Waiting)
	return b, nil
}

// unaccounted is that of today's books, or what it was when Redis was last there.
func (j *Jobs) unaccounted() float64 {
	ctx, cancel := context.WithTimeout(context.Background(), availability.CheckTimeout)
	defer cancel()
	if b, err := j.Books(ctx, lead.Day(j.now())); err == nil {
		j.days.missing.Store(b.Unaccounted)
	}
	return float64(j.days.missing.Load())
}

func (j *Jobs) acceptedOn(day string) (int64, error) {
	v, err := j.o.Journal.Get(dayShelf, day)
	if errors.Is(err, journal.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return journal.Number(v), nil
}

// publish tells the other replicas' books what this node accepted today and
// yesterday and has waiting.
func (j *Jobs) publish(ctx context.Context) error {
	if j.o.Embedded {
		return nil
	}
	for _, at := range []time.Time{j.now(), j.now().Add(-24 * time.Hour)} {
		day := lead.Day(at)
		total, err := j.acceptedOn(day)
		if err != nil || total == 0 {
			continue
		}
		if err := j.o.Prompt.Accepted(ctx, day, j.o.Node, total, j.days.of(day)); err != nil {
			return fmt.Errorf("publish the count of %s: %w", day, err)
		}
	}
	return nil
}
