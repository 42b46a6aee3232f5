package notify

import (
	"sync"
	"time"
)

const (
	// paceBurst is how many messages may be sent at once after a quiet time.
	paceBurst = 3
	// paceSlack stretches the interval between messages, because a target counts
	// them by its own clock, behind a network.
	paceSlack = 1.05
)

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

// NewPacer returns the pacer of a target.
func NewPacer(t Target) *Pacer {
	p, pace := &Pacer{name: PaceName(t), tokens: paceBurst}, t.Pace
	if !pace.Off && pace.N > 0 && pace.Per > 0 {
		p.every = time.Duration(float64(pace.Per) / float64(pace.N) * paceSlack)
	}
	return p
}

// PaceName names what a target's pace is counted by: the channel in Slack, whose
// bound all targets that post to it share, else the target alone.
func PaceName(t Target) string {
	if t.Kind == "slack" && t.Channel != "" {
		return "slack:" + t.Channel
	}
	return t.Kind + ":" + t.Name
}

// Bound is what replicas need to keep the pace together: the name that it is
// counted by, the time between messages (0: no bound), and the burst.
func (p *Pacer) Bound() (name string, every time.Duration, burst int) {
	return p.name, p.every, paceBurst
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
	p.tokens = min(paceBurst, p.tokens+1)
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
		p.tokens = int(min(paceBurst, int64(p.tokens)+int64(n)))
		p.last = p.last.Add(n * p.every)
	}
	if p.tokens >= paceBurst || now.Before(p.last) {
		p.last = now
	}
}
