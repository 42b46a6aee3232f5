package journal_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leadgate/leadgate/journal"
)

func TestOpen(t *testing.T) {
	t.Run("MakesDirectories", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "x", "y")
		open(t, journal.Options{Dir: dir})
		for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "journal.db"): 0o600, filepath.Join(dir, "reserve"): 0o600} {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := info.Mode().Perm(); got != want {
				t.Errorf("%s has permissions %v, want %v", path, got, want)
			}
		}
	})
	t.Run("NoDir", func(t *testing.T) {
		if _, err := journal.Open(journal.Options{}); err == nil {
			t.Error("Open without a directory succeeded")
		}
	})
	t.Run("DirIsFile", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := journal.Open(journal.Options{Dir: path}); err == nil {
			t.Error("Open on a file succeeded")
		}
	})
	t.Run("BadShelf", func(t *testing.T) {
		for _, name := range []string{"", "\x00journal"} {
			if _, err := journal.Open(journal.Options{Dir: t.TempDir(), Shelves: []string{name}}); err == nil {
				t.Errorf("Open with a shelf named %q succeeded", name)
			}
		}
	})
	t.Run("NotAJournal", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "journal.db"), []byte(strings.Repeat("words ", 9999)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := journal.Open(journal.Options{Dir: dir}); !errors.Is(err, journal.ErrCorrupt) {
			t.Errorf("Open = %v, want %v", err, journal.ErrCorrupt)
		}
	})
	t.Run("OtherShelvesStay", func(t *testing.T) {
		dir := t.TempDir()
		for _, shelves := range [][]string{{"a"}, {"b"}, {"b", "a"}} {
			j, err := journal.Open(journal.Options{Dir: dir, Shelves: shelves, Reserve: -1})
			if err != nil {
				t.Fatal(err)
			}
			commit(t, j, journal.Add(shelves[0], "n", 1))
			if len(shelves) == 2 && (j.Len("a") != 1 || j.Len("b") != 1) {
				t.Errorf("Len = %d and %d, want 1 and 1", j.Len("a"), j.Len("b"))
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("Size", func(t *testing.T) {
		dir := t.TempDir()
		j := open(t, journal.Options{Dir: dir})
		info, err := os.Stat(filepath.Join(dir, "journal.db"))
		if err != nil || j.Size() != info.Size() || j.Size() == 0 {
			t.Errorf("Size = %d, want that of the file, %d (%v)", j.Size(), info.Size(), err)
		}
	})
}
