package provider

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// jsonBody reads a body of JSON: strictly, else as nearly right JSON. A text that
// holds JSON, as after encoding twice, is read like what it holds.
func jsonBody(s string) (*node, error) {
	n, err := parseText(s, maxNodes)
	if errors.Is(err, ErrMalformed) && !errors.Is(err, errDeep) {
		if near, again := parseNearly(s); again == nil {
			n, err = near, nil
		}
	}
	for range 3 {
		if err != nil || n.sort != text || !looksJSON(n.text) && !strings.HasPrefix(n.text, `"`) {
			break
		}
		inner, wrong := parseText(n.text, maxNodes)
		if wrong != nil {
			inner, wrong = parseNearly(n.text)
		}
		if wrong != nil {
			break
		}
		n = inner
	}
	return n, err
}

// parseNearly reads what programs write that fill a template or print their own
// objects: a hole for a value, raw line breaks and quotes in a text, a comma too
// many or too few, single quotes, names and values without quotes, NaN, None,
// and several documents, as lines or one behind the other. What is cut short or
// has two readings stays an error.
func parseNearly(s string) (*node, error) { return parseSlips(s, false) }

// parseCut is parseNearly for a document whose last braces are missing. It must
// be cut behind a whole value: half an address would be somebody else's.
func parseCut(s string) (*node, error) {
	if s = strings.TrimRight(s, " \t\r\n\x00,"); s == "" || strings.IndexByte(`"]}`, s[len(s)-1]) < 0 {
		return nil, fmt.Errorf("%w: cut short", ErrMalformed)
	}
	return parseSlips(s, true)
}

func parseSlips(s string, cut bool) (*node, error) {
	p := newParser(strings.TrimRight(s, " \t\r\n\x00;"), maxNodes)
	p.lenient, p.cut = true, cut
	list := node{sort: array}
	for {
		p.end = 0
		n, err := p.value(0)
		if err != nil {
			return nil, err
		}
		list.kids = append(list.kids, n)
		if p.blanks(); p.i == len(p.s) {
			break
		}
		if p.s[p.i] == ',' {
			p.i++
		}
		if n.sort != object {
			return nil, p.bad("something follows the document")
		}
	}
	if len(list.kids) == 1 {
		return &list.kids[0], nil
	}
	if slices.ContainsFunc(list.kids, func(n node) bool { return n.sort != object }) {
		return nil, p.bad("something follows the document")
	}
	return &list, nil
}

// lenientValue reads any value but a container.
func (p *parser) lenientValue(c byte) (node, error) {
	switch c {
	case ',', '}', ']':
		if p.end == 0 || c == ']' && p.end == '}' || c == '}' && p.end == ']' {
			return node{}, p.bad("not a value")
		}
		return node{}, nil // a hole
	case '"', '\'':
		s, err := p.lenientText(false)
		return node{sort: text, text: s}, err
	}
	start := p.i
	if c == '-' || c >= '0' && c <= '9' {
		if n, err := p.number(); err == nil && p.ends() {
			return n, nil
		}
		p.i = start
	}
	for p.i < len(p.s) && strings.IndexByte(",}]{[\"\n", p.s[p.i]) < 0 {
		p.i++
	}
	word := strings.TrimSpace(p.s[start:p.i])
	if word == "" || p.end == 0 || !p.ends() {
		return node{}, p.bad("not a value")
	}
	switch word {
	case "true", "True":
		return node{sort: boolean, text: "true"}, nil
	case "false", "False":
		return node{sort: boolean, text: "false"}, nil
	case "null", "None", "nil", "undefined", "NaN", "Infinity", "-Infinity":
		return node{}, nil
	}
	s, err := p.bounded(word)
	return node{sort: text, text: s}, err
}

// ends says whether a value ends here.
func (p *parser) ends() bool {
	p.blanks()
	return p.i == len(p.s) || p.s[p.i] == ',' || p.s[p.i] == p.end
}

// lenientKey reads the name of a member, with quotes or without.
func (p *parser) lenientKey() (string, error) {
	if c := p.s[p.i]; c == '"' || c == '\'' {
		return p.lenientText(true)
	}
	n := bareKey(p.s[p.i:])
	if n == 0 {
		return "", p.bad("no key")
	}
	key := p.s[p.i : p.i+n]
	p.i += n
	return p.bounded(key)
}

// bareKey is the length of the name that s begins with.
func bareKey(s string) int {
	for i, r := range s {
		if r < utf8.RuneSelf && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z') && r != '_' && r != '-' && r != '$' || i > 100 {
			return i
		}
	}
	return len(s)
}

// lenientText reads a text in which quotes may stand by themselves: it ends with
// one behind which the object or the list goes on.
func (p *parser) lenientText(key bool) (string, error) {
	quote := p.s[p.i]
	var b []byte
	for p.i++; p.i < len(p.s); p.i++ {
		c := p.s[p.i]
		switch {
		case c == quote && p.closes(key):
			p.i++
			return p.bounded(string(b))
		case c == '\\' && p.i+1 < len(p.s):
			p.i++
			b = p.lenientEscape(b)
		default:
			b = append(b, c)
		}
	}
	return "", p.bad("a string without its end")
}

// lenientEscape appends what an escape means; one that means nothing stays.
func (p *parser) lenientEscape(b []byte) []byte {
	c := p.s[p.i]
	if at := strings.IndexByte(`"\/bfnrt`, c); at >= 0 {
		return append(b, "\"\\/\b\f\n\r\t"[at])
	}
	if c == '\'' {
		return append(b, c)
	}
	if c == 'u' {
		p.i++
		if r, ok := p.hex(); ok {
			p.i-- // the caller goes on behind the last digit
			return utf8.AppendRune(b, r)
		}
		p.i--
	}
	return append(b, '\\', c)
}

// closes says whether the quote at p.i ends its text.
func (p *parser) closes(key bool) bool {
	rest := strings.TrimLeft(p.s[p.i+1:], " \t\r\n")
	switch {
	case p.cut: // what follows may be missing
		return true
	case key:
		return strings.HasPrefix(rest, ":")
	case rest == "" || p.end == 0:
		return rest == ""
	case rest[0] == p.end:
		return true
	case rest[0] != ',':
		return p.end == '}' && beginsMember(rest)
	case p.end == ']':
		return true
	}
	rest = strings.TrimLeft(rest[1:], " \t\r\n")
	return strings.HasPrefix(rest, "}") || beginsMember(rest)
}

// beginsMember says whether s begins with a member's name and its colon.
func beginsMember(s string) bool {
	n := 0
	if s != "" && (s[0] == '"' || s[0] == '\'') {
		n = strings.IndexByte(s[1:], s[0])
		if n < 0 || n > 200 {
			return false
		}
		n += 2
	} else if n = bareKey(s); n == 0 {
		return false
	}
	return strings.HasPrefix(strings.TrimLeft(s[n:], " \t\r\n"), ":")
}
