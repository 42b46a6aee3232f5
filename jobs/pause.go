package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/journal"
)

// pauseKeeper is where replicas find what was paused.
type pauseKeeper interface {
	Pauses(ctx context.Context) (map[string]string, error)
	Pause(ctx context.Context, target, pause string) error
}

// pause is a person's wish that a target be told nothing for now.
type pause struct {
	By  string    `json:"by"`
	Why string    `json:"why,omitempty"`
	At  time.Time `json:"at"`
}

const (
	pauseShelf = "pauses"        // target -> pause, where the built-in Redis would forget it
	pauseLook  = 2 * time.Second // how soon the other replicas know
)

// ErrNoTarget says that there is no target of a name.
var ErrNoTarget = errors.New("no such target")

// Pause lets nothing out to a target until Resume, on every replica and beyond
// a restart. What it is to hear waits, for as long as the pause lasts.
func (j *Jobs) Pause(ctx context.Context, target, by, why string) error {
	return j.setPause(ctx, target, &pause{By: by, Why: why, At: j.now().UTC()})
}

// Resume ends a pause, and tries a target that keeps failing at once.
func (j *Jobs) Resume(ctx context.Context, target string) error {
	return j.setPause(ctx, target, nil)
}

func (j *Jobs) setPause(ctx context.Context, target string, p *pause) error {
	box := j.outboxes[target]
	if box == nil {
		return fmt.Errorf("%w: %q", ErrNoTarget, target)
	}
	text, op := "", journal.Delete(pauseShelf, target)
	if p != nil {
		text = string(mustJSON(p))
		op = journal.Put(pauseShelf, target, []byte(text))
	}
	if j.o.Embedded {
		if err := j.o.Journal.Commit(ctx, op); err != nil {
			return fmt.Errorf("keep the pause of %s: %w", target, err)
		}
	} else if err := j.o.Prompt.Pause(ctx, target, text); err != nil {
		return fmt.Errorf("keep the pause of %s: %w", target, err)
	}
	box.setPause(p)
	if p == nil {
		box.tryNow()
	}
	return nil
}

func (b *outbox) setPause(p *pause) {
	b.mu.Lock()
	defer b.mu.Unlock()
	was := b.health.pause
	b.health.pause = p
	switch {
	case p != nil && was == nil:
		b.j.log.Warn("a target is paused; what it is to hear waits", "target", b.target.Name, "by", p.By, "why", p.Why)
	case p == nil && was != nil:
		b.j.log.Info("a target is no longer paused", "target", b.target.Name, "waiting", len(b.waiting))
		b.nudge()
	}
}

// tryNow forgets the wait after a failure, unless the target itself asked for it.
func (b *outbox) tryNow() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range b.waiting {
		n.rest = time.Time{}
	}
	if !b.health.asked {
		b.pacer.Go()
	}
	b.nudge()
}

// recallPauses takes over what was paused when the process before this one ended.
func (j *Jobs) recallPauses() {
	err := j.o.Journal.Each(pauseShelf, "", func(target string, value []byte) bool {
		p := &pause{}
		if box := j.outboxes[target]; box != nil && json.Unmarshal(value, p) == nil {
			box.setPause(p)
		}
		return true
	})
	if err != nil {
		j.log.Warn("read which targets are paused", "error", err)
	}
}

// watchPauses follows what other replicas pause.
func (j *Jobs) watchPauses(ctx context.Context) {
	if j.o.Embedded {
		return
	}
	tick := time.NewTicker(pauseLook)
	defer tick.Stop()
	for {
		if j.redis.Up() {
			j.followPauses(ctx)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (j *Jobs) followPauses(ctx context.Context) {
	all, err := j.o.Prompt.Pauses(ctx)
	if err != nil {
		return // as it was; the monitor knows that Redis is away
	}
	for name, box := range j.outboxes {
		p := &pause{}
		if json.Unmarshal([]byte(all[name]), p) != nil {
			p = nil
		}
		box.setPause(p)
	}
}
