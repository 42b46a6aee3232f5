package provider_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"mime/multipart"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"

	"github.com/leadgate/leadgate/lead"
)

// How the bodies of TestGenerated are made. A maker draws one choice after
// another (chose notes it, for the list of failures), writes the body, and writes
// the right answer down as it goes. To add a shape, add its word to the list
// that is drawn from and a case that writes it.

// field is a member of a made object; a value is a string, a json.Number, a
// bool, nil, an object or a list.
type field struct {
	label string
	value any
}

type (
	object []field
	list   []any
)

// add puts a member into an object unless it has one of that name.
func (o *object) add(label string, value any) bool {
	name := bare(label)
	for _, f := range *o {
		if bare(f.label) == name {
			return false
		}
	}
	*o = append(*o, field{label, value})
	return true
}

// bare is a label without style.
func bare(label string) string { return unstyled.Replace(strings.ToLower(label)) }

var unstyled = strings.NewReplacer(" ", "", "_", "", "-", "", ".", "")

// maker makes one body.
type maker struct {
	*rand.Rand
	*generated
	lang    language
	style   string
	before  string // stands before each label of the lead
	suffix  string
	ordinal int // of the person
	labels  int
	used    map[string]bool
}

func words(s string) []string { return strings.Split(s, "|") }

func (m *maker) pick(s []string) string        { return s[m.IntN(len(s))] }
func (m *maker) of(s ...string) string         { return m.pick(s) }
func (m *maker) chance(percent int) bool       { return m.IntN(100) < percent }
func (m *maker) chose(choice, v string) string { m.choices[choice] = v; return v }

// fresh picks a word that this body has not used.
func (m *maker) fresh(from []string) string {
	for range 50 {
		if w := m.pick(from); !m.used[w] {
			m.used[w] = true
			return w
		}
	}
	panic("the words are used up")
}

// generate makes a body of a random shape.
func generate(r *rand.Rand) *generated {
	m := &maker{Rand: r, generated: &generated{choices: map[string]string{}}, used: map[string]bool{}}
	m.lang = languages[0]
	if m.chance(45) {
		m.lang = languages[1+m.IntN(len(languages)-1)]
	}
	m.chose("language", m.lang.name)
	m.style = m.chose("keys", m.of("snake", "camel", "pascal", "title", "kebab", "plain", "upper"))
	switch {
	case m.chance(15):
		m.suffix = m.of(" *", ":", " (optional)", " (required)", "?")
	case m.lang.name == "English" && m.chance(20):
		switch m.chose("labels", m.of("your", "question number", "number", "field", "custom field", "copy")) {
		case "your":
			m.before = "your-"
		case "question number":
			m.before = "q#_"
		case "number":
			m.before = "#_"
		case "field":
			m.before = "field_"
		case "custom field":
			m.suffix = "__c"
		case "copy":
			m.suffix = "-1"
		}
	}
	format := m.chose("format", m.of("json", "json", "json", "form", "form", "multipart"))
	var root object
	switch people := m.chose("people", m.of("alone", "alone", "alone", "alone", "in an object", "parted", "beside another", "attendee and payer", "with our side", "with our side",
		"several", "with guests", "call", "company with details", "delivery and bill", "with our office", "numbered", "unlabelled", "chat", "as it was before", "pairs of envelopes")); people {
	case "alone":
		root = m.whole()
	case "in an object":
		root = object{{m.key(m.pick(leadWords)), m.whole()}}
	case "parted":
		root = m.parted()
	case "beside another":
		root = m.beside()
	case "attendee and payer":
		root = m.attendeeAndPayer()
	case "with our side":
		root = m.withOurs()
	case "several":
		root = m.several()
	case "with guests":
		root = m.whole()
		guests := list{}
		for range 1 + m.IntN(3) {
			guests = append(guests, m.short(m.someone(), ""))
		}
		root.add(m.key(m.pick(guestWords)), guests)
	case "call":
		root = m.call()
	case "company with details":
		root = m.companyWithDetails()
	case "delivery and bill":
		root = m.deliveryAndBill()
	case "with our office":
		root = m.whole()
		root.add(m.key(m.pick(officeWords)), object{{"id", json.Number("17")}, {"name", "Our Firm Lisbon"}, {"email", "lisbon@ourfirm.example"}, {"phone", m.number().international(" ")}})
	case "numbered":
		root = m.numbered()
	case "unlabelled":
		root = m.unlabelled()
	case "chat":
		root = m.chat()
	case "as it was before": // a CRM says what has changed
		pair := strings.Split(m.of("current|previous", "new|old", "after|before", "record|old record", "data|previous data", "object|previous attributes"), "|")
		now := m.whole()
		was := m.short(m.someone(), "")
		root = object{{m.key(pair[0]), now}, {m.key(pair[1]), was}}
	case "pairs of envelopes":
		root = object{{m.of("entry", "entries", "events", "notifications"), list{object{{"id", "1"}, {m.of("changes", "payload", "data"), list{object{{"value", m.whole()}}}}}}}}
	}
	m.extras(&root)
	m.Shuffle(len(root), func(i, j int) { root[i], root[j] = root[j], root[i] })
	root = m.shape(root, format)
	root = m.wrap(root)
	m.encode(root, format)
	m.slip(format)
	return m.generated
}

// key is English words in the style of the body.
func (m *maker) key(name string) string {
	w := strings.Fields(strings.ReplaceAll(name, "-", " "))
	for i := range w {
		title := strings.ToUpper(w[i][:1]) + w[i][1:]
		switch m.style {
		case "upper":
			w[i] = strings.ToUpper(w[i])
		case "pascal", "title":
			w[i] = title
		case "camel":
			if i > 0 {
				w[i] = title
			}
		}
	}
	return strings.Join(w, map[string]string{"snake": "_", "upper": "_", "kebab": "-", "title": " ", "plain": " "}[m.style])
}

// label is what a form in the body's language calls a detail.
func (m *maker) label(variants string) string {
	l := m.pick(words(variants))
	if m.lang.name == "English" {
		l = m.key(l)
	}
	m.labels++
	return strings.Replace(m.before, "#", strconv.Itoa(m.labels), 1) + l + m.suffix
}

