package config

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// veil hides the values on a line of the file that might be secret. It works
// on the text, since it is wanted most where YAML could not be read.
type veil struct {
	shown map[string]bool // keys of values that are never secret
	opens map[string]bool // keys that hold other settings
	top   map[string]bool // those of them at the top of the file: a token is easily put there
	own   string          // one more key to show
	bare  bool            // show lines without a key, which are parts of longer values
}

func newVeil() veil {
	v := veil{shown: map[string]bool{}, opens: map[string]bool{}, top: map[string]bool{}}
	for _, s := range Settings() {
		name := s.Key[strings.LastIndexByte(s.Key, '.')+1:]
		v.opens[name] = v.opens[name] || s.Section || s.Free
		v.top[name] = v.top[name] || s.Section && name == s.Key
		if !s.Section {
			was, seen := v.shown[name]
			v.shown[name] = !s.Secret && (was || !seen)
		}
	}
	return v
}

const hidden = "[hidden]"

var (
	keyPattern   = regexp.MustCompile(`(?:(?:"([^"]*)"|'([^']*)')\s*:|([\pL\pN_.-]+)\s*:(?:\s|$))\s*`)
	beforeFirst  = regexp.MustCompile(`^[\s?\-{}\[\],]*(&\w+\s+)?[\s{\[]*$`)
	onlyBrackets = regexp.MustCompile(`^[\s,\-{}\[\]]*$`)
	onlyPointer  = regexp.MustCompile(`^\s*["']?(\$\{\w+\}|file:[^\s"',}]+)["']?[\s,}\]]*$`)
)

// hide replaces what is not to be seen of a line, and tells where the column
// has moved to. References to variables and files are no secrets.
func (v veil) hide(line string, column int) (string, int) {
	keys := keyPattern.FindAllStringSubmatchIndex(line, -1)
	if len(keys) == 0 || !beforeFirst.MatchString(line[:keys[0][0]]) {
		start := len(line) - len(strings.TrimLeft(line, " \t-"))
		if v.bare && len(keys) == 0 || onlyBrackets.MatchString(line) {
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
		key, value := submatch(line, k), line[done:startOf(keys, i+1, line)]
		if v.shows(key, value, k[0] == 0) {
			continue
		}
		end := valueEnd(line, done, strings.ContainsAny(line[:done], "{["))
		next := i + 1
		for next < len(keys) && keys[next][0] < end {
			next++
		}
		if !onlyBrackets.MatchString(line[end:startOf(keys, next, line)]) {
			end = len(line) // it goes on in a way that was not understood
		}
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

func (v veil) shows(key, value string, atTop bool) bool {
	return v.shown[key] && !(atTop && v.top[key]) || v.own != "" && key == v.own || onlyPointer.MatchString(value) ||
		strings.TrimSpace(value) == "" || v.opens[key] && onlyBrackets.MatchString(value)
}

func startOf(keys [][]int, i int, line string) int {
	if i < len(keys) {
		return keys[i][0]
	}
	return len(line)
}

// submatch is the text of the first group that matched.
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
	switch {
	case rest != "" && (rest[0] == '"' || rest[0] == '\''):
		for i := 1; i < len(rest); i++ {
			switch {
			case rest[i] == '\\' && rest[0] == '"':
				i++
			case rest[i] == rest[0]:
				return from + i + 1
			}
		}
	case rest != "" && (rest[0] == '{' || rest[0] == '['):
	case flow:
		if i := strings.IndexAny(rest, ",}]"); i >= 0 {
			return from + i
		}
	}
	return len(line)
}
