// Package pace says when the next message to a target may be sent.
//
// It promises that a target that counts messages by its own clock never has to
// refuse one. It must not wait, nor know what is sent: it returns how long to wait.
// Another algorithm is another Pacer.
package pace

import (
	"sync"
	"time"
)

const (
	// burst is how many messages may be sent at once after a quiet time.
	burst = 3
	// slack stretches the interval between messages, because a target counts
	// them by its own clock, behind a network.
	slack = 1.05
)

// Pace bounds the messages to one target: N each Per. The zero Pace of a target is
// its kind's default (slack: one a second with a burst of 3; others: no bound).
type Pace struct {
	Off bool
	N   int
	Per time.Duration
}

// Pacer keeps the pace of one target, or of several that share a channel: a token
// bucket, and pauses that the target asks for. It returns how long to wait; the
// caller waits. Safe for concurrent use.
type Pacer struct {
	name   string
	mu     sync.Mutex
	every  time.Duration // between tokens; 0: no bound
	tokens int
	last   time.Time // when tokens was right
	paused time.Time // until then nothing is sent
}

// New returns a pacer that keeps p; name is what the pace is counted by.
func New(name string, p Pace) *Pacer {
	pacer := &Pacer{name: name, tokens: burst}
	if !p.Off && p.N > 0 && p.Per > 0 {
		pacer.every = time.Duration(float64(p.Per) / float64(p.N) * slack)
	}
	return pacer
}

// Bound is what replicas need to keep the pace together: the name that it is
// counted by, the time between messages (0: no bound), and the burst.
func (p *Pacer) Bound() (name string, every time.Duration, most int) {
	return p.name, p.every, burst
}

// Ready says how long to wait before the next message; 0: it may go now.
func (p *Pacer) Ready(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ready(now)
}

func (p *Pacer) ready(now time.Time) time.Duration {
	p.refill(now)
	wait := max(0, p.paused.Sub(now))
	if p.every > 0 && p.tokens <= 0 {
		wait = max(wait, p.last.Add(time.Duration(1-p.tokens)*p.every).Sub(now))
	}
	return wait
}

// Take counts one message that is sent now. One that is sent before it is due
// delays those that follow.
func (p *Pacer) Take(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refill(now)
	if p.every > 0 {
		p.tokens--
	}
}

// Reserve is Ready and, if the message may go now, Take.
func (p *Pacer) Reserve(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	wait := p.ready(now)
	if wait == 0 && p.every > 0 {
		p.tokens--
	}
	return wait
}

// Return takes a reservation back: nothing was sent.
func (p *Pacer) Return() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tokens = min(burst, p.tokens+1)
}

// Go ends a pause.
func (p *Pacer) Go() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paused = time.Time{}
}

// PauseUntil pauses until t, or until the end of a longer pause that runs already.
func (p *Pacer) PauseUntil(t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t.After(p.paused) {
		p.paused = t
	}
}

// refill adds the tokens since last. A full bucket counts from now, as does one
// whose clock was set back.
func (p *Pacer) refill(now time.Time) {
	if p.every <= 0 {
		return
	}
	if n := now.Sub(p.last) / p.every; n > 0 {
		p.tokens = int(min(burst, int64(p.tokens)+int64(n)))
		p.last = p.last.Add(n * p.every)
	}
	if p.tokens >= burst || now.Before(p.last) {
		p.last = now
	}
}
