package journal_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/journal"
)

func TestJournal_Back(t *testing.T) {
	for name, n := range map[string]int{"Empty": 0, "One": 1, "OneChunk": 256, "Chunks": 600} {
		t.Run(name, func(t *testing.T) {
			j := open(t, journal.Options{})
			ops := []journal.Op{journal.Put("b", "0000", nil)} // a neighbour's
			var want []string
			for i := range n {
				key := fmt.Sprintf("%06d", i)
				ops, want = append(ops, journal.Put("a", key, []byte(key))), append([]string{key}, want...)
			}
			commit(t, j, ops...)
			var got []string
			err := j.Back("a", func(key string, value []byte) bool {
				if string(value) != key {
					t.Errorf("Back shows %q under %q", value, key)
				}
				got = append(got, key)
				return true
			})
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("Back differs (%v) (-want +got):\n%s", err, diff)
			}
			looks := 0
			if err := j.Back("a", func(string, []byte) bool { looks++; return looks < 300 }); err != nil || looks != min(n, 300) {
				t.Errorf("Back called f %d times (%v), want %d: f returned false", looks, err, min(n, 300))
			}
		})
	}
	j := open(t, journal.Options{})
	if err := j.Back("c", func(string, []byte) bool { return true }); err == nil {
		t.Error("Back of an unknown shelf succeeded")
	}
}

// What f deletes does not confuse it: what it has not seen, it still sees.
func TestJournal_BackCommits(t *testing.T) {
	j := open(t, journal.Options{})
	const n = 600 // more than one chunk
	var ops []journal.Op
	for i := range n {
		ops = append(ops, journal.Put("a", fmt.Sprintf("%04d", i), make([]byte, 5000)))
	}
	commit(t, j, ops...)
	seen := 0
	err := j.Back("a", func(key string, _ []byte) bool {
		seen++
		return j.Commit(t.Context(), journal.Delete("a", key)) == nil
	})
	if err != nil || seen != n || j.Len("a") != 0 {
		t.Errorf("Back saw %d keys (%v) and left %d, want %d and 0", seen, err, j.Len("a"), n)
	}
}
