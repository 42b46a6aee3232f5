package provider

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// pair is one value of a body with everything that helps to tell what it is.
type pair struct {
	label  string // under which it is kept
	path   string // where it stands, in full
	name   string // what people read beside it, when that is not the key
	key    string // what programs call it
	sort   string // the vendor's word for the sort of question
	value  string
	place  place
	owner  int  // the object it stands in
	answer bool // a labelled value
	noise  bool // an object of no use to anybody

	verdict // once judged
}

// owner is an object of a body. A person's name is believed where a person's
// other details are, not where an envelope's are.
type owner struct {
	parent int // -1: none
	depth  int
	place  place
	path   string
	prefix string // of labels
	nth    string // the same with the numbers of lists' members
	member int    // of a list: which one, from 1 on; 0: of none
	own    bool   // its own name says that it is a person
	aside  bool   // it stands within what is called an event, a page or a thing
	says   mark   // what it says of itself: {"type": "agent"}

	person   bool // has an address, a number, a first or last name, a company
	envelope bool // has ids, times and types of a delivery
	calendar bool // has a start and an end
}

// walker flattens a body into pairs.
type walker struct {
	pairs   []pair
	owners  []owner
	schemas []*node // parts of the body that only ask
}

// spot is where the walker is.
type spot struct {
	path   string // in full
	prefix string // the part of it that people read
	nth    string // the prefix with the numbers of lists' members
	key    string
	place  place
	owner  int
	member int
	depth  int
	own    bool // the object's own name says that it is a person
	aside  bool // within what is called an event, a page or a thing
	full   bool // names of parts are in labels as they were sent: order.email
	short  bool // within what a person says, names of parts are left out of labels
}

func (w *walker) walk(n *node) {
	at := spot{owner: -1}
	if n.sort == array {
		at.owner = w.open(at)
		w.array(n, at, "")
		return
	}
	w.object(n, at)
}

// open begins an object.
func (w *walker) open(at spot) int {
	w.owners = append(w.owners, owner{parent: at.owner, depth: at.depth, place: at.place, path: at.path, member: at.member, own: at.own, aside: at.aside, prefix: at.prefix, nth: at.nth})
	return len(w.owners) - 1
}

// in is the spot of a member with parts of its own.
func (at spot) in(n *node) spot {
	in := at
	in.path, in.key, in.place, in.depth, in.member = dotted(at.path, n.key), n.key, within(at.place, n.key), at.depth+1, 0
	in.own = in.place.leading() && (in.place != at.place || called(n.key) == in.place)
	switch in.place {
	case placeEvent, placeForm, placePage, placeThing:
		if holdsPerson(n, holdsDepth) {
			in.aside = in.aside || in.place != placeForm // its person is one only where there is no other
			in.place = placeWrap
		}
	}
	switch {
	case at.full:
		in.prefix, in.nth = dotted(at.prefix, n.key), dotted(at.nth, n.key)
	case in.place == placeLead || in.place == placeWrap:
		in.short = true
	case in.place == placeConsent || in.place == placePage || in.place == placePlain && at.short:
	default:
		in.prefix = dotted(at.prefix, n.key) // city, not payload.object.registrant.city
		in.nth = dotted(at.nth, n.key)
		in.short = false
	}
	return in
}

// holdsDepth is how far down a wrapper's person may stand.
const holdsDepth = 8

// holdsPerson says that an object, down to some depth of unnamed parts, has an
// address or a person's name or number.
func holdsPerson(n *node, depth int) bool {
	start := false
	for i := range n.kids {
		if depth < holdsDepth {
			break // what is told of an event stands in it, not in its parts
		}
		m, _ := knownLabel(n.kids[i].key)
		start = start || m.field == fieldEventStart || m.field == fieldEventTitle || m.field == fieldTitle && m.weak || n.kids[i].key == "topic"
	}
	for i := range n.kids {
		kid := &n.kids[i]
		if kid.scalar() {
			m, known := knownLabel(kid.key)
			if _, ok := address(kid.text); ok && (m.field == fieldEmail || !known && called(kid.key) != placeOurs) {
				return !start
			}
			switch m.field {
			case fieldFirst, fieldLast, fieldPhone:
				return !start
			case fieldFrom:
				if callerID(telephone(kid.text)) {
					return !start
				}
			}
			continue
		}
		if depth == 0 || kid.key == "" && kid.sort != object {
			continue
		}
		switch called(kid.key) {
		case placeEmail, placePhone:
			return !start
		case placePlain, placeWrap:
			if a, ok := answerIn(kid, kid.key != ""); ok {
				if holdsAddress(a.value) {
					return true
				}
			} else if kid.sort == array && plainList(kid) == "" || kid.sort == object {
				if holdsPerson(kid, depth-1) {
					return true
				}
			}
		}
	}
	return false
}

