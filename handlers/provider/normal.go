package provider

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxLabel is the longest label, normalised, that is looked at word by word.
// Anything longer is a sentence, and sentences mention names and companies
// without asking for them.
const maxLabel = 60

// normal appends label to dst the way the tables know it: lower case, one
// blank between words, no accents, no punctuation, no numbering, camelCase
// split, only the first line. "q3_firstName", "First name *" and "1. FIRST-NAME"
// are all "first name". It does not allocate for plain ASCII.
func normal(dst []byte, label string) []byte {
	if cut := len(label) - len("__c"); cut > 0 && label[cut] == '_' && label[cut+1] == '_' && label[cut+2]|0x20 == 'c' {
		label = label[:cut] // a field of one's own in Salesforce
	}
	for i := 0; i < len(label); i++ {
		if label[i] >= utf8.RuneSelf {
			label = fold(label)
			break
		}
	}
	start := len(dst)
	gap := false // a blank is due before the next letter
	for i := 0; i < len(label); i++ {
		c := label[i]
		switch {
		case c == '\n' && len(dst) > start:
			return trimNumbering(dst, start)
		case c >= 'A' && c <= 'Z':
			before, after := lowerAt(label, i-1), lowerAt(label, i+1)
			if before || after && i > 0 && (label[i-1] >= 'A' && label[i-1] <= 'Z' || label[i-1] >= '0' && label[i-1] <= '9') {
				gap = true
			}
			c += 'a' - 'A'
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= utf8.RuneSelf:
		default:
			gap = true
			continue
		}
		if gap && len(dst) > start && !joins(dst[start:], label[i:]) {
			dst = append(dst, ' ')
		}
		gap = false
		dst = append(dst, c)
	}
	return trimNumbering(dst, start)
}

// lowerAt says whether a lower-case letter or a digit of a word is at i.
func lowerAt(s string, i int) bool {
	return i >= 0 && i < len(s) && (s[i] >= 'a' && s[i] <= 'z' || s[i] >= utf8.RuneSelf)
}

// joins says that the hyphen in e-mail, e-posta and their kin is no gap.
func joins(before []byte, after string) bool {
	n := len(before)
	if before[n-1] != 'e' || n > 1 && before[n-2] != ' ' || len(after) < 4 {
		return false
	}
	return strings.EqualFold(after[:4], "mail") || strings.EqualFold(after[:4], "post")
}

// trimNumbering cuts "3 " and "q12 " off the front, when something follows.
func trimNumbering(b []byte, start int) []byte {
	i := start
	if i < len(b) && b[i] == 'q' {
		i++
	}
	digits := i
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	if i == digits || i+1 >= len(b) || b[i] != ' ' || b[i+1] >= '0' && b[i+1] <= '9' {
		return b
	}
	return append(b[:start], b[i+1:]...)
}

// fold brings letters of any script to one form: lower case, compatibility
// forms resolved, Latin accents gone, everything that is no letter and no digit
// a blank.
func fold(s string) string {
	var b strings.Builder
	word := rune(0)
	for _, r := range norm.NFKD.String(s) {
		switch {
		case r >= 0x300 && r <= 0x36f || r == 0x200b || r == 0xfeff:
			continue
		case unicode.IsUpper(r):
			if unicode.IsLower(word) {
				b.WriteByte(' ')
			}
			b.WriteRune(unicode.ToLower(r))
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '\n':
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
		word = r
	}
	return norm.NFC.String(b.String())
}

// normalText is normal for callers that need a string.
func normalText(label string) string { return string(normal(nil, label)) }
