package provider

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/leadgate/leadgate/lead"
)

// chooser finds the best pair for every place of a touch.
type chooser struct {
	r *Request
	people
	lead int         // the party that the touch is of; -1: none
	best [places]int // index of the pair, -1: none
}

// offer proposes a pair for the place that it was judged to be for.
func (c *chooser) offer(i int) {
	v := &c.pairs[i]
	if v.field == unknown || v.field >= places {
		return
	}
	if c.strange(v) && v.rank > rankMap {
		if !c.accountName(v) {
			v.field = fieldOther // somebody else's
			return
		}
		v.field, v.class, v.weak = fieldCompany, 2, false
		v.fit, v.fits = fit(fieldCompany, v.value)
	}
	if !v.field.personal() {
		v.fit, v.fits = fit(v.field, v.value)
	}
	if !v.fits && (v.rank > rankMap || v.field == fieldEmail || v.field == fieldConsent) {
		v.rank = rankNone
		return
	}
	if !v.fits {
		v.fit = line(v.value) // the source's map insists
	}
	if v.weak && !c.believable(v) {
		v.rank = rankNone
		return
	}
	if at := c.best[v.field]; at < 0 || c.before(i, at) {
		c.best[v.field] = i
	}
}

// accountName says that a pair is the name of an account that is not the lead:
// sales software calls a company so.
func (c *chooser) accountName(p *pair) bool {
	return p.field == fieldName && c.owners[p.owner].place == placeUser && strings.HasSuffix(strings.ToLower(c.owners[p.owner].path), "account")
}

// strange says that a pair is of somebody else than the lead.
func (c *chooser) strange(p *pair) bool {
	if p.party >= 0 {
		return c.lead >= 0 && c.parties[p.party].tier == 0 && (c.parties[p.party].reachable() || c.parties[p.party].named() || p.identifies() || !c.contains(p.owner, c.parties[c.lead].owner))
	}
	at := c.owners[p.owner].place
	return at == placeOurs || at == placeOthers && c.lead >= 0 && !c.behind(c.lead)
}

func (p *pair) identifies() bool { return p.field.identifies() }

// before says that pair i is surer than pair j: the lead's own detail before
// that of a complement, then by step, then by label; else the earlier one stays.
func (c *chooser) before(i, j int) bool {
	a, b := &c.pairs[i], &c.pairs[j]
	if (a.rank == rankMap) != (b.rank == rankMap) {
		return a.rank == rankMap
	}
	if p, q := c.tier(a), c.tier(b); p != q && p > 0 && q > 0 {
		return p < q
	}
	if a.rank != b.rank {
		return a.rank < b.rank
	}
	if x, y := c.elsewhere(a), c.elsewhere(b); x != y {
		return y // the lead's own message, not that of somebody else in the list
	}
	if a.weak != b.weak {
		return b.weak
	}
	return a.class < b.class
}

// tier is how near a person's detail is to the lead.
func (c *chooser) tier(p *pair) uint8 {
	if p.party < 0 {
		return 0
	}
	return c.parties[p.party].tier
}

// believable says whether a "name" or a "title" is a person's.
func (c *chooser) believable(p *pair) bool {
	if p.answer {
		return true
	}
	o := c.owners[p.owner]
	if p.field == fieldTitle {
		return o.person && !o.calendar
	}
	around := c.lead < 0 || o.parent < 0 || c.contains(p.owner, c.parties[c.lead].owner)
	return o.person || o.own && !o.envelope || around && !o.envelope && !o.calendar
}

