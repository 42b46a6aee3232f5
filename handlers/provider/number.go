package provider

import (
	"strconv"
	"strings"
)

// number reads a number and keeps its digits: ids do not fit a float.
func (p *parser) number() (node, error) {
	start := p.i
	digits := func() bool {
		from := p.i
		for p.i < len(p.s) && p.s[p.i] >= '0' && p.s[p.i] <= '9' {
			p.i++
		}
		return p.i > from
	}
	next := func(set string) bool {
		if p.i < len(p.s) && strings.IndexByte(set, p.s[p.i]) >= 0 {
			p.i++
			return true
		}
		return false
	}
	next("-")
	ok := next("0") || digits()
	if ok && next(".") {
		ok = digits()
	}
	exponent := ok && next("eE")
	if exponent {
		next("+-")
		ok = digits()
	}
	if !ok {
		return node{}, p.bad("a broken number")
	}
	s, err := p.bounded(p.s[start:p.i])
	if exponent {
		s = plain(s)
	}
	return node{sort: number, text: s}, err
}

// plain writes a number without its exponent where that stays readable: some
// senders print phone numbers as 1.555E10.
func plain(s string) string {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f > 1e21 || f < -1e21 {
		return s
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}
