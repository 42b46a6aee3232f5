package handlers

import (
	"slices"
	"strings"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// filter is what the inbox shows: its tab and its filter line together.
type filter struct {
	LeadQuery
	Unclaimed bool   // nobody has it
	Owner     string // who has it; empty: anybody
	Wrong     string // a word of the line that means nothing
}

// tabs of the inbox, in order, with what each stands for in a filter line.
var tabs = []struct{ Name, Title, words string }{
	{"", "All", ""},
	{"hot", "Hot", "hot"},
	{"warm", "Warm", "warm"},
	{"cold", "Cold", "cold"},
	{"mine", "Mine", "mine"},
	{"unclaimed", "Unclaimed", "unclaimed"},
	{"quarantine", "Quarantine", "quarantined"},
}

// statuses that a filter line may name.
var statuses = []lead.Status{lead.New, lead.Claimed, lead.Contacted, lead.Closed, lead.Junk, lead.HeldInQuarantine}

// readFilter reads a tab and a line such as
//
//	hot unclaimed source:web-demo since:1h "acme"
//
// Words that are none of ours are looked for in names, companies and addresses.
func readFilter(tab, line, me string, now time.Time) filter {
	f := filter{LeadQuery: LeadQuery{Limit: defaultLimit}}
	for _, t := range tabs {
		if t.Name == tab {
			line = t.words + " " + line
		}
	}
	var text []string
	for _, word := range words(line) {
		key, value, pair := strings.Cut(word.text, ":")
		switch {
		case word.quoted:
			text = append(text, word.text)
		case pair && key == "source":
			f.Source = value
		case pair && key == "email":
			f.Email = value
		case pair && key == "owner":
			f.Owner = value
		case pair && key == "consent" && slices.Contains(consents, value):
			f.Consent = lead.Consent(value)
		case pair && key == "consent":
			f.Wrong = word.text
		case pair && key == "since":
			q := query{values: map[string][]string{"since": {value}}}
			f.Since = q.since(now)
			if q.err != nil || value == "" {
				f.Wrong, f.Since = word.text, time.Time{}
			}
		case word.text == "mine":
			f.Owner = me
		case word.text == "unclaimed":
			f.Unclaimed = true
		case slices.Contains(statuses, lead.Status(word.text)):
			f.Status = lead.Status(word.text)
		case isTemperature(word.text):
			f.Temperature = new(lead.Temperature)
			_ = f.Temperature.UnmarshalText([]byte(word.text)) // is one
		default:
			text = append(text, word.text)
		}
	}
	f.Text = strings.Join(text, " ")
	return f
}

func isTemperature(s string) bool {
	return new(lead.Temperature).UnmarshalText([]byte(s)) == nil
}

type word struct {
	text   string
	quoted bool
}

// words splits a line at blanks; what is in double quotes stays together.
func words(line string) (all []word) {
	for i, part := range strings.Split(brief(500, line), `"`) {
		if i%2 == 1 {
			all = append(all, word{strings.TrimSpace(part), true})
			continue
		}
		for _, w := range strings.Fields(part) {
			all = append(all, word{w, false})
		}
	}
	return slices.DeleteFunc(all, func(w word) bool { return w.text == "" })
}

// shows says whether a lead belongs in the list.
func (f filter) shows(l *lead.Lead) bool {
	p := l.Person
	has := func(v string) bool { return strings.Contains(strings.ToLower(v), strings.ToLower(f.Text)) }
	switch {
	case f.Temperature != nil && l.Temperature != *f.Temperature,
		f.Status != "" && l.Status != f.Status,
		f.Status == "" && (l.Status == lead.Junk || l.Status == lead.HeldInQuarantine),
		f.Unclaimed && (l.Claim != nil || l.Status != lead.New),
		f.Owner != "" && (l.Claim == nil || !strings.EqualFold(l.Claim.By, f.Owner)),
		f.Source != "" && !slices.ContainsFunc(l.History, func(p lead.Past) bool { return p.Source == f.Source }),
		f.Email != "" && lead.NormalEmail(f.Email) != lead.NormalEmail(p.Email),
		f.Consent != "" && l.Consent() != f.Consent,
		l.CreatedAt.Before(f.Since):
		return false
	}
	return f.Text == "" || slices.ContainsFunc([]string{p.Name, p.Email, p.Phone, p.Company, p.Title}, has)
}
