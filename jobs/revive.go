package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// life tells a Redis that is there from one that was wiped.
type life interface {
	Generation(ctx context.Context) (life string, err error)
	NewGeneration(ctx context.Context) (life string, err error)
	Restore(ctx context.Context, leads []*lead.Lead, touches []*lead.Touch) error
}

// loadBatch is how many leads or touches go back into the store together.
const loadBatch = 500

// load puts what the journal kept into a store that has lost it: the built-in
// Redis at every start, another after it was wiped. Jobs start afterwards.
func (j *Jobs) load(ctx context.Context) error {
	defer j.redis.MarkReady()
	if err := j.enrich.Load(); err != nil {
		return err
	}
	if !j.o.Embedded { // before anything is restored or told
		if err := j.privacy.Sync(ctx); err != nil {
			j.log.Warn("look for erasures of other nodes", "error", err)
		}
	}
	if err := j.loadLife(); err != nil {
		return err
	}
	if err := j.books.Load(); err != nil {
		return err
	}
	j.queue.Load()
	_, err := j.revive(ctx)
	if err == nil {
		err = j.targets.RestoreReceipts(ctx)
	}
	if err != nil {
		j.log.Warn("redis is away; leads are accepted and hot ones are alerted all the same", "error", err)
		j.redis.ReportError(err)
		return nil
	}
	j.redis.SetUp(true)
	return nil
}

// knownLife is the life of Redis that has had all that this node kept. A wiped
// Redis gets another one, also when another replica was the first to see it.
func (j *Jobs) knownLife() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.life
}

// loadLife reads it from the journal.
func (j *Jobs) loadLife() error {
	b, err := j.o.Journal.Get(lifeShelf, redisLife)
	if err != nil && !errors.Is(err, journal.ErrNotFound) {
		return fmt.Errorf("read which redis was there: %w", err)
	}
	j.mu.Lock()
	j.life = string(b)
	j.mu.Unlock()
	return nil
}

// keepLife remembers it.
func (j *Jobs) keepLife(ctx context.Context, life string) error {
	j.mu.Lock()
	j.life = life
	j.mu.Unlock()
	if j.o.Embedded {
		return nil // which has another one at each start
	}
	if err := j.o.Journal.Settle(ctx, journal.Put(lifeShelf, redisLife, []byte(life))); err != nil {
		return fmt.Errorf("keep which redis was there: %w", err)
	}
	return nil
}

const redisLife = "redis"

// revive fills a store that does not have what this journal kept, marks it, and
// says that it was so.
func (j *Jobs) revive(ctx context.Context) (wiped bool, err error) {
	life, err := j.o.Prompt.Generation(ctx)
	if err != nil {
		return false, err
	}
	if err := j.audit.Restore(); err != nil { // of which it may lack what a crash kept from it
		return false, err
	}
	if life != "" && life == j.knownLife() {
		return false, nil
	}
	begin := j.now()
	broken := func(key string, err error) {
		j.log.Error("what the journal kept cannot be read; it stays there", "key", key, "error", err)
	}
	var turns lead.Turns
	leads, err := restore(ctx, j.o.Journal, repo.LeadShelf, broken, func(batch []*lead.Lead) error {
		for _, l := range batch {
			if l.Assigned != nil {
				turns.Remember(*l.Assigned)
			}
		}
		return j.o.Store.Restore(ctx, batch, nil)
	})
	if err != nil {
		return true, fmt.Errorf("restore leads: %w", err)
	}
	touches, err := restore(ctx, j.o.Journal, repo.TouchShelf, broken, func(batch []*lead.Touch) error { return j.o.Store.Restore(ctx, nil, batch) })
	if err != nil {
		return true, fmt.Errorf("restore touches: %w", err)
	}
	if err := j.commands.RestorePeople(ctx, turns); err != nil {
		return true, fmt.Errorf("restore turns: %w", err)
	}
	if err := j.schedule.RestoreRates(ctx); err != nil {
		return true, fmt.Errorf("restore rhythms: %w", err)
	}
	if leads+touches > 0 {
		j.log.Info("store filled from the journal", "leads", leads, "touches", touches, "ms", j.now().Sub(begin).Milliseconds())
	}
	if err := j.queue.RestoreNames(ctx); err != nil {
		return true, fmt.Errorf("name the queues: %w", err)
	}
	if life == "" {
		if life, err = j.o.Store.NewGeneration(ctx); err != nil {
			return true, err
		}
	}
	return true, j.keepLife(ctx, life)
}

// restore walks over a shelf and puts its contents back in batches, but for what
// cannot be read.
func restore[T any](ctx context.Context, from *journal.Journal, shelf string, broken func(key string, err error), put func([]*T) error) (n int, err error) {
	var batch []*T
	flush := func() {
		if err == nil && len(batch) > 0 {
			err = put(batch)
			n += len(batch)
			batch = batch[:0]
		}
	}
	walk := from.Each(shelf, "", func(key string, value []byte) bool {
		v := new(T)
		if bad := json.Unmarshal(value, v); bad != nil {
			broken(key, bad)
			return true
		}
		if batch = append(batch, v); len(batch) == loadBatch {
			flush()
		}
		return err == nil && ctx.Err() == nil
	})
	flush()
	if err == nil {
		err = walk
	}
	if err == nil {
		err = ctx.Err()
	}
	return n, err
}

// resume carries to the store what was told while Redis was away, so that no
// other replica tells it again, and with lost lets everything that was on its
// way start once more; else the sweeper finds the few that got lost.
func (j *Jobs) resumeAfter(ctx context.Context, lost bool) error {
	if !j.o.Embedded {
		if err := errors.Join(j.pipeline.RestoreReceipts(ctx), j.targets.RestoreReceipts(ctx)); err != nil {
			return fmt.Errorf("carry receipts: %w", err)
		}
	}
	if err := j.commands.Replay(ctx, ""); err != nil {
		return err
	}
	if !lost {
		return nil
	}
	j.queue.RequeueAll(j.pipeline.Delivering)
	return nil
}
