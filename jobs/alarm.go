package jobs

import (
	"context"
	"time"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/notify"
)

const (
	alarmEvery  = 10 * time.Minute // alarms with one key are told once in this time
	alarmRounds = 3                // over all targets that can hear, before the log has to do
	alarmPause  = 10 * time.Second // between rounds
	alarmsMost  = 100              // that wait; more than that is no news
)

// Alarm tells a human: at the target that the configuration names, else at the
// first one that is not in trouble itself. It does not wait; the caller logs.
func (j *Jobs) Alarm(ctx context.Context, a notify.Alarm) {
	if a.At.IsZero() {
		a.At = j.now()
	}
	if !j.alarmDue(ctx, a) {
		return
	}
	select {
	case j.alarms <- a:
	default: // the log has had it
	}
}

// alarmDue says that no replica has told of this lately.
func (j *Jobs) alarmDue(ctx context.Context, a notify.Alarm) bool {
	if a.Key == "" {
		return true
	}
	j.mu.Lock()
	last, told := j.rung[a.Key]
	due := !told || a.At.Sub(last) >= alarmEvery
	if due {
		j.rung[a.Key] = a.At
	}
	j.mu.Unlock()
	if !due || !j.shared() {
		return due
	}
	free, err := j.o.Prompt.Lease(ctx, "alarm:"+a.Key, j.launch, alarmEvery)
	return err != nil || free // better told twice than never
}

// ring tells the alarms, one after the other.
func (j *Jobs) ring(ctx context.Context) {
	for {
		select {
		case a := <-j.alarms:
			j.tellAlarm(ctx, a)
		case <-ctx.Done():
			return
		}
	}
}

func (j *Jobs) tellAlarm(ctx context.Context, a notify.Alarm) {
	for range alarmRounds {
		for _, box := range j.alarmTargets(a.About) {
			if box.alarm(ctx, a) {
				return
			}
		}
		availability.Sleep(ctx, alarmPause)
		if ctx.Err() != nil {
			return
		}
	}
	j.log.Error("no target took an alarm", "key", a.Key, "title", a.Title)
}

// alarmTargets are those that can hear of it: the configured one first, then
// the others that are well, the console only where there is nothing else.
func (j *Jobs) alarmTargets(about string) (boxes []*outbox) {
	var last []*outbox
	for _, out := range j.o.Outlets {
		box := j.outboxes[out.Target.Name]
		if _, can := box.sender.(notify.Alarmer); !can || box.target.Name == about {
			continue
		}
		switch {
		case box.target.Name == j.o.AlarmTo:
			boxes = append([]*outbox{box}, boxes...)
		case box.stopped() || box.target.Kind == "log":
			last = append(last, box)
		default:
			boxes = append(boxes, box)
		}
	}
	return append(boxes, last...)
}

// alarm makes one attempt, at the target's pace.
func (b *outbox) alarm(ctx context.Context, a notify.Alarm) bool {
	for wait := b.reserve(ctx, b.j.now()); wait > 0; wait = b.reserve(ctx, b.j.now()) {
		if wait > alarmPause {
			return false // it is in trouble itself
		}
		availability.Sleep(ctx, wait)
		if ctx.Err() != nil {
			return false
		}
	}
	attempt, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	if err := b.sender.(notify.Alarmer).Alarm(attempt, a); err != nil {
		b.j.log.Warn("a target did not take an alarm", "target", b.target.Name, "error", err)
		return false
	}
	return true
}
