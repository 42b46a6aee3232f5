package lead

import (
	"strings"
	"testing"
)

func TestMailKind(t *testing.T) {
	for email, want := range map[string]string{
		"ann@acme.example": "work", "Ann@GMAIL.com": "free", " sam@web.de ": "free", "x@mailinator.com": "disposable", "x@sub.mailinator.com": "disposable",
		"x@corp.mail.com": "work", "x@yahoo.co.uk": "free", "x@qq.com": "free", "x@notgmail.com": "work", "x@gmail.com.example": "work",
		"": "", "ann": "", "ann@": "", "@gmail.com": "", "ann@localhost": "", "a b@gmail.com": "", "ann@.com": "", "ann@acme.example.": "work",
		"\"a@b\"@gmail.com": "free",
	} {
		if got := MailKind(email); got != want {
			t.Errorf("MailKind(%q) = %q, want %q", email, got, want)
		}
	}
	if n := len(mailDomains()); n < 800 {
		t.Errorf("the lists have %d domains, some are missing", n)
	}
	for name := range mailDomains() {
		if name != strings.ToLower(name) || !strings.Contains(name, ".") || strings.ContainsAny(name, " @/") {
			t.Errorf("%q is no domain", name)
		}
	}
}
