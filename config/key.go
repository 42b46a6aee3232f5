package config

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// setting is what a table says about one key, whatever it is a key of.
type setting struct {
	name     string
	doc      string // what it is, its unit, when it is required
	def      string // as it would be written; empty: nothing
	required bool
	secret   bool // ${VAR} and file:/path are fine, and it is never shown
}

// key is one line of a table: a setting of a T and how it is read.
type key[T any] struct {
	setting
	value value[T]
}

// value reads one setting into a T, prints it back, and says what it consists of.
// one, many, pairs, section, maybe and sections make them.
type value[T any] interface {
	read(r *reader, w written, to *T)
	print(p *printer, s setting, path string, from *T)
	under(path string) []Setting // what it consists of; nil for plain values
}

// readKeys reads a section by its table.
func readKeys[T any](r *reader, keys []key[T], w written, to *T) {
	var names []string
	for _, k := range keys {
		names = append(names, k.name)
	}
	_, said := r.entries(w, names)
	if said == nil {
		return
	}
	for _, k := range keys {
		v, ok := said[k.name]
		v.path = join(w.path, k.name)
		if o, has := r.outside[v.path]; has {
			v, ok = o, true
		}
		v.setting = k.setting
		if ok {
			r.places[v.path] = v.at
		} else {
			v.at = w.at
		}
		k.value.read(r, v, to)
	}
}

// grammar is how a single value is written.
type grammar[V any] struct {
	parse func(string) (V, *wrong) // of a text that is not empty
	show  func(V) string           // nil: fmt.Sprint
	mask  func(string) string      // of a secret; nil: mask
	form  form
}

// wrong says why a text does not fit its grammar: what continues a sentence
// that begins with the text, fix says what to write. Neither repeats the text,
// which may be a secret.
type wrong struct{ what, fix string }

func (g grammar[V]) text(v V) string {
	if g.show != nil {
		return g.show(v)
	}
	return fmt.Sprint(v)
}

// value parses what was written for one setting; not ok: leave it as it is.
func (g grammar[V]) value(r *reader, w written) (v V, ok bool) {
	text, quoted, ok := r.resolve(w)
	if !ok {
		return v, false
	}
	if text == "" {
		if w.required {
			r.report(w.at, w.path, "is required and missing", "add "+w.name+": "+g.form.sample, !w.secret)
		}
		if text = w.def; text == "" {
			return v, false
		}
	}
	v, bad := g.parse(text)
	if bad != nil {
		r.report(w.at, w.path, quoted+" "+bad.what, bad.fix, !w.secret)
	}
	return v, true
}

// one is a single value.
func one[T, V any](field func(*T) *V, g grammar[V]) value[T] { return single[T, V]{field, g} }

type single[T, V any] struct {
	field   func(*T) *V
	grammar grammar[V]
}

func (s single[T, V]) read(r *reader, w written, to *T) {
	if v, ok := s.grammar.value(r, w); ok {
		*s.field(to) = v
	}
}

func (s single[T, V]) under(string) []Setting { return nil }

// many is a list of single values; in a variable or flag, with commas.
func many[T, V any](field func(*T) *[]V, g grammar[V]) value[T] { return list[T, V]{field, g} }

type list[T, V any] struct {
	field   func(*T) *[]V
	grammar grammar[V]
}

func (l list[T, V]) read(r *reader, w written, to *T) {
	before := len(*l.field(to))
	for _, one := range r.elements(w) {
		r.places[one.path] = one.at
		if v, ok := l.grammar.value(r, one); ok {
			*l.field(to) = append(*l.field(to), v)
		}
	}
	if w.required && len(*l.field(to)) == before {
		r.report(w.at, w.path, "is required and missing", "add "+w.name+": ["+l.grammar.form.sample+"]", true)
	}
}

func (l list[T, V]) under(string) []Setting { return nil }

