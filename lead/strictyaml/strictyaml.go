// Package strictyaml reads YAML strictly: every mistake of a file is found in one
// go, with its place, a caret below it and what to write instead. Unknown and
// repeated keys are mistakes.
//
// It knows nothing of what the keys mean. A new sort of value is a method of
// Reader that returns the value, or its zero after a mistake.
package strictyaml

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Error lists every mistake of a file.
type Error struct {
	Mistakes []Mistake
}

// Mistake is one place of a file that cannot stay as it is.
type Mistake struct {
	File   string
	Line   int // from 1
	Column int // from 1, in characters
	Source string
	Text   string // what is wrong
	Fix    string // what to write instead
}

func (e *Error) Error() string {
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

// Reader reads YAML strictly and remembers every mistake with its place.
type Reader struct {
	file     string
	lines    []string
	Mistakes []Mistake // so far
}

// NewReader returns a reader of a file; name is what mistakes call it.
func NewReader(file string, src []byte) *Reader {
	return &Reader{file: file, lines: strings.Split(string(src), "\n")}
}

// Entry is one key of a mapping with its value.
type Entry struct {
	Key   string
	At    ast.Node // the key's place
	Value ast.Node
}

// Parse returns the root of the one document in src, nil after a mistake. empty is
// what to write into a file that holds nothing.
func (r *Reader) Parse(src []byte, empty string) ast.Node {
	roots, bad := Documents(src)
	switch {
	case bad != nil:
		r.wrongAt(bad.Line, bad.Column, bad.Fix, "this is not YAML: %s", bad.Text)
		return nil
	case len(roots) == 0:
		r.wrongAt(1, 1, empty, "the file is empty")
		return nil
	case len(roots) > 1:
		r.Wrong(roots[1], "remove the line --- above it", "the file holds a second document")
		return nil
	}
	return roots[0]
}

// Wrong notes a mistake at a node; nil is the beginning of the file.
func (r *Reader) Wrong(n ast.Node, fix, format string, args ...any) {
	line, column := Position(n)
	r.wrongAt(line, column, fix, format, args...)
}

func (r *Reader) wrongAt(line, column int, fix, format string, args ...any) {
	m := Mistake{File: r.file, Line: max(line, 1), Column: max(column, 1), Text: fmt.Sprintf(format, args...), Fix: fix}
	if m.Line <= len(r.lines) {
		m.Source = strings.TrimRight(r.lines[m.Line-1], "\r")
	}
	r.Mistakes = append(r.Mistakes, m)
}

// Mapping returns the entries of a mapping whose keys must be among known; nil
// known allows every key. Unknown and repeated keys are mistakes and left out.
func (r *Reader) Mapping(n ast.Node, what string, known []string) []Entry {
	m, ok := n.(*ast.MappingNode)
	if !ok {
		r.Wrong(n, fmt.Sprintf("write %s as key: value lines", what), "%s must be a mapping, this is %s", what, Kind(n))
		return nil
	}
	var entries []Entry
	seen := map[string]bool{}
	for _, v := range m.Values {
		key := v.Key.GetToken().Value
		switch {
		case v.Key.IsMergeKey():
			r.Wrong(v.Key, "write the lines out", "merge keys are not allowed here")
		case seen[key]:
			r.Wrong(v.Key, "keep one of the two", "%s has %q twice", what, key)
		case known != nil && !slices.Contains(known, key):
			r.Wrong(v.Key, Nearest(key, known), "%s has no %q", what, key)
		default:
			entries = append(entries, Entry{Key: key, At: v.Key, Value: v.Value})
		}
		seen[key] = true
	}
	return entries
}

// Sequence returns the parts of a sequence; one scalar counts as a list of one.
func (r *Reader) Sequence(n ast.Node, what string) []ast.Node {
	if s, ok := n.(*ast.SequenceNode); ok {
		if len(s.Values) == 0 {
			r.Wrong(n, "put something in or remove the line", "%s is an empty list", what)
		}
		return s.Values
	}
	if _, ok := Scalar(n); ok {
		return []ast.Node{n}
	}
	r.Wrong(n, fmt.Sprintf("write %s: [one, two]", what), "%s must be a list, this is %s", what, Kind(n))
	return nil
}

// Text returns a scalar as it was written, without quotes.
func (r *Reader) Text(n ast.Node, what string) string {
	text, ok := Scalar(n)
	if !ok {
		r.Wrong(n, fmt.Sprintf("write %s: some words", what), "%s must be text, this is %s", what, Kind(n))
		return ""
	}
	if text = strings.TrimSpace(text); text == "" {
		r.Wrong(n, fmt.Sprintf("write %s: some words", what), "%s is empty", what)
	}
	return text
}

func (r *Reader) Texts(n ast.Node, what string) []string {
	var texts []string
	for _, part := range r.Sequence(n, what) {
		if text := r.Text(part, what); text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}

// OneOf returns which of the choices a scalar names, -1 after a mistake.
func (r *Reader) OneOf(n ast.Node, what string, choices []string) int {
	text := r.Text(n, what)
	i := slices.Index(choices, text)
	if i < 0 && text != "" {
		r.Wrong(n, Nearest(text, choices), "%s cannot be %q", what, text)
	}
	return i
}

func (r *Reader) Whole(n ast.Node, what string, least, most int) int {
	text := r.Text(n, what)
	i, err := strconv.Atoi(text)
	switch {
	case text == "":
		return least
	case err != nil:
		r.Wrong(n, fmt.Sprintf("write a whole number from %d to %d", least, most), "%s must be a whole number, this is %q", what, text)
		return least
	case i < least || i > most:
		r.Wrong(n, fmt.Sprintf("write a whole number from %d to %d", least, most), "%s cannot be %d", what, i)
		return least
	}
	return i
}

func (r *Reader) Bool(n ast.Node, what string) bool {
	b, ok := n.(*ast.BoolNode)
	if !ok {
		r.Wrong(n, "write true or false, without quotes", "%s must be true or false", what)
		return false
	}
	return b.Value
}

// Syntax is why a text is not YAML.
type Syntax struct {
	Line, Column int    // from 1; 0: unknown
	Text         string // the parser's words
	Fix          string
}

// Documents returns the root of each document in src. Repeated keys are left for
// the reader to find.
func Documents(src []byte) (roots []ast.Node, bad *Syntax) {
	file, err := parser.ParseBytes(src, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		bad = &Syntax{Text: err.Error(), Fix: "check the indentation, the colons and the quotes"}
		if syntax, ok := errors.AsType[yaml.Error](err); ok {
			bad.Text, bad.Fix = syntax.GetMessage(), "check the indentation, the colons and the quotes of this line and the one above it"
			if at := syntax.GetToken(); at != nil && at.Position != nil {
				bad.Line, bad.Column = at.Position.Line, at.Position.Column
			}
		}
		if strings.Contains(bad.Text, "\t") {
			bad.Text, bad.Fix = strings.ReplaceAll(bad.Text, "\t", `\t`), "indent with blanks, not with tabs"
		}
		return nil, bad
	}
	for _, doc := range file.Docs {
		if _, directive := doc.Body.(*ast.DirectiveNode); doc.Body != nil && !directive { // %YAML 1.2
			roots = append(roots, doc.Body)
		}
	}
	return roots, nil
}

// Position is where people look for a node: at its first key, not at its first
// colon. It is 0, 0 for none.
func Position(n ast.Node) (line, column int) {
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 && !m.IsFlowStyle {
		return Position(m.Values[0].Key)
	}
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 0, 0
	}
	return n.GetToken().Position.Line, n.GetToken().Position.Column
}

// Scalar returns the text of a single value as it was written, without quotes.
func Scalar(n ast.Node) (text string, ok bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// Kind names what a node is, for people.
func Kind(n ast.Node) string {
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

// Nearest says what to write instead of a word that is none of known: the
// closest one, or all of them when none is close.
func Nearest(word string, known []string) string {
	best, least := "", max(2, len(word)/3)+1
	for _, k := range known {
		if d := Distance(word, k); d < least {
			best, least = k, d
		}
	}
	switch {
	case best != "":
		return fmt.Sprintf("write %s", best)
	case len(known) == 0:
		return "remove it: there is none yet"
	case len(known) > 20:
		return "use a name that the file knows"
	}
	return "use one of: " + strings.Join(known, ", ")
}

// Distance counts the letters to change, add, remove or swap with their
// neighbour to make a into b.
func Distance(a, b string) int {
	before := make([]int, len(b)+1)
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
