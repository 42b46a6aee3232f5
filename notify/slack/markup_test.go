package slack

import (
	"strings"
	"testing"
)

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