// someone invents a person whose values no other in the body has.
func (m *maker) someone() person {
	l := m.lang
	if l.firsts == "" {
		l.firsts, l.lasts = latinFirsts, latinLasts
	}
	m.ordinal++
	p := person{first: m.fresh(words(l.firsts)), last: m.fresh(words(l.lasts)), company: m.fresh(companies), title: m.fresh(titles)}
	p.name = p.first + " " + p.last
	if l.familyFirst {
		p.name = p.last + " " + p.first
	}
	local := m.of("info", "m.quist", "jw", "office", "anna.k", "ceo", "k_lind", "hello+web", "sven-o", "q7") + strconv.Itoa(m.ordinal)
	p.mail = local + "@" + m.of("works", "brightmill", "nordlicht-hotels", "hafnarmill", "quist") + m.of(".example", ".example.com", ".example.org")
	return p
}

// details puts what is told of a person into an object and forgets the rest.
// The person is reachable.
func (m *maker) details(p *person) object {
	var o object
	l := m.lang
	name := m.of("full", "full", "full", "split", "split", "split", "both", "first", "none", "object", "subject", "contact")
	if l.first == "" || name == "first" && l.familyFirst {
		name = "full"
	}
	switch m.chose("name", name) {
	case "full":
		written := p.name
		if m.chance(5) {
			m.chose("blanks in the name", "yes")
			written = m.of(" ", "\t", "\u00a0") + strings.ReplaceAll(p.name, " ", m.of("  ", "\u00a0", " ")) + m.of(" ", "\n", "\u200b")
		}
		o.add(m.label(l.full), written)
		p.first, p.last = "", ""
	case "split", "both":
		o.add(m.label(l.first), p.first)
		if !o.add(m.label(l.last), p.last) {
			p.last, p.name = "", p.first
		}
		if name == "both" {
			o.add(m.label(l.full), p.name)
		}
	case "first":
		o.add(m.label(l.first), p.first)
		p.first, p.last, p.name = "", "", p.first // in some languages it is the whole name's label, too
	case "none":
		p.first, p.last, p.name = "", "", ""
	case "subject": // the name is another thing's
		o.add(m.label(l.first), p.first)
		o.add(m.label(l.last), p.last)
		o.add("name", m.of("Website enquiry", "Demo request", "Quote for pumps"))
	case "contact":
		o.add(m.key(m.of("contact name", "full name")), p.name)
		o.add("name", m.of("Website enquiry", "Demo request", "Quote for pumps"))
		p.first, p.last = "", ""
	case "object":
		keys := m.of("first|last", "first_name|last_name", "given_name|family_name", "firstName|lastName", "First|Last")
		first, last, _ := strings.Cut(keys, "|")
		parts := object{{first, p.first}, {last, p.last}}
		if m.chance(30) {
			parts.add("prefix", m.of("Dr.", "Mrs.", ""))
		}
		o.add(m.label(l.full), parts)
		p.nameAlso = p.first + " " + p.last // as above
	}
	hasMail := m.chance(85)
	if hasMail {
		m.putMail(&o, p)
	} else {
		p.mail = ""
	}
	if !hasMail || m.chance(55) {
		m.putPhone(&o, p, !hasMail)
	}
	var company any = p.company
	switch {
	case m.chance(5):
		company = object{{"name", p.company}, {"industry", "Logistics"}}
		m.chose("company", "object")
	case m.chance(5):
		company, p.company = m.of("{{contact.company}}", "[your-company]", "%COMPANY%", "${company}", "{{company_name}}"), ""
		m.chose("company", "placeholder")
	}
	if !m.chance(50) || !o.add(m.label(l.company), company) {
		p.company = ""
	}
	if !m.chance(30) || !o.add(m.label(l.title), p.title) {
		p.title = ""
	}
	if p.mail != "" && m.chance(4) {
		o.add(m.key(m.of("confirm email", "email confirmation", "repeat email")), p.mail)
		m.chose("confirmed", "yes")
	}
	return o
}

// whole is the body's one lead.
func (m *maker) whole() object {
	p := m.someone()
	o := m.details(&p)
	m.leads = append(m.leads, p)
	return o
}

// short is somebody in a few members whose labels begin with a role, or stand
// below one when the role is empty.
func (m *maker) short(p person, role string) object {
	if role != "" {
		role += " "
	}
	o := object{}
	if m.chance(50) {
		o.add(m.key(role+"name"), p.name)
	} else {
		o.add(m.key(role+"first name"), p.first)
		o.add(m.key(role+"last name"), p.last)
	}
	o.add(m.key(role+"email"), p.mail)
	if p.phone != "" {
		o.add(m.key(role+"phone"), p.phone)
	}
	return o
}

// full is a lead told in plain members below a role, and its answer.
func (m *maker) full(role string) object {
	p := m.someone()
	p.phone = m.number().international(" ")
	o := m.short(p, role)
	if role != "" {
		role += " "
	}
	if !m.chance(50) || !o.add(m.key(role+"company"), p.company) {
		p.company = ""
	}
	p.title = ""
	if strings.HasSuffix(bare(o[0].label), "firstname") {
		p.nameAlso = p.first + " " + p.last // English labels do not tell the order of the name
	} else {
		p.first, p.last = "", ""
	}
	p.phone = strings.ReplaceAll(p.phone, " ", "")
	m.leads = append(m.leads, p)
	return o
}

// other is somebody who is not the lead.
func (m *maker) other() person {
	p := m.someone()
	if m.chance(50) {
		p.phone = m.number().international(" ")
	}
	return p
}

// role puts somebody's members into an object, under a member or with a prefix.
func (m *maker) role(o *object, role string, make func(role string) object) {
	if m.chance(50) {
		o.add(m.key(role), make(""))
		return
	}
	for _, f := range make(role) {
		o.add(f.label, f.value)
	}
}

// parted tells the name at the top and how to reach them below.
func (m *maker) parted() object {
	whole := m.whole()
	var top, below object
	p := m.leads[0]
	for _, f := range whole {
		s, plain := f.value.(string)
		if plain && (f.label == "name" || s == p.name || s == p.first || s == p.last || s == p.title) {
			top = append(top, f)
		} else {
			below = append(below, f)
		}
	}
	return append(top, field{m.key(m.of("contact details", "contact info", "contact")), below})
}