// holdsAddress says that an e-mail address stands anywhere in an answer.
func holdsAddress(n *node) bool {
	if n == nil || n.scalar() {
		_, ok := address(n.str())
		return ok
	}
	return slices.ContainsFunc(n.kids, func(kid node) bool { return holdsAddress(&kid) })
}

func dotted(path, key string) string {
	if path == "" || key == "" {
		return path + key
	}
	return path + "." + key
}

// add adds a value.
func (w *walker) add(p pair, at *spot) {
	if p.value = written(p.value); p.value == "" && !p.noise {
		return
	}
	p.place, p.owner = at.place, at.owner
	w.pairs = append(w.pairs, p)
}

// object walks the members of an object.
func (w *walker) object(n *node, at spot) {
	at.owner, at.member = w.open(at), 0
	kids, gathered := n.kids, []bool(nil)
	for i := range kids {
		if strings.IndexByte(kids[i].key, '.') >= 0 {
			kids, gathered = gather(kids)
			break
		}
	}
	for i := range kids {
		kid := &kids[i]
		switch {
		case gathered != nil && gathered[i]:
			in := at
			in.full = true
			w.part(kid, in)
		case kid.blank():
		case kid.scalar():
			w.scalar(kid, at)
		default:
			w.part(kid, at)
		}
	}
}

// cutDot parts a key that stands for an object's member: order.email, but neither
// a label with a full stop (Tlf.) nor a number (1.3).
func cutDot(key string) (head, rest string, ok bool) {
	i := strings.IndexByte(key, '.')
	if i < 1 || i == len(key)-1 || key[i+1] == ' ' || key[i+1] == '.' || key[0] == '_' {
		return "", "", false
	}
	if c := key[i+1]; c >= '0' && c <= '9' && key[i-1] >= '0' && key[i-1] <= '9' {
		return "", "", false
	}
	return key[:i], key[i+1:], true
}

// gather makes objects of members that share the first part of a dotted key, and
// says which they are.
func gather(kids []node) (all []node, gathered []bool) {
	heads := make(map[string]int)
	for i := range kids {
		if head, _, ok := cutDot(kids[i].key); ok {
			heads[head]++
		}
	}
	at := make(map[string]int)
	for i := range kids {
		kid := kids[i]
		head, rest, ok := cutDot(kid.key)
		if p := called(head); !ok || heads[head] == 1 && (p == placePlain && strings.Trim(head, "0123456789") != "" || p.part()) {
			all, gathered = append(all, kid), append(gathered, false)
			continue
		}
		j, seen := at[head]
		if !seen {
			j = len(all)
			at[head] = j
			all, gathered = append(all, node{key: head, sort: object}), append(gathered, true)
		}
		kid.key = rest
		all[j].kids = append(all[j].kids, kid)
	}
	for i := range all {
		if gathered[i] {
			all[i].kids, _ = gather(all[i].kids)
		}
	}
	return all, gathered
}

