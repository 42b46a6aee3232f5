package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/leadgate/leadgate/lead"
)

// condition is one line below when or unless.
type condition struct {
	text    string // as people read it: "e-mail is work"
	holds   func(*evalContext) bool
	close   func(*evalContext) bool // nearly held; nil: it does not come close
	several bool                    // never holds for a single touch
}

// conditionKind is a key that may stand below when and unless. To add one,
// write its reader and a line in conditionKinds.
type conditionKind struct {
	key  string
	read func(*reader, ast.Node) condition
}

var conditionKinds = []conditionKind{
	{"source", readSource},
	{"known", readKnown},
	{"has", readHas},
	{"email", readEmail},
	{"email_domain", readEmailDomain},
	{"title", readTitle},
	{"company", readCompany},
	{"company_size", readCompanySize},
	{"country", readCountry},
	{"fields", readFields},
	{"message", readMessage},
	{"page", readPage},
	{"utm", readUTM},
	{"event", readEvent},
	{"marks", readMarks},
}

// Conditions that only rules about one touch, or about several, can have.
var (
	touchConditions   = []conditionKind{{"age", readAge}}
	historyConditions = []conditionKind{{"touches", readTouches}, {"last_touch", readLastTouch}}
)

func readSource(r *reader, n ast.Node) condition {
	names := r.Texts(n, "source")
	return condition{text: "source is " + orList(names), holds: func(s *evalContext) bool {
		return s.anyTouch(func(t *touchView) bool { return slices.Contains(names, t.Source) })
	}}
}

func readKnown(r *reader, n ast.Node) condition {
	want := r.Bool(n, "known")
	phrase := "the person gave an e-mail address or a phone number"
	if !want {
		phrase = "the person gave no e-mail address and no phone number"
	}
	return condition{text: phrase, holds: func(s *evalContext) bool { return s.person.Reachable() == want }}
}

var personParts = []string{"email", "name", "phone", "company", "title"}

func readHas(r *reader, n ast.Node) condition {
	var parts []string
	for _, part := range r.Sequence(n, "has") {
		if i := r.OneOf(part, "has", personParts); i >= 0 {
			parts = append(parts, personParts[i])
		}
	}
	return condition{text: strings.Join(parts, " and ") + " given", holds: func(s *evalContext) bool {
		for _, part := range parts {
			if strings.TrimSpace(partOf(s.person, part)) == "" {
				return false
			}
		}
		return true
	}}
}

func partOf(p *lead.Person, part string) string {
	switch part {
	case "email":
		return p.Email
	case "name":
		return p.Name
	case "phone":
		return p.Phone
	case "company":
		return p.Company
	}
	return p.Title
}

func readEmail(r *reader, n ast.Node) condition {
	var kinds []string
	for _, part := range r.Sequence(n, "email") {
		if i := r.OneOf(part, "email", lead.MailKinds()); i >= 0 {
			kinds = append(kinds, lead.MailKinds()[i])
		}
	}
	return condition{text: "e-mail address is " + orList(kinds), holds: func(s *evalContext) bool { return slices.Contains(kinds, s.mailKind()) }}
}

func readEmailDomain(r *reader, n ast.Node) condition {
	domains := r.Texts(n, "email_domain")
	for i, d := range domains {
		domains[i] = strings.ToLower(strings.TrimPrefix(d, "@"))
	}
	return condition{text: "e-mail address is at " + orList(domains), holds: func(s *evalContext) bool {
		domain := lead.MailDomain(s.person.Email)
		return slices.ContainsFunc(domains, func(d string) bool { return domain == d || strings.HasSuffix(domain, "."+d) })
	}}
}

func readTitle(r *reader, n ast.Node) condition {
	words := r.phrases(n, "title")
	return condition{text: "the job title says " + words.text, holds: func(s *evalContext) bool {
		var room [120]byte
		return words.in(appendFolded(room[:0], s.person.Title, plainly))
	}}
}

func readCompany(r *reader, n ast.Node) condition {
	words := r.phrases(n, "company")
	return condition{text: "the company's name says " + words.text, holds: func(s *evalContext) bool {
		var room [120]byte
		return words.in(appendFolded(room[:0], s.person.Company, plainly))
	}}
}

// Labels of answers that conditions know by themselves.
var (
	sizeLabels = newPhrases([]string{"company size", "size of company", "number of employees", "no of employees", "num employees", "employees", "employee count",
		"headcount", "team size", "mitarbeiterzahl", "anzahl mitarbeiter", "unternehmensgrosse", "nombre d employes", "combien de collaborateurs*", "effectif",
		"numero de empleados", "empleados", "numero di dipendenti", "dipendenti", "numero de funcionarios", "aantal medewerkers", "liczba pracownikow", "従業員数", "员工人数"})
	countryLabels = newPhrases([]string{"country", "country region", "land", "pays", "pais", "paese", "kraj", "tara", "ulke", "страна", "国", "国家"})
)

