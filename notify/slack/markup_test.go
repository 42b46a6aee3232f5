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