// beside is a lead at the top and another person below or with a prefix.
func (m *maker) beside() object {
	o := m.whole()
	other := m.other()
	m.kept = append(m.kept, other.mail)
	m.role(&o, m.pick(besideWords), func(role string) object { return m.short(other, role) })
	return o
}

// attendeeAndPayer is two people side by side: who attends is the lead.
func (m *maker) attendeeAndPayer() object {
	var o object
	payer := m.other()
	m.role(&o, m.pick(payerWords), func(role string) object { return m.short(payer, role) })
	m.role(&o, m.pick(attendeeWords), m.full)
	return o
}

// withOurs is a lead and somebody of the firm that receives it.
func (m *maker) withOurs() object {
	var o object
	switch m.chose("lead stands", m.of("at the top", "in an object", "with a prefix")) {
	case "at the top":
		o = m.whole()
	case "in an object":
		o = object{{m.key(m.pick(leadWords)), m.whole()}}
	case "with a prefix":
		o = m.full(m.of("lead", "contact", "customer", "client", "visitor"))
	}
	if m.chance(15) {
		o.add(m.key(m.chose("our side", m.of("assigned to", "owner", "agent", "account manager", "sales rep"))), "Riley Rep")
		m.kept = append(m.kept, "Riley Rep")
		return o
	}
	ours := m.other()
	ours.mail = m.of("riley", "sales", "gil") + "@ourfirm.example"
	home := &o
	if inner, ok := o[0].value.(object); ok && m.choices["lead stands"] == "in an object" && m.chance(40) {
		m.chose("lead stands", "above ours")
		defer func() { o[0].value = inner }()
		home = &inner
	}
	m.role(home, m.chose("our side", m.pick(ourWords)), func(role string) object { return m.short(ours, role) })
	return o
}

// several is a list of leads, with what they share beside it or alone.
func (m *maker) several() object {
	var people list
	var o object
	company := ""
	m.style = m.chose("keys", m.of("snake", "camel", "title"))
	if m.chance(40) {
		company = m.fresh(companies)
		o.add(m.key("company"), company)
	}
	wrapped := ""
	if m.chance(20) {
		wrapped = m.chose("each in", m.of("person", "contact", "profile", "attributes"))
	}
	for range 2 + m.IntN(3) {
		p := m.someone()
		p.phone = ""
		if m.chance(50) {
			p.phone = m.number().international("")
		}
		each := m.short(p, "")
		if len(each) > 0 && strings.HasSuffix(bare(each[0].label), "firstname") {
			p.nameAlso = p.first + " " + p.last
		} else {
			p.first, p.last = "", ""
		}
		p.company, p.title = company, ""
		m.leads = append(m.leads, p)
		if wrapped != "" {
			each = object{{"id", json.Number(strconv.Itoa(m.ordinal))}, {wrapped, each}}
		}
		people = append(people, each)
	}
	if m.chance(40) {
		o.add(m.of("total", "total_items", "count"), json.Number(strconv.Itoa(len(people))))
	}
	if m.chance(20) {
		o.add("pagination", object{{"page", json.Number("1")}, {"has_more", false}})
	}
	o.add(m.chose("list", m.pick(listWords)), people)
	return o
}

// numbered is several leads told apart by a number in each label.
func (m *maker) numbered() object {
	var o object
	role := m.of("attendee", "participant", "person")
	for i := range 2 + m.IntN(2) {
		p := m.someone()
		p.first, p.last, p.company, p.title = "", "", "", ""
		prefix := role + " " + strconv.Itoa(i+1) + " "
		o.add(m.key(prefix+"name"), p.name)
		o.add(m.key(prefix+"email"), p.mail)
		m.leads = append(m.leads, p)
	}
	return o
}

// unlabelled is answers of which only what they look like tells what they are.
func (m *maker) unlabelled() object {
	p := m.someone()
	p.phone, p.name, p.first, p.last, p.company, p.title = m.number().international(""), anything, "", "", anything, anything
	rows := list{object{{"row_id", "1"}, {"text", "Between 11 and 50"}}, object{{"row_id", "2"}, {"text", p.mail}}, object{{"row_id", "3"}, {"text", p.phone}}}
	m.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	m.leads, m.message = []person{p}, anything
	return object{{"pages", list{object{{"questions", list{object{{"id", "84829501"}, {"answers", rows}}}}}}}}
}

// chat is a message of somebody who talks to us.
func (m *maker) chat() object {
	p := m.someone()
	p.first, p.last, p.company, p.title = "", "", "", ""
	m.leads, m.message = []person{p}, m.pick(messages)
	who := object{{"id", json.Number("77")}, {m.of("name", "full_name", "nickname", "display_name"), p.name}, {"email", p.mail}}
	role := m.of("visitor", "user", "sender", "contact", "customer", "from")
	switch m.of("text", "object", "list") {
	case "text":
		return object{{role, who}, {m.of("text", "content", "body", "message"), m.message}, {"type", "text"}}
	case "object":
		return object{{role, who}, {"message", object{{"id", "m1"}, {"type", "text"}, {m.of("text", "content", "body"), m.message}}}}
	}
	return object{{role, who}, {"messages", list{object{{"type", "text"}, {"text", object{{"body", m.message}}}}}}}
}

const eventStart = "2026-12-01T10:00:00Z"

// anything says that an answer does not matter: nobody can know it.
const anything = "*"

// call is somebody who called one of our numbers.
func (m *maker) call() object {
	theirs, ours := m.number(), m.number()
	m.leads = []person{{phone: theirs.international("")}}
	pair := strings.Split(m.chose("numbers", m.of("from|to", "caller|called", "from number|to number", "client number|our number", "source number|agent number", "caller number|business number")), "|")
	o := object{{m.key(pair[0]), theirs.international("")}, {m.key(pair[1]), ours.international("")}, {"direction", "inbound"}}
	if m.chance(40) {
		agent := m.someone()
		agent.mail = "agent" + strconv.Itoa(m.IntN(90)) + "@ourfirm.example"
		o.add(m.key("agent"), object{{"email", agent.mail}, {"name", agent.name}})
	}
	return o
}

