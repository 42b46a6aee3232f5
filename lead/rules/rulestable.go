package rules

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/strictyaml"
)

var actionKeys = []string{"score", "stage", "label", "because", "same_as", "adds", "not_a_lead"}

func (b *builder) actionTable(n ast.Node) {
	for _, e := range b.Mapping(n, "actions", nil) {
		if b.name(e.At, "an action", e.Key) {
			b.rules.known[lead.Action(e.Key)] = b.meaning(e)
		}
	}
}

func (b *builder) unknownAction(n ast.Node) {
	m := &b.rules.unknown
	for _, e := range b.Mapping(n, "unknown", []string{"score", "stage", "because"}) {
		switch e.Key {
		case "score":
			m.score = b.Whole(e.Value, e.Key, 0, 100)
		case "stage":
			m.stage = b.stage(e.Value)
		case "because":
			m.because = b.short(e.Value, e.Key, longestBecause)
		}
	}
}

// Bounds of texts that have to fit into an alert, in characters.
const (
	longestLabel   = 40
	longestBecause = 60
	longestStep    = 200
)

func (b *builder) meaning(line strictyaml.Entry) *meaning {
	m := &meaning{action: lead.Action(line.Key)}
	scored := false
	for _, e := range b.Mapping(line.Value, line.Key, actionKeys) {
		switch e.Key {
		case "score":
			m.score, scored = b.Whole(e.Value, e.Key, 0, 100), true
		case "stage":
			m.stage = b.stage(e.Value)
		case "label":
			m.label = b.short(e.Value, e.Key, longestLabel)
		case "because":
			m.because = b.short(e.Value, e.Key, longestBecause)
		case "same_as":
			m.sameAs = lead.Action(b.Text(e.Value, e.Key))
			b.named = append(b.named, namedAction{string(m.sameAs), e.Value})
		case "adds":
			m.nothing = b.OneOf(e.Value, e.Key, []string{"nothing"}) == 0
		case "not_a_lead":
			m.notALead = b.onlyTrue(e)
		}
	}
	if _, ok := line.Value.(*ast.MappingNode); !ok {
		return m
	}
	if m.because == "" {
		b.Wrong(line.At, "add because: and what the person did, in a few words", "%s has no because", line.Key)
	}
	switch quiet := m.nothing || m.notALead; {
	case !scored && !quiet:
		b.Wrong(line.At, "add score: 0 to 100, or adds: nothing, or not_a_lead: true", "%s has no score", line.Key)
	case scored && quiet:
		b.Wrong(line.At, "keep either the score, or adds: nothing or not_a_lead: true", "%s has a score and adds nothing", line.Key)
	}
	m.label = cmp.Or(m.label, spaced(line.Key))
	return m
}

// short reads a text of one line that has to fit into an alert.
func (r *reader) short(n ast.Node, what string, most int) string {
	text := r.Text(n, what)
	if length := utf8.RuneCountInString(text); length > most {
		r.Wrong(n, "say it shorter", "%s has %d characters, an alert has room for %d", what, length, most)
	}
	if slices.ContainsFunc([]rune(text), func(c rune) bool { return c < ' ' }) {
		r.Wrong(n, "write it in one line", "%s has more than one line", what)
	}
	return text
}

func (r *reader) stage(n ast.Node) lead.Stage {
	i := r.OneOf(n, "stage", lead.StageNames()[1:])
	return lead.Stage(i + 1)
}

func (b *builder) nextSteps(n ast.Node) {
	var own []nextStep
	for _, part := range b.Sequence(n, "next_steps") {
		var x nextStep
		entries := b.Mapping(part, "a next step", []string{"temperature", "stage", "action", "rule", "say"})
		for _, e := range entries {
			switch e.Key {
			case "temperature":
				for _, t := range b.Sequence(e.Value, e.Key) {
					x.temperatures = append(x.temperatures, lead.Temperature(b.OneOf(t, e.Key, lead.TemperatureNames())))
				}
			case "stage":
				for _, s := range b.Sequence(e.Value, e.Key) {
					x.stages = append(x.stages, b.stage(s))
				}
			case "action":
				x.actions = b.actions(e.Value)
			case "rule":
				for _, part := range b.Sequence(e.Value, e.Key) {
					if i := b.OneOf(part, e.Key, b.rules.names); i >= 0 {
						x.rules = append(x.rules, b.rules.names[i])
					}
				}
			case "say":
				x.say = b.short(e.Value, e.Key, longestStep)
			}
		}
		if x.say == "" && len(entries) > 0 {
			b.Wrong(part, "add say: and what to do, in one sentence", "this next step says nothing")
		}
		own = append(own, x)
	}
	b.rules.steps = append(own, b.rules.steps...) // the first that fits is taken
}
