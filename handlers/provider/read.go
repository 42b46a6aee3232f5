package provider

import (
	"cmp"
	"slices"
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// The universal reader. It finds people in a body that nobody described to it, in
// two steps. First (survey) every value with its label is a pair, each pair is
// judged on its own (judge), and the pairs are sorted into parties with roles, of
// whom one or several of one list are the lead (people.go). Then (fill) each place
// of a touch is filled with the best pair of that lead, completed by parties that
// do not contradict it (choose.go). It serves the form and json providers, and
// every vendor's file for the parts that the vendor leaves to its users. Words
// stand in tables: labels.go, labels_other.go and labels_languages.go for whole
// labels, tokens.go for words in them, place.go for the names of objects,
// signals.go for what happened and tests.

// read fills t with the lead of parts of a body. What t has already is kept: a
// vendor's file knows better and sets it first.
func (r *Request) read(t *lead.Touch, parts ...*node) {
	w := r.survey(parts)
	who := -1
	if len(w.leads) > 0 {
		who = w.leads[0]
		w.leads = w.leads[:1] // the vendor's file knows how many there are
	}
	r.keep(t, r.fill(t, w, who))
}

// readAll adds a touch for each lead of a body, and one of a body without any;
// each begins as begun.
func (r *Request) readAll(touches []lead.Touch, begun lead.Touch, body *node) []lead.Touch {
	w := r.survey([]*node{body})
	for i := range max(1, len(w.leads)) {
		one, who := w, -1
		if len(w.leads) > 0 {
			who = w.leads[i]
		}
		if len(w.leads) > 1 {
			one.pairs = slices.DeleteFunc(slices.Clone(w.pairs), func(p pair) bool { return w.apart(&p, who) })
		}
		touches = append(touches, begun)
		t := &touches[len(touches)-1]
		c := r.fill(t, one, who)
		c.happened(t)
		r.keep(t, c)
	}
	return touches
}

// survey is the first step: every value with its label is a pair, each pair is
// judged on its own, and the pairs are sorted into people.
func (r *Request) survey(parts []*node) people {
	leaves, inner := 0, 0
	for _, n := range parts {
		n.size(&leaves, &inner)
	}
	walked := walker{pairs: make([]pair, 0, leaves), owners: make([]owner, 0, min(inner, 4))}
	for _, n := range parts {
		if n != nil {
			walked.walk(n)
		}
	}
	walked.entitle()
	w := people{pairs: walked.pairs, owners: walked.owners}
	for i := range w.pairs {
		p := &w.pairs[i]
		r.judge(p)
		p.look()
		if p.field.personal() {
			p.fit, p.fits = fit(p.field, p.value)
		} else {
			p.sign = signals[p.key]
		}
		w.note(p)
	}
	w.find()
	if r.Met != nil {
		w.tell(r.Met)
	}
	return w
}

// fill is the second step: for each place of a touch the best pair is chosen,
// of one lead. The rest is for keep. who is -1 where there is no lead.
func (r *Request) fill(t *lead.Touch, w people, who int) *chooser {
	if who >= 0 {
		w.complete(who)
	}
	c := &chooser{r: r, people: w, lead: who}
	for i := range c.best {
		c.best[i] = -1
	}
	for i := range c.pairs {
		c.offer(i)
	}
	c.byShape(t)
	c.settle(t)
	c.tests(t)
	return c
}

// verdict is what the reader thinks of one pair.
type verdict struct {
	meaning
	rank   uint8  // of the step; lower is surer
	sign   signal // of a label that is no person's
	spent  bool   // its value is in the touch
	came   bool   // its label says that this one called or wrote
	words  mark   // of its label, when no list knew it
	step   Step
	fits   bool   // the value can stand in its place
	fit    string // as the place wants it
	prefix string // whose detail it is, as its label says
	party  int    // whose detail it is; -1: nobody's
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

// look decides by the value where the label says only who, not what of them.
func (p *pair) look() {
	switch {
	case p.field == fieldFrom:
		p.field = fieldOther
		if _, ok := email(p.value); ok {
			p.field, p.came = fieldEmail, true
		} else if callerID(telephone(p.value)) {
			p.field, p.came = fieldPhone, true
		}
	case p.field == fieldPhone && p.class == classCaller && p.rank == rankLabel && !callerID(telephone(p.value)),
		p.field == fieldName && p.class == 2 && p.rank == rankLabel && !likeFullName(p.value),
		p.field == fieldMessage && p.class >= classLoose && !likeWords(p.value):
		p.field = fieldOther
	case p.field == fieldPhone && p.class == classCaller && p.rank == rankLabel:
		p.came = true
	}
}

// judge decides what a pair is, by the first step that knows.
func (r *Request) judge(p *pair) {
	if len(r.Source.Fields) > 0 {
		if f := r.mapped(p); f != unknown {
			p.mean(meaning{field: f}, StepMap, rankMap)
			return
		}
	}
	if r.Source.Honeypot != "" && p.key == r.Source.Honeypot {
		p.mean(meaning{field: fieldTrap}, StepLabel, rankLabel)
		return
	}
	if m, ok := byPlace(p); ok {
		p.mean(m, StepVendor, rankLabel)
		return
	}
	sort := meaning{}
	if p.sort != "" {
		sort = byType(p.sort)
	}
	if sort.field != unknown && sort.field != fieldOther && sort.field != fieldMessage {
		p.mean(sort, StepVendor, rankVendor)
		return
	}
	label := cmp.Or(p.name, p.key)
	if m, ok := p.known(); ok {
		p.mean(m, StepLabel, rankLabel)
		if m.field.personal() && exact[label].field != m.field {
			p.prefix = whose(label, m.field, true)
		}
		return
	}
	if sort.field != unknown {
		p.mean(sort, StepVendor, rankLong)
		return
	}
	m, words := byTokens(label, p.value)
	if m.field == unknown && p.name != "" && p.key != "" {
		label = p.key
		m, _ = byTokens(label, p.value)
	}
	p.mean(m, StepTokens, rankTokens)
	p.words, p.prefix = words, whose(label, m.field, false)
}

func (p *pair) mean(m meaning, step Step, rank uint8) {
	p.meaning, p.step, p.rank = m, step, rank
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
	case placePlain, placeWrap, placeLead, placeUser, placePayer, placeOthers:
		return meaning{}, false
	case placeOurs, placeForm:
		return kept(p.key), true
	case placeThing:
		if m, _ := knownLabel(p.key); !m.field.identifies() {
			return kept(p.key), true
		}
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
	case placeEmail:
		if _, ok := email(p.value); ok {
			return meaning{field: fieldEmail}, true
		}
		return kept(p.key), true
	case placeEvent:
		switch m, _ := knownLabel(p.key); {
		case m.field.identifies(), m.field == fieldMessage && m.class < classLoose, m.field >= fieldConsent && m.field <= fieldContent, m.field > places && m.field < fieldFrom:
			return meaning{}, false
		}
		return kept(p.key), true
	case placeConsent:
		if yesNo(p.value) != unsaid {
			return meaning{field: fieldConsent, class: 1}, true
		}
		if m, _ := knownLabel(p.key); m.field == fieldMessage {
			return meaning{field: fieldOther}, true // the words of the box
		}
	}
	return meaning{}, false
}

// kept is the meaning of what is only kept, unless it is noise.
func kept(key string) meaning {
	if m, _ := knownLabel(key); m.field == fieldNoise {
		return m
	}
	return meaning{field: fieldOther}
}

// identifies says that a field is a detail that only people have.
func (f field) identifies() bool {
	return f == fieldEmail || f == fieldPhone || f == fieldFirst || f == fieldLast
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
	placeEmail:   {{meaning{field: fieldEmail}, `address, value, email, mail, email address, primary, work, home, personal`}},
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
func (w *people) note(p *pair) {
	o := &w.owners[w.who(p.owner)]
	switch p.field {
	case fieldEmail, fieldPhone, fieldFirst, fieldLast, fieldCompany:
		o.person = o.person || p.fits && !p.answer
	case fieldName:
		o.person = o.person || p.fits && !p.weak && !p.answer
	case fieldPassing, fieldSent:
		o.envelope = true
	case fieldEventStart:
		o.calendar = true
	}
	if o.depth > 0 && len(p.value) <= 24 && len(p.key) <= 20 && (strings.HasSuffix(p.key, "ype") || strings.HasSuffix(p.key, "ole") || strings.HasSuffix(p.key, "kind")) {
		o.says |= selfNames[normalText(p.value)]
	}
}

// selfNames are what an object may call itself: {"type": "agent"}.
var selfNames = map[string]mark{
	"agent": markOurs, "host": markOurs, "organizer": markOurs, "organiser": markOurs, "staff": markOurs, "bot": markOurs, "operator": markOurs, "moderator": markOurs, "system": markOurs, "assistant": markOurs, "speaker": markOurs, "panelist": markOurs, "admin": markOurs, "employee": markOurs,
	"customer": markLead, "visitor": markLead, "contact": markLead, "lead": markLead, "attendee": markLead, "participant": markLead, "registrant": markLead, "client": markLead, "prospect": markLead, "subscriber": markLead, "invitee": markLead,
}

// mapped looks a pair up in the source's own map, place by place, so that a
// label which is named for two of them always means the first.
func (r *Request) mapped(p *pair) field {
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
