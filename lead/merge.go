package lead

import (
	"slices"
	"strings"
	"time"
)

// A lead remembers so many of its latest touches. Nobody's verdict changes by
// older ones, and somebody who touches without end cannot make a lead grow
// without end.
const (
	mostHistory = 200
	mostTouches = 1000
)

// Take adds a touch to the lead: its id, what classification remembers of it,
// and what it says about the person. A blank never overwrites a value; a value
// of a newer touch overwrites, one that comes late only fills a blank. A lead
// is a test only while all its touches are. A touch that the lead has already
// changes nothing.
func (l *Lead) Take(t *Touch) {
	if slices.Contains(l.Touches, t.ID) {
		return
	}
	l.Test = t.Test && (l.Test || len(l.Touches) == 0)
	l.Person.take(t.Person, t.At.Before(l.latest()))
	l.Touches = last(append(l.Touches, t.ID), mostTouches)
	l.History = last(append(l.History, PastOf(t)), mostHistory)
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

// latest is when the person last did something.
func (l *Lead) latest() (at time.Time) {
	for i := range l.History {
		if l.History[i].At.After(at) {
			at = l.History[i].At
		}
	}
	return at
}

// take merges what a touch says of the person; late means that the person has
// said something newer already.
func (p *Person) take(said Person, late bool) {
	said.Fill()
	p.takeName(said, late)
	set(&p.Email, said.Email, late)
	set(&p.Phone, said.Phone, late)
	set(&p.Company, said.Company, late)
	set(&p.Title, said.Title, late)
}

// takeName keeps the full name and its parts together, and a known surname when
// a later form asked for the first name only.
func (p *Person) takeName(said Person, late bool) {
	set(&p.FirstName, said.FirstName, late)
	set(&p.LastName, said.LastName, late)
	parts := Person{FirstName: said.FirstName, LastName: said.LastName}
	parts.Fill()
	switch {
	case said.Name == "" || late && p.Name != "":
	case said.Name == parts.Name && !late:
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

func set(have *string, said string, late bool) {
	if said != "" && (!late || *have == "") {
		*have = said
	}
}

// last returns the last n of s.
func last[T any](s []T, n int) []T { return slices.Delete(s, 0, max(0, len(s)-n)) }
