package config

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Print writes the configuration in force as YAML, each setting with where it
// was written. Secrets are only said to be set, with the beginning of their
// digest.
func (c *Config) Print(w io.Writer) {
	p := &printer{w: w, places: c.places, file: c.File}
	printKeys(p, settings, "", c)
}

// Format prints like Print for every verb, since a Config holds secrets.
func (c Config) Format(f fmt.State, _ rune) { c.Print(f) }

// MarshalText returns what Print writes.
func (c Config) MarshalText() ([]byte, error) {
	var b strings.Builder
	c.Print(&b)
	return []byte(b.String()), nil
}

// LogValue is the name of the file.
func (c Config) LogValue() slog.Value { return slog.StringValue("configuration of " + c.File) }

type printer struct {
	w      io.Writer
	places map[string]Place
	file   string
	indent string
	dash   bool // the next line begins an element of a list
	within bool // a list, whose elements show no switches that are off
}

func (p *printer) line(s string) {
	lead := p.indent
	if p.dash {
		lead, p.dash = lead[:len(lead)-2]+"- ", false
	}
	fmt.Fprintln(p.w, lead+s)
}

// origin is the comment that says where a setting was written.
func (p *printer) origin(path string) string {
	at, ok := p.places[path]
	switch {
	case p.within:
		return ""
	case !ok:
		return "  # default"
	case at.Line > 0:
		return fmt.Sprintf("  # %s:%d", at.Source, at.Line)
	}
	return "  # " + at.Source
}

func (p *printer) inner(list bool, print func()) {
	was := *p
	p.indent += "  "
	if list {
		p.indent, p.within = p.indent+"  ", true
	}
	print()
	*p = was
}

func printKeys[T any](p *printer, keys []key[T], path string, from *T) {
	for _, k := range keys {
		k.value.print(p, k.setting, join(path, k.name), from)
	}
}

// shown is a value as print writes it.
func (g grammar[V]) shown(s setting, v V) string {
	text := g.text(v)
	switch {
	case text == "":
		return ""
	case s.secret && g.mask != nil:
		return g.mask(text)
	case s.secret:
		return mask(text)
	}
	return yamlText(text)
}

var plainText = regexp.MustCompile(`^[\w./#][\w ./:@+-]*$`)

func yamlText(s string) string {
	if plainText.MatchString(s) && s[0] != '#' && !strings.Contains(s, ": ") && !strings.HasSuffix(s, ":") {
		return s
	}
	return fmt.Sprintf("%q", s)
}

func (s single[T, V]) print(p *printer, k setting, path string, from *T) {
	text := s.grammar.shown(k, *s.field(from))
	if text == "" || p.within && text == "false" {
		return
	}
	p.line(k.name + ": " + text + p.origin(path))
}

func (l list[T, V]) print(p *printer, k setting, path string, from *T) {
	var texts []string
	for _, v := range *l.field(from) {
		texts = append(texts, l.grammar.shown(k, v))
	}
	if len(texts) > 0 {
		p.line(k.name + ": [" + strings.Join(texts, ", ") + "]" + p.origin(path))
	}
}

func (d dict[T]) print(p *printer, k setting, path string, from *T) {
	m := *d.field(from)
	if len(m) == 0 {
		return
	}
	p.line(k.name + ":")
	p.inner(false, func() {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			p.line(yamlText(name) + ": " + d.grammar.shown(k, m[name]) + p.origin(join(path, name)))
		}
	})
}

func (g group[T, E]) print(p *printer, k setting, path string, from *T) {
	printGroup(p, g.keys, k.name, path, g.field(from))
}

func (o optional[T, E]) print(p *printer, k setting, path string, from *T) {
	if e := *o.field(from); e != nil {
		printGroup(p, o.keys, k.name, path, e)
	}
}

// printGroup writes a section unless there is nothing in it.
func printGroup[E any](p *printer, keys []key[E], name, path string, from *E) {
	var b strings.Builder
	q := *p
	q.w, q.dash = &b, false
	q.inner(false, func() { printKeys(&q, keys, path, from) })
	if b.Len() > 0 {
		p.line(name + ":")
		io.WriteString(p.w, b.String())
	}
}

func (g groups[T, E]) print(p *printer, k setting, path string, from *T) {
	list := *g.field(from)
	if len(list) == 0 {
		return
	}
	p.line(k.name + ":" + p.origin(path))
	for i := range list {
		p.inner(true, func() {
			p.dash = true
			printKeys(p, g.keys, fmt.Sprintf("%s[%d]", path, i), &list[i])
		})
	}
}
