package pace

import (
	"math/rand/v2"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// slackPace is the pace of one Slack channel.
var slackPace = Pace{N: 1, Per: time.Second}

func TestPacer(t *testing.T) {
	for _, tt := range []struct {
		name string
		pace Pace
		take int
		want time.Duration
	}{
		{"SlackFirst", slackPace, 0, 0},
		{"SlackBurst", slackPace, 2, 0},
		{"SlackAfterBurst", slackPace, 3, 1050 * time.Millisecond},
		{"Configured", Pace{N: 20, Per: time.Minute}, 3, 3150 * time.Millisecond},
		{"Off", Pace{Off: true}, 1000, 0},
		{"Webhook", Pace{}, 1000, 0},
		{"WebhookConfigured", Pace{N: 1, Per: time.Second}, 3, 1050 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := New("slack:C1", tt.pace)
			for range tt.take {
				if got := p.Reserve(noon); got != 0 {
					t.Fatalf("Reserve within the burst = %v, want 0", got)
				}
			}
			if got := p.Reserve(noon); got != tt.want {
				t.Errorf("Reserve after %d messages = %v, want %v", tt.take, got, tt.want)
			}
			if got := p.Reserve(noon.Add(tt.want)); tt.want > 0 && got != 0 {
				t.Errorf("Reserve after waiting %v = %v, want 0", tt.want, got)
			}
		})
	}
}

func TestPacer_Pause(t *testing.T) {
	p := New("slack:C1", slackPace)
	p.PauseUntil(noon.Add(30 * time.Second))
	p.PauseUntil(noon.Add(time.Second)) // must not shorten it
	if got := p.Reserve(noon); got != 30*time.Second {
		t.Errorf("Reserve in a pause = %v, want 30s", got)
	}
	if got := p.Reserve(noon.Add(30 * time.Second)); got != 0 {
		t.Errorf("Reserve after the pause = %v, want 0", got)
	}
	unbound := New("webhook:crm", Pace{})
	unbound.PauseUntil(noon.Add(time.Minute))
	if got := unbound.Reserve(noon); got != time.Minute {
		t.Errorf("Reserve of an unbound target in a pause = %v, want 1m", got)
	}
}

func TestPacer_ClockSetBack(t *testing.T) {
	p := New("slack:C1", slackPace)
	for range 3 {
		p.Reserve(noon)
	}
	back := noon.Add(-time.Hour)
	if got := p.Reserve(back); got > 1050*time.Millisecond {
		t.Errorf("Reserve after the clock was set back an hour = %v, want at most 1.05s", got)
	}
}

func TestPacer_Return(t *testing.T) {
	p := New("slack:C1", slackPace)
	for range 10 { // nothing of it goes out
		if got := p.Reserve(noon); got != 0 {
			t.Fatalf("Reserve = %v after reservations that were all taken back, want 0", got)
		}
		p.Return()
	}
}

// A channel that counts one message a second with a burst of three, and to
// which each message takes its own time, never has to refuse one.
func TestPacer_NeverTooFast(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		p := New("slack:C1", slackPace)
		now, tokens, seen := noon, 3.0, noon
		for i := range 300 {
			if r.IntN(20) == 0 {
				now = now.Add(time.Duration(r.IntN(9000)) * time.Millisecond)
			}
			for wait := p.Reserve(now); wait > 0; wait = p.Reserve(now) {
				now = now.Add(wait)
			}
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

func TestPacer_Overdrawn(t *testing.T) {
	p := New("slack:C1", slackPace)
	for range 5 {
		p.Take(noon)
	}
	if got, want := p.Ready(noon), 3150*time.Millisecond; got != want {
		t.Errorf("Ready after five messages at once = %v, want %v", got, want)
	}
	if got := p.Reserve(noon.Add(3150 * time.Millisecond)); got != 0 {
		t.Errorf("Reserve after that = %v, want 0", got)
	}
}
