package config

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// excerpt shows the line of a place below the one before it, with a caret and
// the fix. Only values of keys that cannot hold a secret are shown: mistakes
// end up in logs and tickets, and may stand next to a token.
func (r *reader) excerpt(at Place, setting, fix string, public bool) string {
	if at.Line < 1 || at.Line > len(r.lines) {
		return ""
	}
	own := ""
	if public {
		own = setting[strings.LastIndex(setting, ".")+1:]
	}
	shows := func(key string) bool { return r.public[key] || own != "" && key == own }

	var b strings.Builder
	if n := at.Line - 1; n >= 1 {
		if before := withoutComment(r.lines[n-1]); before != "" {
			line, _ := hide(before, 1, shows, false)
			fmt.Fprintf(&b, " %3d | %s\n", n, line)
		}
	}
	line, column := hide(withoutComment(r.lines[at.Line-1]), at.Column, shows, public)
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

const hidden = "[hidden]"

var (
	keyPattern       = regexp.MustCompile(`(?:(?:"([^"]*)"|'([^']*)')\s*:|([\w.-]+)\s*:(?:\s|$))\s*`)
	referencePattern = regexp.MustCompile(`^\s*["']?(\$\{\w+\}|file:[^\s"',}]+)["']?[\s,}\]]*$`)
)

// hide replaces the values of a line but for those whose key shows says yes
// to, references to variables and files, and brackets that open something. A
// line without any key is part of a longer value and shown only if bare says
// so. It returns where the column has moved to.
func hide(line string, column int, shows func(key string) bool, bare bool) (string, int) {
	keys := keyPattern.FindAllStringSubmatchIndex(line, -1)
	if len(keys) == 0 {
		start := len(line) - len(strings.TrimLeft(line, " \t-"))
		if start == len(line) || bare {
			return line, column
		}
		return line[:start] + hidden, min(column, start+1)
	}
	var b strings.Builder
	moved, done := column, 0
	for i, k := range keys {
		if k[0] < done {
			continue // looks like a key and lies within a hidden value
		}
		b.WriteString(line[done:k[1]])
		done = k[1]
		next := len(line)
		if i+1 < len(keys) {
			next = keys[i+1][0]
		}
		value := line[done:next]
		if shows(submatch(line, k)) || strings.Trim(value, " {[-") == "" || referencePattern.MatchString(value) {
			continue
		}
		end := valueEnd(line, done, strings.ContainsAny(line[:done], "{["))
		from, to := utf8.RuneCountInString(line[:done]), utf8.RuneCountInString(line[:end])
		switch {
		case column > to:
			moved += len(hidden) - (to - from)
		case column > from:
			moved -= column - from - 1
		}
		b.WriteString(hidden)
		done = end
	}
	b.WriteString(line[done:])
	return b.String(), moved
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

func submatch(line string, k []int) string {
	for g := 2; g < len(k); g += 2 {
		if k[g] >= 0 {
			return line[k[g]:k[g+1]]
		}
	}
	return ""
}

// valueEnd finds where the value that starts at from ends: at its closing
// quote, at a comma or bracket within brackets, else with the line.
func valueEnd(line string, from int, flow bool) int {
	rest := line[from:]
	if rest != "" && (rest[0] == '"' || rest[0] == '\'') {
		for i := 1; i < len(rest); i++ {
			switch {
			case rest[i] == '\\' && rest[0] == '"':
				i++
			case rest[i] == rest[0]:
				return from + i + 1
			}
		}
		return len(line)
	}
	if flow {
		if i := strings.IndexAny(rest, ",}]"); i >= 0 {
			return from + i
		}
	}
	return len(line)
}
