package rules

import (
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/leadgate/leadgate/lead/strictyaml"
)

// reader reads a rules file strictly.
type reader struct {
	*strictyaml.Reader
	lists map[string][]string // named lists of words, by name
	named []namedAction       // actions that rules speak of, to be checked at the end
}

// span reads a time such as 14d, 36 hours, 3 months.
func (r *reader) span(n ast.Node, what string) time.Duration {
	text := r.Text(n, what)
	number, rest := nextWord(appendFolded(nil, text, atDigits))
	count, err := strconv.Atoi(strings.TrimSpace(string(number)))
	if unit, ok := unitOf(rest); ok && err == nil && count > 0 && count < 10_000 {
		return time.Duration(count) * unit
	}
	if text != "" {
		r.Wrong(n, "write a number and a unit: 14d, 36h, 2w, 3 months", "%s cannot be %q", what, text)
	}
	return 0
}
