package provider

import (
	"cmp"
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// The universal reader. It finds a person in a body that nobody described to
// it: every value with its label is a pair, each pair is judged on its own
// (verdict), and for each place of a touch the best pair is chosen. It serves
// the form and json providers, and every vendor's file for the parts that the
// vendor leaves to its users.

// read fills t from parts of a body. What t has already is kept: a vendor's
// file knows better and sets it first.
func (r *Request) read(t *lead.Touch, parts ...*node) {
	size := 0
	for _, n := range parts {
		size += n.leaves()
	}
	w := walker{pairs: make([]pair, 0, size), owners: make([]owner, 0, 4)}
	for _, n := range parts {
		if n != nil {
			w.walk(n)
		}
	}
	w.entitle()
	r.assign(t, w.pairs, w.owners)
}

// owner is an object of a body. A person's name is believed where a person's
// other details are, not where an envelope's are.
type owner struct {
	person   bool // has an address, a number, a first or last name, a company
	envelope bool // has ids, times and types of a delivery
	calendar bool // has a start and an end
}

// verdict is what the reader thinks of one pair.
type verdict struct {
	meaning
	rank  uint8 // of the step; lower is surer
	spent bool  // its value is in the touch
	words mark  // of its label, when no list knew it
	step  Step
	fit   string // the value as the place wants it
}

// The ranks of the steps. What a label says is believed before a hint that an
// answer is long.
const (
	rankMap uint8 = iota
	rankVendor
	rankLabel
	rankLong
	rankTokens
	rankShape
	rankNone // the value does not fit the place
)

// assign chooses a pair for every place of t; the rest goes to its fields.
func (r *Request) assign(t *lead.Touch, pairs []pair, owners []owner) {
	for i := range pairs {
		pairs[i].verdict = r.judge(&pairs[i])
		note(&pairs[i], owners)
	}
	c := chooser{r: r, pairs: pairs, owners: owners}
	for i := range c.best {
		c.best[i] = -1
	}
	for i := range pairs {
		c.offer(i)
	}
	c.byShape(t)
	c.settle(t)
	r.keep(t, pairs)
	t.Person.Fill()
}

// judge decides what a pair is, by the first step that knows.
func (r *Request) judge(p *pair) verdict {
	if f := r.mapped(p); f != unknown {
		return verdict{meaning: meaning{field: f}, step: StepMap, rank: rankMap}
	}
	if r.Source.Honeypot != "" && p.key == r.Source.Honeypot {
		return verdict{meaning: meaning{field: fieldTrap}, step: StepLabel}
	}
	if m, ok := byPlace(p); ok {
		return verdict{meaning: m, step: StepVendor, rank: rankLabel}
	}
	sort := meaning{}
	if p.sort != "" {
		sort = byType(p.sort)
	}
	if sort.field != unknown && sort.field != fieldOther && sort.field != fieldMessage {
		return verdict{meaning: sort, step: StepVendor, rank: rankVendor}
	}
	if m, ok := p.known(); ok {
		return verdict{meaning: m, step: StepLabel, rank: rankLabel}
	}
	if sort.field != unknown {
		return verdict{meaning: sort, step: StepVendor, rank: rankLong}
	}
	m, words := byTokens(cmp.Or(p.name, p.key))
	if m.field == unknown && p.name != "" && p.key != "" {
		m, _ = byTokens(p.key)
	}
	return verdict{meaning: m, step: StepTokens, rank: rankTokens, words: words}
}

// known looks for the pair's labels in the lists: what programs call it first,
// unless that is a word that envelopes use too and people are shown another.
func (p *pair) known() (meaning, bool) {
	m, ok := meaning{}, false
	if p.key != "" {
		m, ok = knownLabel(p.key)
		if p.key[0] == '_' && (!ok || m.field == fieldOther || m.field == fieldTest) {
			return meaning{field: fieldNoise}, true // _subject, _cc, _wpcf7...: for the form's own software
		}
	}
	if p.name == "" || ok && !m.weak && m.field < fieldOther {
		return m, ok
	}
	byName, named := knownLabel(p.name)
	if byName.field == fieldTrap || byName.field == fieldNoise {
		named = false // nobody labels a field like that
	}
	if named || ok && m.weak {
		return byName, named
	}
	return m, ok && m.field != fieldPassing
}

// byPlace decides where the place says more than the label.
func byPlace(p *pair) (meaning, bool) {
	switch p.place {
	case placeOthers:
		if m, _ := knownLabel(p.key); m.field == fieldNoise {
			return m, true
		}
		return meaning{field: fieldOther}, true
	case placeForm:
		return meaning{field: fieldOther}, true
	}
	if p.place == placePlain || p.place == placeLead || p.place == placeUser {
		return meaning{}, false
	}
	m, ok := placeLabels[p.place][normalText(p.key)]
	if ok {
		return m, true
	}
	switch p.place {
	case placeCompany:
		if m, _ := knownLabel(p.key); m.field == fieldCompany {
			return m, true // {"Firma": ["Quist AS"]}
		}
		return meaning{field: fieldOther}, true
	case placeEvent:
		return meaning{field: fieldOther}, true
	case placeConsent:
		if yesNo(p.value) != unsaid {
			return meaning{field: fieldConsent, class: 1}, true
		}
	}
	return meaning{}, false
}

// placeLabels are the labels that mean something of their own in a place.
var placeLabels = func() map[place]map[string]meaning {
	m := make(map[place]map[string]meaning, len(placeSpellings))
	for p, list := range placeSpellings {
		m[p] = index(list)
	}
	return m
}()

var placeSpellings = map[place][]spelling{
	placeEvent: {
		{meaning{field: fieldEventID}, `id, uuid, key, stub, event id, event stub, webinar id, uri`},
		{meaning{field: fieldEventTitle}, `title, topic, name, summary, subject, event title, event name, webinar title`},
		{meaning{field: fieldEventStart}, `start, start time, start at, starts at, start date, start date time, event start date, date, start date utc`},
	},
	placeCompany: {{meaning{field: fieldCompany}, `name, title, company, company name, legal name, display name, value`}},
	placeName: {
		{meaning{field: fieldName}, `full, full name, display, formatted, value, name, first and last`},
		{meaning{field: fieldFirst}, `first, given, first name, given name, forename`},
		{meaning{field: fieldLast}, `last, family, last name, family name, surname`},
		{meaning{field: fieldOther}, `middle, prefix, suffix, title`},
	},
	placeUTM: {
		{meaning{field: fieldSource}, `source`}, {meaning{field: fieldMedium}, `medium`}, {meaning{field: fieldCampaign}, `campaign, name`},
		{meaning{field: fieldTerm}, `term, keyword`}, {meaning{field: fieldContent}, `content`},
	},
	placePage: {
		{meaning{field: fieldOther}, `name, title, id, email`},
		{meaning{field: fieldPageURL}, `url, href, page url, page, uri`},
	},
}

// note remembers what kind of object a pair stands in.
func note(p *pair, owners []owner) {
	if p.owner < 0 {
		return
	}
	o := &owners[p.owner]
	switch p.field {
	case fieldEmail:
		_, ok := email(p.value)
		o.person = o.person || ok
	case fieldPhone, fieldFirst, fieldLast, fieldCompany:
		o.person = true
	case fieldPassing, fieldSent:
		o.envelope = true
	case fieldEventStart:
		o.calendar = true
	}
}

// mapped looks a pair up in the source's own map, place by place, so that a
// label which is named for two of them always means the first.
func (r *Request) mapped(p *pair) field {
	if len(r.Source.Fields) == 0 {
		return unknown
	}
	for f := fieldEmail; f < places; f++ {
		label, ok := r.Source.Fields[fieldNames[f]]
		if rest, utm := strings.CutPrefix(fieldNames[f], "utm."); !ok && utm {
			label, ok = r.Source.Fields["utm_"+rest]
		}
		if ok && (strings.EqualFold(label, p.key) || strings.EqualFold(label, p.label) || strings.EqualFold(label, p.path) || p.name != "" && strings.EqualFold(label, p.name)) {
			return f
		}
	}
	return unknown
}
