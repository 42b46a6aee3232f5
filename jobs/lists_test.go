package jobs

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify/pace"
)

// Lists wait until the store is filled. A caller that cannot wait so long gets
// lead.ErrUnavailable, not an empty list.
func TestJobs_ListsNotFilled(t *testing.T) {
	j := newTicking(t, &scripted{most: 1}, pace.Pace{Off: true}).j
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, list := range map[string]func() error{
		"Touches": func() error { _, err := j.Views.Touches(ended, lead.TouchQuery{}); return err },
		"Leads":   func() error { _, err := j.Views.Leads(ended, lead.Query{}); return err },
		"Care":    func() error { _, err := j.Views.Care(ended, time.Time{}, time.Now()); return err },
		"Funnel":  func() error { _, err := j.Views.Funnel(ended, time.Time{}, time.Now()); return err },
		"Lead":    func() error { _, err := j.Views.Lead(ended, "l1"); return err },
	} {
		if err := list(); !errors.Is(err, lead.ErrUnavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("%s before the store is filled: %v, want %v", name, err, lead.ErrUnavailable)
		}
	}
	if m := j.Views.Machinery(t.Context()); m.Redis.Up || !m.Redis.Embedded || len(m.Queues) != 0 || len(m.Targets) != 1 || m.Journal.Error != "" {
		t.Errorf("Machinery before Redis is up = %+v, want no queues and the target", m)
	}
	if err := j.o.Journal.Close(); err != nil {
		t.Fatal(err)
	}
	if m := j.Views.Machinery(t.Context()); m.Journal.Error == "" {
		t.Error("Machinery of a closed journal says nothing of it")
	}
}

// While Redis is away lists fail at once: a call would only time out.
func TestJobs_ListsAway(t *testing.T) {
	j := newTicking(t, &scripted{most: 1}, pace.Pace{Off: true}).j
	j.Redis.MarkReady()
	if _, err := j.Views.Leads(t.Context(), lead.Query{}); !errors.Is(err, lead.ErrUnavailable) {
		t.Errorf("Leads while redis is away: %v, want %v", err, lead.ErrUnavailable)
	}
	if _, err := j.Views.Touches(t.Context(), lead.TouchQuery{}); !errors.Is(err, lead.ErrUnavailable) {
		t.Errorf("Touches while redis is away: %v, want %v", err, lead.ErrUnavailable)
	}
}
