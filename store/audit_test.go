package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/lead"
)

// entriesAt are entries, one a second, the oldest first.
func entriesAt(from time.Time, n int) (all []lead.Entry) {
	for i := range n {
		at := from.Add(time.Duration(i) * time.Second)
		all = append(all, lead.Entry{ID: lead.NewID(at), At: at, By: "Dana", Did: lead.ActReplay, About: fmt.Sprint(i)})
	}
	return all
}

// aboutOf are what a page of the audit is about.
func aboutOf(t *testing.T, s *testStore, since time.Time, limit int, cursor string) (about []string, next string) {
	t.Helper()
	page, next, err := s.Entries(t.Context(), since, limit, cursor)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range page {
		about = append(about, e.About)
	}
	return about, next
}

func TestStore_Audit(t *testing.T) {
	everywhere(t, func(t *testing.T, s *testStore) {
		ctx, old := t.Context(), noon.Add(-time.Hour)
		if page, next, err := s.Entries(ctx, old, 10, ""); err != nil || page == nil || len(page) != 0 || next != "" {
			t.Errorf("the audit of nothing = %#v, %q, %v, want an empty page", page, next, err)
		}
		all := entriesAt(noon, 5)
		for range 2 { // the second time changes nothing
			if err := s.KeepEntries(ctx, all, old); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.KeepEntries(ctx, nil, old); err != nil {
			t.Errorf("keeping nothing: %v", err)
		}
		page, next, err := s.Entries(ctx, old, 2, "")
		if d := cmp.Diff([]lead.Entry{all[4], all[3]}, page); err != nil || d != "" || next != all[3].ID {
			t.Fatalf("the first page: %v, next %q (-want +got):\n%s", err, next, d)
		}
		if err := s.KeepEntries(ctx, entriesAt(noon.Add(time.Minute), 1), old); err != nil { // moves nothing
			t.Fatal(err)
		}
		got, next := aboutOf(t, s, old, 3, next)
		if d := cmp.Diff([]string{"2", "1", "0"}, got); d != "" || next != "" {
			t.Errorf("the last page has a next one %q (-want +got):\n%s", next, d)
		}
		if got, _ := aboutOf(t, s, noon.Add(3*time.Second), 9, ""); cmp.Diff([]string{"0", "4", "3"}, got) != "" {
			t.Errorf("since the third second: %q, want 0, 4 and 3", got)
		}
	})
}

// The audit is bounded by number and by age.
func TestStore_AuditForgets(t *testing.T) {
	everywhere(t, func(t *testing.T, s *testStore) {
		if err := s.KeepEntries(t.Context(), entriesAt(noon, lead.AuditMost+3), noon.Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
		got, _ := aboutOf(t, s, noon, lead.AuditMost+10, "")
		if len(got) != lead.AuditMost || got[0] != fmt.Sprint(lead.AuditMost+2) || got[len(got)-1] != "3" {
			t.Errorf("%d entries from %s to %s, want the latest %d", len(got), got[0], got[len(got)-1], lead.AuditMost)
		}
		if err := s.KeepEntries(t.Context(), entriesAt(noon.Add(time.Hour), 1), noon.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if got, _ := aboutOf(t, s, noon.Add(-time.Hour), 10, ""); len(got) != 1 {
			t.Errorf("%d entries, want all but the new one forgotten by age", len(got))
		}
	})
}
