package notes

import (
	"errors"
	"maps"
	"testing"

	"github.com/leadgate/leadgate/journal"
)

func TestNotes(t *testing.T) {
	jr, err := journal.Open(journal.Options{Dir: t.TempDir(), Shelves: Shelves(), Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer jr.Close()
	n := New(jr)
	for _, kept := range [][2]string{{"site", "first"}, {"zoom", "other"}, {"site", "second"}} {
		if err := n.KeepNote(kept[0], []byte(kept[1])); err != nil {
			t.Fatal(err)
		}
	}
	got, err := New(jr).Notes()
	if err != nil || !maps.EqualFunc(got, map[string]string{"site": "second", "zoom": "other"}, func(a []byte, b string) bool { return string(a) == b }) {
		t.Errorf("Notes = %q, %v", got, err)
	}
	if err := jr.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Notes(); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("Notes of a closed journal = %v", err)
	}
	if err := n.KeepNote("site", nil); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("KeepNote in a closed journal = %v", err)
	}
}
