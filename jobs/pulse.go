package jobs

import (
	"context"
	"errors"
	"sync"
	"time"
)

// keeper is the store as jobs see it: leads, touches and receipts that every
// replica shares. store.Store has all of it, behind a small adapter in cmd.
type keeper interface {
	life
	touchKeeper
	leadKeeper
	againKeeper
	unnamedKeeper
	eraseKeeper
	oldKeeper
	bookKeeper
	paceKeeper
	pauseKeeper
	timerKeeper
	arrivalKeeper
	turnKeeper
	rhythmKeeper
	noticeKeeper
	auditKeeper
}

const (
	beatEvery   = 250 * time.Millisecond
	beatTimeout = 200 * time.Millisecond
	beatsMissed = 2               // in a row mean that Redis is away
	lostAfter   = 2 * time.Second // of absence, after which tasks on their way are taken for lost

	// carriedAfter the return of Redis a replica's receipts have reached it.
	carriedAfter = 2 * time.Second
)

// pulse says whether Redis answers. While it does not, intake goes on, hot
// touches are told from the journal, and nothing is enqueued.
type pulse struct {
	doubts chan struct{}
	urges  chan struct{} // something hot was accepted while Redis is away

	mu      sync.Mutex
	up      bool
	flipped chan struct{} // closed at the next change
	since   time.Time
}

func newPulse() *pulse {
	return &pulse{doubts: make(chan struct{}, 1), urges: make(chan struct{}, 1), flipped: make(chan struct{})}
}

func (p *pulse) isUp() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.up
}

func (p *pulse) set(up bool, now time.Time) (changed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.up == up {
		return false
	}
	p.up, p.since = up, now
	close(p.flipped)
	p.flipped = make(chan struct{})
	return true
}

// steady says whether Redis has answered for so long that every replica has
// carried to it what it told in the meantime.
func (p *pulse) steady(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.up && now.Sub(p.since) >= carriedAfter
}

// changed is closed when Redis goes or comes.
func (p *pulse) changed() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.flipped
}

// changedAt is when Redis went or came last.
func (p *pulse) changedAt() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.since
}

// await waits until Redis is there; false means that ctx ended first.
func (p *pulse) await(ctx context.Context) bool {
	for ctx.Err() == nil {
		changed := p.changed()
		if p.isUp() {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
	return false
}

// whileUp passes on what comes until Redis goes or comes, from is closed, or
// ctx ends.
func whileUp[M any](ctx context.Context, p *pulse, from <-chan M, take func(M)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.changed():
			return
		case m, ok := <-from:
			if !ok {
				return
			}
			take(m)
		}
	}
}

// doubt asks for a look at Redis at once.
func (p *pulse) doubt(error) {
	select {
	case p.doubts <- struct{}{}:
	default:
	}
}

func (p *pulse) urge() {
	select {
	case p.urges <- struct{}{}:
	default:
	}
}

// beat watches Redis.
func (j *Jobs) beat(ctx context.Context) {
	select {
	case <-j.loaded:
	case <-ctx.Done():
		return
	}
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	missed := 0
	for {
		select {
		case <-tick.C:
		case <-j.pulse.doubts:
		case <-ctx.Done():
			return
		}
		err := j.feel(ctx)
		if missed++; err == nil {
			missed = 0
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && missed < beatsMissed && !errors.Is(err, errWiped):
			// One late answer is a busy machine.
		case err != nil && j.pulse.set(false, j.now()):
			j.log.Warn("redis is away; leads are accepted and hot ones are alerted all the same", "error", err)
			j.pulse.urge()
		case err == nil && !j.pulse.isUp():
			wiped, err := j.revive(ctx)
			if err != nil {
				continue
			}
			if err := j.resume(ctx, wiped || j.now().Sub(j.pulse.changedAt()) >= lostAfter); err != nil {
				continue
			}
			j.pulse.set(true, j.now())
			j.log.Info("redis is back", "waiting", j.Waiting())
		}
	}
}

// feel says whether Redis answers in time and still has what was put into it.
func (j *Jobs) feel(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, beatTimeout)
	defer cancel()
	life, err := j.o.Prompt.Born(ctx)
	if err != nil {
		return err
	}
	if (life == "" || life != j.knownLife()) && j.pulse.isUp() {
		return errWiped
	}
	return nil
}

var errWiped = errors.New("redis was wiped")
