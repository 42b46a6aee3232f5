package notify

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestPacer(t *testing.T) {
	slackTarget := Target{Kind: "slack"}
	for _, tt := range []struct {
		name   string
		target Target
		take   int
		want   time.Duration
	}{
		{"SlackFirst", slackTarget, 0, 0},
		{"SlackBurst", slackTarget, 2, 0},
		{"SlackAfterBurst", slackTarget, 3, 1050 * time.Millisecond},
		{"SlackOverdrawn", slackTarget, 5, 3150 * time.Millisecond},
		{"Configured", Target{Kind: "slack", Pace: Pace{N: 20, Per: time.Minute}}, 3, 3150 * time.Millisecond},
		{"Off", Target{Kind: "slack", Pace: Pace{Off: true}}, 1000, 0},
		{"Webhook", Target{Kind: "webhook"}, 1000, 0},
		{"WebhookConfigured", Target{Kind: "webhook", Pace: Pace{N: 1, Per: time.Second}}, 3, 1050 * time.Millisecond},
		{"UnknownKind", Target{Kind: "pigeon"}, 1000, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := NewPacer(tt.target)
			for range tt.take {
				p.Take(noon)
			}
			if got := p.Ready(noon); got != tt.want {
				t.Errorf("Ready after %d messages = %v, want %v", tt.take, got, tt.want)
			}
			if got := p.Ready(noon.Add(tt.want)); got != 0 {
				t.Errorf("Ready after waiting %v = %v, want 0", tt.want, got)
			}
		})
	}
}

func TestPacer_Pause(t *testing.T) {
	p := NewPacer(Target{Kind: "slack"})
	p.PauseUntil(noon.Add(30 * time.Second))
	p.PauseUntil(noon.Add(time.Second)) // must not shorten it
	if got := p.Ready(noon); got != 30*time.Second {
		t.Errorf("Ready in a pause = %v, want 30s", got)
	}
	if got := p.Ready(noon.Add(30 * time.Second)); got != 0 {
		t.Errorf("Ready after the pause = %v, want 0", got)
	}
	unbound := NewPacer(Target{Kind: "webhook"})
	unbound.PauseUntil(noon.Add(time.Minute))
	if got := unbound.Ready(noon); got != time.Minute {
		t.Errorf("Ready of an unbound target in a pause = %v, want 1m", got)
	}
}

func TestPacer_ClockSetBack(t *testing.T) {
	p := NewPacer(Target{Kind: "slack"})
	for range 3 {
		p.Take(noon)
	}
	back := noon.Add(-time.Hour)
	if got := p.Ready(back); got > 1050*time.Millisecond {
		t.Errorf("Ready after the clock was set back an hour = %v, want at most 1.05s", got)
	}
}

// A channel that counts one message a second with a burst of three, and to
// which each message takes its own time, never has to refuse one.
func TestPacer_NeverTooFast(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		p := NewPacer(Target{Kind: "slack"})
		now, tokens, seen := noon, 3.0, noon
		for i := range 300 {
			if r.IntN(20) == 0 {
				now = now.Add(time.Duration(r.IntN(9000)) * time.Millisecond)
			}
			now = now.Add(p.Ready(now))
			p.Take(now)
			arrives := now.Add(time.Duration(r.IntN(45)) * time.Millisecond)
			if arrives.Before(seen) {
				arrives = seen
			}
			tokens = min(3, tokens+arrives.Sub(seen).Seconds())
			seen = arrives
			if tokens < 0.95 {
				t.Fatalf("seed %d: message %d comes with %.2f tokens left", seed, i, tokens)
			}
			tokens--
			now = arrives // the answer is awaited before the next
		}
	}
}
