package jobs

import (
	"fmt"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
)

func TestRepeats_First(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var r repeats
	first := &lead.Touch{ID: "t1", Source: "contact", Content: "c", ReceivedAt: at}
	r.hear(first)
	for _, tt := range []struct {
		name, source, content string
		after                 time.Duration
		want                  string
	}{
		{"the same again", "contact", "c", 9 * time.Minute, "t1"},
		{"much later", "contact", "c", 10 * time.Minute, "t2"},
		{"another source", "demo", "c", 0, "t2"},
		{"another content", "contact", "d", 0, "t2"},
		{"no content", "contact", "", 0, "t2"},
	} {
		touch := &lead.Touch{ID: "t2", Source: tt.source, Content: tt.content, ReceivedAt: at.Add(tt.after)}
		if got := r.first(touch); got != tt.want {
			t.Errorf("%s: first = %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestRepeats_Bounded(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var r repeats
	for i := range 5 * repeatsMost {
		r.hear(&lead.Touch{ID: fmt.Sprint(i), Source: "contact", Content: fmt.Sprint(i), ReceivedAt: at})
	}
	if n := len(r.now) + len(r.old); n > 2*repeatsMost {
		t.Errorf("%d contents are remembered, want at most %d", n, 2*repeatsMost)
	}
	last := &lead.Touch{ID: "again", Source: "contact", Content: fmt.Sprint(5*repeatsMost - 1), ReceivedAt: at}
	if got := r.first(last); got == "again" {
		t.Error("what was said last is forgotten")
	}
}
