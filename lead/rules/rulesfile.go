package rules

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

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
		own.reader.WrongAt(nil, "write extends: default as the first line, or add the table actions:", "the file says of no action what it means")
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
	root := l.reader.Parse(src)
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
