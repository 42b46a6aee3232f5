// Package template runs templates in the language of text/template and
// html/template, with the standard library's own parser.
//
// It exists for what it leaves out: methods are not called. text/template finds
// methods by name at run time, so that a program that links it keeps every
// exported method of every type it has; here that is a third of the binary.
// What a method would do, a function does; IsZero alone is asked. Tests compare
// what it writes with html/template, byte by byte.
package template

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"text/template/parse"
)

// FuncMap names the functions that templates may call. Each returns one value,
// or one and an error.
type FuncMap map[string]any

// HTML is markup that is safe already and is written as it is where a page has
// text.
type HTML string

// Template is a set of templates that call each other; one of them, which has
// its name, is run by Execute. Create it with New.
type Template struct {
	Tree *parse.Tree // nil before Parse

	name string
	set  *set
}

type set struct {
	trees map[string]*parse.Tree
	funcs FuncMap
	html  bool
}

// New returns an empty template.
func New(name string) *Template {
	return &Template{name: name, set: &set{trees: map[string]*parse.Tree{}, funcs: maps.Clone(builtins)}}
}

// Must panics if err is not nil: for templates that are part of the program.
func Must(t *Template, err error) *Template {
	if err != nil {
		panic(err)
	}
	return t
}

// HTML has what is filled in escaped for where it stands in a page: in text, in
// an attribute, in a URL. A value in any other place is an error of Parse.
func (t *Template) HTML() *Template {
	t.set.html = true
	maps.Copy(t.set.funcs, htmlEscapers)
	return t
}

// Funcs adds functions. Those that a template calls must be there before it is
// parsed, and may be exchanged later.
func (t *Template) Funcs(funcs FuncMap) *Template {
	maps.Copy(t.set.funcs, funcs)
	return t
}

// Parse adds a text and the templates that it defines.
func (t *Template) Parse(text string) (*Template, error) { return t.parse(t.name, text) }

// ParseFS adds files, each named after its last element, in order of name.
func (t *Template) ParseFS(from fs.FS, patterns ...string) (*Template, error) {
	for _, pattern := range patterns {
		names, err := fs.Glob(from, pattern)
		if err != nil {
			return nil, fmt.Errorf("templates %s: %w", pattern, err)
		}
		if len(names) == 0 {
			return nil, fmt.Errorf("templates %s: there are none", pattern)
		}
		for _, name := range names {
			b, err := fs.ReadFile(from, name)
			if err != nil {
				return nil, err
			}
			if _, err := t.parse(path.Base(name), string(b)); err != nil {
				return nil, err
			}
		}
	}
	return t, nil
}

func (t *Template) parse(name, text string) (*Template, error) {
	trees, err := parse.Parse(name, text, "", "", t.set.funcs)
	if err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(trees)) {
		tree := trees[key]
		if t.set.html {
			if err := escapeTree(tree); err != nil {
				return nil, err
			}
		}
		if t.set.trees[key] == nil || !parse.IsEmptyTree(tree.Root) {
			t.set.trees[key] = tree
		}
	}
	t.Tree = t.set.trees[t.name]
	return t, nil
}

// Clone returns a copy that can be added to without changing t.
func (t *Template) Clone() *Template {
	return &Template{Tree: t.Tree, name: t.name, set: &set{trees: maps.Clone(t.set.trees), funcs: maps.Clone(t.set.funcs), html: t.set.html}}
}

// Templates are all of the set, in order of name.
func (t *Template) Templates() []*Template {
	var all []*Template
	for _, name := range slices.Sorted(maps.Keys(t.set.trees)) {
		all = append(all, &Template{Tree: t.set.trees[name], name: name, set: t.set})
	}
	return all
}

// Execute runs the template of t's name.
func (t *Template) Execute(w io.Writer, data any) error { return t.ExecuteTemplate(w, t.name, data) }

// ExecuteTemplate runs a template of the set. After an error what was written
// is of no use.
func (t *Template) ExecuteTemplate(w io.Writer, name string, data any) error {
	return run(t.set, w, name, data)
}

// String runs the template and returns what it writes.
func (t *Template) String(name string, data any) (string, error) {
	var b bytes.Buffer
	err := t.ExecuteTemplate(&b, name, data)
	return b.String(), err
}
