package journal_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/journal"
)

// contents returns what is on a shelf, as key=value in order.
func contents(t testing.TB, j *journal.Journal, shelf, after string) (found []string) {
	t.Helper()
	err := j.Each(shelf, after, func(key string, value []byte) bool {
		found = append(found, key+"="+string(value))
		return true
	})
	if err != nil {
		t.Fatalf("Each(%q, %q): %v", shelf, after, err)
	}
	return found
}

func TestJournal_Each(t *testing.T) {
	j := open(t, journal.Options{})
	var ops []journal.Op
	var want []string
	for i := range 2000 {
		key := fmt.Sprintf("%06d", i*2)
		ops = append(ops, journal.Put("a", key, []byte(key)))
		want = append(want, key+"="+key)
	}
	rand.Shuffle(len(ops), func(i, k int) { ops[i], ops[k] = ops[k], ops[i] })
	commit(t, j, ops...)

	for _, tt := range []struct {
		after string
		from  int
	}{{"", 0}, {"000000", 1}, {"000001", 1}, {"000510", 256}, {"003998", 2000}, {"zzz", 2000}} {
		got := contents(t, j, "a", tt.after)
		if diff := cmp.Diff(want[tt.from:], got, cmp.Transformer("nil", func(s []string) []string { return append([]string{}, s...) })); diff != "" {
			t.Errorf("Each(after %q) differs (-want +got):\n%s", tt.after, diff)
		}
	}
	n := 0
	if err := j.Each("a", "", func(string, []byte) bool { n++; return n < 300 }); n != 300 || err != nil {
		t.Errorf("Each called f %d times (%v), want 300: f returned false", n, err)
	}
	if err := j.Each("c", "", func(string, []byte) bool { return true }); err == nil {
		t.Error("Each of an unknown shelf succeeded")
	}
}

// What f commits must neither wait for Each nor confuse it.
func TestJournal_EachCommits(t *testing.T) {
	j := open(t, journal.Options{})
	const n = 600 // more than one chunk
	var ops []journal.Op
	for i := range n {
		ops = append(ops, journal.Put("a", fmt.Sprintf("%04d", i), make([]byte, 5000)))
	}
	commit(t, j, ops...)
	var seen []string
	err := j.Each("a", "", func(key string, _ []byte) bool {
		seen = append(seen, key)
		if err := j.Commit(t.Context(), journal.Delete("a", key), journal.Put("b", key, make([]byte, 5000))); err != nil {
			t.Errorf("Commit within Each: %v", err)
			return false
		}
		return true
	})
	if err != nil || len(seen) != n {
		t.Fatalf("Each saw %d keys (%v), want %d", len(seen), err, n)
	}
	if a, b := j.Len("a"), j.Len("b"); a != 0 || b != n {
		t.Errorf("Len = %d and %d, want 0 and %d", a, b, n)
	}
}
