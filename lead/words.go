package lead

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

// appendFolded appends the words of s in the form in which texts are compared:
// lower case, without accents, each word followed by one blank, everything but
// letters and digits gone. Chinese and Japanese have no blanks between words,
// so there every character is a word. With camel, purchasingTimeFrame is three
// words.
func appendFolded(dst []byte, s string, camel bool) []byte {
	s = s[:min(len(s), mostRead)]
	inWord, wasLower := false, false
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			dst, inWord = appendFoldedRune(dst, r, inWord)
			wasLower = unicode.IsLower(r)
			i += size
			continue
		}
		i++
		upper := 'A' <= c && c <= 'Z'
		if upper {
			c |= 0x20
		}
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9') {
			if inWord {
				dst, inWord = append(dst, ' '), false
			}
			wasLower = false
			continue
		}
		if camel && upper && wasLower {
			dst = append(dst, ' ')
		}
		dst, inWord, wasLower = append(dst, c), true, !upper && c > '9'
	}
	if inWord {
		dst = append(dst, ' ')
	}
	return dst
}

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

func fold(s string) []byte { return appendFolded(nil, s, false) }

// phrases are the words and phrases that a condition looks for. They are found
// as whole words; one that was written with * at its end also in longer words.
type phrases struct {
	byFirst [256][]string // folded; a whole word ends with its blank
}

func newPhrases(list []string) *phrases {
	var p phrases
	for _, text := range list {
		words := string(appendFolded(nil, text, true))
		if strings.HasSuffix(strings.TrimSpace(text), "*") {
			words = strings.TrimSuffix(words, " ")
		}
		if words != "" {
			p.byFirst[words[0]] = append(p.byFirst[words[0]], words)
		}
	}
	return &p
}

// in says whether one of the phrases is part of a folded text.
func (p *phrases) in(text []byte) bool {
	for len(text) > 0 {
		for _, words := range p.byFirst[text[0]] {
			if len(words) <= len(text) && string(text[:len(words)]) == words {
				return true
			}
		}
		text = text[bytes.IndexByte(text, ' ')+1:]
	}
	return false
}

// is says whether a folded text is one of the phrases and nothing more.
func (p *phrases) is(text []byte) bool {
	if len(text) == 0 {
		return false
	}
	for _, words := range p.byFirst[text[0]] {
		rest, ok := bytes.CutPrefix(text, []byte(words))
		if ok && bytes.IndexByte(rest, ' ') == len(rest)-1 {
			return true
		}
	}
	return false
}

// asks says whether a text has a question in it: a question mark that does not
// belong to a link.
func asks(text string) bool {
	for word := range strings.FieldsSeq(text[:min(len(text), mostRead)]) {
		if strings.ContainsAny(word, "?？؟") && !strings.Contains(word, "://") && !strings.HasPrefix(word, "www.") {
			return true
		}
	}
	return false
}

// yesWords begin an answer that agrees, noWords are in one that does not.
var (
	yesWords = newPhrases([]string{"yes", "y", "yeah", "yep", "sure", "please", "of course", "definitely", "true", "1", "on", "ok", "checked",
		"ja", "gerne", "oui", "si", "sim", "da", "tak", "jo", "kylla", "evet", "ano", "igen", "да", "так", "ναι", "نعم", "はい", "是", "好", "예", "네"})
	noWords = newPhrases([]string{"no", "not", "nope", "none", "never", "don", "later", "false", "0", "off",
		"nein", "nicht", "kein*", "non", "pas", "nao", "nie", "nej", "ikke", "nee", "niet", "nu", "ei", "hayir", "нет", "не", "いいえ", "不", "아니*"})
)

// agrees says whether an answer is a yes: "Yes, please", "Ja", "on".
func agrees(answer string) bool {
	text := fold(answer)
	if noWords.in(text) {
		return false
	}
	for _, words := range yesWords.byFirst[first(text)] {
		if bytes.HasPrefix(text, []byte(words)) {
			return true
		}
	}
	return false
}

func first(text []byte) byte {
	if len(text) == 0 {
		return 0
	}
	return text[0]
}
