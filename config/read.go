package config

import (
	"bytes"
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/leadgate/leadgate/lead/strictyaml"
)

// written is what somebody wrote for one setting: a node of the file, or the
// text of a variable, a flag or a default. Neither: nothing was written.
type written struct {
	setting
	path string // routes[0].to
	node ast.Node
	text string
	at   Place // of the value; of what should hold it if nothing was written
}

func (w written) absent() bool { return w.node == nil && w.text == "" }

// reader goes over the file once and collects what is wrong with it.
type reader struct {
	o          Options
	file       string
	lines      []string
	env        map[string]string
	configured bool               // a variable of ours is set
	outside    map[string]written // what variables and flags say, by setting
	anchors    map[string]ast.Node
	veil       veil
	places     map[string]Place  // of what was written
	raw        map[string]string // how it was written, where it has references
	problems   Problems
	warnings   []Warning
	plain      Place // of the first secret that stands in the file itself
}

func newReader(o Options) *reader {
	return &reader{o: o, env: environ(o.Env), outside: map[string]written{}, anchors: map[string]ast.Node{},
		veil: newVeil(), places: map[string]Place{}, raw: map[string]string{}}
}

// open gathers variables, flags and the file's top; not ok: it has none that
// could be read.
func (r *reader) open() (root written, ok bool) {
	r.readEnviron()
	r.readFlags()
	root.at = Place{Source: "configuration"}
	r.file = cmp.Or(r.o.Path, r.env[prefix+"CONFIG"])
	if r.file == "" {
		return root, true
	}
	root.at.Source = r.file
	src, err := r.o.ReadFile(r.file)
	if err != nil {
		r.add(Problem{Place: root.at, Text: "cannot be read: " + reason(err), Fix: "name a file with --config or LEADGATE_CONFIG, or give neither"})
		return root, false
	}
	src = bytes.TrimPrefix(src, []byte("\uFEFF")) // editors on Windows
	r.lines = strings.Split(strings.ReplaceAll(string(src), "\r\n", "\n"), "\n")
	root.node, ok = r.parse(src)
	return root, ok
}

// Within braces YAML wants ${VAR} quoted, which nobody does. The signs of a
// reference are therefore replaced by as many others that YAML takes for
// letters, so that all columns stay right.
var (
	bareReference = regexp.MustCompile(`\$\{(\w+(?::-[^{}\[\],"'#\n]*)?)\}`)
	disguise      = "\uE000\uE001${1}\uE002"
	undisguise    = strings.NewReplacer("\uE000\uE001", "${", "\uE002", "}")
)

func (r *reader) parse(src []byte) (ast.Node, bool) {
	roots, bad := strictyaml.Documents(bareReference.ReplaceAll(src, []byte(disguise)))
	if bad != nil {
		r.report(Place{Source: r.file, Line: bad.Line, Column: bad.Column}, "", bad.Text, "mend the YAML; nothing else was checked", false)
		return nil, false
	}
	var body ast.Node
	for i, root := range roots {
		if i == 0 {
			body = root
		} else {
			r.report(r.placeOf(root), "", "begins a second document", "keep one document in a file", false)
		}
	}
	if body != nil {
		ast.Walk(collector(r.anchors), body)
	}
	return body, true
}

// collector is a visitor that keeps every anchor.
type collector map[string]ast.Node

func (c collector) Visit(n ast.Node) ast.Visitor {
	if a, ok := n.(*ast.AnchorNode); ok {
		c[a.Name.String()] = a.Value
	}
	return c
}

// unwrap follows anchors, aliases and tags to the node that holds the value.
func (r *reader) unwrap(n ast.Node) ast.Node {
	for range 8 { // never around in a circle, whatever the parser lets pass
		switch t := n.(type) {
		case *ast.AnchorNode:
			n = t.Value
		case *ast.TagNode:
			n = t.Value
		case *ast.AliasNode:
			to, ok := r.anchors[t.Value.String()]
			if !ok {
				r.report(r.placeOf(n), "", fmt.Sprintf("no anchor is called %q", t.Value.String()), "put &"+t.Value.String()+" before the value that is meant", false)
				return nil
			}
			n = to
		case *ast.NullNode:
			return nil
		default:
			return n
		}
	}
	return n
}

