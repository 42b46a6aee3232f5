package rules

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/strictyaml"
)

// looked is a list of phrases with the words that name it. In a file $buying
// stands for the list called buying.
type looked struct {
	*phrases
	text string
}

func (r *reader) phrases(n ast.Node, what string) looked {
	texts, names := r.words(n, what)
	return looked{newPhrases(texts), orList(names)}
}

// words reads a list of words and phrases, with the named lists in it spelt out,
// and what to call each part of it.
func (r *reader) words(n ast.Node, what string) (texts, names []string) {
	for _, part := range r.Sequence(n, what) {
		text := r.Text(part, what)
		list, isList := strings.CutPrefix(text, "$")
		switch {
		case isList && r.lists[list] == nil:
			r.Wrong(part, strictyaml.Nearest(list, slices.Sorted(maps.Keys(r.lists))), "there is no list of words called %q", list)
		case isList:
			texts = append(texts, r.lists[list]...)
			names = append(names, "one of "+list)
		case text != "" && len(fold(text)) == 0:
			r.Wrong(part, "write a word with letters or digits", "%s cannot look for %q", what, text)
		case text != "":
			texts, names = append(texts, text), append(names, text)
		}
	}
	return texts, names
}

// textTest is what message and fields ask of a text: every test that is given
// must pass.
type textTest struct {
	words, is *looked
	longest   int // words of the whole text; 0: no bound
	question  bool
	yes       bool
	least     int           // of a number; -1: not asked
	within    time.Duration // of a time frame; 0: not asked
}

// read takes one key of a test and reports whether it was one.
func (x *textTest) read(r *reader, e strictyaml.Entry) {
	switch e.Key {
	case "words":
		words := r.phrases(e.Value, e.Key)
		x.words = &words
	case "is":
		is := r.phrases(e.Value, e.Key)
		x.is = &is
	case "longest":
		x.longest = r.Whole(e.Value, e.Key, 1, 100)
	case "question":
		x.question = r.onlyTrue(e)
	case "yes":
		x.yes = r.onlyTrue(e)
	case "at_least":
		x.least = r.Whole(e.Value, e.Key, 0, 1_000_000_000)
	case "within":
		x.within = r.span(e.Value, e.Key)
	}
}

func (r *reader) onlyTrue(e strictyaml.Entry) bool {
	ok := r.Bool(e.Value, e.Key)
	if b, isBool := e.Value.(*ast.BoolNode); isBool && !b.Value {
		r.Wrong(e.Value, "remove the line, or put it with true below unless", "%s can only be true", e.Key)
	}
	return ok
}

func (x *textTest) passes(text string, folded []byte) bool {
	switch {
	case x.words != nil && !x.words.in(folded),
		x.is != nil && !x.is.is(folded),
		x.longest > 0 && bytes.Count(folded, []byte{' '}) > x.longest,
		x.question && !asks(text),
		x.yes && !agrees(text):
		return false
	}
	if x.least >= 0 {
		if from, _, ok := amounts(text); !ok || from < x.least {
			return false
		}
	}
	if x.within > 0 {
		if end, ok := horizon(text); !ok || end > x.within {
			return false
		}
	}
	return true
}

func (x *textTest) text() string {
	var parts []string
	if x.words != nil {
		parts = append(parts, "says "+x.words.text)
	}
	if x.is != nil {
		parts = append(parts, "is "+x.is.text)
	}
	if x.longest > 0 {
		parts = append(parts, fmt.Sprintf("has at most %d words", x.longest))
	}
	if x.question {
		parts = append(parts, "asks a question")
	}
	if x.yes {
		parts = append(parts, "is a yes")
	}
	if x.least >= 0 {
		parts = append(parts, fmt.Sprintf("is at least %d", x.least))
	}
	if x.within > 0 {
		parts = append(parts, "is a time within "+days(x.within))
	}
	return strings.Join(parts, " and ")
}

var messageKeys = []string{"words", "is", "longest", "question"}

func readMessage(r *reader, n ast.Node) condition {
	x := textTest{least: -1}
	entries := r.Mapping(n, "message", messageKeys)
	for _, e := range entries {
		x.read(r, e)
	}
	if len(entries) == 0 {
		r.Wrong(n, "add words: [one, two]", "message asks nothing")
	}
	return condition{text: "the message " + x.text(), holds: func(s *evalContext) bool {
		return s.anyTouch(func(t *touchView) bool { return t.Message != "" && x.passes(t.Message, t.words()) })
	}}
}

