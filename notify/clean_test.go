package notify

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
			if got := line(tt.in, 40); got != tt.want {
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

func TestMrkdwn(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"Mention", "<!channel> <@U1>", "&lt;!channel&gt; &lt;@U1&gt;"},
		{"Link", "<http://evil.example|x>", "&lt;http://evil.example|x&gt;"},
		{"Entity", "&lt;!here&gt;", "&amp;lt;!here&amp;gt;"},
		{"Formats", "*a* ~b~ `c` _d_", "∗a∗ ∼b∼ ˋcˋ ˍdˍ"},
		{"WithinAWord", "snake_case", "snake_case"},
		{"Quotation", "> said", "› said"},
		{"Cut", strings.Repeat("&", 20), strings.Repeat("&amp;", 7) + "…"},
		{"Fits", strings.Repeat("&", 8), strings.Repeat("&amp;", 8)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := mrkdwn(tt.in, 40); got != tt.want {
				t.Errorf("mrkdwn(%q, 40) = %q, want %q", tt.in, got, tt.want)
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
		{"Email", emailOf("grace.hopper+x@acme.example"), Contact{"grace.hopper+x@acme.example", "mailto:grace.hopper+x@acme.example"}},
		{"EmailWithHeaders", emailOf("grace@acme.example?bcc=all@acme.example"), Contact{"grace@acme.example?bcc=all@acme.example", ""}},
		{"EmailWithMarkup", emailOf("a|b>@acme.example"), Contact{"a|b>@acme.example", ""}},
		{"EmailOfOtherScripts", emailOf("груня@пример.example"), Contact{"груня@пример.example", ""}},
		{"EmailWithoutDomain", emailOf("grace@localhost"), Contact{"grace@localhost", ""}},
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
