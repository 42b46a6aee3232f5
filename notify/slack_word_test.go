package notify

import "testing"

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
