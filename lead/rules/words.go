package rules

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// mostRead bounds how much of one text is looked through, in bytes: whoever
// writes more has said what they want by then, and intake must not wait.
const mostRead = 4000

// splits is where else than at blanks and signs a text falls into words.
type splits int

const (
	plainly    splits = iota
	atCapitals        // purchasingTimeFrame is three words
	atDigits          // 3months is two
)

// appendFolded appends the words of s in the form in which texts are compared:
// lower case, without accents, each word followed by one blank, everything but
// letters and digits gone. Chinese and Japanese have no blanks between words,
// so there every character is a word.
func appendFolded(dst []byte, s string, split splits) []byte {
	s = s[:min(len(s), mostRead)]
	inWord, last := false, uint8(sign)
	for i := 0; i < len(s); {
		c := s[i]
		class := asciiClass[c]
		switch class {
		case beyondASCII:
			r, size := utf8.DecodeRuneInString(s[i:])
			dst, inWord = appendFoldedRune(dst, r, inWord)
			last = sign
			if unicode.IsLower(r) {
				last = lower
			}
			i += size
			continue
		case sign:
			if inWord {
				dst, inWord = append(dst, ' '), false
			}
		default:
			if inWord && (split == atCapitals && class == upper && last == lower ||
				split == atDigits && (class == digit) != (last == digit)) {
				dst = append(dst, ' ')
			}
			if class == upper {
				c |= 0x20
			}
			dst, inWord = append(dst, c), true
		}
		last = class
		i++
	}
	if inWord {
		dst = append(dst, ' ')
	}
	return dst
}

// The classes of bytes.
const (
	sign = iota
	lower
	upper
	digit
	beyondASCII
)

var asciiClass = func() (classes [256]uint8) {
	for c := range classes {
		switch {
		case 'a' <= c && c <= 'z':
			classes[c] = lower
		case 'A' <= c && c <= 'Z':
			classes[c] = upper
		case '0' <= c && c <= '9':
			classes[c] = digit
		case c >= utf8.RuneSelf:
			classes[c] = beyondASCII
		}
	}
	return classes
}()

func appendFoldedRune(dst []byte, r rune, inWord bool) ([]byte, bool) {
	switch {
	case unicode.Is(unicode.Mn, r):
		return dst, inWord
	case !unicode.IsLetter(r) && !unicode.IsDigit(r):
		if inWord {
			dst = append(dst, ' ')
		}
		return dst, false
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || r == 'ー':
		if inWord {
			dst = append(dst, ' ')
		}
		return append(utf8.AppendRune(dst, bare(r)), ' '), false
	}
	switch r = unicode.ToLower(r); r {
	case 'ß':
		return append(dst, "ss"...), true
	case 'ł':
		return append(dst, 'l'), true
	case 'ø':
		return append(dst, 'o'), true
	case 'æ':
		return append(dst, "ae"...), true
	case 'œ':
		return append(dst, "oe"...), true
	case 'đ':
		return append(dst, 'd'), true
	case 'ı':
		return append(dst, 'i'), true
	}
	return utf8.AppendRune(dst, unicode.ToLower(bare(r))), true
}

// bare returns a letter without its accent, a full-width one in its usual width.
func bare(r rune) rune {
	var b [utf8.UTFMax]byte
	d := norm.NFKD.Properties(b[:utf8.EncodeRune(b[:], r)]).Decomposition()
	if first, _ := utf8.DecodeRune(d); first != utf8.RuneError && unicode.IsLetter(first) {
		return first
	}
	return r
}

func fold(s string) []byte { return appendFolded(nil, s, plainly) }

// phrases are the words and phrases that a condition looks for. They are found
// as whole words; one that was written with * at its end also in longer words.
type phrases struct {
	byFirst [256][]string // folded; a whole word ends with its blank
}

func newPhrases(list []string) *phrases {
	var p phrases
	for _, text := range list {
		words := string(appendFolded(nil, text, atCapitals))
		if strings.HasSuffix(strings.TrimSpace(text), "*") {
			words = strings.TrimSuffix(words, " ")
		}
		if words != "" {
			p.byFirst[words[0]] = append(p.byFirst[words[0]], words)
		}
	}
	return &p
}

// in reports whether one of the phrases is part of a folded text.
func (p *phrases) in(text []byte) bool {
	for len(text) > 0 {
		if p.begin(text) {
			return true
		}
		text = text[bytes.IndexByte(text, ' ')+1:]
	}
	return false
}

// begin reports whether a folded text begins with one of the phrases.
func (p *phrases) begin(text []byte) bool {
	if len(text) > 0 {
		for _, words := range p.byFirst[text[0]] {
			if len(words) <= len(text) && string(text[:len(words)]) == words {
				return true
			}
		}
	}
	return false
}

// is reports whether a folded text is one of the phrases and nothing more.
func (p *phrases) is(text []byte) bool {
	if len(text) == 0 {
		return false
	}
	for _, words := range p.byFirst[text[0]] {
		if len(words) > len(text) || string(text[:len(words)]) != words {
			continue
		}
		rest := text[len(words):]
		if len(rest) == 0 || words[len(words)-1] != ' ' && bytes.IndexByte(rest, ' ') == len(rest)-1 {
			return true
		}
	}
	return false
}

// asks reports whether a text has a question in it: a question mark that does not
// belong to a link.
func asks(text string) bool {
	text = text[:min(len(text), mostRead)]
	if !questioned(text) {
		return false
	}
	for word := range strings.FieldsSeq(text) {
		if questioned(word) && !strings.Contains(word, "://") && !strings.HasPrefix(word, "www.") {
			return true
		}
	}
	return false
}

func questioned(text string) bool {
	return strings.Contains(text, "?") || strings.Contains(text, "？") || strings.Contains(text, "؟")
}

// yesWords begin an answer that agrees, noWords are in one that does not.
var (
	yesWords = newPhrases([]string{"yes", "y", "yeah", "yep", "sure", "please", "of course", "definitely", "true", "1", "on", "ok", "checked",
		"ja", "gerne", "oui", "si", "sim", "da", "tak", "jo", "kylla", "evet", "ano", "igen", "да", "так", "ναι", "نعم", "はい", "是", "好", "예", "네"})
	noWords = newPhrases([]string{"no", "not", "nope", "none", "never", "don", "later", "false", "0", "off",
		"nein", "nicht", "kein*", "non", "pas", "nao", "nie", "nej", "ikke", "nee", "niet", "nu", "ei", "hayir", "нет", "не", "いいえ", "不", "아니*"})
)

// agrees reports whether an answer is a yes: "Yes, please", "Ja", "on".
func agrees(answer string) bool {
	text := fold(answer)
	return yesWords.begin(text) && !noWords.in(text)
}
