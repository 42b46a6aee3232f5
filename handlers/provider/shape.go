package provider

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// clean drops what no form control can type: NULs and other control
// characters. Line breaks stay.
func clean(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' && c != '\n' && c != '\t' || c == 0x7f {
			s = strings.Map(func(r rune) rune {
				if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
					return -1
				}
				return r
			}, s)
			break
		}
	}
	return strings.TrimSpace(s)
}

// line makes one line of a person's detail, without characters that turn the
// direction of writing or cannot be seen.
func line(s string) string {
	plain := true
	for i := 0; i < len(s) && plain; i++ {
		plain = s[i] > ' ' && s[i] < utf8.RuneSelf || s[i] == ' ' && i > 0 && s[i-1] != ' '
	}
	if plain {
		return s
	}
	s = strings.Map(func(r rune) rune {
		if r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2060 && r <= 0x2069 || r == 0xfeff {
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// email returns the address in s, if s is one: alone, after mailto:, or in
// angle brackets behind a name.
func email(s string) (string, bool) {
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at > 320 || len(s)-at > 256 {
		return "", false
	}
	if open := strings.LastIndexByte(s[:at], '<'); open >= 0 && strings.HasSuffix(s, ">") {
		s, at = s[open+1:len(s)-1], at-open-1
	}
	if rest, ok := strings.CutPrefix(s, "mailto:"); ok {
		s, at = rest, at-len("mailto:")
	}
	if at < 1 || at > 64 {
		return "", false
	}
	host := s[at+1:]
	dot := strings.LastIndexByte(host, '.')
	if dot < 1 || len(host)-dot < 3 || strings.ContainsAny(s, " \t\n,;:<>()[]\"\\/|") || strings.IndexByte(s, '@') != at ||
		s[at-1] == '.' || s[0] == '.' || strings.Contains(s, "..") || host[0] == '-' || !letters(host[dot+1:]) {
		return "", false
	}
	return s, true
}

func letters(s string) bool {
	for _, r := range s {
		if !unicode.IsLetter(r) && r != '-' && (r < '0' || r > '9' || !strings.HasPrefix(s, "xn--")) {
			return false
		}
	}
	return s != ""
}

// placeholder says that an address was made up by the vendor for somebody who
// gave none.
func placeholder(address string) bool {
	return strings.HasSuffix(address, "@unknown.livestorm.co") || strings.HasPrefix(address, "noreply@") || strings.HasPrefix(address, "no-reply@")
}

// phone says whether s can be a phone number that somebody asked for.
func phone(s string) bool {
	digits, other := 0, 0
	for _, r := range s {
		switch {
		case unicode.IsDigit(r):
			digits++
		case strings.ContainsRune("+()-./ \u00a0\u2011\u2013", r):
		default:
			other++ // "ext 12", "(office)"
		}
	}
	return digits >= 5 && digits <= 20 && other <= 14 && other <= digits && !strings.ContainsAny(s, "@:_")
}

// likePhone says whether s is a phone number with nobody having asked for one:
// it begins like one, or is grouped like one, and is no date and no address.
func likePhone(s string) bool {
	if len(s) < 7 || len(s) > 24 || strings.Trim(s, "0123456789+()-. ") != "" || looksDated(s) {
		return false
	}
	digits := 0
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			digits++
		}
	}
	if digits > 15 || strings.Count(s, ".") == 3 && !strings.ContainsAny(s, " +") || strings.Count(s, ".") == 1 {
		return false
	}
	switch s[0] {
	case '+':
		return digits >= 7
	case '0', '(':
		return digits >= 9
	}
	return digits >= 9 && strings.ContainsAny(s, " -")
}

// numbered says whether a label is only a number: 4, Field4, input_4.
func numbered(label string) bool {
	word := strings.TrimRight(label, "0123456789")
	return word != label && isOneOf(strings.TrimRight(word, "_-"), "", "field", "input", "q", "question")
}

// likeName says whether s is a name with nobody having asked for one: two to
// four words, of which the first and the last begin with a capital.
func likeName(s string) bool {
	words := strings.Fields(s)
	if len(words) < 2 || len(words) > 4 || len(s) > 60 {
		return false
	}
	for _, word := range [...]string{words[0], words[len(words)-1]} {
		if r, _ := utf8.DecodeRuneInString(word); !unicode.IsUpper(r) {
			return false
		}
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !strings.ContainsRune(" -'’.", r) })
}

// looksDated says that s begins with a date, as in 2026-11-25 or 25.11.2026.
func looksDated(s string) bool {
	if len(s) < 8 {
		return false
	}
	for _, layout := range [...]string{"2006-01-02", "02.01.2006", "02-01-2006", "2006.01.02"} {
		if len(s) >= len(layout) {
			if _, err := time.Parse(layout, s[:len(layout)]); err == nil {
				return true
			}
		}
	}
	return false
}

// webAddress says whether s is the address of a page.
func webAddress(s string) bool {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		rest, ok = strings.CutPrefix(s, "http://")
	}
	return ok && rest != "" && rest[0] != '/' && rest[0] != '?' && !strings.ContainsAny(rest, " \n\t<>\"")
}

