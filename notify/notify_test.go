package notify

import (
	"errors"
	"fmt"
	"testing"

	"github.com/leadgate/leadgate/lead"
)

func TestClassOf(t *testing.T) {
	refused := &Error{Class: BadTarget, Code: "http_404", Err: errors.New("the answer was status 404")}
	for _, tt := range []struct {
		err  error
		want Class
	}{{nil, Again}, {errors.New("anything"), Again}, {refused, BadTarget}, {fmt.Errorf("send: %w", refused), BadTarget}} {
		if got := ClassOf(tt.err); got != tt.want {
			t.Errorf("ClassOf(%v) = %v, want %v", tt.err, got, tt.want)
		}
	}
	if refused.Error() != "http_404: the answer was status 404" || !errors.Is(refused, refused.Err) {
		t.Errorf("Error = %q", refused)
	}
}

func TestAlert_ID(t *testing.T) {
	a := Alert{Touch: &lead.Touch{ID: "t1"}}
	if a.ID() != "t1" {
		t.Errorf("ID = %s, want the touch's", a.ID())
	}
	if a.Notice = "digest:1"; a.ID() != "digest:1" {
		t.Errorf("ID = %s, want the notification's", a.ID())
	}
}

func TestTarget_InFlight(t *testing.T) {
	for concurrency, want := range map[int]int{0: 1, 1: 1, 4: 4} {
		if got := (Target{Concurrency: concurrency}).InFlight(); got != want {
			t.Errorf("InFlight with %d = %d, want %d", concurrency, got, want)
		}
	}
}

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