// companyWithDetails has an address and a number of the company beside those of the person.
func (m *maker) companyWithDetails() object {
	p := m.someone()
	p.phone = m.number().international("")
	firm := object{{"name", p.company}, {"email", "info@firm.example"}, {"phone", m.number().international(" ")}}
	o := object{{m.key("name"), p.name}, {m.key("email"), p.mail}, {m.key("phone"), p.phone}}
	p.first, p.last, p.title = "", "", ""
	if m.chance(50) {
		o.add(m.key(m.of("company", "organization", "account")), firm)
	} else {
		for _, f := range firm {
			o.add(m.key("company "+f.label), f.value)
		}
	}
	m.leads = append(m.leads, p)
	return o
}

// deliveryAndBill has two people of whom one can be written to.
func (m *maker) deliveryAndBill() object {
	other := m.other()
	var o object
	o.add(m.key("shipping"), object{{m.key("first name"), other.first}, {m.key("last name"), other.last}, {m.key("company"), other.company}})
	o.add(m.key("billing"), m.full(""))
	return o
}

// phone is a number in its country.
type phone struct{ iso, code, trunk, national string }

var plans = []phone{{"DE", "49", "0", "89 5550###"}, {"US", "1", "", "512 555 01##"}, {"PT", "351", "", "912 345 ###"}, {"GB", "44", "0", "7700 900###"},
	{"FR", "33", "0", "1 75 75 ## ##"}, {"BR", "55", "", "11 98765 43##"}, {"AU", "61", "0", "412 345 ###"}, {"SE", "46", "0", "70 174 06 ##"}}

func (m *maker) number() phone {
	p := plans[m.IntN(len(plans))]
	for {
		b := []byte(p.national)
		for i := range b {
			if b[i] == '#' {
				b[i] = byte('0' + m.IntN(10))
			}
		}
		if n := p.code + string(b); !m.used[n] {
			m.used[n] = true
			p.national = string(b)
			return p
		}
	}
}

func (p phone) international(between string) string {
	return strings.ReplaceAll("+"+p.code+" "+p.national, " ", between)
}

// putPhone writes a number as people and forms do. Where nothing else reaches
// the person it is one that can be read.
func (m *maker) putPhone(o *object, p *person, alone bool) {
	n := m.number()
	p.phone = n.international("")
	plain := n.international(" ")
	label := m.label(m.lang.phone)
	form := m.of("plain", "plain", "plain", "compact", "dashes", "trunk", "00", "tel", "p", "whatsapp", "extension", "full width", "two", "words", "brackets", "parts", "Parts", "list", "objects", "digits", "national", "scientific", "other digits", "flat parts", "code in brackets", "slash", "word before", "formatted", "prefix")
	if alone && form == "scientific" {
		form = "plain"
	}
	var value any = plain
	switch m.chose("phone", form) {
	case "compact":
		value = p.phone
	case "dashes":
		value = n.international(m.of("-", ".", "\u00a0"))
	case "brackets":
		area, rest, _ := strings.Cut(n.national, " ")
		value = "+" + n.code + " (" + area + ") " + rest
	case "trunk":
		if n.trunk != "" {
			value = "+" + n.code + " (0)" + n.national
		}
	case "00":
		value = "00" + plain[1:]
	case "tel":
		value = "tel:" + n.international("-")
	case "p":
		value = "p:" + p.phone
	case "whatsapp":
		value = "whatsapp:" + p.phone
	case "extension":
		value = plain + m.of(" ext. 12", " x12", " ext 7")
	case "full width":
		value = strings.Map(func(r rune) rune {
			if r == '+' || r >= '0' && r <= '9' {
				return r + 0xFEE0
			}
			return r
		}, plain)
	case "two":
		value = plain + m.of(" / ", ", ", " or ", "; ") + m.number().international(" ")
	case "words":
		value = plain + m.of(" (after 5pm)", " mobile", " - please call")
	case "parts":
		value = object{{"country_code", "+" + n.code}, {m.of("number", "phone_number", "national_number"), strings.ReplaceAll(n.national, " ", "")}}
	case "Parts":
		value = object{{"CallingCode", "+" + n.code}, {"Number", strings.ReplaceAll(n.national, " ", "")}}
	case "list":
		value = list{plain, m.number().international(" ")}
	case "objects":
		value = list{object{{"type", "work"}, {m.of("value", "phone", "number"), plain}}}
	case "digits":
		value, p.phoneAsWritten = json.Number(p.phone[1:]), p.phone[1:]
	case "national":
		m.country = n.iso
		value = n.trunk + n.national
	case "code in brackets":
		value = "(+" + n.code + ") " + n.national
	case "slash":
		value = "+" + n.code + " " + strings.Replace(n.national, " ", "/", 1)
	case "word before":
		value = m.of("Tel.: ", "Mobile ", "cell: ") + plain
	case "formatted":
		value = object{{m.of("full", "formatted", "international"), plain}, {"type", "mobile"}}
	case "prefix":
		value = object{{m.of("prefix", "code", "dial_code", "countryCallingCode"), "+" + n.code}, {m.of("number", "phone", "local"), n.national}}
	case "other digits":
		zero := []rune(m.of("٠", "۰", "०"))[0]
		value = strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r - '0' + zero
			}
			return r
		}, plain)
	case "flat parts":
		o.add(m.key(m.of("phone country code", "country code", "dial code")), "+"+n.code)
		value = strings.ReplaceAll(n.national, " ", "")
	case "scientific":
		value, p.phone = p.phone[1:2]+"."+p.phone[2:6]+"E+"+strconv.Itoa(len(p.phone)-2), ""
	}
	if !o.add(label, value) {
		p.phone, p.phoneAsWritten = "", ""
	}
}