var fieldKeys = []string{"label", "label_words", "label_unless", "words", "is", "longest", "question", "yes", "at_least", "within"}

// readFields reads a condition on a form's further fields. label is a whole
// label, label_words are words in it, label_unless are words that must not be.
func readFields(r *reader, n ast.Node) condition {
	x := textTest{least: -1}
	var label, words, unless *looked
	tests := 0
	for _, e := range r.Mapping(n, "fields", fieldKeys) {
		switch e.Key {
		case "label", "label_words", "label_unless":
			list := r.phrases(e.Value, e.Key)
			switch e.Key {
			case "label":
				label = &list
			case "label_words":
				words = &list
			default:
				unless = &list
			}
		default:
			x.read(r, e)
			tests++
		}
	}
	if _, ok := n.(*ast.MappingNode); ok {
		if label == nil && words == nil {
			r.Wrong(n, "add label: [budget], or label_words: [budget]", "fields does not say which ones")
		}
		if tests == 0 {
			r.Wrong(n, "add "+strings.Join(fieldKeys[3:], ", or "), "fields asks nothing of the answer")
		}
	}
	asked := func(l []byte) bool {
		return (label != nil && label.is(l) || words != nil && words.in(l)) && (unless == nil || !unless.in(l))
	}
	return condition{text: "the field " + labelWords(label, words) + " " + x.text(), holds: func(s *evalContext) bool {
		return s.anyAnswer(asked, func(value string) bool {
			var room [200]byte
			return x.passes(value, appendFolded(room[:0], value, plainly))
		})
	}, close: func(s *evalContext) bool {
		return s.anyAnswer(asked, func(value string) bool { return value != "" })
	}}
}

func labelWords(lists ...*looked) string {
	for _, l := range lists {
		if l != nil {
			return l.text
		}
	}
	return "?"
}

var touchesKeys = []string{"action", "at_least", "at_most", "within"}

// readTouches reads a condition on how many different things the person did.
func readTouches(r *reader, n ast.Node) condition {
	least, most, within := 1, 1<<40, time.Duration(1<<62)
	var actions actionNames
	for _, e := range r.Mapping(n, "touches", touchesKeys) {
		switch e.Key {
		case "action":
			actions = r.actions(e.Value)
		case "at_least":
			least = r.Whole(e.Value, "touches at_least", 1, 1000)
		case "at_most":
			most = r.Whole(e.Value, "touches at_most", 0, 1000)
			least = min(least, most)
		case "within":
			within = r.span(e.Value, "touches within")
		}
	}
	phrase := rangeWords(least, most) + " different touches"
	if len(actions) > 0 {
		phrase += " of " + orList(actions)
	}
	if within < 1<<62 {
		phrase += " within " + days(within)
	}
	count := func(s *evalContext) (count int) {
		for _, t := range s.counts {
			if (len(actions) == 0 || actions.has(t.Action)) && t.age(s.now) <= within {
				count++
			}
		}
		return count
	}
	return condition{text: phrase,
		holds:   func(s *evalContext) bool { return count(s) >= least && count(s) <= most },
		close:   func(s *evalContext) bool { return least > 1 && count(s) == least-1 },
		several: least > 1,
	}
}

// actionNames are actions; one that ends with * stands for all that begin so.
type actionNames []string

func (names actionNames) has(a lead.Action) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		start, all := strings.CutSuffix(name, "*")
		return all && strings.HasPrefix(string(a), start) || name == string(a)
	})
}

// among spells the names out: every one of the actions that they stand for.
func (names actionNames) among(actions []lead.Action) actionNames {
	var all actionNames
	for _, a := range actions {
		if names.has(a) {
			all = append(all, string(a))
		}
	}
	return all
}

// actions reads names of actions; whether the table knows them is checked when
// the whole file has been read.
func (r *reader) actions(n ast.Node) actionNames {
	var names actionNames
	for _, part := range r.Sequence(n, "action") {
		if name := r.Text(part, "action"); name != "" {
			names = append(names, name)
			r.named = append(r.named, namedAction{name, part})
		}
	}
	return names
}

// namedAction is an action that a rule names, and where.
type namedAction struct {
	name string
	at   ast.Node
}
