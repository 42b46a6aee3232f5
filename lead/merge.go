package lead

import (
	"cmp"
	"slices"
	"strings"
)

// A lead remembers so many of its touches. Somebody who touches without end
// cannot make a lead grow without end.
const (
	mostHistory = 200
	mostTouches = 1000
)

// Take adds a touch to the lead: its id, what classification remembers of it,
// and what it says about the person. A value of a later touch overwrites, a
// blank never does, and the order in which touches arrive does not show. A lead
// is a test only while all its touches are. A touch that the lead has already
// changes nothing.
func (l *Lead) Take(t *Touch) {
	if slices.Contains(l.Touches, t.ID) {
		return
	}
	l.Test = t.Test && (l.Test || len(l.Touches) == 0)
	l.Touches = last(append(l.Touches, t.ID), mostTouches)
	l.History = remember(l.History, PastOf(t))
	l.Person = personOf(l.History, l.Person)
	if t.ReceivedAt.After(l.UpdatedAt) {
		l.UpdatedAt = t.ReceivedAt.UTC()
	}
}

// Has says whether the lead has taken the touch.
func (l *Lead) Has(touchID string) bool { return slices.Contains(l.Touches, touchID) }

// Untake takes a touch back, so that it can be taken with more in it.
func (l *Lead) Untake(touchID string) {
	l.Touches = slices.DeleteFunc(l.Touches, func(id string) bool { return id == touchID })
	l.History = slices.DeleteFunc(l.History, func(p Past) bool { return p.ID == touchID })
}

// remember adds what happened to a history, which is kept in order of time. When
// there is no room it forgets the oldest of the action that there is most of,
// for a crowd of page views must not drive out the demo request before them.
func remember(history []Past, p Past) []Past {
	history = append(history, p)
	slices.SortStableFunc(history, byTime)
	if len(history) <= mostHistory {
		return history
	}
	of := map[Action]int{}
	for i := range history {
		of[history[i].Action]++
	}
	oldest := -1
	for i := range history {
		if history[i].ID != p.ID && (oldest < 0 || of[history[i].Action] > of[history[oldest].Action]) {
			oldest = i
		}
	}
	return slices.Delete(history, oldest, oldest+1)
}

// byTime orders what happened by the senders' clocks.
func byTime(a, b Past) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) }

// personOf puts together what the touches of a history said of the person, the
// latest word last; what only forgotten ones said is taken from before.
func personOf(history []Past, before Person) (p Person) {
	for i := range history {
		p.take(history[i].Said)
	}
	for _, part := range [][2]*string{{&p.Email, &before.Email}, {&p.Name, &before.Name}, {&p.FirstName, &before.FirstName}, {&p.LastName, &before.LastName},
		{&p.Phone, &before.Phone}, {&p.Company, &before.Company}, {&p.Title, &before.Title}} {
		*part[0] = cmp.Or(*part[0], *part[1])
	}
	return p
}

// take brings in what a later touch says of the person.
func (p *Person) take(said Person) {
	said.Fill()
	p.takeName(said)
	p.Email = cmp.Or(said.Email, p.Email)
	p.Phone = cmp.Or(said.Phone, p.Phone)
	p.Company = cmp.Or(said.Company, p.Company)
	p.Title = cmp.Or(said.Title, p.Title)
}

// takeName keeps the full name and its parts together, and a known surname when
// a later form asked for the first name only.
func (p *Person) takeName(said Person) {
	p.FirstName = cmp.Or(said.FirstName, p.FirstName)
	p.LastName = cmp.Or(said.LastName, p.LastName)
	parts := Person{FirstName: said.FirstName, LastName: said.LastName}
	parts.Fill()
	switch {
	case said.Name == "":
	case said.Name == parts.Name:
		p.Name = strings.TrimSpace(p.FirstName + " " + p.LastName)
	case startsName(p.Name, said.Name):
	default:
		p.Name = said.Name
	}
}

// startsName says whether short is only the beginning of full: Ada of Ada Quell.
func startsName(full, short string) bool {
	return len(full) > len(short) && strings.EqualFold(full[:len(short)], short) && full[len(short)] == ' '
}

// last returns the last n of s.
func last[T any](s []T, n int) []T { return slices.Delete(s, 0, max(0, len(s)-n)) }
