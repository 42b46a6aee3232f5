package rules

import (
	"slices"

	"github.com/goccy/go-yaml/ast"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/strictyaml"
)

func (b *builder) touchRules(n ast.Node) {
	kinds := append(slices.Clone(conditionKinds), touchConditions...)
	b.ruleList(n, &b.rules.touch, ruleForm{what: "touch_rules", conditions: kinds, action: true, score: true, temperature: true, most: 100})
}

func (b *builder) historyRules(n ast.Node) {
	kinds := append(slices.Clone(conditionKinds), historyConditions...)
	b.ruleList(n, &b.rules.history, ruleForm{what: "history_rules", conditions: kinds, temperature: true, most: 100})
}

func (b *builder) fitRules(n ast.Node) {
	kinds := append(slices.Clone(conditionKinds), historyConditions...)
	most := max(b.rules.scale.fit, defaultScale.fit) // the default rules stay right when fit is made smaller
	b.ruleList(n, &b.rules.fit, ruleForm{what: "fit_rules", conditions: kinds, most: most})
}

// ruleForm is what the rules of one section may say.
type ruleForm struct {
	what        string
	conditions  []conditionKind
	action      bool // when may name actions
	score       bool // at_least and at_most may name a score
	temperature bool // at_least may name a temperature
	most        int  // points
}

// ruleList reads the rules of a section. A rule with the name of one from the
// file below replaces it in its place; off: true removes it.
func (b *builder) ruleList(n ast.Node, into *[]*rule, form ruleForm) {
	for _, part := range b.Sequence(n, form.what) {
		x, off := b.rule(part, form)
		if x.name == "" {
			continue
		}
		if b.ruleAt[x.name] != nil {
			b.Wrong(part, "give one of them another name", "there are two rules called %q", x.name)
		}
		b.ruleAt[x.name] = part
		b.rules.names = append(b.rules.names, x.name)
		if b.rules.Knows(lead.Action(x.name)) {
			b.Wrong(part, "give the rule a name that no action has", "%q is the name of an action", x.name)
		}
		i := slices.IndexFunc(*into, func(old *rule) bool { return old.name == x.name })
		switch {
		case off && i < 0:
			b.Wrong(part, "remove these lines, or name a rule of "+form.what, "there is no rule %q to switch off", x.name)
		case off:
			*into = slices.Delete(*into, i, i+1)
		case i >= 0:
			(*into)[i] = x
		default:
			*into = append(*into, x)
		}
	}
}

var ruleKeys = []string{"name", "because", "when", "unless", "points", "at_least", "at_most", "not_a_lead", "tags", "off"}

func (b *builder) rule(n ast.Node, form ruleForm) (x *rule, off bool) {
	x = &rule{}
	entries := b.Mapping(n, "a rule", ruleKeys)
	for _, e := range entries {
		switch e.Key {
		case "name":
			if x.name = b.Text(e.Value, e.Key); x.name != "" && !b.name(e.Value, "a rule", x.name) {
				x.name = ""
			}
		case "because":
			x.because = b.short(e.Value, e.Key, longestBecause)
		case "when":
			x.when = b.conditions(e, form, x)
		case "unless":
			x.unless = b.conditions(e, form, nil)
		case "points":
			x.points = b.Whole(e.Value, e.Key, -form.most, form.most)
		case "at_least":
			x.atLeast = b.bound(e, form, true)
		case "at_most":
			x.atMost = b.bound(e, form, false)
		case "not_a_lead":
			x.notALead = b.onlyTrue(e)
		case "tags":
			x.tags = b.Texts(e.Value, e.Key)
		case "off":
			off = b.onlyTrue(e)
		}
	}
	if len(entries) > 0 {
		b.complete(n, x, off)
	}
	return x, off
}

