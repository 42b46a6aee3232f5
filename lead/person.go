package lead

import (
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
	"github.com/oklog/ulid/v2"
	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// Keys returns what a person is recognised by, the strongest first: the
// normalised e-mail as "email:..." and the phone as "tel:+...". None means that
// the person cannot be recognised. What people write who do not want to tell
// (none@none.com, 555 555 5555) recognises nobody.
func Keys(p Person) []string {
	var keys []string
	if e := NormalEmail(p.Email); e != "" && !placeholderEmail(e) {
		keys = append(keys, "email:"+e)
	}
	if tel := NormalPhone(p.Phone, ""); tel != "" && !placeholderPhone(tel) {
		keys = append(keys, "tel:"+tel)
	}
	return keys
}

// placeholderNames are what people write before the @ in the place of a name.
var placeholderNames = map[string]bool{
	"none": true, "no": true, "noemail": true, "no-email": true, "no.email": true, "no_email": true, "nomail": true, "no-mail": true, "nope": true, "nobody": true, "noone": true, "na": true, "n.a": true, "null": true, "nil": true, "unknown": true, "anonymous": true, "anon": true, "fake": true, "dummy": true, "invalid": true, "noreply": true, "no-reply": true, "donotreply": true, "do-not-reply": true, "notprovided": true, "not-provided": true, "notgiven": true, "nothing": true, "empty": true, "undefined": true, "placeholder": true,
	"test": false, "tester": false, "testing": false, "asdf": false, "qwerty": false, "abc": false, "aaa": false, "xxx": false, "a": false, "x": false, "email": false, "mail": false, "user": false, "name": false, "foo": false, "example": false, "sample": false, "keine": false, "kein": false, "aucun": false, "ninguno": false, "nessuno": false,
}

// placeholderEmail reports that a normal address stands for none: one of the names
// above, at any domain, or, where somebody may be called so, at a domain of that
// kind.
func placeholderEmail(e string) bool {
	name, domain, _ := strings.Cut(e, "@")
	anywhere, listed := placeholderNames[name]
	if anywhere || !listed {
		return anywhere
	}
	label, _, _ := strings.Cut(domain, ".")
	_, same := placeholderNames[label]
	return same || label == name
}

// placeholderPhone reports that a number in E.164 is made up: one digit again and
// again, or digits in a row.
func placeholderPhone(tel string) bool {
	const shortest = 8
	end := tel[max(0, len(tel)-shortest):]
	return strings.Count(end, end[:1]) == len(end) || strings.HasSuffix(tel, "1234567890") || strings.HasSuffix(tel, "123456789") || strings.HasSuffix(tel, "987654321")
}

// WithoutTag returns an e-mail address without what follows a plus before the @:
// ada@mail.example of ada+zoom@mail.example.
func WithoutTag(email string) string {
	at := strings.LastIndexByte(email, '@')
	if plus := strings.IndexByte(email, '+'); plus > 0 && plus < at {
		return email[:plus] + email[at:]
	}
	return email
}

// longestEmail is RFC 5321's bound of an address, in bytes.
const longestEmail = 254

// NormalEmail returns the form of an e-mail address in which two addresses of
// one mailbox are equal: trimmed, lower case, its domain in ASCII. A plus tag
// stays, for some mail systems keep two mailboxes apart by it. It returns "" for
// what is no address.
func NormalEmail(s string) string {
	s = strings.TrimSpace(s)
	at := strings.LastIndexByte(s, '@')
	if at < 1 || len(s) > longestEmail || !utf8.ValidString(s) || strings.ContainsAny(s, " \t\r\n\x00<>,;") {
		return ""
	}
	domain := strings.TrimSuffix(strings.ToLower(s[at+1:]), ".")
	if !isHost(domain) {
		var err error
		if domain, err = idna.Lookup.ToASCII(domain); err != nil || !isHost(domain) {
			return ""
		}
	}
	return norm.NFC.String(strings.ToLower(s[:at])) + "@" + domain
}

// isHost reports whether s is a host name in lower-case ASCII.
func isHost(s string) bool {
	if s == "" || s[0] == '.' || s[0] == '-' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-':
		case c == '.' && s[i-1] != '.':
		default:
			return false
		}
	}
	return true
}

