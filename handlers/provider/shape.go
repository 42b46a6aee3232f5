package provider

import (
	"html"
	"regexp"
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

// written is a value as a person would write it: without the entities of HTML, a
// list in JSON as a list; empty when a form left a placeholder of its own there.
func written(s string) string {
	if len(s) < 3 || len(s) > maxText {
		return s
	}
	switch s[0] {
	case '{', '[', '$', '%', '*', '<':
		if s == "[object Object]" || unfilled.MatchString(s) {
			return ""
		}
		if s[0] != '[' {
			break
		}
		if list, err := parseText(s, 200); err == nil && list.sort == array {
			if all := plainList(list); all != "" || len(list.kids) == 0 {
				return all
			}
		}
	}
	if strings.IndexByte(s, '<') >= 0 && markup.MatchString(s) && !strings.Contains(s, "mailto:") {
		s = strings.TrimSpace(markup.ReplaceAllString(lineEnds.ReplaceAllString(s, "\n"), ""))
	}
	if at := strings.IndexByte(s, '&'); at >= 0 && strings.IndexByte(s[at:], ';') > 0 {
		s = entities.ReplaceAllStringFunc(s, html.UnescapeString)
	}
	return s
}

var (
	markup   = regexp.MustCompile(`(?i)</?(p|br|div|span|b|i|u|strong|em|ul|ol|li|h[1-6]|blockquote|font|table|tbody|tr|td|th|hr|pre|code|small)(\s[^<>]*)?/?>`)
	lineEnds = regexp.MustCompile(`(?i)(<br\s*/?>|</(p|div|li|tr|h[1-6]|blockquote)>)\s*`)
	entities = regexp.MustCompile(`&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});`)
	unfilled = regexp.MustCompile(`^(\{\{[^{}]*\}\}|\{%[^{}]*%\}|\$\{[^{}]*\}|\{[a-zA-Z_][a-zA-Z0-9_.:-]*\}|\[[a-z]+[-_][a-z0-9_-]*\]|%%?[A-Za-z_]+%%?|\*\|[A-Z_:]+\|\*|<%.*%>|\[\[[^\[\]]*\]\])$`)
)

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

// email returns the first address in s: alone, after mailto:, in angle brackets
// behind a name, among others, or with a slip that cannot be meant.
func email(s string) (string, bool) {
	if address, ok := address(s); ok && isASCII(s) || strings.IndexByte(s, '@') < 0 && !strings.Contains(s, "＠") || len(s) > 2000 {
		return address, ok
	}
	if s = plainWidth(s); !strings.Contains(s, "mailto:") {
		s = tags.ReplaceAllString(s, " ")
	}
	s = strings.Join(strings.Fields(s), " ")
	for _, blank := range [...]string{" @", "@ "} {
		s = strings.ReplaceAll(s, blank, "@")
	}
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune(" \t\n,;|/<>()[]\"'\\", r) }) {
		if found, ok := address(mended(part)); ok {
			return found, true
		}
	}
	return "", false
}

// tags are marks of HTML; an address may stand between two.
var tags = regexp.MustCompile(`</?[a-zA-Z][^<>@]*>|</?[a-zA-Z][^<>]*=[^<>]*>`)

// mended is an address without what nobody means: signs around it, mailto:, two
// dots or two @ after one another.
func mended(s string) string {
	s = strings.Trim(s, ".,;:!?*\u00a0\u200b\ufeff")
	if i := strings.Index(strings.ToLower(s), "mailto:"); i >= 0 {
		s = s[i+len("mailto:"):]
		s, _, _ = strings.Cut(s, "?")
	}
	if i := strings.LastIndexByte(s, ':'); i >= 0 && i < strings.IndexByte(s, '@') {
		s = s[i+1:] // email:ana@...
	}
	s = strings.ReplaceAll(s, "@@", "@")
	if at := strings.IndexByte(s, '@'); at >= 0 {
		s = s[:at] + strings.ReplaceAll(s[at:], "..", ".")
	}
	return s
}

// plainWidth brings full-width letters, digits and signs to the usual ones.
func plainWidth(s string) string {
	if isASCII(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 0xff01 && r <= 0xff5e:
			return r - 0xff01 + '!'
		case r == 0x3000 || r == 0xa0 || r == 0x202f || r == 0x2007:
			return ' '
		case r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2060 && r <= 0x2069 || r == 0xfeff || r == 0xad:
			return -1
		case r == 0x2010 || r == 0x2011 || r == 0x2012 || r == 0x2013 || r == 0x2212 || r == 0x30fc:
			return '-'
		case r >= '\u0660' && r <= '\u0669':
			return r - '\u0660' + '0'
		case r >= '\u06f0' && r <= '\u06f9':
			return r - '\u06f0' + '0'
		case r >= '\u0966' && r <= '\u096f':
			return r - '\u0966' + '0'
		}
		return r
	}, s)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// address returns s if it is an address: alone, after mailto:, or in angle
