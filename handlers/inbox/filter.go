package inbox

import (
	"slices"
	"strings"
	"time"

	"github.com/leadgate/leadgate/handlers/api"
	"github.com/leadgate/leadgate/lead"
)

// filter is what the inbox shows: its tab and its filter line together.
type filter struct {
	lead.Query
	Owner string // who has it, in any spelling; empty: anybody
	Wrong string // a word of the line that means nothing
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
	f := filter{Query: lead.Query{Limit: api.DefaultLimit}}
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
			f.Owner, f.ClaimedBy = value, "" // the store knows one spelling only
		case pair && key == "consent" && slices.Contains([]lead.Consent{lead.Given, lead.Refused, lead.NotAsked}, lead.Consent(value)):
			f.Consent = lead.Consent(value)
		case pair && key == "consent":
			f.Wrong = word.text
		case pair && key == "since":
			since, err := api.Since(value, now)
			if f.Since = since; err != nil || value == "" {
				f.Wrong, f.Since = word.text, time.Time{}
			}
		case word.text == "mine":
			f.Owner, f.ClaimedBy = me, me
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

// spelled lets the store look for the owner where the name is that of one of the
// reps: it has a list for each name, as it is written.
func (f filter) spelled(reps []lead.Rep) filter {
	for _, r := range reps {
		if strings.EqualFold(r.Name, f.Owner) {
			f.ClaimedBy = r.Name
		}
	}
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
	before := ""
	for i, part := range strings.Split(Brief(500, line), `"`) {
		if n := len(all); i%2 == 1 && n > 0 && strings.HasSuffix(before, ":") {
			all[n-1].text += strings.TrimSpace(part) // owner:"Dana Reyes"
			continue
		}
		before = part
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
	q := f.Query
	q.ClaimedBy = "" // Owner is any spelling of it
	owned := f.Owner == "" || l.Claim != nil && strings.EqualFold(l.Claim.By, f.Owner)
	return q.Matches(l) && owned && (f.Status != "" || l.Status != lead.Junk)
}