// part walks a member that has parts of its own.
func (w *walker) part(n *node, at spot) {
	in := at.in(n)
	whole := ""
	switch {
	case at.place == placeEvent && n.sort == object:
		whole = n.first("text", "utc", "dateTime", "date_time") // {"name": {"text": ..., "html": ...}}
	case in.place == placePhone && n.sort == object:
		whole = wholeNumber(n)
	}
	m, _ := knownLabel(n.key)
	switch {
	case m.field == fieldNoise && m.class == wholly:
		w.add(pair{label: dotted(at.prefix, n.key), key: n.key, noise: true}, &at)
	case whole != "":
		w.add(pair{label: dotted(at.prefix, n.key), path: in.path, key: n.key, value: clean(whole)}, &at)
	case in.place == placeSchema:
		w.schemas = append(w.schemas, n)
	case in.place == placeForm:
		w.form(n, in)
	case n.sort == array || n.sort == object && numberKeys(n):
		w.array(n, in, dotted(at.prefix, n.key))
	case in.place != placeEvent && (in.place != placeCompany || n.get("value") != nil || n.get(n.get("type").str()) != nil) && w.labelled(n, in, n.key):
	default:
		w.object(n, in)
	}
}

// form keeps what a form, an ad or a campaign says of itself. Below that are
// only questions.
func (w *walker) form(n *node, in spot) {
	w.schemas = append(w.schemas, n)
	in.owner = w.open(in)
	for i := range n.kids {
		if kid := &n.kids[i]; kid.scalar() && !kid.blank() {
			w.scalar(kid, in)
		}
	}
}

// numberKeys says that an object is a list in fact: its keys are 0, 1, 2, as forms
// send a list of objects, or of plain values.
func numberKeys(n *node) bool {
	for i := range n.kids {
		kid := &n.kids[i]
		if kid.key != strconv.Itoa(i) && (kid.scalar() || kid.key != strconv.Itoa(i+1)) {
			return false
		}
	}
	return len(n.kids) > 0
}

// array walks a list: of scalars, which are one value together; of labelled
// values; of objects, each of which may be a person.
func (w *walker) array(n *node, at spot, label string) {
	if value := plainList(n); value != "" {
		w.add(pair{label: label, path: at.path, key: at.key, value: clean(value)}, &at)
		return
	}
	for i := range n.kids {
		kid, in := &n.kids[i], at
		in.member = i + 1
		if i > 0 {
			in.path += "[" + strconv.Itoa(i+1) + "]"
		}
		if kid.sort == array {
			w.tuple(kid, in)
		}
		if kid.sort != object {
			continue
		}
		if whole := wholeNumber(kid); at.place == placePhone && whole != "" {
			w.add(pair{label: label, path: in.path, key: at.key, value: clean(whole)}, &at)
			continue
		}
		if w.labelled(kid, in, "") {
			continue
		}
		if i > 0 && at.place != placePlain {
			in.nth = label
			if at.nth != at.prefix {
				in.nth = at.nth
			}
			in.nth = dotted(in.nth, strconv.Itoa(i+1))
		}
		w.object(kid, in)
	}
}

// tuple reads [question, type, [answers]].
func (w *walker) tuple(n *node, at spot) {
	if len(n.kids) < 2 || n.kids[0].sort != text {
		return
	}
	a := answer{label: n.kids[0].str(), value: &n.kids[len(n.kids)-1]}
	if len(n.kids) == 3 {
		a.sort = n.kids[1].str()
	}
	w.answer(a, at)
}

// labelled reads an object as a labelled value and says whether it was one.
// under is the name that it stands under, empty within a list.
func (w *walker) labelled(n *node, at spot, under string) bool {
	a, ok := answerIn(n, at.key != "")
	if !ok {
		return false
	}
	if a.asked {
		if at.own && under != "" {
			return false // a contact with a name and a title asks nothing
		}
		w.schemas = append(w.schemas, n)
		return true
	}
	if under != "" && a.label != "" {
		a.key = under // {"email": {"label": "Your address", "value": ...}}
	}
	if a.label == "" && (under != "" || a.key == "") {
		a.key = cmp.Or(under, a.sort, at.key) // {"Email": {"value": ...}}, {"type": "EMAIL", "value": ...}
	}
	w.answer(a, at)
	return true
}