// putMail writes an address as people and forms do.
func (m *maker) putMail(o *object, p *person) {
	form := m.of("plain", "plain", "plain", "plain", "plain", "plain", "capitals", "object", "value", "list", "objects", "named", "mailto", "dot", "blanks", "inner blank", "full width", "two", "markup", "subject", "quotes", "angles", "primary")
	mail := p.mail
	var value any = mail
	switch m.chose("mail", form) {
	case "capitals":
		value = strings.ToUpper(mail[:1]) + mail[1:]
	case "object":
		value = object{{m.of("address", "email"), mail}}
	case "value":
		value = object{{"value", mail}, {"verified", true}}
	case "list":
		value = list{mail, "second@home.example"}
	case "objects":
		value = list{object{{"type", "work"}, {m.of("value", "email", "address"), mail}}}
	case "named":
		if p.name != "" { // else it would tell one
			value = p.name + " <" + mail + ">"
		}
	case "mailto":
		value = "mailto:" + mail
	case "dot":
		value = mail + m.of(".", ",", ";")
	case "blanks":
		value = m.of("  ", "\u00a0", "\t", "\u200b") + mail + m.of(" ", "\n", "\u00a0")
	case "inner blank":
		value = strings.Replace(mail, "@", m.of(" @", "@ ", " @ "), 1)
	case "full width":
		value = strings.Replace(mail, "@", "＠", 1)
	case "two":
		value = mail + m.of("; ", ", ", " / ", " or ", " ") + "second@home.example"
	case "subject":
		value = "mailto:" + mail + "?subject=Hello"
	case "quotes":
		quote := m.of(`"`, "'")
		value = quote + mail + quote
	case "angles":
		value = "<" + mail + ">"
	case "primary":
		o.add(m.key(m.of("secondary email", "alternative email", "email 2")), "second@home.example")
		o.add(m.key(m.of("primary email", "email")), mail)
		return
	case "markup":
		value = `<a href="mailto:` + mail + `">` + mail + `</a>`
	}
	o.add(m.label(m.lang.mail), value)
}

// extras puts beside the people what else a body holds.
func (m *maker) extras(root *object) {
	single := len(m.leads) == 1
	if called := m.choices["people"] == "call"; single && !called && m.message == "" && m.chance(50) {
		text := m.pick(messages)
		var sent any = text
		if m.chance(5) {
			sent = m.chose("message", "<p>") + text + "</p>"
		}
		variants := m.lang.message
		if m.chance(15) {
			variants = m.chose("message", m.of("description", "text", "content", "notes", "body", "details", "inquiry", "remarks", "request", "customer note", "special requests"))
			if root.add(m.key(variants), sent) {
				m.message = text
			}
		} else if root.add(m.label(variants), sent) {
			m.message = text
		}
	}
	if single && m.chance(35) {
		m.putConsent(root)
	}
	if m.chance(40) {
		m.putPage(root)
	}
	for range m.IntN(3) {
		m.putThing(root)
	}
	for range m.IntN(3) {
		a := answersOf[m.IntN(len(answersOf))]
		if root.add(m.key(a.label), a.value) {
			m.kept = append(m.kept, a.value.(string))
		}
	}
	if m.chance(6) {
		var chosen any = list{"Forecasting", "Replies"}
		if m.choices["format"] != "json" {
			chosen = `["Forecasting","Replies"]`
		}
		if root.add(m.key(m.of("interests", "topics", "modules")), chosen) {
			m.kept = append(m.kept, "Forecasting, Replies")
			m.chose("list of choices", "yes")
		}
	}
	if m.message != "" && m.chance(8) {
		root.add(m.key("subject"), "Quote for pumps")
	}
	for range m.IntN(5) {
		m.putNoise(root)
	}
	if m.choices["people"] != "call" && m.chance(8) {
		m.putHappened(root)
	}
	if single && m.chance(5) {
		m.putTest(root)
	}
	if single && m.chance(8) {
		m.putTrap(root)
	}
}

var answersOf = []field{{"company size", "51-200"}, {"budget", "20k EUR"}, {"how did you hear about us", "A colleague"}, {"industry", "Logistics"}, {"city", "Lisbon"},
	{"number of employees", "11-50"}, {"interested in", "Forecasting, Alerts"}, {"time frame", "This quarter"}, {"current tool", "Spreadsheets"}, {"favourite colour", "Teal"}}

// putThing adds something that has a name and is nobody.
func (m *maker) putThing(root *object) {
	word, name := m.pick(thingWords), m.pick(thingNames)
	m.chose("thing", word)
	label, value := m.key(word), any(object{{"id", json.Number(strconv.Itoa(m.IntN(9000)))}, {"name", name}})
	if m.chance(40) {
		label, value = m.key(word+" name"), name
	}
	if word == "campaign" && m.utm.Campaign == "" {
		return // it may be taken for the campaign that brought the person
	}
	if root.add(label, value) {
		m.kept = append(m.kept, name)
	}
}

// putNoise adds what machines say.
func (m *maker) putNoise(root *object) {
	noise := [...]field{
		{"id", json.Number(strconv.FormatUint(m.Uint64N(1e15), 10))}, {"uuid", fmt.Sprintf("%08x-0000-4000-8000-%012x", m.Uint32(), m.Uint64N(1<<48))},
		{"created at", "2026-11-25T09:0" + strconv.Itoa(m.IntN(10)) + ":00Z"}, {"ip", "203.0.113." + strconv.Itoa(m.IntN(256))},
		{"user agent", "Mozilla/5.0 (X11; Linux x86_64)"}, {"locale", "en_US"}, {"timezone", "Europe/Berlin"}, {"score", json.Number(strconv.Itoa(m.IntN(100)))},
		{"is mobile", m.chance(50)}, {"tags", list{"inbound", "web"}}, {"middle name", nil}, {"fax", ""}, {"form id", "f_" + strconv.Itoa(m.IntN(1e6))},
		{"revision", json.Number("3")}, {"meta", object{{"browser", "Firefox"}, {"screen", "1920x1080"}, {"session", "s_" + strconv.Itoa(m.IntN(1e9))}}},
		{"utm id", nil}, {"amount", json.Number("129.50")}, {"currency", "EUR"}, {"reference", "REF-" + strconv.Itoa(m.IntN(1e9))}, {"paid", false},
		{"website", "https://www.quist-pumps.example"}, {"linkedin", "https://social.example/in/someone"}, {"avatar url", "https://cdn.example/a.png"}, {"street", "12 Quay Street"}, {"zip", "90210"},
		{"address", object{{"street", "12 Quay Street"}, {"city", "Bergen"}, {"postal_code", "5003"}, {"country", "NO"}}}, {"preferred time", "Afternoon"}, {"date of birth", "1990-02-01"},
	}
	n := noise[m.IntN(len(noise))]
	root.add(m.key(n.label), n.value)
}