// NormalPhone returns a phone number in E.164, +4930123456, or "" when it
// cannot be known: too short or too long, or without a prefix while the country
// (an ISO code, DE) is not given either. An extension is left out.
func NormalPhone(s, country string) string {
	s = strings.TrimSpace(s)
	if isPlain(s) {
		return s
	}
	if country == "" {
		if rest, ok := strings.CutPrefix(s, "00"); ok {
			s = "+" + rest
		}
		if !strings.HasPrefix(s, "+") && !strings.HasPrefix(s, "＋") {
			return ""
		}
	}
	n, err := phonenumbers.Parse(s, strings.ToUpper(country))
	if err != nil || !phonenumbers.IsPossibleNumber(n) {
		return ""
	}
	return phonenumbers.Format(n, phonenumbers.E164)
}

// isPlain reports whether s is in E.164 already, without asking the tables of all
// countries. A zero soon after the plus may be a trunk prefix that belongs to
// the number only at home, as in +49 0171: that is for the tables to know.
func isPlain(s string) bool {
	const shortest, longest = 9, 16 // with the plus
	if len(s) < shortest || len(s) > longest || s[0] != '+' || s[1] == '0' {
		return false
	}
	for i := 1; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' || s[i] == '0' && i <= 4 {
			return false
		}
	}
	return true
}

// MailKinds returns what MailKind returns of addresses.
func MailKinds() []string { return []string{"work", "free", "disposable"} }

//go:embed free_mail.txt
var freeMail string

//go:embed disposable_mail.txt
var disposableMail string

var mailDomains = sync.OnceValue(func() map[string]string {
	kinds := map[string]string{}
	for kind, list := range map[string]string{"free": freeMail, "disposable": disposableMail} {
		for line := range strings.Lines(list) {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
				kinds[line] = kind
			}
		}
	}
	return kinds
})

// MailKind says what sort of address an e-mail address is: work, free (a
// mailbox that anybody can have: gmail.com) or disposable (thrown away after
// use: mailinator.com). It is empty when the text is no address. The lists are
// free_mail.txt and disposable_mail.txt; whatever is on neither is work.
func MailKind(email string) string {
	domain := MailDomain(email)
	if domain == "" {
		return ""
	}
	kinds := mailDomains()
	for name := domain; ; {
		if kind, ok := kinds[name]; ok && (kind == "disposable" || name == domain) {
			return kind // a subdomain of a free mailer's is a company of its own
		}
		_, parent, ok := strings.Cut(name, ".")
		if !ok {
			return "work"
		}
		name = parent
	}
}

// MailDomain returns the part after the @ in lower case, empty when the text
// is no address.
func MailDomain(email string) string {
	email = strings.TrimSpace(email)
	at := strings.LastIndexByte(email, '@')
	if at <= 0 || strings.ContainsAny(email, " \t\r\n") {
		return ""
	}
	domain := strings.ToLower(strings.TrimSuffix(email[at+1:], "."))
	if !strings.Contains(domain, ".") || domain[0] == '.' {
		return ""
	}
	return domain
}

// NewID returns a new id that sorts by now: 26 characters, a ULID.
func NewID(now time.Time) string {
	var u ulid.ULID
	_ = u.SetTime(ulid.Timestamp(now)) // fails only after the year 10889
	rand.Read(u[6:])
	return u.String()
}

// DerivedID returns the id of what a sender itself named: the same source and
// name give the same id everywhere, so that a vendor's retry is the same touch.
// It looks like the others but does not sort by time.
func DerivedID(source, name string) string {
	sum := sha256.Sum256([]byte(source + "\x00" + name))
	var u ulid.ULID
	copy(u[:], sum[:])
	u[0] &= 0x7f // keep the first character within the alphabet of a ULID
	return u.String()
}

// TimeOf reads the time of an id that NewID made. A derived id may look like one
// by chance, but then of another century.
func TimeOf(id string) (time.Time, bool) {
	u, err := ulid.ParseStrict(id)
	if err != nil {
		return time.Time{}, false
	}
	at := ulid.Time(u.Time())
	return at, at.Year() >= 2026 && at.Year() < 2100
}