// byShape looks for an address, a number, a name and a message among what no
// label explains. The latter two only under numbers, as forms without labels
// send them: elsewhere "Hamburg Altona" is the answer to something else.
func (c *chooser) byShape(t *lead.Touch) {
	needEmail, needPhone := c.best[fieldEmail] < 0, c.best[fieldPhone] < 0
	needName := c.best[fieldName] < 0 && c.best[fieldGiven] < 0 && c.best[fieldFirst] < 0 && c.best[fieldLast] < 0 && t.Person.Name+t.Person.FirstName+t.Person.LastName == ""
	longest := -1
	for i := range c.pairs {
		v := &c.pairs[i]
		open := v.field == unknown || v.rank == rankNone && (v.field == fieldEmail || v.field == fieldPhone)
		if !open || v.words&(markOthers|markOurs|markPassing) != 0 || c.strange(v) || c.elsewhere(v) {
			continue
		}
		if address, ok := fit(fieldEmail, v.value); needEmail && ok && strings.Count(v.value, " ") < 5 {
			c.take(fieldEmail, i, address)
			needEmail = false
		} else if needPhone && v.field == unknown && v.words&markAside == 0 && likePhone(v.value) {
			c.take(fieldPhone, i, v.value)
			needPhone = false
		} else if v.field != unknown || v.name != "" || !numbered(v.key) {
			continue
		} else if needName && likeName(v.value) {
			c.take(fieldName, i, line(v.value))
			needName = false
		} else if len(strings.Fields(v.value)) > 4 && likeWords(v.value) && !phone(v.value) && (longest < 0 || len(v.value) > len(c.pairs[longest].value)) {
			longest = i
		}
	}
	if longest >= 0 && c.best[fieldMessage] < 0 {
		c.take(fieldMessage, longest, c.pairs[longest].value)
	}
}

// elsewhere says that a pair stands in a list's member that is not the lead's.
func (c *chooser) elsewhere(p *pair) bool {
	in := c.listOf(p.owner)
	return c.lead >= 0 && in >= 0 && !c.contains(in, c.parties[c.lead].owner)
}

func (c *chooser) take(f field, i int, value string) {
	c.pairs[i].verdict = verdict{meaning: meaning{field: f}, step: StepShape, rank: rankShape, fit: value, party: -1}
	c.best[f] = i
}

// value returns what was chosen for a place, made fit for it.
func (c *chooser) value(f field) string {
	if c.best[f] < 0 {
		return ""
	}
	return c.pairs[c.best[f]].fit
}

// webinarTopic takes a "topic" for the webinar's title where sign-ups come in;
// on any other form it is what the visitor writes about.
func (c *chooser) webinarTopic() {
	if c.best[fieldEventTitle] >= 0 || !strings.HasPrefix(string(c.r.Source.Action), "webinar_") {
		return
	}
	for i := range c.pairs {
		if p := &c.pairs[i]; strings.EqualFold(p.label, "topic") && p.field == fieldOther {
			c.take(fieldEventTitle, i, line(p.value))
			return
		}
	}
}

// settle writes what was chosen into t.
func (c *chooser) settle(t *lead.Touch) {
	c.names()
	c.webinarTopic()
	if id := c.best[fieldEventID]; id >= 0 && c.pairs[id].rank > rankMap && c.best[fieldEventTitle] < 0 && t.Event.Title == "" {
		c.best[fieldEventID] = -1 // of the delivery, not of a webinar
	}
	p := &t.Person
	for _, x := range []struct {
		to *string
		f  field
	}{
		{&p.Email, fieldEmail}, {&p.Phone, fieldPhone}, {&p.Company, fieldCompany}, {&p.Title, fieldTitle},
		{&p.Name, fieldName}, {&p.FirstName, fieldFirst}, {&p.LastName, fieldLast},
		{&t.Message, fieldMessage}, {&t.PageURL, fieldPageURL}, {&t.PageURL, fieldReferrer},
		{&t.UTM.Source, fieldSource}, {&t.UTM.Medium, fieldMedium}, {&t.UTM.Campaign, fieldCampaign}, {&t.UTM.Term, fieldTerm}, {&t.UTM.Content, fieldContent},
		{&t.Event.ID, fieldEventID}, {&t.Event.Title, fieldEventTitle}, {&t.Event.Start, fieldEventStart},
	} {
		c.set(x.to, x.f)
	}
	if c.best[fieldConsent] >= 0 && t.Consent == "" {
		t.Consent = lead.Refused
		if agreed(c.value(fieldConsent)) == yes {
			t.Consent = lead.Given
		}
		t.ConsentText = c.pairs[c.best[fieldConsent]].statement()
		t.ConsentAt = c.consentedAt()
		c.spend(fieldConsent)
	}
	c.refuse(t)
	p.Phone = c.r.number(c.withCountry(p.Phone))
	if at := c.best[fieldEmail]; at >= 0 && c.pairs[at].came && p.Name+p.FirstName+p.LastName == "" {
		if name, _, ok := strings.Cut(c.pairs[at].value, "<"); ok {
			if name = line(strings.Trim(name, " \"'")); likeFullName(name) && len(name) <= 100 {
				p.Name = name // Ada Quell <ada@mail.example>
			}
		}
	}
	if p.Name == "" && p.FirstName != "" && p.LastName != "" {
		p.Name = c.inOrder(p.FirstName, p.LastName)
	}
}

