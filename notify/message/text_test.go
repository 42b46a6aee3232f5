package message

import (
	"strings"
	"testing"
)

func TestLine(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"Plain", "Grace Hopper", "Grace Hopper"},
		{"Spaces", "  Grace\t\n Hopper\u00a0 ", "Grace Hopper"},
		{"Escape", "a\x1b[31mb", "a�[31mb"},
		{"NUL", "a\x00\x00b", "a�b"},
		{"TurnedAround", "gpj\u202eexe", "gpj�exe"},
		{"ZeroWidth", "pay\u200b\u200dpal", "pay�pal"},
		{"SoftHyphen", "pay\u00adpal", "pay�pal"},
		{"Filler", "a\u3164b\u2800", "a�b�"},
		{"Tags", "a\U000e0041\U000e0042", "a�"},
		{"PrivateUse", "a\ue000", "a�"},
		{"BadUTF8", "a\xff\xfeb", "a�b"},
		{"Accents", "Z" + strings.Repeat("\u0301", 50) + "o\u0308", "Z\u0301\u0301\u0301o\u0308"},
		{"OtherScripts", "李小龍 Åsa Ñandú Ольга", "李小龍 Åsa Ñandú Ольга"},
		{"Emoji", "🔥 yes ❄️", "🔥 yes ❄️"},
		{"Cut", strings.Repeat("ä", 50), strings.Repeat("ä", 39) + "…"},
		{"NothingSeen", "\u200b \u200e", "� �"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Line(tt.in, 40); got != tt.want {
				t.Errorf("line(%q, 40) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestWords(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"Paragraphs", "Hello\r\n\r\n  we need   SSO.\u2028Thanks", "Hello\nwe need SSO.\nThanks"},
		{"ManyLines", "1\n2\n3\n4\n5\n6\n7\n8", "1\n2\n3\n4\n5\n6 7 8"},
		{"Empty", " \n\t\n", ""},
		{"Long", strings.Repeat("word ", 100), strings.Repeat("word ", 59) + "word…"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := words(tt.in, 300); got != tt.want {
				t.Errorf("words(%q, 300) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestContacts(t *testing.T) {
	for _, tt := range []struct {
		name string
		got  Contact
		want Contact
	}{
		{"Phone", phoneOf("+14155550100"), Contact{"+1 415 555 0100", "tel:+14155550100"}},
		{"PhoneOfNowhere", phoneOf("+99999999999"), Contact{"+99999999999", "tel:+99999999999"}},
		{"PhoneAsWritten", phoneOf("0228 / 123 <!here>"), Contact{"0228 / 123 <!here>", ""}},
		{"PhoneWithMore", phoneOf("+14155550100;evil"), Contact{"+14155550100;evil", ""}},
		{"NoPhone", phoneOf(""), Contact{}},
		{"Email", EmailOf("grace.hopper+x@acme.example"), Contact{"grace.hopper+x@acme.example", "mailto:grace.hopper+x@acme.example"}},
		{"EmailWithHeaders", EmailOf("grace@acme.example?bcc=all@acme.example"), Contact{"grace@acme.example?bcc=all@acme.example", ""}},
		{"EmailWithMarkup", EmailOf("a|b>@acme.example"), Contact{"a|b>@acme.example", ""}},
		{"EmailOfOtherScripts", EmailOf("груня@пример.example"), Contact{"груня@пример.example", ""}},
		{"EmailWithoutDomain", EmailOf("grace@localhost"), Contact{"grace@localhost", ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.got != tt.want {
				t.Errorf("got %+v, want %+v", tt.got, tt.want)
			}
		})
	}
}

func TestDefang(t *testing.T) {
	for in, want := range map[string]string{
		"see https://sub.evil.example/x?y": "see https[:]//sub[.]evil[.]example/x?y",
		"www.evil.example":                 "www[.]evil[.]example",
		"Grace Hopper, 3.5 seats. Yes":     "Grace Hopper, 3.5 seats. Yes",
		"пример.рф":                        "пример[.]рф",
	} {
		if got := defang(in); got != want {
			t.Errorf("defang(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestReplaceWord(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"a.b", "A"}, {"x a.b y", "x A y"}, {"x\na.b\ny a.b", "x\nA\ny A"},
		{"xa.b", "xa.b"}, {"a.by", "a.by"}, {"a.ba.b", "a.ba.b"}, {"x", "x"}, {"", ""},
	} {
		if got := replaceWord(tt.in, "a.b", "A"); got != tt.want {
			t.Errorf("replaceWord(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}
