package lead

import (
	"slices"
	"strings"
	"testing"
)

func TestNormalEmail(t *testing.T) {
	tests := []struct{ in, want string }{
		{"Ada.Quell@Example.COM ", "ada.quell@example.com"},
		{"ada+zoom@mail.example", "ada+zoom@mail.example"}, // a tag may be another mailbox
		{"ada@bücher.example", "ada@xn--bcher-kva.example"},
		{"ada@BÜCHER.example", "ada@xn--bcher-kva.example"},
		{"ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"},
		{"ada@mail.example.", "ada@mail.example"},
		{"JOSE\u0301@mail.example", "jos\u00e9@mail.example"},
		{`"odd@local"@mail.example`, `"odd@local"@mail.example`},
		{"", ""},
		{"ada", ""},
		{"@mail.example", ""},
		{"ada@", ""},
		{"ada@.example", ""},
		{"ada@mail..example", ""},
		{"ada@-mail.example", ""},
		{"ada quell@mail.example", ""},
		{"ada@mail.example, bob@mail.example", ""},
		{"Ada <ada@mail.example>", ""},
		{"ada@mail_x.example", ""},
		{"a\xffda@mail.example", ""},
		{string(make([]byte, 300)) + "@mail.example", ""},
	}
	for _, tt := range tests {
		if got := NormalEmail(tt.in); got != tt.want {
			t.Errorf("NormalEmail(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestWithoutTag(t *testing.T) {
	for in, want := range map[string]string{
		"ada+zoom@mail.example": "ada@mail.example", "ada+a+b@mail.example": "ada@mail.example", "ada@mail.example": "ada@mail.example",
		"+ada@mail.example": "+ada@mail.example", "ada@mail+x.example": "ada@mail+x.example", "ada+zoom": "ada+zoom", "": "",
	} {
		if got := WithoutTag(in); got != want {
			t.Errorf("WithoutTag(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNormalPhone(t *testing.T) {
	tests := []struct{ in, country, want string }{
		{"+493012345678", "", "+493012345678"},
		{"+49 30 12345678", "", "+493012345678"},
		{"+49 (0)30 12345678", "", "+493012345678"},
		{"+4903012345678", "", "+493012345678"},
		{"0049 30 12345678", "", "+493012345678"},
		{"030 12345678", "de", "+493012345678"},
		{"030 12345678", "DE", "+493012345678"},
		{"(212) 555-0142", "US", "+12125550142"},
		{"+1 212 555 0142 ext. 7", "", "+12125550142"},
		{"+39 06 12345678", "", "+390612345678"}, // Italy keeps its zero
		{"＋49 30 12345678", "", "+493012345678"},
		{"030 12345678", "", ""},
		{"+12", "", ""},
		{"+0123456789", "", ""},
		{"+12345678901234567890", "", ""},
		{"call me", "DE", ""},
		{"", "DE", ""},
		{"030 12345678", "XX", ""},
	}
	for _, tt := range tests {
		if got := NormalPhone(tt.in, tt.country); got != tt.want {
			t.Errorf("NormalPhone(%q, %q) = %q, want %q", tt.in, tt.country, got, tt.want)
		}
		if tt.want != "" && NormalPhone(tt.want, "") != tt.want {
			t.Errorf("NormalPhone(%q) is not stable: %q", tt.want, NormalPhone(tt.want, ""))
		}
	}
}

func TestKeys(t *testing.T) {
	tests := []struct {
		in   Person
		want []string
	}{
		{Person{}, nil},
		{Person{Name: "Ada Quell"}, nil},
		{Person{Email: "ADA@mail.example", Phone: "+49 30 12345678"}, []string{"email:ada@mail.example", "tel:+493012345678"}},
		{Person{Email: "not one", Phone: "+493012345678"}, []string{"tel:+493012345678"}},
		{Person{Email: "ada@mail.example", Phone: "030 12345678"}, []string{"email:ada@mail.example"}},
	}
	for _, tt := range tests {
		if got := Keys(tt.in); !slices.Equal(got, tt.want) {
			t.Errorf("Keys(%+v) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func BenchmarkNormalPhone(b *testing.B) {
	for name, in := range map[string]string{"Plain": "+493112345678", "Tables": "+49 30 12345678"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				NormalPhone(in, "")
			}
		})
	}
}

// TestKeys_Placeholders are what people write who do not want to tell; two of
// them are not one person.
func TestKeys_Placeholders(t *testing.T) {
	for _, p := range []Person{
		{Email: "none@none.com"}, {Email: "None@Quist.example"}, {Email: "noemail@noemail.com"}, {Email: "n.a@mail.example"}, {Email: "no-reply@quist.example"}, {Email: "test@test.com"}, {Email: "test@example.com"}, {Email: "asdf@asdf.de"}, {Email: "a@a.example"},
		{Phone: "+1 555 555 5555"}, {Phone: "+49 1111111111"}, {Phone: "+1 234 567 890"}, {Email: "unknown@unknown.org", Phone: "+15555555555"},
	} {
		if got := Keys(p); len(got) != 0 {
			t.Errorf("Keys(%+v) = %v, want none", p, got)
		}
	}
	for _, p := range []Person{{Email: "test@quist.example"}, {Email: "anna@anna.example"}, {Email: "nona@none.com"}, {Email: "user@quist.example"}, {Phone: "+49 30 5550555"}, {Phone: "+1 555 010 0123"}} {
		if got := Keys(p); len(got) != 1 {
			t.Errorf("Keys(%+v) = %v, want one", p, got)
		}
	}
}

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