// putConsent asks for consent in the body's language.
func (m *maker) putConsent(root *object) {
	l := m.lang
	if l.agree == "" {
		l = languages[0]
	}
	yes, no := any(m.pick(words(l.yes))), any(m.pick(words(l.no)))
	if m.chance(30) {
		yes, no = true, false
	}
	agree, refuse := m.pick(words(l.agree)), m.pick(words(l.refuse))
	consentKey := m.key(m.of("consent", "marketing consent", "gdpr consent", "marketing opt in", "email consent", "consent to contact"))
	refuseKey := m.key(m.of("unsubscribe", "unsubscribed", "do not contact", "do not call", "opt out", "opted out", "email opt out"))
	switch m.chose("consent", m.of("sentence yes", "sentence yes", "sentence no", "negated yes", "negated yes", "negated no", "key yes", "key no", "refusal key yes", "refusal key no", "object", "sentence as answer", "sentence in a list", "list of consents", "object with words")) {
	case "sentence yes":
		m.ask(root, agree, yes, lead.Given)
	case "sentence no":
		m.ask(root, agree, no, lead.Refused)
	case "negated yes":
		m.ask(root, refuse, yes, lead.Refused)
	case "negated no":
		m.ask(root, refuse, no, "")
	case "key yes":
		m.ask(root, consentKey, yes, lead.Given)
	case "key no":
		m.ask(root, consentKey, no, lead.Refused)
	case "refusal key yes":
		m.ask(root, refuseKey, yes, lead.Refused)
	case "refusal key no":
		m.ask(root, refuseKey, no, "")
	case "object":
		m.ask(root, m.key("consent"), object{{m.of("given", "granted", "marketing", "accepted"), true}, {"timestamp", "2026-11-25T09:00:00Z"}}, lead.Given)
	case "list of consents":
		m.ask(root, m.key("consents"), list{object{{m.of("type", "name", "purpose"), "marketing"}, {m.of("given", "granted", "accepted", "value"), true}}}, lead.Given)
	case "object with words":
		m.ask(root, m.key(m.of("consent", "gdpr consent")), object{{m.of("consented", "agreed", "given"), true}, {m.of("text", "statement"), agree}}, lead.Given)
	case "sentence in a list":
		m.ask(root, consentKey, list{agree}, lead.Given)
	case "sentence as answer":
		m.ask(root, consentKey, agree, lead.Given)
	}
}

func (m *maker) ask(root *object, label string, value any, want lead.Consent) {
	if root.add(label, value) {
		m.consent = want
	}
}

// putPage tells the page and the campaign.
func (m *maker) putPage(root *object) {
	m.utm = lead.UTM{Source: m.of("google", "linkedin", "newsletter"), Medium: m.of("cpc", "email", "social"), Campaign: m.of("autumn-26", "brand", "q4")}
	m.page = "https://www.shop.example/landing"
	inPage := "utm_source=" + m.utm.Source + "&utm_medium=" + m.utm.Medium + "&utm_campaign=" + m.utm.Campaign
	flat := []field{{"source", m.utm.Source}, {"medium", m.utm.Medium}, {"campaign", m.utm.Campaign}}
	click := "Cj0KCQ" + strconv.Itoa(m.IntN(1e6))
	pageLabel := m.key(m.of("page url", "landing page", "page", "landing page url", "source url", "page location", "page uri", "current url", "form url", "permalink"))
	page := m.page
	switch m.chose("page", m.of("flat", "flat", "object", "query", "query", "blank", "percent", "amp", "double", "hash", "referrer", "hidden", "custom fields")) {
	case "flat":
		for _, f := range flat {
			root.add(m.key("utm "+f.label), f.value)
		}
		if m.chance(50) {
			m.click, m.clickID = m.of("gclid", "gclid", "fbclid", "msclkid", "ttclid", "gbraid", "wbraid", "li_fat_id"), click
			root.add(m.click, click)
		}
	case "object":
		o := object{}
		prefix := m.of("", "utm_")
		for _, f := range flat {
			o.add(prefix+f.label, f.value)
		}
		root.add(m.of("utm", "utm_params", "utmParameters"), o)
	case "hidden":
		o := object{}
		for _, f := range flat {
			o.add("utm_"+f.label, f.value)
		}
		root.add(m.of("hidden", "hidden_fields", "query", "urlParameters", "tracking"), o)
	case "custom fields":
		for _, f := range flat {
			root.add("utm_"+f.label+"__c", f.value)
		}
	case "query":
		page, m.clickID = page+"?"+inPage+"&gclid="+click, click
	case "blank":
		page += "?ref=our best page&" + inPage
	case "percent":
		page += "?off=50%&" + inPage
	case "amp":
		page += "?" + strings.ReplaceAll(inPage, "&", "&amp;")
	case "double":
		page = url.QueryEscape(page + "?" + inPage)
	case "hash":
		page += "#/demo?" + inPage
	case "referrer":
		m.utm = lead.UTM{}
		root.add(m.key("referrer"), "https://www.search.example/find?q=leads")
	}
	if !root.add(pageLabel, page) {
		panic("two pages")
	}
}

// putHappened says what the person did.
func (m *maker) putHappened(root *object) {
	what := [...][2]string{{"webinar.registered", "webinar_registered"}, {"webinar.attended", "webinar_attended"}, {"webinar.missed", "webinar_no_show"}, {"webinar.no_show", "webinar_no_show"},
		{"registration.cancelled", "cancelled"}, {"booking.cancelled", "demo_cancelled"}, {"booking.canceled", "demo_cancelled"}, {"booking.rescheduled", "demo_rescheduled"}, {"booking.created", "demo_booked"},
		{"appointment_no_show", "demo_no_show"}, {"meeting.cancelled", "cancelled"}, {"attendee.registered", "registered"},
		{"participant.joined", "attended"}, {"event.cancelled", "cancelled"}, {"invitee.canceled", "cancelled"}, {"booking_rescheduled", "demo_rescheduled"}, {"BOOKING_CANCELLED", "demo_cancelled"}}
	if m.chance(30) {
		flags := [...]struct {
			label string
			value any
			want  string
		}{{"attended", true, "attended"}, {"no show", true, "no_show"}, {"canceled", true, "cancelled"}, {"cancelled", true, "cancelled"}, {"attendance status", "missed", "no_show"}, {"attendance status", "attended", "attended"}, {"booking status", "cancelled", "cancelled"}}
		f := flags[m.IntN(len(flags))]
		if root.add(m.key(f.label), f.value) {
			m.action = f.want
			m.chose("happened", fmt.Sprint(f.label, "=", f.value))
		}
		return
	}
	w := what[m.IntN(len(what))]
	title := m.pick(thingNames)
	if !root.add(m.of("event", "event_type", "trigger", "type"), w[0]) {
		return
	}
	m.action = w[1]
	m.chose("happened", w[0])
	if strings.HasPrefix(w[0], "webinar") && root.add("webinar", object{{m.of("title", "topic", "name"), title}, {m.of("start_time", "starts_at", "startTime", "start_date", "date"), eventStart}}) {
		m.eventTitle = title
	}
}