// entries returns what a section of the file holds, by key, and tells of keys
// that are unknown or there twice. With no known keys any will do. Nil values:
// it is no section.
func (r *reader) entries(w written, known []string) (keys []string, values map[string]written) {
	values = map[string]written{}
	own := map[string]bool{} // and not merged in from an anchor
	n := r.unwrap(w.node)
	if n == nil {
		return nil, values
	}
	m, ok := n.(*ast.MappingNode)
	if !ok {
		r.report(r.placeOf(n), w.path, "is "+strictyaml.Kind(n)+", not settings", "write one key: value a line below it", false)
		return nil, nil
	}
	for _, pair := range m.Values {
		at := r.placeOf(pair.Key)
		if pair.Key.IsMergeKey() {
			more, merged := r.entries(written{path: w.path, node: pair.Value}, known)
			for _, k := range more {
				if _, has := values[k]; !has {
					keys, values[k] = append(keys, k), merged[k]
				}
			}
			continue
		}
		key := undisguise.Replace(pair.Key.GetToken().Value)
		path := join(w.path, key)
		first, has := values[key]
		switch {
		case len(known) > 0 && !slices.Contains(known, key):
			r.report(at, path, fmt.Sprintf("unknown key %q", key), suggest(key, known), false)
		case own[key]:
			r.report(at, path, fmt.Sprintf("is given twice, first in line %d", first.at.Line), "keep one of them", false)
		default:
			if !has {
				keys = append(keys, key)
			}
			own[key] = true
			values[key] = written{path: path, node: pair.Value, at: r.placeOf(pair.Value)}
		}
	}
	return keys, values
}

// scalar returns the text of a node that holds a single value.
func (r *reader) scalar(w written) (text string, ok bool) {
	if w.node == nil {
		return w.text, true
	}
	n := r.unwrap(w.node)
	if n == nil {
		return "", true
	}
	text, ok = strictyaml.Scalar(n)
	if !ok {
		r.report(w.at, w.path, "is "+strictyaml.Kind(n)+", not a single value", "write one value behind the colon", false)
	}
	return undisguise.Replace(strings.TrimRight(text, "\n")), ok
}

// placeOf is where a reader's eye finds a node: at its first key, not at its
// first colon.
func (r *reader) placeOf(n ast.Node) Place {
	line, column := strictyaml.Position(n)
	return Place{Source: r.file, Line: line, Column: column}
}

// report adds a problem. Public: the setting is no secret, so that its line
// may be shown.
func (r *reader) report(at Place, setting, text, fix string, public bool) {
	r.add(Problem{Place: at, Setting: setting, Text: text, Fix: fix, Excerpt: r.excerpt(at, setting, fix, public)})
}

func (r *reader) add(p Problem) {
	key := func(p Problem) string { return p.Setting[strings.LastIndexByte(p.Setting, '.')+1:] }
	same := func(q Problem) bool { return p.Place == q.Place && p.Text == q.Text && key(p) == key(q) }
	if !slices.ContainsFunc(r.problems, same) { // an alias repeats values
		r.problems = append(r.problems, p)
	}
}

// fault reports what is wrong with a setting that was read before.
func (r *reader) fault(path, text, fix string) {
	r.report(placeOf(r.places, path, r.file), path, text, fix, true)
}

func (r *reader) warn(path, text string) {
	r.warnings = append(r.warnings, Warning{Place: placeOf(r.places, path, r.file), Setting: path, Text: text})
}

// placeOf finds where a setting was written or, if it was not, the section
// that should hold it.
func placeOf(places map[string]Place, path, file string) Place {
	for path != "" {
		if at, ok := places[path]; ok {
			return at
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return Place{Source: cmp.Or(file, "configuration")}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// beside resolves a path that the file names relative to its own directory.
func (r *reader) beside(at Place, name string) string {
	if filepath.IsAbs(name) || at.Line == 0 {
		return name
	}
	return filepath.Join(filepath.Dir(r.file), name)
}
