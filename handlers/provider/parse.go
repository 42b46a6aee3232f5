package provider

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Bounds of a body. No honest lead comes near them.
const (
	maxDepth = 64
	maxNodes = 5000
	maxText  = 64 << 10
	maxParts = 200
)

// parseJSON reads exactly one JSON document into a tree. It is written by hand
// because it is on the path of every request: the standard decoder needs three
// times as long, forgets the order of keys, and has no bounds.
func parseJSON(body []byte) (*node, error) {
	return parseText(string(body), maxNodes)
}

func parseText(s string, nodes int) (*node, error) {
	p := newParser(s, nodes)
	root, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if p.blanks(); p.i < len(p.s) {
		return nil, p.bad("something follows the document")
	}
	return &root, nil
}

func newParser(s string, nodes int) parser {
	p := parser{s: strings.TrimPrefix(s, "\ufeff"), left: nodes}
	p.valid = utf8.ValidString(p.s)
	p.open = make([]node, 0, min(nodes, strings.Count(p.s, ",")+2))
	return p
}

type parser struct {
	s     string
	i     int
	valid bool   // all of it is UTF-8
	left  int    // nodes that may still come
	open  []node // members of the objects and arrays that are not closed yet
	store []node // members of those that are

	lenient bool // slips that have one meaning are read; see lenient.go
	cut     bool // the ends of containers may be missing
	end     byte // of the container that is being read
}

func (p *parser) bad(what string) error {
	return fmt.Errorf("%w: %s at byte %d", ErrMalformed, what, p.i)
}

func (p *parser) blanks() {
	for p.i < len(p.s) {
		switch p.s[p.i] {
		case ' ', '\t', '\n', '\r':
			p.i++
		default:
			return
		}
	}
}

func (p *parser) value(depth int) (node, error) {
	if p.left--; p.left < 0 {
		return node{}, fmt.Errorf("%w: more than %d values", ErrTooLarge, maxNodes)
	}
	p.blanks()
	if p.i == len(p.s) {
		return node{}, p.bad("the document ends too early")
	}
	switch c := p.s[p.i]; {
	case c == '{' || c == '[':
		if depth == maxDepth {
			return node{}, fmt.Errorf("%w at byte %d", errDeep, p.i)
		}
		return p.container(c, depth)
	case p.lenient:
		return p.lenientValue(c)
	case c == '"':
		s, err := p.str()
		return node{sort: text, text: s}, err
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	}
	return p.literal()
}

func (p *parser) literal() (node, error) {
	for _, word := range [...]string{"true", "false", "null"} {
		if !strings.HasPrefix(p.s[p.i:], word) {
			continue
		}
		p.i += len(word)
		if word == "null" {
			return node{}, nil
		}
		return node{sort: boolean, text: word}, nil
	}
	return node{}, p.bad("not a value")
}

func (p *parser) container(c byte, depth int) (node, error) {
	n := node{sort: object}
	end := byte('}')
	if c == '[' {
		n.sort, end = array, ']'
	}
	start := len(p.open)
	p.i++
	for first := true; ; first = false {
		p.blanks()
		if p.i == len(p.s) && p.cut && !first {
			break
		}
		if p.i == len(p.s) {
			return n, p.bad("the document ends too early")
		}
		if p.s[p.i] == end && (first || p.lenient) {
			break
		}
		var key string
		if n.sort == object {
			var err error
			if key, err = p.member(); err != nil {
				return n, err
			}
		}
		p.end = end
		kid, err := p.value(depth + 1)
		if err != nil {
			return n, err
		}
		kid.key = key
		p.open = append(p.open, kid)
		p.blanks()
		if p.i < len(p.s) && p.s[p.i] == end {
			break
		}
		if p.i == len(p.s) && p.cut {
			break
		}
		if p.i == len(p.s) {
			return n, p.bad("the document ends too early")
		}
		switch {
		case p.s[p.i] == ',':
			p.i++
		case !p.lenient || end == ']':
			return n, p.bad("no comma")
		}
	}
	p.i = min(p.i+1, len(p.s))
	n.kids = p.keep(start, depth)
	return n, nil
}

