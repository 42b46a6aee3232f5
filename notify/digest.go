package notify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// Listed is how many leads a digest lists; the others are counted.
const Listed = 40

// digest says in a message of several leads what they have in common.
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

// rowOf says of one lead of several what it wants and how far it has come.
func rowOf(one Message) string {
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

// sourcesOf names the sources that most touches came from.
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
		parts = append(parts, fmt.Sprintf("%s %d", line(name, 40), touches[name]))
	}
	if more := len(names) - len(parts); more > 0 {
		parts = append(parts, plural(more, "more source", "more sources"))
	}
	return strings.Join(parts, ", ")
}
