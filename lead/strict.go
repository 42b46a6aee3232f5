package lead

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// RulesError lists every mistake of a rules file.
type RulesError struct {
	Mistakes []Mistake
}

// Mistake is one place of a rules file that cannot stay as it is.
type Mistake struct {
	File   string
	Line   int // from 1
	Column int // from 1, in characters
	Source string
	Text   string // what is wrong
	Fix    string // what to write instead
}

func (e *RulesError) Error() string {
	texts := make([]string, len(e.Mistakes))
	for i, m := range e.Mistakes {
		texts[i] = m.String()
	}
	return strings.Join(texts, "\n")
}

// String shows the mistake with its line, a caret below the place, and the fix.
func (m Mistake) String() string {
	before := []rune(m.Source)
	before = before[:min(len(before), max(m.Column-1, 0))]
	for i, r := range before {
		if r != '\t' {
			before[i] = ' '
		}
	}
	return fmt.Sprintf("%s:%d:%d: %s\n%5d | %s\n      | %s^\n  fix: %s",
		m.File, m.Line, m.Column, m.Text, m.Line, m.Source, string(before), m.Fix)
}

// reader reads YAML strictly and remembers every mistake with its place.
type reader struct {
	file     string
	lines    []string
	mistakes []Mistake
	lists    map[string][]string // named lists of words, by name
	named    []namedAction       // actions that rules speak of, to be checked at the end
}

func newReader(file string, src []byte) *reader {
	return &reader{file: file, lines: strings.Split(string(src), "\n")}
}

// entry is one key of a mapping with its value.
type entry struct {
	key   string
	at    ast.Node // the key's place
	value ast.Node
}

// parse returns the root of the one document in src, nil after a mistake.
func (r *reader) parse(src []byte) ast.Node {
	file, err := parser.ParseBytes(src, 0, parser.AllowDuplicateMapKey())
	var syntax yaml.Error
	switch {
	case errors.As(err, &syntax):
		fix := "check the indentation, the colons and the quotes of this line and the one above it"
		if strings.Contains(syntax.GetMessage(), "\t") {
			fix = "indent with blanks, not with tabs"
		}
		r.wrongAt(syntax.GetToken().Position, fix, "this is not YAML: %s", strings.ReplaceAll(syntax.GetMessage(), "\t", `\t`))
		return nil
	case err != nil:
		r.wrongAt(nil, "check the indentation, the colons and the quotes", "this is not YAML: %v", err)
		return nil
	}
	var roots []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil {
			roots = append(roots, doc.Body)
		}
	}
	switch len(roots) {
	case 0:
		r.wrongAt(nil, "write extends: default, or copy the default rules and change them", "the file is empty")
		return nil
	case 1:
		return roots[0]
	}
	r.wrong(roots[1], "remove the line --- above it", "a rules file holds one document")
	return nil
}

func (r *reader) wrong(n ast.Node, fix, format string, args ...any) {
	var at *token.Position
	if n != nil && n.GetToken() != nil {
		at = n.GetToken().Position
	}
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 && !m.IsFlowStyle {
		at = m.Values[0].Key.GetToken().Position // the token of a block mapping is its colon
	}
	r.wrongAt(at, fix, format, args...)
}

func (r *reader) wrongAt(at *token.Position, fix, format string, args ...any) {
	m := Mistake{File: r.file, Line: 1, Column: 1, Text: fmt.Sprintf(format, args...), Fix: fix}
	if at != nil {
		m.Line, m.Column = max(at.Line, 1), max(at.Column, 1)
	}
	if m.Line <= len(r.lines) {
		m.Source = strings.TrimRight(r.lines[m.Line-1], "\r")
	}
	r.mistakes = append(r.mistakes, m)
}

