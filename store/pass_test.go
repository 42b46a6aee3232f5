package store_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/store"
)

func TestStore_Credentials(t *testing.T) {
	everywhere(t, func(t *testing.T, s *testStore) {
		ctx := t.Context()
		if _, err := s.Credential(ctx, "a"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Credential of nobody: %v, want store.ErrNotFound", err)
		}
		for id, kept := range map[string]string{"a": "1", "b": "2"} {
			if err := s.PutCredential(ctx, id, kept); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.PutCredential(ctx, "a", "3"); err != nil {
			t.Fatal(err)
		}
		if kept, err := s.Credential(ctx, "a"); err != nil || kept != "3" {
			t.Errorf("Credential = %q, %v, want 3", kept, err)
		}
		all, err := s.Credentials(ctx)
		if d := cmp.Diff(map[string]string{"a": "3", "b": "2"}, all); err != nil || d != "" {
			t.Errorf("Credentials: %v (-want +got):\n%s", err, d)
		}
		if err := s.DropCredential(ctx, "a"); err != nil {
			t.Error(err)
		}
		if err := s.DropCredential(ctx, "a"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("dropped twice: %v, want store.ErrNotFound", err)
		}
	})
}
