package notify

import (
	"strings"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// Called is somebody a message is for: a rep, a team, or a target's name.
type Called struct {
	Name  string
	Slack []string // ids to mention: members U..., user groups S...
}

// calledOf says who is meant by a name. A team without a user group is all of
// its reps.
func calledOf(name string, p lead.People) Called {
	c := Called{Name: line(name, 60)}
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

// mention calls somebody in Slack's markup, by name where there is no id.
func mention(c Called) string {
	var all []string
	for _, id := range c.Slack {
		if strings.HasPrefix(id, "S") {
			all = append(all, "<!subteam^"+id+">")
		} else {
			all = append(all, "<@"+id+">")
		}
	}
	if len(all) == 0 {
		return "*" + mrkdwn(c.Name, 120) + "*"
	}
	return strings.Join(all, " ")
}

// remind adds to a message what its escalation says.
func (m *Message) remind(r *Reminder, s Style) {
	if r == nil || m.Owner != "" {
		return
	}
	m.For, m.Since, m.RespondBy = calledOf(r.To, s.People()), Roughly(r.Waited), time.Time{}
	m.Header = "⏰ Nobody has claimed " + m.Who + " for " + m.Since + ": " + m.What
	if r.Next != "" {
		m.Next, m.NextAt = calledOf(r.Next, s.People()), r.NextAt.In(s.Zone)
	}
	if r.Late > 0 {
		m.Overdue = Roughly(r.Late)
	}
}

// deadline is when somebody has to have the lead: when the next level hears, or
// so long after the person asked as is promised to everybody.
func deadline(l *lead.Lead, received time.Time, s Style) time.Time {
	if l.Waits() && l.Escalated == 0 && !l.EscalatesAt.IsZero() {
		return l.EscalatesAt.In(s.Zone)
	}
	return received.Add(s.RespondWithin).In(s.Zone)
}

// hour is a time of day, with its day when that is not the day of since.
func hour(t, since time.Time) string {
	if t.YearDay() != since.YearDay() {
		return t.Format("Mon 15:04")
	}
	return t.Format("15:04")
}

// moment shows a time in the reader's own zone, with its day when that is not
// the day of since.
func moment(t, since time.Time) string {
	if t.YearDay() != since.YearDay() {
		return clockDay(t)
	}
	return clock(t)
}
