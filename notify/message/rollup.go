package message

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

// digest adds to a message of several leads what they have in common.
func (m *Message) digest(d *lead.Summary, s Style) {
	m.Kind = lead.DigestAlert
	if d == nil {
		m.Header = plural(len(m.Leads), "lead", "leads") + " to look at"
		return
	}
	m.Header = plural(d.Total, d.Temperature.String()+" lead", d.Temperature.String()+" leads") + " since " + d.From.In(s.Zone).Format("Mon 15:04")
	if d.Heating > 0 {
		m.Header += fmt.Sprintf(", %d heating up", d.Heating)
	}
	m.NextAt, m.Received = d.To.In(s.Zone), d.From.In(s.Zone)
	m.Note = sourcesOf(d.Sources)
	if more := d.Total - len(m.Leads); more > 0 {
		m.More = fmt.Sprintf("and %d more", more)
	}
	for i := range m.Leads {
		one := &m.Leads[i]
		if one.Erased {
			continue
		}
		if before, known := d.Before[one.LeadID]; known && before != one.Score {
			one.Change = fmt.Sprintf("%d → %d", before, one.Score)
		} else {
			one.Change = fmt.Sprint(one.Score)
		}
	}
}

// Row is one lead of several: what it wants and how far it has come.
func (one Message) Row() string {
	s := one.What
	if one.Change != "" {
		s += "  " + one.Change
	}
	switch {
	case one.Owner != "":
		s += ", " + one.Owner + " has it"
	case one.Ended:
		s += ", " + one.State
	}
	return s
}

// sourcesOf are the sources that most touches came from.
func sourcesOf(touches map[string]int) string {
	var names []string
	for name := range touches {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if touches[a] != touches[b] {
			return touches[b] - touches[a]
		}
		return strings.Compare(a, b)
	})
	var parts []string
	for _, name := range names[:min(6, len(names))] {
		parts = append(parts, fmt.Sprintf("%s %d", Line(name, 40), touches[name]))
	}
	if more := len(names) - len(parts); more > 0 {
		parts = append(parts, plural(more, "more source", "more sources"))
	}
	return strings.Join(parts, ", ")
}

// MostLeads is how many leads one rollup holds: at one message a second, a thousand
// leads that come in ten seconds are sent within those.
const MostLeads = 100

// composeRollup turns several alerts into one message. It holds the first
// MostLeads of them.
func composeRollup(alerts []notify.Alert, s Style) Message {
	s = s.WithDefaults()
	m := Message{Kind: lead.Rollup}
	hot := 0
	for _, a := range alerts[:min(len(alerts), MostLeads)] {
		one := Compose(a, s)
		if !one.RespondBy.IsZero() && (m.RespondBy.IsZero() || one.RespondBy.Before(m.RespondBy)) {
			m.RespondBy, m.Late = one.RespondBy, one.Late
		}
		if a.Lead != nil && a.Lead.Temperature == lead.Hot {
			hot++
		}
		m.Leads = append(m.Leads, one)
	}
	switch {
	case alerts[0].Kind == lead.DigestAlert:
		m.digest(alerts[0].Digest, s)
	case hot == len(m.Leads):
		m.Header = fmt.Sprintf("🔥 %d hot leads at once", len(m.Leads))
	default:
		m.Header = fmt.Sprintf("%d leads at once", len(m.Leads))
	}
	var who []string
	for _, one := range m.Leads {
		who = append(who, one.Who)
	}
	m.Text = Cut(m.Header+": "+strings.Join(who, "; "), 120)
	if s.PublicURL != "" {
		m.URL = s.PublicURL + "/"
	}
	return m
}

func ComposeAll(alerts []notify.Alert, s Style) Message {
	if len(alerts) == 1 && alerts[0].Kind != lead.DigestAlert {
		return Compose(alerts[0], s)
	}
	return composeRollup(alerts, s)
}
