package message

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
)

// hour is a time of day, with its day when that is not the day of since.
func hour(t, since time.Time) string {
	if t.YearDay() != since.YearDay() {
		return t.Format("Mon 15:04")
	}
	return t.Format("15:04")
}

// Hidden replaces what is invisible: a reader should see that a text was meant to
// look like another one.
const Hidden = '\uFFFD'

// Line makes text from outside one printable line of at most most characters.
func Line(s string, most int) string {
	return Cut(strings.Join(strings.Fields(printable(s)), " "), most)
}

// words is like line but keeps line breaks, at most five of them, for a
// person's own words.
func words(s string, most int) string {
	lines := strings.Split(printable(s), "\n")
	for i, l := range lines {
		lines[i] = strings.Join(strings.Fields(l), " ")
	}
	lines = slices.DeleteFunc(lines, func(l string) bool { return l == "" })
	if len(lines) > 6 {
		lines = append(lines[:5], strings.Join(lines[5:], " "))
	}
	return Cut(strings.Join(lines, "\n"), most)
}

// printable replaces each run of characters that are invisible or change the
// direction of text by one visible mark, and cuts stacked accents to three.
func printable(s string) string {
	const most = 64 << 10 // no part of a message shows more
	if len(s) > most {
		s = s[:most]
	}
	var b strings.Builder
	b.Grow(len(s))
	accents, marked := 0, false
	for _, r := range s {
		if r == '\u2028' || r == '\u2029' {
			r = '\n'
		}
		if unicode.IsSpace(r) && r != '\n' {
			r = ' '
		}
		if Invisible(r) {
			if !marked {
				b.WriteRune(Hidden)
			}
			marked = true
			continue
		}
		marked = false
		if unicode.Is(unicode.M, r) {
			if accents++; accents > 3 {
				continue
			}
		} else {
			accents = 0
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Invisible reports whether r shows nothing by itself: controls, directions, zero
// widths, tags, and the letters and blanks that fonts draw as nothing.
func Invisible(r rune) bool {
	if r == '\n' || r >= ' ' && r <= '~' {
		return false
	}
	switch r {
	case utf8.RuneError, '\u034F', '\u115F', '\u1160', '\u17B4', '\u17B5', '\u2800', '\u3164', '\uFFA0':
		return true
	}
	return r >= 0x180B && r <= 0x180F || r >= 0xE0000 && r <= 0xE0FFF ||
		!unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z)
}

// Cut shortens s to most characters; an ellipsis shows it.
func Cut(s string, most int) string {
	if len(s) <= most || utf8.RuneCountInString(s) <= most {
		return s
	}
	n := 0
	for i := range s {
		if n++; n == most {
			return strings.TrimRight(s[:i], " \n") + "…"
		}
	}
	return s
}

// Contact is a way to reach a person.
type Contact struct {
	Shown string // as people read it; empty: there is none
	Link  string // tel: or mailto:, empty unless the value is beyond doubt
}

var (
	e164  = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	email = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}$`)
)

// phoneOf is a contact with a link for an E.164 number; anything else is shown as it
// is.
func phoneOf(s string) Contact {
	if !e164.MatchString(s) {
		return Contact{Shown: Line(s, 40)}
	}
	shown := s
	if n, err := phonenumbers.Parse(s, ""); err == nil {
		shown = strings.ReplaceAll(phonenumbers.Format(n, phonenumbers.INTERNATIONAL), "-", " ")
	}
	return Contact{Shown: shown, Link: "tel:" + s}
}

// EmailOf is a contact with a link for a plain address; anything else is shown as
// it is. The link carries the address alone.
func EmailOf(s string) Contact {
	if len(s) > 254 || !email.MatchString(s) {
		return Contact{Shown: Line(s, 80)}
	}
	return Contact{Shown: Cut(s, 80), Link: "mailto:" + s}
}

// address is what readers of plain text turn into a link by themselves: a
// scheme's end or a domain.
var address = regexp.MustCompile(`(?:[\p{L}\p{N}_-]+\.)+\p{L}{2,}|www\.|://`)

// Defang breaks addresses in text that a reader makes links of: evil.example
// becomes evil[.]example. The lead's own e-mail address stays as it is.
func (m Message) Defang(s string) string {
	s = defang(s)
	if m.Email.Link == "" {
		return s
	}
	return replaceWord(s, defang(m.Email.Shown), m.Email.Shown)
}

// Defanged is the message with every text defanged, for readers that make links
// of plain text.
func (m Message) Defanged() Message {
	for _, s := range []*string{&m.Header, &m.Text, &m.Who, &m.What, &m.About, &m.Owner, &m.State, &m.Quote, &m.Why, &m.NextStep, &m.Note, &m.More} {
		*s = m.Defang(*s)
	}
	for _, c := range []*Contact{&m.Phone, &m.Email} {
		if c.Link == "" {
			c.Shown = defang(c.Shown)
		}
	}
	m.Facts = slices.Clone(m.Facts)
	for i, f := range m.Facts {
		m.Facts[i] = Fact{m.Defang(f.Name), m.Defang(f.Text)}
	}
	m.Leads = slices.Clone(m.Leads)
	for i, one := range m.Leads {
		m.Leads[i] = one.Defanged()
	}
	return m
}

func defang(s string) string {
	return address.ReplaceAllStringFunc(s, func(m string) string {
		m = strings.ReplaceAll(m, "://", "[:]//")
		return strings.ReplaceAll(m, ".", "[.]")
	})
}

// replaceWord replaces a word where it stands by itself, and not where it is
// part of another one.
func replaceWord(s, word, by string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, word)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		begins := before == "" && b.Len() == 0 || strings.HasSuffix(before, " ") || strings.HasSuffix(before, "\n")
		if begins && (after == "" || strings.ContainsRune(" \n:,", rune(after[0]))) {
			b.WriteString(by)
		} else {
			b.WriteString(word)
		}
		s = after
	}
}
