package rules

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/strictyaml"
)

// sections are the top-level keys of a rules file, in the order in which they
// are read: the later ones speak of what the earlier ones say.
var sections = []struct {
	key  string
	read func(*builder, ast.Node)
}{
	{"words", (*builder).wordLists},
	{"score", (*builder).score},
	{"actions", (*builder).actionTable},
	{"unknown", (*builder).unknownAction},
	{"touch_rules", (*builder).touchRules},
	{"history_rules", (*builder).historyRules},
	{"fit_rules", (*builder).fitRules},
	{"next_steps", (*builder).nextSteps},
}

// builder turns files into rules, one file above the other.
type builder struct {
	*reader // of the file that is being read
	rules   *Set
	ruleAt  map[string]ast.Node // names of this file's rules, to find doubles
}

// layer is one file: its reader and its sections.
type layer struct {
	reader   *reader
	sections map[string]strictyaml.Entry
}

// Parse reads a rules file; name is what mistakes call it. A file stands
// for itself, or begins with extends: default and changes the default rules
// line by line. The error is a *strictyaml.Error that lists every mistake.
func Parse(name string, src []byte) (*Set, error) {
	own := readLayer(name, src)
	layers := []layer{own}
	hash := sha256.New()
	if _, ok := own.sections["extends"]; ok {
		hash.Write([]byte(defaultFile))
		layers = []layer{readLayer("rules.yaml", []byte(defaultFile)), own}
	}
	hash.Write(src)

	rules := &Set{
		version: hex.EncodeToString(hash.Sum(nil)[:6]),
		source:  string(src),
		scale:   defaultScale,
		known:   map[lead.Action]*meaning{},
		unknown: meaning{because: "did something that no rule knows", score: 25, stage: lead.IQL},
	}
	lists := map[string][]string{}
	for _, section := range sections {
		for _, l := range layers {
			l.reader.lists = lists
			if e, ok := l.sections[section.key]; ok {
				section.read(&builder{reader: l.reader, rules: rules, ruleAt: map[string]ast.Node{}}, e.Value)
			}
		}
	}
	if len(rules.known) == 0 && len(own.reader.Mistakes) == 0 {
		own.reader.Wrong(nil, "write extends: default as the first line, or add the table actions:", "the file says of no action what it means")
	}
	if rules.unknown.score >= rules.scale.hot {
		at := own.sections["unknown"].Value
		if at == nil {
			at = own.sections["score"].Value
		}
		own.reader.Wrong(at, "let unknown have a score below hot, and give the actions that matter a line in actions",
			"an action that nobody knows would be hot")
	}
	var mistakes []strictyaml.Mistake
	for _, l := range layers {
		rules.check(l.reader)
		mistakes = append(mistakes, l.reader.Mistakes...)
	}
	if len(mistakes) > 0 {
		slices.SortStableFunc(mistakes, func(a, b strictyaml.Mistake) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
		return nil, &strictyaml.Error{Mistakes: mistakes}
	}
	rules.compile()
	return rules, nil
}

func readLayer(name string, src []byte) layer {
	l := layer{reader: &reader{Reader: strictyaml.NewReader(name, src)}, sections: map[string]strictyaml.Entry{}}
	root := l.reader.Parse(src, "write extends: default, or copy the default rules and change them")
	if root == nil {
		return l
	}
	keys := []string{"extends"}
	for _, s := range sections {
		keys = append(keys, s.key)
	}
	for _, e := range l.reader.Mapping(root, "the file", keys) {
		l.sections[e.Key] = e
		if e.Key == "extends" {
			l.reader.OneOf(e.Value, "extends", []string{"default"})
		}
	}
	return l
}

// check finds what only the whole of all files shows.
func (r *Set) check(in *reader) {
	for _, n := range in.named {
		names := actionNames{n.name}
		if slices.ContainsFunc(r.Actions(), names.has) || len(r.known) == 0 {
			continue
		}
		fix := strictyaml.Nearest(n.name, actionTexts(r.Actions()))
		if strings.HasSuffix(n.name, "*") {
			fix = "write the beginning of an action's name, then *"
		}
		in.Wrong(n.at, fix, "no action is called %q", n.name)
	}
}

// compile gives every action the rules that can concern it.
func (r *Set) compile() {
	for a, m := range r.known {
		if m.nothing || m.notALead {
			continue // whatever else it says
		}
		for _, rule := range r.touch {
			if len(rule.actions) == 0 || rule.actions.has(a) {
				m.rules = append(m.rules, rule)
			}
		}
	}
	for _, m := range r.known {
		m.span()
	}
	for i := range r.steps {
		r.steps[i].actions = r.steps[i].actions.among(r.Actions())
	}
	r.unknown.span()
	r.plain = r.isPlain()
}

func actionTexts(actions []lead.Action) []string {
	texts := make([]string, len(actions))
	for i, a := range actions {
		texts[i] = string(a)
	}
	return texts
}

func (b *builder) wordLists(n ast.Node) {
	for _, e := range b.Mapping(n, "words", nil) {
		b.name(e.At, "a list of words", e.Key)
		b.lists[e.Key], _ = b.words(e.Value, e.Key)
	}
}

var scoreKeys = []string{"hot", "warm", "further", "window", "half_life", "fit", "fit_makes_sql"}

func (b *builder) score(n ast.Node) {
	s, before, mistakes := &b.rules.scale, b.rules.scale, len(b.Mistakes)
	for _, e := range b.Mapping(n, "score", scoreKeys) {
		switch e.Key {
		case "hot":
			s.hot = b.Whole(e.Value, e.Key, 2, 100)
		case "warm":
			s.warm = b.Whole(e.Value, e.Key, 1, 99)
		case "further":
			s.further = b.percent(e.Value, e.Key)
		case "window":
			s.window = b.span(e.Value, e.Key)
		case "half_life":
			s.halfLife = b.span(e.Value, e.Key)
		case "fit":
			s.fit = b.Whole(e.Value, e.Key, 0, 100)
		case "fit_makes_sql":
			s.fitSQL = b.Whole(e.Value, e.Key, 0, 100)
		}
	}
	if len(b.Mistakes) > mistakes {
		*s = before // one mistake should not look like several
	}
	if s.warm >= s.hot {
		b.Wrong(n, "let warm be lower than hot", "warm begins at %d and hot at %d", s.warm, s.hot)
	}
}

func (r *reader) percent(n ast.Node, what string) int {
	text := r.Text(n, what)
	digits, ok := strings.CutSuffix(text, "%")
	value, known := numberWord(digits)
	if !ok || !known || value != float64(int(value)) || value > 100 {
		r.Wrong(n, "write a whole number and %: 40%", "%s cannot be %q", what, text)
		return 0
	}
	return int(value)
}

// name checks that a name can stand in links, metrics and files.
func (r *reader) name(n ast.Node, what, name string) bool {
	ok := name != ""
	for _, c := range name {
		ok = ok && ('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_')
	}
	if !ok {
		r.Wrong(n, "use small letters, digits and _", "%s cannot be called %q", what, name)
	}
	return ok
}

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

// complete checks that a rule has all that a rule must have.
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

// reader reads a rules file strictly.
type reader struct {
	*strictyaml.Reader
	lists map[string][]string // named lists of words, by name
	named []namedAction       // actions that rules speak of, to be checked at the end
}

// span reads a time such as 14d, 36 hours, 3 months.
func (r *reader) span(n ast.Node, what string) time.Duration {
	text := r.Text(n, what)
	number, rest := nextWord(appendFolded(nil, text, atDigits))
	count, err := strconv.Atoi(strings.TrimSpace(string(number)))
	if unit, ok := unitOf(rest); ok && err == nil && count > 0 && count < 10_000 {
		return time.Duration(count) * unit
	}
	if text != "" {
		r.Wrong(n, "write a number and a unit: 14d, 36h, 2w, 3 months", "%s cannot be %q", what, text)
	}
	return 0
}