// putTest says that this is a test, or that it is none.
func (m *maker) putTest(root *object) {
	marks := [...]struct {
		label string
		value any
		test  bool
	}{{"test", true, true}, {"test", false, false}, {"testmode", true, true}, {"test mode", true, true}, {"test mode", false, false}, {"livemode", false, true}, {"livemode", true, false},
		{"is test", "true", true}, {"is test", "0", false}, {"mode", "test", true}, {"mode", "production", false}, {"is test lead", true, true}, {"environment", "test", true}, {"environment", "production", false}, {"sandbox", true, true}, {"form mode", "test", true}}
	x := marks[m.IntN(len(marks))]
	if root.add(m.key(x.label), x.value) {
		m.test = x.test
		m.chose("test", fmt.Sprint(x.label, "=", x.value))
	}
}

// putTrap adds the box that robots tick.
func (m *maker) putTrap(root *object) {
	label := m.of("_gotcha", "honeypot", "botcheck", "bot-field", "_honey")
	value := [...]any{false, "", "false", "0", nil, json.Number("0"), "cheap watches", "on"}[m.IntN(8)]
	if root.add(label, value) {
		m.trap = value == "cheap watches" || value == "on"
		m.chose("trap", fmt.Sprintf("%s=%v", label, value))
	}
}

// shape may turn an object of plain answers into a list of questions.
func (m *maker) shape(root object, format string) object {
	m.chose("shape", "plain")
	if m.choices["people"] != "alone" || format != "json" || !m.chance(45) {
		return root
	}
	if m.chance(30) {
		switch m.chose("shape", m.of("flattened", "arrays", "valued")) {
		case "flattened":
			return m.flattened(object{{m.of("contact", "fields", "data", "lead"), root}})
		case "arrays":
			return each(root, func(s string) any { return list{s} })
		}
		return each(root, func(s string) any { return object{{"type", "text"}, {"value", s}} })
	}
	for _, f := range root {
		if _, plain := f.value.(string); !plain {
			return root
		}
	}
	label, value, _ := strings.Cut(m.chose("shape", m.of("label|value", "name|value", "question|answer", "title|value", "key|value", "keyed", "typed")), "|")
	if label == "keyed" {
		var o object
		for i, f := range root {
			o.add(strconv.Itoa(i+11), object{{"label", f.label}, {"type", "text"}, {"value", f.value}})
		}
		return object{{m.of("fields", "answers"), o}}
	}
	if label == "typed" {
		var o object
		for _, f := range root {
			v := any(f.value)
			kind := m.of("rich_text", "title")
			text := list{object{{"type", "text"}, {"plain_text", v}, {"text", object{{"content", v}}}}}
			typed := object{{"id", "x"}, {"type", kind}, {kind, text}}
			if strings.Contains(f.value.(string), "@") {
				typed = object{{"id", "x"}, {"type", "email"}, {"email", v}}
			} else if strings.HasPrefix(f.value.(string), "+") {
				typed = object{{"id", "x"}, {"type", "phone_number"}, {"phone_number", v}}
			}
			o.add(f.label, typed)
		}
		return object{{"object", "page"}, {"properties", o}}
	}
	var answers list
	for i, f := range root {
		answers = append(answers, object{{"id", json.Number(strconv.Itoa(i + 1))}, {label, f.label}, {value, f.value}})
	}
	return object{{m.of("fields", "answers", "responses", "questions_and_answers", "form_fields"), answers}}
}

// each puts something else for each text of an object.
func each(o object, f func(string) any) object {
	o = slices.Clone(o)
	for i := range o {
		if s, ok := o[i].value.(string); ok {
			o[i].value = f(s)
		}
	}
	return o
}

// flattened is an object whose labels are paths.
func (m *maker) flattened(o object) object {
	var flat object
	for _, p := range paths(o, m.chance(60)) {
		flat = append(flat, field{p[0], p[1]})
	}
	return flat
}

// wrap puts the body into envelopes.
func (m *maker) wrap(root object) object {
	depth := m.IntN(4) - 1
	if depth > 0 {
		m.chose("wrapped", strconv.Itoa(depth))
	}
	for i := range max(depth, 0) {
		word := m.chose("wrapper"+strconv.Itoa(i), m.pick(wrapperWords))
		var value any = root
		if m.chance(4) {
			m.chose("wrapper"+strconv.Itoa(i), "JSON in a string")
			value = string(jsonOf(root))
		}
		root = object{{word, value}}
		if m.chance(60) {
			root.add("id", "evt_"+strconv.Itoa(m.IntN(1e6)))
		}
		if m.chance(60) {
			root.add("created_at", "2026-11-25T09:10:00Z")
		}
		if m.chance(30) && m.action == "" {
			root.add("event", m.of("lead.created", "form_submission", "submission.created"))
		}
		m.Shuffle(len(root), func(i, j int) { root[i], root[j] = root[j], root[i] })
	}
	return root
}