// moment reads a time as senders write it: RFC 3339, or seconds or
// milliseconds since 1970. A time without a zone is not one.
func moment(s string) (time.Time, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		switch {
		case n > 1e9 && n < 1e11:
			return time.Unix(n, 0).UTC(), true
		case n > 1e12 && n < 1e14:
			return time.UnixMilli(n).UTC(), true
		}
		return time.Time{}, false
	}
	for _, layout := range [...]string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 MST"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// ternary is an answer to a yes-or-no question.
type ternary uint8

const (
	unsaid ternary = iota
	yes
	no
)

// yesNo reads an answer in many languages.
func yesNo(s string) ternary {
	if len(s) > 200 {
		return unsaid
	}
	var space [96]byte
	n := normal(space[:0], s)
	if t, ok := answersYesNo[string(n)]; ok {
		return t
	}
	if len(n) == 0 && strings.ContainsAny(s, "✓✔☑") {
		return yes
	}
	for _, start := range [...]string{"yes ", "i agree", "i consent", "i accept", "ja ", "oui ", "si ", "sim "} {
		if strings.HasPrefix(string(n), start) {
			return yes
		}
	}
	for _, start := range [...]string{"no ", "i do not", "i don t", "nein ", "non ", "i disagree"} {
		if strings.HasPrefix(string(n), start) {
			return no
		}
	}
	return unsaid
}

var answersYesNo = func() map[string]ternary {
	m := make(map[string]ternary, 160)
	for i, list := range yesNoLists {
		for word := range strings.SplitSeq(list, ",") {
			m[normalText(word)] = yes + ternary(i)
		}
	}
	return m
}()

// yesNoLists are the words for yes, then those for no.
var yesNoLists = [...]string{
	`true,1,on,yes,y,agree,agreed,accept,accepted,given,granted,subscribed,opt in,opted in,optin,confirmed,checked,consented,consent,ok,okay,sure,oui,ja,jawohl,si,sí,sim,tak,da,evet,ano,áno,kyllä,igen,да,так,ναι,はい,同意,同意する,同意します,예,네,동의,동의함,是,是的,我同意,同意接收,نعم,כן,हाँ,có,ya,zgadzam się,wyrażam zgodę,sunt de acord,de acord,acepto,aceito,concordo,accetto,acconsento,j accepte,d accord,ich stimme zu,einverstanden,akkoord,jeg accepterer,jag godkänner,согласен,согласна,x`,
	`false,0,off,no,n,nein,non,nej,nie,nee,não,nao,nu,ne,hayır,ei,nem,нет,ні,όχι,いいえ,同意しない,同意しません,아니요,아니오,否,不,不同意,لا,לא,नहीं,không,tidak,declined,decline,refused,denied,not subscribed,unsubscribed,opted out,opt out,revoked,withdrawn,disagree,disagreed,not given,rejected,unchecked,none`,
}
