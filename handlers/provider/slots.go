package provider

import (
	"cmp"
	"strings"
)

// Vendors write an answer as {"label": ..., "value": ...}, each in words of its
// own. A slot is what one member of such an object is for.
type slot uint8

const (
	slotNone    slot = iota
	slotLabel        // what people read
	slotName         // either of the two
	slotKey          // what programs read
	slotType         // the sort of question
	slotValue        // the answer
	slotOptions      // what could have been chosen
	slotIgnored      // says nothing against it
)

type slotRank struct {
	slot slot
	rank int // of several for one slot the lowest is taken
}

var slots = indexSlots(slotLists)

var slotLists = []slotList{
	{slotLabel, `label, title, question, question text, question title, question label, display name, field label, prompt, caption, column name, human name, question name`},
	{slotName, `name, field name`},
	{slotKey, `predefined field, custom key, column id, field key, key, checkbox key, ref, alias, variable, property, param, attribute, code, field id, fieldid, question id, questionid, question uuid, id, slug, identifier, consent id`},
	{slotType, `field type, question type, input type, answer type, type, kind, component`},
	{slotValue, `value, answer, response, answers, responses, values, answer text, response text, text value, string value, answer value, user value, selected, selected options, selected option, multi choice values, boolean value, number value, is checked, checked, accepted, answer details, reply, val, display value, raw value, field value`},
	{slotOptions, `options, choices, properties, enum`},
	{slotIgnored, `required, position, order, index, is hidden, hidden, versions, timestamp, source, source id, description, custom, help text, page, step, attendee id, ticket id, field, answer id, label text, multiple, placeholder, created at, updated at, primary, tag, uuid, file, test mode, metadata`},
}

type slotList struct {
	slot  slot
	names string
}

func indexSlots(lists []slotList) map[string]slotRank {
	m := make(map[string]slotRank, 120)
	for _, list := range lists {
		rank := 0
		for name := range strings.SplitSeq(list.names, ",") {
			m[normalText(name)] = slotRank{list.slot, rank}
			rank++
		}
	}
	return m
}

// answer is one labelled value.
type answer struct {
	label string // what people read
	key   string // what programs read
	sort  string // the vendor's word for the sort of question
	value *node
	opts  *node
	asked bool // it asks and does not answer: part of a schema
}

// slotted is an object sorted into slots: for each the best member.
type slotted struct {
	best   [slotIgnored + 1]*node
	rank   [slotIgnored + 1]int
	valued bool // there is a place for an answer, be it empty
	others int  // members that fit nowhere
}

// mostOthers is how many members without a slot a labelled value may have.
const mostOthers = 4

// sortSlots sorts an object's members; false if it is a person's
// own object, or has too much that fits nowhere.
func sortSlots(n *node) (s slotted, ok bool) {
	var space [96]byte
	sort := n.get("type").str()
	for i := range n.kids {
		kid := &n.kids[i]
		if kid.key == sort {
			continue // {type: "text", text: "..."}: see answerIn
		}
		r, known := slots[string(normal(space[:0], kid.key))]
		if !known {
			if s.others++; s.others > mostOthers || personal(kid) {
				return s, false
			}
			continue
		}
		s.valued = s.valued || r.slot == slotValue
		if usable := !kid.blank() && (kid.scalar() || r.slot >= slotValue); usable && (s.best[r.slot] == nil || r.rank < s.rank[r.slot]) {
			s.best[r.slot], s.rank[r.slot] = kid, r.rank
		}
	}
	return s, true
}

// answerIn reads an object as a labelled value, if it is one. named says that
// the object itself stands under a label.
func answerIn(n *node, named bool) (a answer, ok bool) {
	s, ok := sortSlots(n)
	if !ok {
		return a, false
	}
	a = answer{label: s.best[slotLabel].str(), key: s.best[slotKey].str(), sort: s.best[slotType].str(), value: s.best[slotValue], opts: s.best[slotOptions]}
	if v := n.get(a.sort); a.sort != "" && v != nil && a.value == nil {
		a.value, s.valued = v, true
	}
	if q := n.get("question"); a.label == "" && q != nil && q.sort == object {
		a.label = q.first("title", "label", "text", "name") // {question: {title}, answer: {text}}
	}
	if f := n.get("field"); f != nil { // {type: "text", text: "...", field: {id, ref, type}}
		a.label = cmp.Or(a.label, f.first("title", "label", "name"))
		a.key = cmp.Or(a.key, f.first("id", "key", "ref"))
		a.sort = cmp.Or(f.get("type").str(), a.sort)
	}
	if holdsAnswers(a.value) {
		return a, false // {form_id: ..., answers: [...]} is around answers, not one
	}
	name := s.best[slotName].str()
	asks := a.label != "" || a.key != "" && s.rank[slotKey] == 0
	switch {
	case a.label == "":
		a.label = name
	case name != "" && s.rank[slotKey] > 4 || a.key == "":
		a.key = name
	}
	if !s.valued {
		a.asked = asks && (s.others == 0 || s.others < 3 && (a.sort != "" || a.opts != nil || n.get("required") != nil || s.rank[slotKey] == 0 && s.best[slotKey] != nil))
		return a, a.asked
	}
	if a.label == "" && a.key == "" && a.sort == "" && !named {
		return a, false
	}
	return a, true
}

// holdsAnswers says that the first part of n is a labelled value itself.
func holdsAnswers(n *node) bool {
	if n == nil || n.scalar() || len(n.kids) == 0 || n.kids[0].sort != object {
		return false
	}
	inner, ok := answerIn(&n.kids[0], n.sort == object)
	return ok && !inner.asked && (n.sort == array || inner.label != "" || inner.key != "")
}

// personal says that a member is one of a person's details, so that the object
// around it is a person with a member called value, and no labelled value.
func personal(n *node) bool {
	if n.blank() {
		return false
	}
	if !n.scalar() {
		p := called(n.key)
		return p == placeEmail || p == placePhone || p.leading() || p == placeOurs
	}
	m, ok := knownLabel(n.key)
	switch m.field {
	case fieldEmail, fieldPhone, fieldFirst, fieldLast, fieldCompany, fieldMessage:
		return ok
	}
	return false
}
