package message

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// PersonOf returns the lead's person, completed from this touch.
func PersonOf(l *lead.Lead, t *lead.Touch) lead.Person {
	p, q := l.Person, t.Person
	p.Fill()
	q.Fill()
	return lead.Person{Email: cmp.Or(p.Email, q.Email), Name: cmp.Or(p.Name, q.Name), Phone: cmp.Or(p.Phone, q.Phone),
		Company: cmp.Or(p.Company, q.Company), Title: cmp.Or(p.Title, q.Title)}
}

// whoOf names a person. A name is never guessed from an address: without one
// the address itself stands there.
func whoOf(p lead.Person) string {
	who := cmp.Or(Line(p.Name, 60), Line(p.Email, 60), phoneOf(p.Phone).Shown, "Somebody")
	company := Line(p.Company, 60)
	if company == "" && Line(p.Name, 60) != "" {
		company = workDomain(p.Email)
	}
	if company == "" {
		return who
	}
	return who + ", " + company
}

func aboutOf(p lead.Person) string {
	title, domain := Line(p.Title, 80), workDomain(p.Email)
	if title != "" && domain != "" {
		return title + " at " + domain
	}
	return title // a domain alone is there in the address
}

// workDomain is the domain of a company's e-mail address, empty for those that
// anybody can have.
func workDomain(email string) string {
	if EmailOf(email).Link == "" || lead.MailKind(email) != "work" {
		return ""
	}
	return Cut(email[strings.LastIndexByte(email, '@')+1:], 60)
}

const askedForFact = "Asked for"

// refusal comes first for a person who does not want to be contacted.
func refusal(l *lead.Lead) string {
	asked, proven := l.DoNotContact()
	switch {
	case !asked:
		return ""
	case !proven:
		return "Asked not to be contacted, in a form that anybody can send"
	}
	return "Asked not to be contacted"
}

// factsOf are up to five things to know.
func factsOf(l *lead.Lead, t *lead.Touch, s Style) []Fact {
	score := fmt.Sprintf("%d of 100, %s", l.Score, l.Temperature)
	if l.Stage != lead.NoStage {
		score += ", stage " + l.Stage.String()
	}
	var facts []Fact
	for _, f := range []Fact{{"Do not contact", refusal(l)}, {askedForFact, askedFor(t, s)}, {"Came from", cameFrom(t)}, {"Score", score}, {"Before this", beforeThis(l, t, s)}} {
		if f.Text != "" {
			facts = append(facts, f)
		}
	}
	return facts
}

// askedFor is the action, what it was about, and up to three of the form's
// other answers.
func askedFor(t *lead.Touch, s Style) string {
	parts := []string{Line(s.Label(t.Action), 60)}
	if title := Line(t.Event.Title, 80); title != "" {
		parts[0] = strings.TrimSpace(parts[0] + " “" + title + "”")
	}
	for _, label := range slices.Sorted(maps.Keys(t.Fields)) {
		name, value := Line(label, 30), Line(t.Fields[label], 50)
		if name == "" || value == "" {
			continue
		}
		if parts = append(parts, name+": "+value); len(parts) == 4 {
			break
		}
	}
	return Line(strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", "), 250)
}

// cameFrom is the source, the campaign and the page, without its scheme.
func cameFrom(t *lead.Touch) string {
	parts := []string{Line(t.Source, 60)}
	var utm []string
	for _, u := range []string{t.UTM.Source, t.UTM.Medium, t.UTM.Campaign} {
		if u = Line(u, 40); u != "" {
			utm = append(utm, u)
		}
	}
	if len(utm) > 0 {
		parts = append(parts, strings.Join(utm, " / "))
	}
	if u, err := url.Parse(t.PageURL); err == nil && u.Host != "" {
		parts = append(parts, Line(u.Host+u.Path, 80))
	}
	return Line(strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", "), 250)
}

// beforeThis counts the touches before this one and names the last three.
func beforeThis(l *lead.Lead, t *lead.Touch, s Style) string {
	var past []lead.Past
	for _, p := range l.History {
		if p.ID != t.ID {
			past = append(past, p)
		}
	}
	if len(past) == 0 {
		return ""
	}
	slices.SortStableFunc(past, func(a, b lead.Past) int { return b.At.Compare(a.At) })
	var last []string
	for _, p := range past[:min(3, len(past))] {
		last = append(last, Line(s.Label(p.Action), 40)+" "+p.At.In(s.Zone).Format("2 Jan"))
	}
	text := plural(len(past), "touch", "touches") + ": " + strings.Join(last, ", ")
	if more := len(past) - len(last); more > 0 {
		text += fmt.Sprintf(", %d more", more)
	}
	return text
}

// whyOf lists the rules that counted, word for word.
func whyOf(v lead.Verdict) string {
	var parts []string
	for _, r := range v.Reasons[:min(4, len(v.Reasons))] {
		because := Line(r.Because, 150)
		if r.Points != 0 {
			because += fmt.Sprintf(" %+d", r.Points)
		}
		parts = append(parts, because)
	}
	if len(parts) == 0 {
		return ""
	}
	if more := len(v.Reasons) - len(parts); more > 0 {
		parts = append(parts, fmt.Sprintf("%d more", more))
	}
	return "Why " + v.Temperature.String() + ": " + strings.Join(parts, ", ")
}

// delayOf is how long after its arrival a touch is sent, in words.
func delayOf(d time.Duration) string {
	switch {
	case d < 100*time.Millisecond:
		return "alerted at once"
	case d < time.Minute:
		return fmt.Sprintf("alerted in %.1f s", d.Seconds())
	}
	return "delivered " + lead.Roughly(d) + " late"
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