func readCompanySize(r *reader, n ast.Node) condition {
	least, most := 0, 1<<40
	for _, e := range r.Mapping(n, "company_size", []string{"at_least", "at_most"}) {
		if e.Key == "at_least" {
			least = r.Whole(e.Value, e.Key, 1, 10_000_000)
		} else {
			most = r.Whole(e.Value, e.Key, 1, 10_000_000)
		}
	}
	if least > most {
		r.Wrong(n, "swap the two numbers", "no company has at least %d and at most %d people", least, most)
	}
	return condition{text: "company size is " + rangeWords(least, most), holds: func(s *evalContext) bool {
		return s.anyAnswer(sizeLabels.is, func(value string) bool {
			from, to, ok := amounts(value)
			return ok && from >= least && to <= most
		})
	}}
}

func readCountry(r *reader, n ast.Node) condition {
	names := r.phrases(n, "country")
	return condition{text: "country is " + names.text, holds: func(s *evalContext) bool {
		return s.anyAnswer(countryLabels.is, func(value string) bool { return names.is(fold(value)) })
	}}
}

func readPage(r *reader, n ast.Node) condition {
	parts := r.Texts(n, "page")
	for i, p := range parts {
		parts[i] = strings.ToLower(p)
	}
	return condition{text: "the page's address has " + orList(parts), holds: func(s *evalContext) bool {
		return s.anyTouch(func(t *touchView) bool {
			page := strings.ToLower(t.page())
			return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(page, part) })
		})
	}}
}

var utmKeys = []string{"source", "medium", "campaign", "term", "content"}

func readUTM(r *reader, n ast.Node) condition {
	wanted := map[string][]string{}
	var phrases []string
	for _, e := range r.Mapping(n, "utm", utmKeys) {
		wanted[e.Key] = r.Texts(e.Value, "utm "+e.Key)
		phrases = append(phrases, e.Key+" is "+orList(wanted[e.Key]))
	}
	return condition{text: "utm " + strings.Join(phrases, " and "), holds: func(s *evalContext) bool {
		return s.anyTouch(func(t *touchView) bool {
			for key, values := range wanted {
				has := [...]string{t.UTM.Source, t.UTM.Medium, t.UTM.Campaign, t.UTM.Term, t.UTM.Content}[slices.Index(utmKeys, key)]
				if !slices.ContainsFunc(values, func(v string) bool { return strings.EqualFold(v, has) }) {
					return false
				}
			}
			return true
		})
	}}
}

func readEvent(r *reader, n ast.Node) condition {
	words := r.phrases(n, "event")
	return condition{text: "the event's title says " + words.text, holds: func(s *evalContext) bool {
		return s.anyTouch(func(t *touchView) bool { return words.in(fold(t.Event)) })
	}}
}

func readMarks(r *reader, n ast.Node) condition {
	marks := r.Texts(n, "marks")
	return condition{text: "marked " + orList(marks), holds: func(s *evalContext) bool {
		return s.anyTouch(func(t *touchView) bool {
			return slices.ContainsFunc(marks, func(m string) bool { return slices.Contains(t.Marks, m) })
		})
	}}
}

func readAge(r *reader, n ast.Node) condition {
	least, most := r.spans(n, "age")
	return condition{text: "it happened " + spanWords(least, most) + " ago", holds: func(s *evalContext) bool {
		return s.touch != nil && within(s.touch.age(s.now), least, most)
	}}
}

func readLastTouch(r *reader, n ast.Node) condition {
	least, most := r.spans(n, "last_touch")
	return condition{text: "the last touch was " + spanWords(least, most) + " ago", holds: func(s *evalContext) bool {
		return len(s.all) > 0 && within(s.all[0].age(s.now), least, most)
	}}
}

func (r *reader) spans(n ast.Node, what string) (least, most time.Duration) {
	most = 1 << 62
	for _, e := range r.Mapping(n, what, []string{"at_least", "at_most"}) {
		if e.Key == "at_least" {
			least = r.span(e.Value, what+" at_least")
		} else {
			most = r.span(e.Value, what+" at_most")
		}
	}
	if least > most {
		r.Wrong(n, "swap the two times", "nothing is at least %s and at most %s ago", days(least), days(most))
	}
	return least, most
}

func within(d, least, most time.Duration) bool { return d >= least && d <= most }

func rangeWords(least, most int) string {
	switch {
	case most == 1<<40:
		return fmt.Sprintf("at least %d", least)
	case least == 0:
		return fmt.Sprintf("at most %d", most)
	}
	return fmt.Sprintf("from %d to %d", least, most)
}

func spanWords(least, most time.Duration) string {
	switch {
	case most == 1<<62:
		return "at least " + days(least)
	case least == 0:
		return "at most " + days(most)
	}
	return "from " + days(least) + " to " + days(most)
}

func days(d time.Duration) string {
	switch {
	case d%day != 0:
		return fmt.Sprintf("%d hours", d/time.Hour)
	case d == day:
		return "1 day"
	}
	return fmt.Sprintf("%d days", d/day)
}

func orList(words []string) string {
	if len(words) > 4 {
		return fmt.Sprintf("%s or %d others", strings.Join(words[:3], ", "), len(words)-3)
	}
	return strings.Join(words, " or ")
}
