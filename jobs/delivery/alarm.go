package delivery

import (
	"context"
	"sync"
	"time"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/notify"
)

const (
	alarmEvery  = 10 * time.Minute // alarms with one key are raised once in this time
	alarmRounds = 3                // over all targets that can raise one, before the log has to do
	alarmPause  = 10 * time.Second // between rounds
	alarmsMost  = 100              // that wait
)

// alarms are those that wait to be sent, and when those of a key were raised last.
type alarms struct {
	waiting chan notify.Alarm
	mu      sync.Mutex
	raised  map[string]time.Time
}

func newAlarms() alarms {
	return alarms{waiting: make(chan notify.Alarm, alarmsMost), raised: map[string]time.Time{}}
}

// Alarm tells a human: at the target that the configuration names, else at the
// first one that is not in trouble itself. It does not wait; the caller logs.
func (t *Targets) Alarm(ctx context.Context, a notify.Alarm) {
	if a.At.IsZero() {
		a.At = t.now()
	}
	if !t.alarmDue(ctx, a) {
		return
	}
	select {
	case t.alarms.waiting <- a:
	default: // more than alarmsMost is no news, and the log has it
	}
}

// alarmDue says that no replica has raised this alarm lately.
func (t *Targets) alarmDue(ctx context.Context, a notify.Alarm) bool {
	if a.Key == "" {
		return true
	}
	t.alarms.mu.Lock()
	last, raised := t.alarms.raised[a.Key]
	due := !raised || a.At.Sub(last) >= alarmEvery
	if due {
		t.alarms.raised[a.Key] = a.At
	}
	t.alarms.mu.Unlock()
	peers := t.peers()
	if !due || peers == nil {
		return due
	}
	free, err := peers.Lease(ctx, "alarm:"+a.Key, t.o.Launch, alarmEvery)
	return err != nil || free // better twice than never
}

// sendAlarms sends the alarms, one after the other.
func (t *Targets) sendAlarms(ctx context.Context) {
	for {
		select {
		case a := <-t.alarms.waiting:
			t.sendAlarm(ctx, a)
		case <-ctx.Done():
			return
		}
	}
}

func (t *Targets) sendAlarm(ctx context.Context, a notify.Alarm) {
	for range alarmRounds {
		for _, b := range t.alarmTargets(a.About) {
			if b.sendAlarm(ctx, a) {
				return
			}
		}
		availability.Sleep(ctx, alarmPause)
		if ctx.Err() != nil {
			return
		}
	}
	t.log.Error("no target took an alarm", "key", a.Key, "title", a.Title)
}

// alarmTargets are those that can raise an alarm: the configured one first, then
// the others that work, the console only where there is nothing else.
func (t *Targets) alarmTargets(about string) (boxes []*outbox) {
	var last []*outbox
	for _, b := range t.order {
		if _, can := b.sender.(alarmer); !can || b.target.Name == about {
			continue
		}
		switch {
		case b.target.Name == t.o.AlarmTo:
			boxes = append([]*outbox{b}, boxes...)
		case b.stopped() || b.target.Kind == "log":
			last = append(last, b)
		default:
			boxes = append(boxes, b)
		}
	}
	return append(boxes, last...)
}

// alarmer is a sender that can deliver alarms: of every kind but http.
type alarmer interface {
	Alarm(ctx context.Context, a notify.Alarm) error
}

// sendAlarm makes one attempt, at the target's pace.
func (b *outbox) sendAlarm(ctx context.Context, a notify.Alarm) bool {
	for wait := b.reserve(ctx, b.t.now()); wait > 0; wait = b.reserve(ctx, b.t.now()) {
		if wait > alarmPause {
			return false // it is in trouble itself
		}
		availability.Sleep(ctx, wait)
		if ctx.Err() != nil {
			return false
		}
	}
	attempt, cancel := context.WithTimeout(ctx, SendTimeout)
	defer cancel()
	if err := b.sender.(alarmer).Alarm(attempt, a); err != nil {
		b.t.log.Warn("a target did not take an alarm", "target", b.target.Name, "error", err)
		return false
	}
	return true
}
