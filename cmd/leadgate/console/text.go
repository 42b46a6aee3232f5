package console

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"

	"github.com/leadgate/leadgate/lead"
)

// Sanitise makes text from outside fit for one line of a terminal: whitespace
// of any sort becomes one space, control, formatting and direction characters
// go, escape sequences lose what makes them act, and what is wider than cells
// is cut with an ellipsis.
func Sanitise(s string, cells int) string {
	var b strings.Builder
	used, marks, gap := 0, 0, false
	end := 0 // of what fits beside an ellipsis
	for _, r := range s {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			gap = b.Len() > 0
			continue
		}
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			continue
		}
		w := runeCells(r)
		if marks++; w > 0 {
			marks = 0
		} else if marks > 2 {
			continue // a heap of accents would climb into the lines above
		}
		if gap {
			b.WriteByte(' ')
			used, gap = used+1, false
		}
		b.WriteRune(r)
		if used += w; used > cells {
			return strings.TrimRight(b.String()[:end], " ") + "…"
		}
		if used < cells {
			end = b.Len()
		}
	}
	return b.String()
}

// Column is Sanitise filled with spaces up to so many cells.
func Column(s string, cells int) string { return pad(Sanitise(s, cells), cells) }

// pad fills s with spaces up to so many cells.
func pad(s string, cells int) string {
	used := 0
	for _, r := range s {
		used += runeCells(r)
	}
	return s + strings.Repeat(" ", max(0, cells-used))
}

// runeCells is how many cells of a terminal a printable rune takes.
func runeCells(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// Plain makes text from outside safe for a terminal, on one line.
func Plain(s string) string { return Sanitise(s, wordCells) }

// Who names a person for one line: the name, or what there is instead, and the company.
func Who(p lead.Person) string {
	s := cmp.Or(p.Name, p.Email, p.Phone, "nobody known")
	if p.Company != "" {
		s += ", " + p.Company
	}
	return s
}