// complete checks that a rule says all that a rule must.
func (b *builder) complete(n ast.Node, x *rule, off bool) {
	has := func(key string) bool {
		return slices.ContainsFunc(n.(*ast.MappingNode).Values, func(v *ast.MappingValueNode) bool { return v.Key.GetToken().Value == key })
	}
	if !has("name") {
		b.Wrong(n, "add name: a_short_name", "this rule has no name")
	}
	if off {
		return
	}
	if !has("because") {
		b.Wrong(n, "add because: and the reason in a few words, as sales will read it", "rule %q has no because", x.name)
	}
	if !has("when") {
		b.Wrong(n, "add when: and at least one condition", "rule %q has no when, so it would always count", x.name)
	}
	if !slices.ContainsFunc([]string{"points", "at_least", "at_most", "not_a_lead", "tags"}, has) {
		b.Wrong(n, "add points, at_least, at_most, not_a_lead or tags", "rule %q changes nothing", x.name)
	}
}

// elsewhere are the conditions that not every section has.
var elsewhere = []string{"action", "age", "touches", "last_touch"}

// conditions reads what is below when or unless. The actions of a rule about a
// touch go to the rule itself, so that others never have to ask it.
func (b *builder) conditions(e strictyaml.Entry, form ruleForm, x *rule) []condition {
	var keys []string
	for _, k := range form.conditions {
		keys = append(keys, k.key)
	}
	if form.action && x != nil {
		keys = append(keys, "action")
	}
	var list []condition
	for _, c := range b.Mapping(e.Value, e.Key, append(keys, elsewhere...)) {
		switch {
		case !slices.Contains(keys, c.Key):
			b.Wrong(c.At, "leave it out, or put the rule into the section that has it", "%s has no %q in %s", e.Key, c.Key, form.what)
			continue
		case c.Key == "action":
			x.actions = b.actions(c.Value)
			continue
		}
		i := slices.IndexFunc(form.conditions, func(k conditionKind) bool { return k.key == c.Key })
		values := []ast.Node{c.Value}
		if s, ok := c.Value.(*ast.SequenceNode); ok && (c.Key == "fields" || c.Key == "message") {
			values = s.Values // several tests of the same sort
		}
		for _, v := range values {
			list = append(list, form.conditions[i].read(b.reader, v))
		}
	}
	if m, ok := e.Value.(*ast.MappingNode); ok && len(m.Values) == 0 {
		b.Wrong(e.Value, "add a condition or remove the line", "%s is empty", e.Key)
	}
	return list
}

func (b *builder) bound(e strictyaml.Entry, form ruleForm, least bool) bound {
	keys := []string{"stage"}
	if form.score {
		keys = append(keys, "score")
	}
	if form.temperature || !least {
		keys = append(keys, "temperature")
	} else if m, ok := e.Value.(*ast.MappingNode); ok && slices.ContainsFunc(m.Values, func(v *ast.MappingValueNode) bool { return v.Key.GetToken().Value == "temperature" }) {
		b.Wrong(e.Value, "put the rule below history_rules, or leave the temperature out", "fit never makes anybody warmer")
		return bound{}
	}
	var x bound
	for _, c := range b.Mapping(e.Value, e.Key, keys) {
		if x.scored && c.Key != "stage" {
			b.Wrong(c.At, "keep one of the two", "%s has both a score and a temperature", e.Key)
		}
		switch c.Key {
		case "stage":
			x.stage, x.staged = b.stage(c.Value), true
		case "score":
			x.score, x.scored = b.Whole(c.Value, c.Key, 0, 100), true
		case "temperature":
			lowest, highest := b.rules.borders(lead.Temperature(max(b.OneOf(c.Value, c.Key, lead.TemperatureNames()), 0)))
			x.scored = true
			if x.score = lowest; !least {
				x.score = highest
			}
		}
	}
	if m, ok := e.Value.(*ast.MappingNode); ok && len(m.Values) == 0 {
		b.Wrong(e.Value, "add stage: MQL or remove the line", "%s is empty", e.Key)
	}
	return x
}
