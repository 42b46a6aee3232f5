package provider

import (
	"cmp"
	"strconv"
	"strings"
)

// pair is one value of a body with everything that helps to tell what it is.
type pair struct {
	label string // under which it is kept
	path  string // where it stands, in full
	name  string // what people read beside it, when that is not the key
	key   string // what programs call it
	sort  string // the vendor's word for the sort of question
	value string
	place place
	owner int // the object it stands in; -1: none, it is a labelled value

	verdict // once judged
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
	key    string
	place  place
	owner  int
	depth  int
}

func (w *walker) walk(n *node) {
	at := spot{owner: -1}
	if n.sort == array {
		w.array(n, at, "")
		return
	}
	w.object(n, at)
}

// in is the spot of a member with parts of its own.
func (at spot) in(key string) spot {
	in := spot{path: dotted(at.path, key), key: key, prefix: at.prefix, owner: at.owner, place: within(at.place, key), depth: at.depth + 1}
	if in.place != placeLead && in.place != placeConsent && in.place != placePage {
		in.prefix = dotted(at.prefix, key) // the others are left out: city, not payload.object.registrant.city
	}
	return in
}

func dotted(path, key string) string {
	if path == "" || key == "" {
		return path + key
	}
	return path + "." + key
}

// object walks the members of an object.
func (w *walker) object(n *node, at spot) {
	at.owner = len(w.owners)
	w.owners = append(w.owners, owner{})
	for i := range n.kids {
		kid := &n.kids[i]
		switch {
		case kid.blank():
		case kid.scalar():
			w.scalar(kid, at)
		default:
			w.part(kid, at)
		}
	}
}

// part walks a member that has parts of its own.
func (w *walker) part(n *node, at spot) {
	in := at.in(n.key)
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
		w.pairs = append(w.pairs, pair{label: dotted(at.prefix, n.key), key: n.key, owner: -1})
	case whole != "":
		w.pairs = append(w.pairs, pair{label: dotted(at.prefix, n.key), path: in.path, key: n.key, value: clean(whole), place: at.place, owner: at.owner})
	case in.place == placeSchema:
		w.schemas = append(w.schemas, n)
	case in.place == placeForm:
		w.schemas = append(w.schemas, n)
		if name := n.first("name", "title"); name != "" {
			w.pairs = append(w.pairs, pair{label: in.prefix + ".name", path: in.path + ".name", key: "form_name", value: clean(name), place: in.place, owner: -1})
		}
	case n.sort == array:
		w.array(n, in, dotted(at.prefix, n.key))
	case in.place != placeEvent && (in.place != placeCompany || n.get("value") != nil) && w.labelled(n, in, n.key):
	default:
		w.object(n, in)
	}
}

// array walks a list: of scalars, which are one value together; of labelled
// values; of people, the first of whom is the lead while the others came along.
func (w *walker) array(n *node, at spot, label string) {
	if value := plainList(n); value != "" {
		w.pairs = append(w.pairs, pair{label: label, path: at.path, key: at.key, value: clean(value), place: at.place, owner: at.owner})
		return
	}
	for i := range n.kids {
		kid, in := &n.kids[i], at
		if i > 0 {
			in.path += "[" + strconv.Itoa(i+1) + "]"
		}
		if kid.sort == array {
			w.tuple(kid, in)
		}
		if kid.sort != object || w.labelled(kid, in, "") {
			continue
		}
		if i > 0 && at.place != placePlain {
			in.prefix = dotted(label, strconv.Itoa(i+1))
			in.place = placeOthers
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
	v := unwrapped(a.value)
	value := ""
	if v.sort != object || !hasParts(v) {
		value = clean(said(v, a.opts))
	}
	if value == "" && v.sort == object {
		in := at.in(label)
		in.path, in.prefix, in.owner = path, label, -1
		if in.place == placePhone && wholeNumber(v) != "" {
			value = wholeNumber(v)
		} else {
			w.object(v, in)
			return
		}
	}
	if value != "" {
		w.pairs = append(w.pairs, pair{label: label, path: path, name: a.label, key: a.key, sort: a.sort, value: value, place: at.place, owner: -1})
	}
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
	w.pairs = append(w.pairs, pair{label: dotted(at.prefix, n.key), path: dotted(at.path, n.key), key: n.key, value: value, place: at.place, owner: at.owner})
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