// withCountry puts the country's code before a number that came without, where
// it stands beside it in a field of its own.
func (c *chooser) withCountry(number string) string {
	if number == "" || number[0] == '+' || c.best[fieldPhone] < 0 {
		return number
	}
	at := c.pairs[c.best[fieldPhone]].owner
	for i := range c.pairs {
		p := &c.pairs[i]
		if p.owner != at || len(p.value) > 6 || onlyDigits(p.value) == "" || strings.Trim(p.value, "+0123456789 ()") != "" {
			continue
		}
		switch n := normalText(p.key); {
		case n == "dial code" || n == "dialcode" || n == "calling code" || n == "dialing code" || n == "phone prefix" || n == "phone country" || n == "international code",
			strings.Contains(n, "country") && strings.Contains(n, "code") && (p.value[0] == '+' || strings.Contains(n, "phone") || strings.Contains(n, "mobile") || strings.Contains(n, "call") || strings.Contains(n, "dial")):
			return "+" + strings.TrimLeft(onlyDigits(p.value), "0") + " " + strings.TrimPrefix(number, "0")
		case n == "area code" || n == "phone area" || n == "phone area code":
			return p.value + " " + number
		}
	}
	return number
}

func han(r rune) bool    { return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) }
func kana(r rune) bool   { return unicode.In(r, unicode.Hiragana, unicode.Katakana) }
func hangul(r rune) bool { return unicode.Is(unicode.Hangul, r) }

// inOrder joins the parts of a name in the order of its language: the family's
// comes first in Chinese, Japanese, Korean and Hungarian.
func (c *chooser) inOrder(first, last string) string {
	if c.best[fieldLast] < 0 {
		return first + " " + last
	}
	if label := c.pairs[c.best[fieldLast]].label; !isASCII(label) || label[0]|0x20 == 'v' || label[0]|0x20 == 'c' {
		if has(normalText(label), []string{"vezeteknev", "csaladnev", "csaladi nev"}) {
			return last + " " + first
		}
	}
	switch {
	case isASCII(last):
	case strings.ContainsFunc(last, hangul):
		return last + first
	case strings.ContainsFunc(last, han):
		if strings.ContainsFunc(first+last, kana) || slices.ContainsFunc(c.pairs, func(p pair) bool { return strings.ContainsFunc(p.label, kana) }) {
			return last + " " + first // as Japanese forms show it
		}
		return last + first
	}
	return first + " " + last
}

func (c *chooser) set(to *string, f field) {
	v := c.value(f)
	if v == "" {
		return
	}
	if *to == "" || c.pairs[c.best[f]].rank == rankMap {
		*to = v
	}
	if *to == v {
		c.spend(f)
	}
}

// spend marks the chosen pair as used, and those that say the same again.
func (c *chooser) spend(f field) {
	chosen := &c.pairs[c.best[f]]
	for i := range c.pairs {
		if p := &c.pairs[i]; p.field == f && p.value == chosen.value {
			p.spent = !saysMore(p, f)
		}
	}
	c.r.saw(Reading{Field: f.name(), Value: chosen.value, Label: chosen.label, Step: chosen.step})
}

// saysMore says that a value holds more than what was taken of it: a second
// address or number, an extension, a word on when to call, a wish beside the
// consent. It is kept as well.
func saysMore(p *pair, f field) bool {
	switch f {
	case fieldEmail:
		return strings.Count(p.value, "@") > 1
	case fieldPhone:
		return digitsIn(p.value) > digitsIn(p.fit)+3 || strings.HasPrefix(p.value, p.fit) && len(p.value) > len(p.fit)+3
	case fieldConsent:
		return p.wished()
	}
	return false
}

