package pipeline

import (
	"fmt"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
)

func TestContents_First(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var c contents
	first := &lead.Touch{ID: "t1", Source: "contact", Content: "c", ReceivedAt: at}
	c.add(first)
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
		if got := c.first(touch); got != tt.want {
			t.Errorf("%s: first = %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestContents_Bounded(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var c contents
	for i := range 5 * contentsMost {
		c.add(&lead.Touch{ID: fmt.Sprint(i), Source: "contact", Content: fmt.Sprint(i), ReceivedAt: at})
	}
	if n := len(c.now) + len(c.old); n > 2*contentsMost {
		t.Errorf("%d contents are remembered, want at most %d", n, 2*contentsMost)
	}
	last := &lead.Touch{ID: "again", Source: "contact", Content: fmt.Sprint(5*contentsMost - 1), ReceivedAt: at}
	if got := c.first(last); got == "again" {
		t.Error("the latest content is forgotten")
	}
}
