package config

import (
	"fmt"
	"strings"
)

// excerpt shows the line of a place below the one before it, with a caret and
// the fix. Only values that cannot be secrets are shown: mistakes end up in
// logs and tickets, and may stand next to a token.
func (r *reader) excerpt(at Place, setting, fix string, public bool) string {
	if at.Line < 1 || at.Line > len(r.lines) {
		return ""
	}
	v := r.veil
	if public && !r.veil.top[setting] {
		v.own = setting[strings.LastIndex(setting, ".")+1:]
	}
	var b strings.Builder
	if n := at.Line - 1; n >= 1 {
		if before := withoutComment(r.lines[n-1]); before != "" {
			line, _ := v.hide(before, 1)
			fmt.Fprintf(&b, " %3d | %s\n", n, line)
		}
	}
	v.bare = public
	line, column := v.hide(withoutComment(r.lines[at.Line-1]), at.Column)
	fmt.Fprintf(&b, ">%3d | %s\n", at.Line, line)
	b.WriteString("       ")
	for i, c := range []rune(line) {
		if i >= column-1 {
			break
		}
		if c != '\t' {
			c = ' '
		}
		b.WriteRune(c)
	}
	return strings.TrimRight(b.String()+"^ "+fix, " ")
}

// withoutComment cuts what follows a # outside quotes: people keep old tokens
// there.
func withoutComment(line string) string {
	quote := rune(0)
	for i, c := range line {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t'):
			return strings.TrimRight(line[:i], " \t")
		}
	}
	return strings.TrimRight(line, " \t")
}