// elements splits a list. A single value stands for a list of one.
func (r *reader) elements(w written) (ones []written) {
	add := func(one written) {
		one.path, one.setting = fmt.Sprintf("%s[%d]", w.path, len(ones)), setting{name: w.name, secret: w.secret}
		ones = append(ones, one)
	}
	if w.node == nil {
		for text := range strings.SplitSeq(w.text, ",") {
			if text = strings.TrimSpace(text); text != "" {
				add(written{text: text, at: w.at})
			}
		}
		return ones
	}
	switch n := r.unwrap(w.node).(type) {
	case nil:
	case *ast.SequenceNode:
		for _, v := range n.Values {
			add(written{node: v, at: r.placeOf(v)})
		}
	default:
		add(written{node: n, at: w.at})
	}
	return ones
}

// pairs are free names with a value each.
func pairs[T any](field func(*T) *map[string]string, name, g grammar[string]) value[T] {
	return dict[T]{field, name, g}
}

type dict[T any] struct {
	field         func(*T) *map[string]string
	name, grammar grammar[string]
}

func (d dict[T]) read(r *reader, w written, to *T) {
	keys, said := r.entries(w, nil)
	for _, k := range keys {
		v := said[k]
		v.setting, v.required = w.setting, true
		v.name = k
		r.places[v.path] = v.at
		if _, bad := d.name.parse(k); bad != nil {
			r.report(v.at, v.path, fmt.Sprintf("%q %s", k, bad.what), bad.fix, !w.secret)
		}
		text, ok := d.grammar.value(r, v)
		if !ok {
			continue
		}
		if *d.field(to) == nil {
			*d.field(to) = map[string]string{}
		}
		(*d.field(to))[k] = text
	}
}

func (d dict[T]) under(string) []Setting { return nil }

// section is a group of settings.
func section[T, E any](field func(*T) *E, keys []key[E]) value[T] { return group[T, E]{field, keys} }

type group[T, E any] struct {
	field func(*T) *E
	keys  []key[E]
}

func (g group[T, E]) read(r *reader, w written, to *T) { readKeys(r, g.keys, w, g.field(to)) }

func (g group[T, E]) under(path string) []Setting { return flatten(g.keys, path) }

// maybe is a group that need not be there.
func maybe[T, E any](field func(*T) **E, keys []key[E]) value[T] { return optional[T, E]{field, keys} }

type optional[T, E any] struct {
	field func(*T) **E
	keys  []key[E]
}

func (o optional[T, E]) read(r *reader, w written, to *T) {
	if w.absent() || r.unwrap(w.node) == nil {
		return
	}
	*o.field(to) = new(E)
	readKeys(r, o.keys, w, *o.field(to))
}

func (o optional[T, E]) under(path string) []Setting { return flatten(o.keys, path) }

// sections is a list of groups.
func sections[T, E any](field func(*T) *[]E, keys []key[E]) value[T] {
	return groups[T, E]{field, keys}
}

type groups[T, E any] struct {
	field func(*T) *[]E
	keys  []key[E]
}

func (g groups[T, E]) read(r *reader, w written, to *T) {
	for _, one := range r.elements(w) {
		r.places[one.path] = one.at
		var e E
		readKeys(r, g.keys, one, &e)
		*g.field(to) = append(*g.field(to), e)
	}
}

func (g groups[T, E]) under(path string) []Setting { return flatten(g.keys, path+"[]") }

// flatten flattens a table.
func flatten[T any](keys []key[T], path string) []Setting {
	var all []Setting
	for _, k := range keys {
		at := join(path, k.name)
		inner := k.value.under(at)
		_, free := k.value.(dict[T])
		s := Setting{Key: at, Doc: k.doc, Default: k.def, Secret: k.secret, Section: inner != nil, Free: free}
		if !s.Section && !strings.Contains(at, "[]") {
			s.Env = prefix + strings.ToUpper(strings.ReplaceAll(at, ".", "_"))
			s.Flag = strings.NewReplacer(".", "-", "_", "-").Replace(at)
		}
		all = append(all, s)
		all = append(all, inner...)
	}
	return all
}