// names sorts out labels that mean one thing alone and another in company:
// Nom beside Prénom is the last name, Nombre beside Apellidos the first one,
// and so is Name beside Vorname.
func (c *chooser) names() {
	first, last, given, full := c.value(fieldFirst), c.value(fieldLast), c.value(fieldGiven), c.value(fieldName)
	move := func(from, to field) {
		c.best[to] = c.best[from]
		c.pairs[c.best[to]].field = to
		c.best[from] = -1
	}
	if given != "" {
		switch {
		case last != "" && first == "":
			move(fieldGiven, fieldFirst)
			first = given
		case full == "" && first == "":
			move(fieldGiven, fieldName)
			full = given
		}
	}
	if title := c.value(fieldTitle); title != "" && title == c.value(fieldName) {
		c.best[fieldTitle] = -1 // a headline
	}
	switch {
	case full == "":
	case first != "" && last != "":
		if !contains(full, first) {
			c.best[fieldName] = -1 // of something else
		}
	case first != "" && !contains(full, first):
		move(fieldName, fieldLast)
	case last != "" && !contains(full, last):
		move(fieldName, fieldFirst)
	}
}

func contains(full, part string) bool {
	return strings.Contains(strings.ToLower(full), strings.ToLower(part))
}

// number brings a phone number to E.164 where its country is known, by its
// plus sign or from the source; else it stays as written.
func (r *Request) number(s string) string {
	if strings.HasPrefix(s, "+") {
		if n := withoutGroups(s); n != "" {
			return n
		}
	} else if s == "" || r.Source.Country == "" {
		return s
	}
	return cmp.Or(lead.NormalPhone(s, r.Source.Country), s)
}

// withoutGroups takes blanks and signs out of a number with a plus sign; empty
// when it is not as simple as that. The tables of all countries that
// lead.NormalPhone asks cost more than the rest of the reader.
func withoutGroups(s string) string {
	b := append(make([]byte, 0, 20), '+')
	for i := 1; i < len(s) && len(b) < 18; i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			b = append(b, c)
		case strings.IndexByte(" -./", c) < 0:
			return "" // (0), an extension, letters
		}
	}
	if len(b) < 9 || len(b) > 16 || b[1] == '0' || b[3] == '0' && b[1] != '1' && b[1] != '7' {
		return "" // a zero after the country: the tables know whether it belongs there
	}
	return string(b)
}

// fit returns the value as a place wants it, and whether it can stand there.
func fit(f field, s string) (string, bool) {
	switch f {
	case fieldEmail:
		address, ok := email(s)
		return address, ok && !placeholder(address)
	case fieldPhone:
		if number := telephone(s); number != "" {
			return number, true
		}
		return line(s), false
	case fieldName, fieldGiven, fieldFirst, fieldLast, fieldTitle:
		s = line(s)
		return s, utf8.RuneCountInString(s) <= 200 && hasLetter(s) && !bare(s) && !strings.ContainsAny(s, "@") && (f != fieldTitle || !noTitle(s))
	case fieldCompany:
		s = line(s)
		return s, utf8.RuneCountInString(s) <= 200 && !bare(s) && (hasLetter(s) || len(s) > 1)
	case fieldMessage:
		return s, !bare(s)
	case fieldConsent:
		return s, agreed(s) != unsaid
	case fieldPageURL, fieldReferrer:
		return page(s)
	}
	return line(s), true
}

// bare says that s answers a yes-or-no question, or is the address of a page.
func bare(s string) bool {
	return len(s) <= 9 && isOneOf(s, "true", "false", "yes", "no", "null", "undefined", "n/a", "-", "none") || webAddress(s)
}

// noTitle says that the value of a field called title or role is no position.
func noTitle(s string) bool {
	s = strings.TrimSuffix(s, ".")
	return len(s) <= 11 && isOneOf(s, "mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "herr", "frau", "divers", "m", "mme", "mlle", "monsieur", "madame", "sr", "sra", "srta", "sig", "dhr", "mevr", "pan", "pani",
		"lead", "user", "participant", "attendee", "guest", "member", "contact", "registrant", "subscriber")
}

func isOneOf(s string, list ...string) bool {
	for _, word := range list {
		if strings.EqualFold(s, word) {
			return true
		}
	}
	return false
}

func hasLetter(s string) bool { return strings.ContainsFunc(s, unicode.IsLetter) }