// keep moves the members of a container that has just been closed from the
// stack into the store, so that many small containers share few allocations.
func (p *parser) keep(start, depth int) []node {
	kids := p.open[start:]
	if len(kids) == 0 {
		return nil
	}
	if depth == 0 {
		return slices.Clip(kids) // nothing comes after the outermost
	}
	if cap(p.store)-len(p.store) < len(kids) {
		p.store = make([]node, 0, max(len(kids), min(64, len(p.s)/24+1)))
	}
	at := len(p.store)
	p.store = append(p.store, kids...)
	p.open = p.open[:start]
	return slices.Clip(p.store[at:])
}

// member reads a key and its colon.
func (p *parser) member() (string, error) {
	var key string
	var err error
	switch {
	case p.lenient:
		key, err = p.lenientKey()
	case p.s[p.i] != '"':
		err = p.bad("no key")
	default:
		key, err = p.str()
	}
	if err != nil {
		return "", err
	}
	if p.blanks(); p.i == len(p.s) || p.s[p.i] != ':' {
		return "", p.bad("no colon")
	}
	p.i++
	return key, nil
}

// str reads a string. Without escapes it shares the body's memory.
func (p *parser) str() (string, error) {
	p.i++
	start := p.i
	for p.i < len(p.s) {
		switch c := p.s[p.i]; {
		case c == '"':
			s := p.s[start:p.i]
			p.i++
			return p.bounded(s)
		case c == '\\':
			return p.escaped(start)
		case c < ' ':
			return "", p.bad("a control character in a string")
		}
		p.i++
	}
	return "", p.bad("a string without its end")
}

func (p *parser) bounded(s string) (string, error) {
	if rest, ok := strings.CutPrefix(s, "data:"); ok && len(s) > maxText {
		s = dataNote(rest)
	}
	if len(s) > maxText {
		return "", fmt.Errorf("%w: a string longer than %d bytes", ErrTooLarge, maxText)
	}
	if p.valid {
		return s, nil
	}
	return strings.ToValidUTF8(s, "\ufffd"), nil
}

func (p *parser) escaped(start int) (string, error) {
	b := append(make([]byte, 0, p.i-start+64), p.s[start:p.i]...)
	for p.i < len(p.s) {
		c := p.s[p.i]
		p.i++
		switch {
		case c == '"':
			return p.bounded(string(b))
		case c < ' ':
			return "", p.bad("a control character in a string")
		case c != '\\':
			b = append(b, c)
			continue
		}
		if p.i == len(p.s) {
			break
		}
		c = p.s[p.i]
		p.i++
		if at := strings.IndexByte(`"\/bfnrt`, c); at >= 0 {
			b = append(b, "\"\\/\b\f\n\r\t"[at])
			continue
		}
		if c != 'u' {
			return "", p.bad("an unknown escape")
		}
		r, ok := p.hex()
		if !ok {
			return "", p.bad("a broken \\u escape")
		}
		b = utf8.AppendRune(b, r)
	}
	return "", p.bad("a string without its end")
}

// hex reads the digits of \u, both halves of a pair; a lone half is replaced.
func (p *parser) hex() (rune, bool) {
	four := func(at int) (rune, bool) {
		if at+4 > len(p.s) {
			return 0, false
		}
		v, err := strconv.ParseUint(p.s[at:at+4], 16, 16)
		return rune(v), err == nil
	}
	r, ok := four(p.i)
	if !ok {
		return 0, false
	}
	p.i += 4
	if !utf16.IsSurrogate(r) {
		return r, true
	}
	if strings.HasPrefix(p.s[p.i:], `\u`) {
		if low, ok := four(p.i + 2); ok {
			if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
				p.i += 6
				return both, true
			}
		}
	}
	return utf8.RuneError, true
}
