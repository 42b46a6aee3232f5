package delivery

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// pause is a person's order that nothing be sent to a target for now.
type pause struct {
	By  string    `json:"by"`
	Why string    `json:"why,omitempty"`
	At  time.Time `json:"at"`
}

const (
	pauseShelf = "pauses"        // target -> pause, where there are no peers to keep it
	pauseEvery = 2 * time.Second // how soon the other replicas know
	firstWait  = time.Second     // how long a start waits for them
)

// Pause lets nothing out to a target until Resume, on every replica and over a
// restart. Its items wait for as long as the pause lasts.
func (t *Targets) Pause(ctx context.Context, target, by, why string) error {
	return t.setPause(ctx, target, &pause{By: by, Why: why, At: t.now().UTC()})
}

// Resume ends a pause, and retries a target that keeps failing at once.
func (t *Targets) Resume(ctx context.Context, target string) error {
	return t.setPause(ctx, target, nil)
}

func (t *Targets) setPause(ctx context.Context, target string, p *pause) error {
	b := t.outboxes[target]
	if b == nil {
		return fmt.Errorf("target %q: %w", target, lead.ErrNotFound)
	}
	if err := t.keepPause(ctx, target, p); err != nil {
		return fmt.Errorf("keep the pause of %s: %w", target, err)
	}
	b.setPause(p)
	if p == nil {
		b.tryNow()
	}
	return nil
}

func (t *Targets) keepPause(ctx context.Context, target string, p *pause) error {
	switch {
	case t.o.Peers == nil && p == nil:
		return t.o.Journal.Commit(ctx, t.pauseOf.Delete(target))
	case t.o.Peers == nil:
		return t.o.Journal.Commit(ctx, t.pauseOf.Put(target, *p))
	case p == nil:
		return t.o.Peers.Pause(ctx, target, "")
	}
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return t.o.Peers.Pause(ctx, target, string(b))
}

func (b *outbox) setPause(p *pause) {
	b.mu.Lock()
	defer b.mu.Unlock()
	was := b.health.pause
	b.health.pause = p
	switch {
	case p != nil && was == nil:
		b.t.log.Warn("a target is paused; its deliveries wait", "target", b.target.Name, "by", p.By, "why", p.Why)
	case p == nil && was != nil:
		b.t.log.Info("a target is no longer paused", "target", b.target.Name, "waiting", len(b.waiting))
		b.wake()
	}
}

// tryNow ends the backoff after a failure, unless the target itself asked for it.
func (b *outbox) tryNow() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, i := range b.waiting {
		i.resting = time.Time{}
	}
	if !b.health.asked {
		b.pacer.Go()
	}
	b.wake()
}

// restorePauses pauses what was paused when the process before this one ended.
func (t *Targets) restorePauses() error {
	for e, err := range t.pauseOf.All() {
		if err != nil {
			return fmt.Errorf("read which targets are paused: %w", err)
		}
		if b := t.outboxes[e.Key]; b != nil {
			b.setPause(&e.Value)
		}
	}
	return nil
}

// watchPauses takes over what other replicas pause.
func (t *Targets) watchPauses(ctx context.Context) {
	if t.o.Peers == nil {
		return
	}
	tick := time.NewTicker(pauseEvery)
	defer tick.Stop()
	for {
		t.readPauses(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// firstPauses reads what is paused before anything is sent: a paused target is
// sent nothing because a node has started. A Redis that does not answer delays the
// start for a moment only.
func (t *Targets) firstPauses(ctx context.Context) {
	if t.o.Peers == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, firstWait)
	defer cancel()
	t.takePauses(ctx, t.o.Peers)
}

func (t *Targets) readPauses(ctx context.Context) {
	if peers := t.peers(); peers != nil {
		t.takePauses(ctx, peers)
	}
}

func (t *Targets) takePauses(ctx context.Context, peers Peers) {
	all, err := peers.Pauses(ctx)
	if err != nil {
		return // the pauses stay as they are, and the monitor sees that Redis is away
	}
	for name, b := range t.outboxes {
		p := &pause{}
		if json.Unmarshal([]byte(all[name]), p) != nil {
			p = nil
		}
		b.setPause(p)
	}
}