// answer adds a labelled value, or walks it when it has parts of its own.
func (w *walker) answer(a answer, at spot) {
	if a.value.blank() {
		return
	}
	label := cmp.Or(a.label, a.key)
	path := at.path
	if at.key != label {
		path = dotted(at.path, label)
	}
	if w.rows(a, path, at) {
		return
	}
	v := unwrapped(a.value)
	value := ""
	if v.sort != object || !hasParts(v) {
		value = clean(said(v, a.opts))
	}
	if value == "" && v.sort == array && len(v.kids) > 0 {
		in := at.in(&node{key: label})
		w.array(v, in, label)
		return
	}
	if value == "" && v.sort == object {
		in := at.in(&node{key: label})
		in.path, in.prefix, in.nth = path, label, label
		if in.place == placePhone && wholeNumber(v) != "" {
			value = wholeNumber(v)
		} else {
			w.object(v, in)
			return
		}
	}
	if value != "" {
		w.add(pair{label: label, path: path, name: a.label, key: a.key, sort: a.sort, value: value, answer: true}, &at)
	}
}

// rows reads the answers of one question one by one where they have no labels of
// their own and one of them is an address or a number: rows of contact details.
func (w *walker) rows(a answer, path string, at spot) bool {
	if a.value.sort != array && (a.value.sort != object || !numberKeys(a.value)) || len(a.value.kids) < 2 || len(a.value.kids) > 40 {
		return false
	}
	found := false
	for i := range a.value.kids {
		if kid := &a.value.kids[i]; kid.sort == object {
			s := said(kid, a.opts)
			_, is := address(s)
			found = found || is || likePhone(s)
		}
	}
	if !found {
		return false
	}
	for i := range a.value.kids {
		n := strconv.Itoa(i + 1)
		if s := clean(said(&a.value.kids[i], a.opts)); s != "" {
			w.add(pair{label: strings.TrimSpace(cmp.Or(a.label, a.key) + " " + n), path: dotted(path, n), key: n, value: s, answer: true}, &at)
		}
	}
	return true
}

// scalar adds a plain member. A text that holds JSON, as forms send it, is
// walked like the object it is.
func (w *walker) scalar(n *node, at spot) {
	value := clean(n.text)
	if value == "" {
		return
	}
	if n.sort == text && at.depth < 8 && (strings.HasPrefix(value, `{"`) || strings.HasPrefix(value, `[{"`)) {
		if inner, err := parseText(value, maxNodes-min(maxNodes, len(w.pairs))); err == nil {
			inner.key = n.key
			w.part(inner, at)
			return
		}
	}
	w.add(pair{label: dotted(at.prefix, n.key), path: dotted(at.path, n.key), key: n.key, value: value}, &at)
}

// entitle gives answers that name their question by its id the question's
// label, from the parts of the body that only ask.
func (w *walker) entitle() {
	if len(w.schemas) == 0 {
		return
	}
	questions := make(map[string]answer)
	for _, n := range w.schemas {
		collect(n, "", questions)
	}
	for i := range w.pairs {
		p := &w.pairs[i]
		q, ok := questions[p.key]
		if !ok || p.name != "" {
			continue
		}
		p.name, p.sort = q.label, cmp.Or(p.sort, q.sort)
		p.label = cmp.Or(q.label, p.label)
		p.key = cmp.Or(q.key, p.key)
		p.value = clean(chosen(p.value, q.opts))
	}
}

// collect indexes the questions of a schema by their ids. Parts of a question
// ("First" of "Your name") are named after both.
func collect(n *node, outer string, questions map[string]answer) {
	id := n.first("id", "ID", "questionId", "question_id", "key", "fieldId", "ref", "Id")
	label := n.first("title", "Title", "label", "Label", "text", "displayName", "name", "Name")
	if q := n.get("question", "localized"); q != nil && len(q.kids) > 0 {
		label = q.kids[0].str()
	}
	known := n.first("predefinedField", "custom_key")
	if id != "" && (label != "" || known != "") {
		a, _ := answerIn(n, true)
		questions[id] = answer{label: strings.TrimSpace(outer + " " + label), key: known, sort: a.sort, opts: cmp.Or(a.opts, n.get("questionDetails", "multipleChoiceQuestionDetails"))}
	} else {
		label = ""
	}
	for i := range n.kids {
		if kid := &n.kids[i]; kid.sort == array || kid.sort == object {
			collect(kid, label, questions)
		}
	}
}
