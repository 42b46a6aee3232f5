package notify

import "testing"

func TestTarget_PaceName(t *testing.T) {
	for _, tt := range []struct {
		a, b Target
		same bool
	}{
		{Target{Name: "a", Kind: "slack", Channel: "C1"}, Target{Name: "b", Kind: "slack", Channel: "C1"}, true},
		{Target{Name: "a", Kind: "slack", Channel: "C1"}, Target{Name: "b", Kind: "slack", Channel: "C2"}, false},
		{Target{Name: "a", Kind: "slack", URL: "https://a"}, Target{Name: "b", Kind: "slack", URL: "https://a"}, false},
		{Target{Name: "a", Kind: "webhook"}, Target{Name: "b", Kind: "webhook"}, false},
	} {
		if got := tt.a.PaceName() == tt.b.PaceName(); got != tt.same {
			t.Errorf("%+v and %+v share a pace: %v, want %v", tt.a, tt.b, got, tt.same)
		}
	}
}
