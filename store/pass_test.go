package store_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/store"
)

func TestStore_Passes(t *testing.T) {
	everywhere(t, func(t *testing.T, s *world) {
		ctx := t.Context()
		if _, err := s.Pass(ctx, "a"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Pass of nobody: %v, want store.ErrNotFound", err)
		}
		for id, kept := range map[string]string{"a": "1", "b": "2"} {
			if err := s.PutPass(ctx, id, kept); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.PutPass(ctx, "a", "3"); err != nil {
			t.Fatal(err)
		}
		if kept, err := s.Pass(ctx, "a"); err != nil || kept != "3" {
			t.Errorf("Pass = %q, %v, want 3", kept, err)
		}
		all, err := s.Passes(ctx)
		if d := cmp.Diff(map[string]string{"a": "3", "b": "2"}, all); err != nil || d != "" {
			t.Errorf("Passes: %v (-want +got):\n%s", err, d)
		}
		if err := s.DropPass(ctx, "a"); err != nil {
			t.Error(err)
		}
		if err := s.DropPass(ctx, "a"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("dropped twice: %v, want store.ErrNotFound", err)
		}
	})
}