// mapping returns the entries of a mapping whose keys must be among known; nil
// known allows every key. Unknown and repeated keys are mistakes and left out.
func (r *reader) mapping(n ast.Node, what string, known []string) []entry {
	m, ok := n.(*ast.MappingNode)
	if !ok {
		r.wrong(n, fmt.Sprintf("write %s as key: value lines", what), "%s must be a mapping, this is %s", what, kindOf(n))
		return nil
	}
	var entries []entry
	seen := map[string]bool{}
	for _, v := range m.Values {
		key := v.Key.GetToken().Value
		switch {
		case v.Key.IsMergeKey():
			r.wrong(v.Key, "write the lines out", "merge keys are not allowed here")
		case seen[key]:
			r.wrong(v.Key, "keep one of the two", "%s has %q twice", what, key)
		case known != nil && !slices.Contains(known, key):
			r.wrong(v.Key, nearest(key, known), "%s has no %q", what, key)
		default:
			entries = append(entries, entry{key: key, at: v.Key, value: v.Value})
		}
		seen[key] = true
	}
	return entries
}

// sequence returns the parts of a sequence; one scalar counts as a list of one.
func (r *reader) sequence(n ast.Node, what string) []ast.Node {
	if s, ok := n.(*ast.SequenceNode); ok {
		if len(s.Values) == 0 {
			r.wrong(n, "put something in or remove the line", "%s is an empty list", what)
		}
		return s.Values
	}
	if scalar(n) {
		return []ast.Node{n}
	}
	r.wrong(n, fmt.Sprintf("write %s: [one, two]", what), "%s must be a list, this is %s", what, kindOf(n))
	return nil
}

// text returns a scalar as it was written, without quotes.
func (r *reader) text(n ast.Node, what string) string {
	var text string
	switch n := n.(type) {
	case *ast.StringNode:
		text = n.Value
	case *ast.LiteralNode:
		text = n.Value.Value
	default:
		if !scalar(n) {
			r.wrong(n, fmt.Sprintf("write %s: some words", what), "%s must be text, this is %s", what, kindOf(n))
			return ""
		}
		text = n.GetToken().Value
	}
	if text = strings.TrimSpace(text); text == "" {
		r.wrong(n, fmt.Sprintf("write %s: some words", what), "%s is empty", what)
	}
	return text
}

func (r *reader) texts(n ast.Node, what string) []string {
	var texts []string
	for _, part := range r.sequence(n, what) {
		if text := r.text(part, what); text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}

// oneOf returns which of the choices a scalar names, -1 after a mistake.
func (r *reader) oneOf(n ast.Node, what string, choices []string) int {
	text := r.text(n, what)
	i := slices.Index(choices, text)
	if i < 0 && text != "" {
		r.wrong(n, nearest(text, choices), "%s cannot be %q", what, text)
	}
	return i
}

func (r *reader) whole(n ast.Node, what string, least, most int) int {
	text := r.text(n, what)
	i, err := strconv.Atoi(text)
	switch {
	case text == "":
		return least
	case err != nil:
		r.wrong(n, fmt.Sprintf("write a whole number from %d to %d", least, most), "%s must be a whole number, this is %q", what, text)
		return least
	case i < least || i > most:
		r.wrong(n, fmt.Sprintf("write a whole number from %d to %d", least, most), "%s cannot be %d", what, i)
		return least
	}
	return i
}

func (r *reader) yes(n ast.Node, what string) bool {
	b, ok := n.(*ast.BoolNode)
	if !ok {
		r.wrong(n, "write true or false, without quotes", "%s must be true or false", what)
		return false
	}
	return b.Value
}

// span reads a time such as 14d, 36 hours, 3 months.
func (r *reader) span(n ast.Node, what string) time.Duration {
	text := r.text(n, what)
	number, rest := nextWord(appendFolded(nil, text, atDigits))
	count, err := strconv.Atoi(strings.TrimSpace(string(number)))
	if unit, ok := unitOf(rest); ok && err == nil && count > 0 && count < 10_000 {
		return time.Duration(count) * unit
	}
	if text != "" {
		r.wrong(n, "write a number and a unit: 14d, 36h, 2w, 3 months", "%s cannot be %q", what, text)
	}
	return 0
}

func scalar(n ast.Node) bool {
	switch n.(type) {
	case *ast.StringNode, *ast.LiteralNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return true
	}
	return false
}

func kindOf(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode, nil:
		return "nothing"
	case *ast.AnchorNode, *ast.AliasNode:
		return "an anchor or an alias"
	case *ast.TagNode:
		return "a tag"
	}
	return "a single value"
}
