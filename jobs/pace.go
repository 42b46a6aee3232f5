package jobs

import (
	"context"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// paceKeeper is how replicas keep out of each other's way when they tell a target.
type paceKeeper interface {
	Admit(ctx context.Context, a lead.Admission) (wait time.Duration, elsewhere []bool, err error)
	Hold(ctx context.Context, name string, d, every time.Duration, burst int) error
}

// admit asks the other replicas for leave to tell the target of notes, and
// returns those that no other one tells at the moment, or how long all of them
// have to wait for the pace. While Redis is away each replica decides by itself.
func (b *outbox) admit(ctx context.Context, notes []*note) (free []*note, wait time.Duration) {
	if !b.j.shared() {
		return notes, 0
	}
	a := lead.Admission{Owner: b.j.o.Node, For: leaseFor}
	a.Pace, a.Every, a.Burst = b.pacer.Bound()
	for _, n := range notes {
		if n.notice == nil {
			a.Leases = append(a.Leases, n.Touch.ID+"/"+b.target.Name)
		}
	}
	if len(a.Leases) == 0 && a.Every <= 0 {
		return notes, 0
	}
	wait, elsewhere, err := b.j.o.Prompt.Admit(ctx, a)
	if err != nil {
		b.j.redis.ReportError(err)
		return notes, 0
	}
	for _, n := range notes {
		if n.notice == nil {
			told := elsewhere[0]
			if elsewhere = elsewhere[1:]; told { // the sweeper looks after it
				b.drop(n)
				b.j.untell(n.Touch.ID)
				continue
			}
		}
		free = append(free, n)
	}
	return free, wait
}

// reserve says how long to wait before a message that tells of no lead; 0: it
// may go now, and is counted.
func (b *outbox) reserve(ctx context.Context, now time.Time) time.Duration {
	wait := b.pacer.Reserve(now)
	if wait > 0 {
		return wait
	}
	if _, wait = b.admit(ctx, nil); wait > 0 {
		b.pacer.Return()
	}
	return wait
}

// hold lets nothing out for so long; asked says that the target wants it so,
// from all replicas.
func (b *outbox) hold(ctx context.Context, now time.Time, wait time.Duration, asked bool) {
	b.pacer.PauseUntil(now.Add(wait))
	name, every, burst := b.pacer.Bound()
	if asked && every > 0 && b.j.shared() {
		if err := b.j.o.Prompt.Hold(ctx, name, wait, every, burst); err != nil {
			b.j.redis.ReportError(err) // the others will be told by the target itself
		}
	}
}
