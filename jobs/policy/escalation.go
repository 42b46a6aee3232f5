package policy

import (
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify/routing"
)

// Schedule sets when a lead that waits escalates to the next level, by its routes
// and the working hours of their teams; never, if it does not wait.
func (p Policy) Schedule(l *lead.Lead) {
	l.EscalatesAt = time.Time{}
	if levels := p.Levels(l); l.Waits() && l.Escalated < len(levels) {
		l.EscalatesAt = p.DueAt(l, levels[l.Escalated])
	}
}

// Levels are the escalation levels of a lead, the first one first.
func (p Policy) Levels(l *lead.Lead) []routing.Level { return routing.Levels(l, p.Routes()) }

// DueAt is when a lead reaches a level.
func (p Policy) DueAt(l *lead.Lead, level routing.Level) time.Time {
	return p.People().Shifts(level.Team).After(l.WaitsSince, level.After).UTC()
}

// startWait starts the clock of a lead that somebody was alerted to by t.
func (p Policy) startWait(l *lead.Lead, t *lead.Touch) {
	if !t.Test {
		l.WaitsSince, l.Escalated = t.Asked(), 0
	}
	p.Schedule(l)
}