// encode writes the body in its format.
func (m *maker) encode(root object, format string) {
	if format == "json" {
		m.contentType = "application/json"
		if people, ok := root[0].value.(list); ok && len(root) == 1 && len(m.leads) > 1 && m.chance(30) {
			m.body = jsonOf(people)
			if m.chance(40) {
				m.chose("list", "lines")
				m.body = nil
				for _, p := range people {
					m.body = append(append(m.body, jsonOf(p)...), '\n')
				}
			}
			return
		}
		m.body = jsonOf(root)
		return
	}
	pairs := paths(root, m.chose("nesting", m.of("brackets", "brackets", "dots")) == "dots")
	if format == "form" {
		m.contentType = "application/x-www-form-urlencoded"
		var b []string
		for _, p := range pairs {
			b = append(b, url.QueryEscape(p[0])+"="+url.QueryEscape(p[1]))
		}
		m.body = []byte(strings.Join(b, "&"))
		return
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.SetBoundary("----generated0boundary")
	for _, p := range pairs {
		_ = w.WriteField(p[0], p[1]) // into memory
	}
	_ = w.Close()
	m.contentType, m.body = w.FormDataContentType(), b.Bytes()
}

// slip may write the body as carelessly as some senders do. What it says is
// still there for everybody to read.
func (m *maker) slip(format string) {
	m.chose("slip", "none")
	if !m.chance(7) || len(m.body) < 2 {
		return
	}
	s := string(m.body)
	latin, err := charmap.Windows1252.NewEncoder().String(s)
	switch {
	case format == "json" && s[0] == '{':
		switch m.chose("slip", m.of("trailing comma", "hole", "NaN", "line break", "mark of byte order", "in a string", "as a form's key", "charset of JSON")) {
		case "trailing comma":
			s = s[:len(s)-1] + ",}"
		case "hole":
			s = `{"extra": ,` + s[1:]
		case "NaN":
			s = `{"rating":NaN,` + s[1:]
		case "line break":
			s = "{\"disclaimer\":\"one line\nand another\"," + s[1:]
		case "mark of byte order":
			s = "\ufeff" + s
		case "in a string":
			s = string(jsonOf(s))
		case "as a form's key":
			m.contentType, s = "application/x-www-form-urlencoded", url.QueryEscape(s)+"="
		case "charset of JSON":
			if err == nil {
				m.contentType, s = "application/json; charset=windows-1252", latin
			}
		}
	case format == "form":
		switch m.chose("slip", m.of("a field twice", "charset told", "charset told", "charset in a field", "charset not told", "text/plain", "type missing", "entities")) {
		case "a field twice":
			pairs := strings.Split(s, "&")
			s += "&" + m.pick(pairs)
		case "charset told", "charset not told", "charset in a field":
			values := strings.Split(s, "&")
			name := cmp.Or(charsets[m.lang.name], "iso-8859-1")
			if m.choices["slip"] == "charset not told" {
				name = "windows-1252"
			}
			m.chose("charset", name)
			enc, err := htmlindex.Get(name)
			if err != nil {
				panic(err)
			}
			for i, v := range values {
				plain, _ := url.QueryUnescape(v)
				narrow, e := enc.NewEncoder().String(plain)
				if e != nil {
					return
				}
				label, value, _ := strings.Cut(narrow, "=")
				if strings.Count(plain, "=") > 1 {
					return
				}
				values[i] = url.QueryEscape(label) + "=" + url.QueryEscape(value)
			}
			s = strings.Join(values, "&")
			if m.choices["slip"] == "charset told" {
				m.contentType += "; charset=" + name
			}
			if m.choices["slip"] == "charset in a field" {
				s += "&_charset_=" + name
			}
		case "text/plain":
			values := strings.Split(s, "&")
			for i, v := range values {
				values[i], _ = url.QueryUnescape(v)
				if strings.ContainsAny(values[i], "\r\n") {
					return
				}
			}
			m.contentType, s = "text/plain", strings.Join(values, "\r\n")+"\r\n"
		case "type missing":
			m.contentType = ""
		case "entities":
			s = entities.Replace(s)
		}
	}
	m.body = []byte(s)
}

// charsets are older ones in which forms of some languages come.
var charsets = map[string]string{"Russian": "windows-1251", "Ukrainian": "windows-1251", "Bulgarian": "windows-1251", "Japanese": "shift_jis", "Chinese": "gb18030", "Korean": "euc-kr", "Greek": "iso-8859-7",
	"Hebrew": "windows-1255", "Arabic": "windows-1256", "Polish": "iso-8859-2", "Czech": "windows-1250", "Turkish": "windows-1254", "Thai": "windows-874"}

// entities writes some characters as a page does that escapes its values.
var entities = strings.NewReplacer(url.QueryEscape("&"), url.QueryEscape("&amp;"), url.QueryEscape("ö"), url.QueryEscape("&ouml;"), url.QueryEscape("ä"), url.QueryEscape("&auml;"))

// paths are the texts of an object with their labels from the top: a.b or a[b].
func paths(o object, dots bool) (pairs [][2]string) {
	var walk func(path string, v any)
	walk = func(path string, v any) {
		below := func(key string) string {
			switch {
			case path == "":
				return key
			case dots:
				return path + "." + key
			}
			return path + "[" + key + "]"
		}
		switch v := v.(type) {
		case object:
			for _, f := range v {
				walk(below(f.label), f.value)
			}
		case list:
			for i, x := range v {
				walk(below(strconv.Itoa(i)), x)
			}
		case nil:
			pairs = append(pairs, [2]string{path, ""})
		default:
			pairs = append(pairs, [2]string{path, fmt.Sprint(v)})
		}
	}
	walk("", o)
	return pairs
}

// jsonOf is JSON with the members in their order.
func jsonOf(v any) []byte {
	var b bytes.Buffer
	put := func(v any) {
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		_ = e.Encode(v) // a string, a number, a bool or nil
		b.Truncate(b.Len() - 1)
	}
	switch v := v.(type) {
	case object:
		b.WriteByte('{')
		for i, f := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			put(f.label)
			b.WriteByte(':')
			b.Write(jsonOf(f.value))
		}
		b.WriteByte('}')
	case list:
		b.WriteByte('[')
		for i, x := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			b.Write(jsonOf(x))
		}
		b.WriteByte(']')
	default:
		put(v)
	}
	return b.Bytes()
}

var (
	companies = words("Brightmill|Nordlicht Hotels|Hafnarmill Seafood|Kestrel & Sons|Prado SA|Quist Logistik GmbH|Lumen Works|Tidewater Foods|Atelier Moreau|Novotny s.r.o.|Grahn AB|Castellan Group|Weidenfeld KG|Ostrava Steel")
	titles    = words("Head of Operations|CTO|Managing Director|Sales Manager|Purchasing Lead|Chief Engineer|Marketing Coordinator|Owner of the shop|Einkaufsleiter|Directrice commerciale")
)
