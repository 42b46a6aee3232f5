package lead

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
)

var actionKeys = []string{"score", "stage", "label", "because", "same_as", "adds", "not_a_lead"}

func (b *builder) actionTable(n ast.Node) {
	for _, e := range b.mapping(n, "actions", nil) {
		if b.name(e.at, "an action", e.key) {
			b.rules.known[Action(e.key)] = b.meaning(e)
		}
	}
}

func (b *builder) unknownAction(n ast.Node) {
	m := &b.rules.unknown
	for _, e := range b.mapping(n, "unknown", []string{"score", "stage", "because"}) {
		switch e.key {
		case "score":
			m.score = b.whole(e.value, e.key, 0, 100)
		case "stage":
			m.stage = b.stage(e.value)
		case "because":
			m.because = b.short(e.value, e.key, longestBecause)
		}
	}
}

// Bounds of texts that have to fit into an alert, in characters.
const (
	longestLabel   = 40
	longestBecause = 60
	longestStep    = 200
)

func (b *builder) meaning(line entry) *meaning {
	m := &meaning{action: Action(line.key)}
	scored := false
	for _, e := range b.mapping(line.value, line.key, actionKeys) {
		switch e.key {
		case "score":
			m.score, scored = b.whole(e.value, e.key, 0, 100), true
		case "stage":
			m.stage = b.stage(e.value)
		case "label":
			m.label = b.short(e.value, e.key, longestLabel)
		case "because":
			m.because = b.short(e.value, e.key, longestBecause)
		case "same_as":
			m.sameAs = Action(b.text(e.value, e.key))
			b.named = append(b.named, namedAction{string(m.sameAs), e.value})
		case "adds":
			m.nothing = b.oneOf(e.value, e.key, []string{"nothing"}) == 0
		case "not_a_lead":
			m.notALead = b.onlyTrue(e)
		}
	}
	if _, ok := line.value.(*ast.MappingNode); !ok {
		return m
	}
	if m.because == "" {
		b.wrong(line.at, "add because: and what the person did, in a few words", "%s has no because", line.key)
	}
	switch quiet := m.nothing || m.notALead; {
	case !scored && !quiet:
		b.wrong(line.at, "add score: 0 to 100, or adds: nothing, or not_a_lead: true", "%s has no score", line.key)
	case scored && quiet:
		b.wrong(line.at, "keep either the score, or adds: nothing or not_a_lead: true", "%s has a score and adds nothing", line.key)
	}
	m.label = cmp.Or(m.label, spaced(line.key))
	return m
}

// short reads a text of one line that has to fit into an alert.
func (r *reader) short(n ast.Node, what string, most int) string {
	text := r.text(n, what)
	if length := utf8.RuneCountInString(text); length > most {
		r.wrong(n, "say it shorter", "%s has %d characters, an alert has room for %d", what, length, most)
	}
	if slices.ContainsFunc([]rune(text), func(c rune) bool { return c < ' ' }) {
		r.wrong(n, "write it in one line", "%s has more than one line", what)
	}
	return text
}

func (r *reader) stage(n ast.Node) Stage {
	i := r.oneOf(n, "stage", stages[1:])
	return Stage(i + 1)
}

func (b *builder) nextSteps(n ast.Node) {
	var own []nextStep
	for _, part := range b.sequence(n, "next_steps") {
		var x nextStep
		entries := b.mapping(part, "a next step", []string{"temperature", "stage", "action", "rule", "say"})
		for _, e := range entries {
			switch e.key {
			case "temperature":
				for _, t := range b.sequence(e.value, e.key) {
					x.temperatures = append(x.temperatures, Temperature(b.oneOf(t, e.key, temperatures)))
				}
			case "stage":
				for _, s := range b.sequence(e.value, e.key) {
					x.stages = append(x.stages, b.stage(s))
				}
			case "action":
				x.actions = b.actions(e.value)
			case "rule":
				for _, part := range b.sequence(e.value, e.key) {
					if i := b.oneOf(part, e.key, b.rules.names); i >= 0 {
						x.rules = append(x.rules, b.rules.names[i])
					}
				}
			case "say":
				x.say = b.short(e.value, e.key, longestStep)
			}
		}
		if x.say == "" && len(entries) > 0 {
			b.wrong(part, "add say: and what to do, in one sentence", "this next step says nothing")
		}
		own = append(own, x)
	}
	b.rules.steps = append(own, b.rules.steps...) // the first that fits is taken
}
