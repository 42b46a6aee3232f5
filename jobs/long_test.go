package jobs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

// away is a target that is down until a moment, and limits now and then.
type away struct {
	now    func() time.Time
	until  time.Time
	n      int
	notNow time.Time // what it asked for last: nothing before
	early  int       // attempts that came all the same
	told   []notify.Alert
	at     []time.Time
}

func (a *away) Most() int { return 40 }

func (a *away) Send(_ context.Context, alerts []notify.Alert) (string, error) {
	now := a.now()
	if now.Before(a.notNow) {
		a.early++
	}
	if now.Before(a.until) {
		switch a.n++; {
		case a.n%50 == 0:
			a.notNow = now.Add(10 * time.Second)
			return "", &notify.Error{Class: notify.Again, Code: "ratelimited", RetryAfter: 10 * time.Second, Err: errors.New("limited")}
		case a.n%3 == 0:
			return "", &notify.Error{Class: notify.Again, Code: "http_503", Err: errors.New("unavailable")}
		}
		return "", &notify.Error{Class: notify.Again, Code: "refused", Err: errors.New("refused")}
	}
	a.told, a.at = append(a.told, alerts...), append(a.at, now)
	return fmt.Sprintf("C1/%d", len(a.at)), nil
}

// TestOutbox_SlackDownForLong: three hours, and three days with LEADGATE_LONG=1.
// Nothing is lost, the first alert comes within 15 s of Slack's return, the
// oldest first, and Slack's wishes are kept.
func TestOutbox_SlackDownForLong(t *testing.T) {
	hours := 3
	if os.Getenv("LEADGATE_LONG") == "1" {
		hours = 72
	}
	s := &scripted{}
	b := newTicking(t, s, notify.Pace{N: 1, Per: time.Second})
	slack := &away{now: func() time.Time { return b.clock }, until: b.clock.Add(time.Duration(hours) * time.Hour)}
	b.sender, b.j.o.MaxAge = slack, time.Duration(hours)*time.Hour
	var want []string
	for hour := range hours { // one lead in each
		id := fmt.Sprintf("t%03d", hour)
		b.hot(id)
		want = append(want, id)
		for next := slack.until.Add(time.Duration(hour-hours+1) * time.Hour); b.clock.Before(next); {
			b.clock = b.clock.Add(max(b.pacer.Ready(b.clock), time.Millisecond))
			if !b.clock.Before(slack.until) {
				break
			}
			if notes, _ := b.next(t.Context()); len(notes) > 0 {
				b.send(t.Context(), notes)
			}
		}
	}
	b.work(t)
	if len(slack.at) == 0 {
		t.Fatal("nothing was told")
	}
	if first := slack.at[0].Sub(slack.until); first > 15*time.Second {
		t.Errorf("the first alert came %s after Slack was back, want 15 s at most", first)
	}
	var got []string
	for _, a := range slack.told {
		got = append(got, a.Touch.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("told %d leads %v..., want all %d, the oldest first", len(got), got[:min(len(got), 5)], len(want))
	}
	for _, id := range want {
		if d, ok := b.j.receipt(id, "sales"); !ok || d.State != lead.Sent {
			t.Errorf("the receipt of %s is %+v, %t", id, d, ok)
		}
	}
	if slack.early > 0 {
		t.Errorf("%d attempts came before the time that Slack asked for", slack.early)
	}
	t.Logf("%d attempts in %d h, %d leads in %d messages, the first %s after the return", slack.n, hours, len(got), len(slack.at), slack.at[0].Sub(slack.until))
}
