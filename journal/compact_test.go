package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestJournal_Compact(t *testing.T) {
	dir := t.TempDir()
	j := openOn(t, new(disk), Options{Dir: dir})
	secret := []byte("ada@example.com")
	var deletes []Op
	for i := range 50 {
		key := fmt.Sprintf("%03d", i)
		if err := j.Commit(t.Context(), Put("a", key, bytes.Repeat(secret, 500)), Put("b", key, []byte(key)), Add("b", "n", 1)); err != nil {
			t.Fatal(err)
		}
		deletes = append(deletes, Delete("a", key))
	}
	if err := j.Commit(t.Context(), deletes...); err != nil {
		t.Fatal(err)
	}
	want, before := keys(t, j, "b"), j.Size()
	if b, err := os.ReadFile(j.path); err != nil || !bytes.Contains(b, secret) {
		t.Fatalf("the deleted value left no trace to remove (%v)", err)
	}
	if err := j.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(j.path); err != nil || bytes.Contains(b, secret) {
		t.Errorf("the deleted value is still in the file (%v)", err)
	}
	if got := j.Size(); got >= before {
		t.Errorf("Size = %d, want less than the %d before", got, before)
	}
	if err := j.Commit(t.Context(), Put("a", "after", nil)); err != nil {
		t.Errorf("Commit after Compact = %v", err)
	}
	if _, err := Open(Options{Dir: dir}); !errors.Is(err, ErrLocked) {
		t.Errorf("Open of the compacted journal by another = %v, want %v", err, ErrLocked)
	}
	for range 2 { // as it is, and after opening it again
		if diff := cmp.Diff(want, keys(t, j, "b")); diff != "" {
			t.Errorf("keys differ (-want +got):\n%s", diff)
		}
		if a, b := j.Len("a"), j.Len("b"); a != 1 || b != len(want) {
			t.Errorf("Len = %d and %d, want 1 and %d", a, b, len(want))
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		j = openOn(t, new(disk), Options{Dir: dir})
	}
}

func TestJournal_CompactFails(t *testing.T) {
	dir := t.TempDir()
	var d disk
	j := openOn(t, &d, Options{Dir: dir})
	fails := func(name string) error {
		if name == compactedName {
			return &os.PathError{Op: "write", Err: syscall.ENOSPC}
		}
		return nil
	}
	d.openFile.Store(&fails)
	if err := j.Compact(t.Context()); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Compact = %v, want %v", err, syscall.ENOSPC)
	}
	if err := errors.Join(j.Err(), j.Commit(t.Context(), Put("a", "k", nil))); err != nil {
		t.Errorf("after a failed Compact: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, compactedName)); err == nil {
		t.Error("a failed Compact left its file")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := j.Compact(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Compact with an ended context = %v, want %v", err, context.Canceled)
	}
}

func TestOpen_RemovesLeftovers(t *testing.T) {
	dir := filled(t, 3)
	left := filepath.Join(dir, compactedName)
	if err := os.WriteFile(left, []byte("half of a copy"), 0o600); err != nil {
		t.Fatal(err)
	}
	j := openOn(t, new(disk), Options{Dir: dir})
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file that a crash left is still there: %v", err)
	}
	if got := j.Len("a"); got != 3 {
		t.Errorf("Len = %d, want 3", got)
	}
}

// Readers and callers notice nothing of the file being replaced.
func TestJournal_CompactMeanwhile(t *testing.T) {
	j := openOn(t, new(disk), Options{})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				key := fmt.Sprintf("%d-%05d", w, n)
				if err := j.Commit(t.Context(), Put("a", key, valueOf(key)), Add("b", "n", 1)); err != nil {
					t.Errorf("Commit: %v", err)
				}
				if v, err := j.Get("a", key); err != nil || !bytes.Equal(v, valueOf(key)) {
					t.Errorf("Get(%s) = %.20q, %v", key, v, err)
				}
			}
		})
	}
	wg.Go(func() {
		for ctx.Err() == nil {
			keys(t, j, "a")
		}
	})
	for range 10 {
		if err := j.Compact(t.Context()); err != nil {
			t.Errorf("Compact: %v", err)
		}
	}
	cancel()
	wg.Wait()
	n, err := j.Get("b", "n")
	if got := len(keys(t, j, "a")); got != j.Len("a") || int64(got) != Number(n) {
		t.Errorf("%d keys, Len = %d, counter %d (%v), want them equal", got, j.Len("a"), Number(n), err)
	}
}

// A file that a long backlog has blown up shrinks by itself.
func TestCompactIfWorth(t *testing.T) {
	j := openOn(t, new(disk), Options{})
	var puts, deletes []Op
	for i := range 80 {
		key := fmt.Sprintf("%03d", i)
		puts, deletes = append(puts, Put("a", key, make([]byte, 1<<20))), append(deletes, Delete("a", key))
	}
	if err := errors.Join(j.Commit(t.Context(), puts...), j.Commit(t.Context(), deletes...)); err != nil {
		t.Fatal(err)
	}
	if got := j.Size(); got < compactFree {
		t.Fatalf("Size = %d, too little to be worth compacting", got)
	}
	for range compactEvery + 1 {
		if err := j.Commit(t.Context(), Add("b", "n", 1)); err != nil {
			t.Fatal(err)
		}
	}
	if got := j.Size(); got > 1<<20 {
		t.Errorf("Size = %d after the backlog has gone, want less than 1 MiB", got)
	}
}