// brackets behind a name.
func address(s string) (string, bool) {
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

// telephone returns the number in s that somebody asked for: without tel: and the
// like before it, the first of two, in usual digits; empty if there is none. A
// number that a spreadsheet has rounded is none.
func telephone(s string) string {
	s = strings.Trim(line(plainWidth(s)), " '\"=")
	if i := strings.IndexByte(s, ':'); i >= 0 && letters(s[:i]) {
		s = strings.TrimSpace(strings.TrimLeft(s[i+1:], "/"))
		s, _, _ = strings.Cut(s, ";")
	}
	if strings.IndexFunc(s, unicode.IsLetter) >= 0 {
		s = strings.TrimSpace(asides.ReplaceAllString(s, ""))
	}
	s = strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsLetter(r) || r == ' ' || r == '.' || r == ':' || r == '#' })
	if rest, ok := strings.CutPrefix(s, "(+"); ok {
		s = "+" + strings.Replace(rest, ")", " ", 1)
	}
	if strings.HasPrefix(s, "00") && digitsIn(s) > 9 {
		s = "+" + s[2:]
	}
	if phone(s) {
		return s
	}
	if scientific.MatchString(s) || looksDated(s) {
		return ""
	}
	for _, sign := range [...]string{";", ",", " / ", "|", "/", " or ", " oder ", " ou ", "\n"} {
		if first, _, ok := strings.Cut(s, sign); ok {
			if first = strings.TrimSpace(first); phone(first) {
				return first
			}
		}
	}
	if found := number0.FindString(s); found != "" && phone(found) && strings.IndexByte(s, '@') < 0 {
		return strings.TrimSpace(found) // "+49 30 5550123 (after five, please)"
	}
	return ""
}

var (
	asides     = regexp.MustCompile(`[(\[][^()\[\]]*[a-zA-Z][^()\[\]]*[)\]]|[ ,]+[\p{L}].*$`) // (after 5 pm), ext 12
	scientific = regexp.MustCompile(`^[0-9]+([.,][0-9]+)?[eE]\+?[0-9]+$`)
	number0    = regexp.MustCompile(`(\+|00|\(0|0)[0-9()./ -]{6,}[0-9]`)
)

// phone says whether s can be a phone number that somebody asked for.
func phone(s string) bool {
	digits, other, run, longest := 0, 0, 0, 0
	for _, r := range s {
		switch {
		case unicode.IsDigit(r):
			digits++
			run++
			longest = max(longest, run)
			continue
		case strings.ContainsRune("+()-./ \u00a0\u2011\u2013", r):
		default:
			other++ // "ext 12", "(office)"
		}
		run = 0
	}
	return digits >= 5 && digits <= 20 && longest <= 15 && other <= 14 && other <= digits && !strings.ContainsAny(s, "@:_,;|") && !looksDated(s) && !scientific.MatchString(s) && strings.Count(s, "+") < 2
}

// callerID says that s is a number as telephone systems write it: its digits
// with the country's, with or without a plus.
func callerID(s string) bool {
	digits := onlyDigits(s)
	return len(digits) >= 7 && len(digits) <= 15 && strings.Trim(s, "0123456789+() -.") == "" && !looksDated(s)
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

// likeFullName says that s is a name and not an alias: two words or more, or not
// in Latin letters.
func likeFullName(s string) bool {
	return hasLetter(s) && !strings.ContainsAny(s, "@_0123456789") && (strings.Contains(strings.TrimSpace(s), " ") || !isASCII(s))
}

// likeWords says that a person may have written s: some words, and no date, no
// address, no code and no markup.
func likeWords(s string) bool {
	if !hasLetter(s) || webAddress(s) || looksDated(s) || strings.HasPrefix(s, "<") || strings.HasPrefix(s, "{") {
		return false
	}
	if _, ok := address(s); ok {
		return false
	}
	return strings.ContainsAny(s, " \n?!") || !isASCII(s) && utf8.RuneCountInString(s) > 3
}

// looksDated says that s begins with a date, as in 2026-11-25 or 25.11.2026.
func looksDated(s string) bool {
	digit := func(i int) bool { return s[i] >= '0' && s[i] <= '9' }
	if len(s) < 8 || !digit(0) || !digit(1) || digit(4) && (len(s) < 10 || s[2] != '.' && s[2] != '-') || !digit(4) && s[4] != '-' && s[4] != '.' {
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

// page is the address of a page as it was meant: not escaped as a whole, without
// &amp;, its blanks escaped. Of two it is the first.
func page(s string) (string, bool) {
	if len(s) > 8 && strings.EqualFold(s[:4], "http") && (s[4] == '%' || s[5] == '%') {
		s = unescape(strings.ReplaceAll(s, "+", "%2B"), nil)
	}
	s = strings.ReplaceAll(s, "&amp;", "&")
	if at := strings.LastIndex(s, ", http"); at > 0 && webAddress(s[:at]) {
		s = s[:at]
	}
	if len(s) > 4 && strings.EqualFold(s[:4], "http") {
		s = pageEscapes.Replace(s)
		if strings.IndexByte(s, '%') >= 0 {
			s = barePercent.ReplaceAllString(s, "%25$1")
		}
	}
	return s, webAddress(s)
}

// barePercent is a per cent sign that escapes nothing.
var barePercent = regexp.MustCompile(`%([^0-9a-fA-F]|[0-9a-fA-F][^0-9a-fA-F]|[0-9a-fA-F]?$)`)

var pageEscapes = strings.NewReplacer(" ", "%20", "\n", "", "\t", "", "\"", "%22", "<", "%3C", ">", "%3E")

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
	`false,0,off,no,n,nein,non,nej,nei,nie,nee,não,nao,nu,ne,hayır,ei,nem,нет,ні,όχι,いいえ,同意しない,同意しません,아니요,아니오,否,不,不同意,لا,לא,नहीं,không,tidak,declined,decline,refused,denied,not subscribed,unsubscribed,opted out,opt out,revoked,withdrawn,disagree,disagreed,not given,rejected,unchecked,none`,
}
