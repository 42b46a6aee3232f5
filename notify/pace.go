package notify

import (
	"sync"
	"time"
)

const (
	// paceBurst is how many messages may go out at once after a quiet time.
	paceBurst = 3
	// paceSlack stretches the interval between messages: the two clocks and the
	// network between us and a target that counts messages itself never agree.
	paceSlack = 1.05
)

// Pacer keeps the pace of one target: a token bucket, and pauses that the
// target asks for. It waits for nobody; the caller does. Safe for concurrent use.
type Pacer struct {
	mu     sync.Mutex
	every  time.Duration // between tokens; 0: no bound
	tokens int
	last   time.Time // when tokens was right
	paused time.Time // until then nothing goes out
}

// NewPacer returns the pacer of a target: its own pace, else that of its kind.
func NewPacer(t Target) *Pacer {
	pace := t.Pace
	if pace == (Pace{}) {
		if k, ok := find(t.Kind); ok {
			pace = k.Pace
		}
	}
	p := &Pacer{tokens: paceBurst}
	if !pace.Off && pace.N > 0 && pace.Per > 0 {
		p.every = time.Duration(float64(pace.Per) / float64(pace.N) * paceSlack)
	}
	return p
}

// Ready says how long to wait before the next message; 0: it may go now.
func (p *Pacer) Ready(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refill(now)
	wait := max(0, p.paused.Sub(now))
	if p.every > 0 && p.tokens <= 0 {
		wait = max(wait, p.last.Add(time.Duration(1-p.tokens)*p.every).Sub(now))
	}
	return wait
}

// Take counts one message that goes out now. What goes out without being ready
// delays those that follow.
func (p *Pacer) Take(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refill(now)
	if p.every > 0 {
		p.tokens--
	}
}

// PauseUntil lets nothing out before t. A longer pause that runs already stays.
func (p *Pacer) PauseUntil(t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t.After(p.paused) {
		p.paused = t
	}
}

// refill adds the tokens that came in since last. A full bucket starts to count
// anew from now, as does one whose clock was set back.
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
