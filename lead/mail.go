package lead

import (
	_ "embed"
	"strings"
	"sync"
)

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
