package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/message"
	"github.com/leadgate/leadgate/notify/pace"
)

// outage is a Slack that is away for a while and then limits once; it says when
// it was called too soon.
type outage struct {
	now     func() time.Time
	until   time.Time
	allowed time.Time // before that a call breaks the Retry-After
	calls   []time.Time
	told    []notify.Alert
	first   time.Time // when the first alert was taken
	soon    int
}

func (o *outage) Most() int { return message.MostLeads }

func (o *outage) Send(_ context.Context, alerts []notify.Alert) (string, error) {
	now := o.now()
	o.calls = append(o.calls, now)
	if now.Before(o.allowed) {
		o.soon++
	}
	switch n := len(o.calls); {
	case now.Before(o.until.Add(-time.Hour)) && n%10 == 0: // a limit in the middle of it
		o.allowed = now.Add(10 * time.Minute)
		return "", &notify.Error{Class: notify.Again, Code: "ratelimited", RetryAfter: 10 * time.Minute, Err: errors.New("429")}
	case now.Before(o.until):
		return "", &notify.Error{Class: notify.Again, Code: "timeout", Ambiguous: true, Err: errors.New("there was no answer in time")}
	}
	if o.first.IsZero() {
		o.first = now
	}
	o.told = append(o.told, alerts...)
	return fmt.Sprintf("C1/%d", len(o.calls)), nil
}

// Slack is away for three days while a hot lead comes every half hour. None
// is lost, the first is told within 15 s of its return, the oldest goes first,
// and no Retry-After was broken.
func TestOutbox_ThreeDaysWithoutSlack(t *testing.T) {
	const away, every = 72 * time.Hour, 30 * time.Minute
	b := newTicking(t, &scripted{most: 1}, pace.Pace{N: 1, Per: time.Second})
	b.t.o.MaxAge = away
	back := b.begin.Add(away)
	slack := &outage{now: func() time.Time { return b.clock }, until: back}
	b.sender = slack
	var ids []string
	come := func() {
		for next := b.begin.Add(time.Duration(len(ids)) * every); !next.After(b.clock) && next.Before(back); next = b.begin.Add(time.Duration(len(ids)) * every) {
			id := fmt.Sprintf("t%04d", len(ids))
			touch := &lead.Touch{ID: id, ReceivedAt: next, State: lead.Accepted}
			b.add(&Item{Alert: notify.Alert{Kind: lead.HotAlert, Touch: touch, Lead: &lead.Lead{ID: id, Verdict: lead.Verdict{Temperature: lead.Hot}}}, Direct: true})
			ids = append(ids, id)
		}
	}
	for come(); b.clock.Before(back) || b.len() > 0; come() {
		b.step(t)
	}
	var told []string
	for _, a := range slack.told {
		told = append(told, a.Touch.ID)
	}
	if want := int(away / every); len(ids) != want || !slices.Equal(told, ids) {
		t.Errorf("%d of %d leads were told, in order: %v", len(told), want, slices.IsSorted(told))
	}
	if wait := slack.first.Sub(back); wait > 15*time.Second {
		t.Errorf("the first alert came %s after the return, want 15s at most", wait)
	}
	if slack.soon > 0 {
		t.Errorf("%d calls came before the Retry-After was over", slack.soon)
	}
	late := message.Compose(slack.told[0], message.Style{Now: slack.first})
	if !late.Late || late.Delay != "delivered 3 days late" {
		t.Errorf("the oldest is marked late %v, %q", late.Late, late.Delay)
	}
}
