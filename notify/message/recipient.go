package message

import (
	"time"

	"github.com/leadgate/leadgate/lead"
)

// Recipient is whom a message is for: a rep, a team, or a target's name.
type Recipient struct {
	Name  string
	Slack []string // ids to mention: members U..., user groups S...
}

// recipientOf finds a recipient by name. A team without a user group is all of
// its reps.
func recipientOf(name string, p lead.People) Recipient {
	c := Recipient{Name: Line(name, 60)}
	if r, ok := p.Rep(name); ok && r.Slack != "" {
		c.Slack = []string{r.Slack}
	}
	if t, ok := p.Team(name); ok && t.Slack != "" {
		c.Slack = []string{t.Slack}
		return c
	}
	for _, r := range p.Members(name) {
		if r.Slack != "" {
			c.Slack = append(c.Slack, r.Slack)
		}
	}
	return c
}

// addReminder adds to a message what its escalation says.
func (m *Message) addReminder(r *lead.Reminder, s Style) {
	if r == nil || m.Owner != "" {
		return
	}
	m.For, m.Since, m.RespondBy = recipientOf(r.To, s.People()), lead.Roughly(r.Waited), time.Time{}
	m.Header = "⏰ Nobody has claimed " + m.Who + " for " + m.Since + ": " + m.What
	if r.Next != "" {
		m.Next, m.NextAt = recipientOf(r.Next, s.People()), r.NextAt.In(s.Zone)
	}
	if r.Late > 0 {
		m.Overdue = lead.Roughly(r.Late)
	}
}

// deadline is when the lead has to be claimed: when the next level is alerted, or
// as long after the person asked as every visitor is promised.
func deadline(l *lead.Lead, received time.Time, s Style) time.Time {
	if l.Waits() && l.Escalated == 0 && !l.EscalatesAt.IsZero() {
		return l.EscalatesAt.In(s.Zone)
	}
	return received.Add(s.RespondWithin).In(s.Zone)
}
