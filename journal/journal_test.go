package journal_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/journal"
)

func open(t testing.TB, o journal.Options) *journal.Journal {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	if o.Shelves == nil {
		o.Shelves = []string{"a", "b"}
	}
	if o.Reserve == 0 {
		o.Reserve = 1 << 10
	}
	j, err := journal.Open(o)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return j
}

func commit(t testing.TB, j *journal.Journal, ops ...journal.Op) {
	t.Helper()
	if err := j.Commit(t.Context(), ops...); err != nil {
		t.Fatalf("Commit: %v", err)
	}
}

func TestJournal_Commit(t *testing.T) {
	put, putNew, del := journal.Put, journal.PutNew, journal.Delete
	v := func(s string) []byte { return []byte(s) }
	tests := []struct {
		name   string
		before []journal.Op
		ops    []journal.Op
		err    error
		want   []string
	}{
		{name: "Nothing"},
		{name: "Put", ops: []journal.Op{put("a", "k", v("1"))}, want: []string{"k=1"}},
		{name: "PutEmpty", ops: []journal.Op{put("a", "k", nil)}, want: []string{"k="}},
		{name: "PutAgain", before: []journal.Op{put("a", "k", v("1"))}, ops: []journal.Op{put("a", "k", v("2"))}, want: []string{"k=2"}},
		{name: "PutTwice", ops: []journal.Op{put("a", "k", v("1")), put("a", "k", v("2"))}, want: []string{"k=2"}},
		{name: "PutNew", ops: []journal.Op{putNew("a", "k", v("1"))}, want: []string{"k=1"}},
		{name: "PutNewAfterDelete", before: []journal.Op{put("a", "k", v("1"))}, ops: []journal.Op{del("a", "k"), putNew("a", "k", v("2"))}, want: []string{"k=2"}},
		{name: "PutNewConflict", before: []journal.Op{put("a", "k", v("1"))}, ops: []journal.Op{putNew("a", "k", v("2"))}, err: journal.ErrExists, want: []string{"k=1"}},
		{name: "PutNewConflictWithin", ops: []journal.Op{put("a", "k", v("1")), putNew("a", "k", v("2"))}, err: journal.ErrExists},
		{
			name:   "ConflictUndoesAll",
			before: []journal.Op{put("a", "changed", v("1")), put("a", "deleted", v("1")), put("a", "k", v("1")), journal.Add("a", "n", 7)},
			ops: []journal.Op{
				put("a", "changed", v("2")), put("a", "changed", v("3")), put("a", "made", v("2")), del("a", "deleted"),
				journal.Add("a", "n", 1), journal.Add("a", "m", 1), putNew("a", "k", v("2")),
			},
			err:  journal.ErrExists,
			want: []string{"changed=1", "deleted=1", "k=1", "n=\x00\x00\x00\x00\x00\x00\x00\x07"},
		},
		{name: "Delete", before: []journal.Op{put("a", "k", v("1")), put("a", "l", v("1"))}, ops: []journal.Op{del("a", "k")}, want: []string{"l=1"}},
		{name: "DeleteMissing", ops: []journal.Op{del("a", "k")}},
		{name: "AddToOther", before: []journal.Op{put("a", "k", v("1"))}, ops: []journal.Op{journal.Add("a", "k", 1)}, err: journal.ErrCorrupt, want: []string{"k=1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			j := open(t, journal.Options{Dir: dir})
			commit(t, j, tt.before...)
			if err := j.Commit(t.Context(), tt.ops...); !errors.Is(err, tt.err) {
				t.Errorf("Commit = %v, want %v", err, tt.err)
			}
			for range 2 { // as it is, and after opening it again
				if diff := cmp.Diff(tt.want, contents(t, j, "a", "")); diff != "" {
					t.Errorf("contents differ (-want +got):\n%s", diff)
				}
				if got := j.Len("a"); got != len(tt.want) {
					t.Errorf("Len = %d, want %d", got, len(tt.want))
				}
				if err := j.Close(); err != nil {
					t.Fatal(err)
				}
				j = open(t, journal.Options{Dir: dir})
			}
		})
	}
}

func TestJournal_CommitRefused(t *testing.T) {
	j := open(t, journal.Options{})
	tests := []struct {
		name string
		op   journal.Op
		want string
	}{
		{"ZeroOp", journal.Op{}, "an empty Op"},
		{"UnknownShelf", journal.Put("c", "k", nil), `unknown shelf "c"`},
		{"EmptyKey", journal.Put("a", "", nil), "a key has 1 to 32768 bytes, not 0"},
		{"LongKey", journal.Put("a", strings.Repeat("k", 32769), nil), "a key has 1 to 32768 bytes, not 32769"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := j.Commit(t.Context(), journal.Put("a", "fine", nil), tt.op)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Commit = %v, want %q", err, tt.want)
			}
		})
	}
	t.Run("EndedContext", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := j.Commit(ctx, journal.Put("a", "k", nil)); !errors.Is(err, context.Canceled) {
			t.Errorf("Commit = %v, want %v", err, context.Canceled)
		}
	})
	if got := j.Len("a"); got != 0 {
		t.Errorf("Len = %d, want 0: a refused Commit took effect", got)
	}
}

func TestJournal_ValueIsCopied(t *testing.T) {
	j := open(t, journal.Options{})
	v := []byte("before")
	op := journal.Put("a", "k", v)
	copy(v, "after!")
	commit(t, j, op)
	got, err := j.Get("a", "k")
	if string(got) != "before" || err != nil {
		t.Errorf("Get = %q, %v, want %q", got, err, "before")
	}
	got[0] = 'B'
	if got, err := j.Get("a", "k"); string(got) != "before" || err != nil {
		t.Errorf("Get after changing what it returned = %q, %v, want %q", got, err, "before")
	}
}

func TestJournal_Get(t *testing.T) {
	j := open(t, journal.Options{})
	commit(t, j, journal.Put("a", "k", []byte("1")), journal.Put("a", "empty", nil))
	if _, err := j.Get("b", "k"); !errors.Is(err, journal.ErrNotFound) {
		t.Errorf("Get of a missing key = %v, want %v", err, journal.ErrNotFound)
	}
	if v, err := j.Get("a", "empty"); v == nil || len(v) != 0 || err != nil {
		t.Errorf("Get of an empty value = %#v, %v, want an empty one", v, err)
	}
	if _, err := j.Get("c", "k"); err == nil || errors.Is(err, journal.ErrNotFound) {
		t.Errorf("Get from an unknown shelf = %v, want another error than ErrNotFound", err)
	}
}

func TestJournal_Add(t *testing.T) {
	j := open(t, journal.Options{})
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if err := j.Commit(t.Context(), journal.Add("a", "n", 3), journal.Add("a", "n", -1)); err != nil {
				t.Errorf("Commit: %v", err)
			}
		})
	}
	wg.Wait()
	v, err := j.Get("a", "n")
	if got := journal.Number(v); got != 100 || err != nil {
		t.Errorf("counter = %d, %v, want 100", got, err)
	}
	commit(t, j, journal.Add("a", "n", -101))
	if v, _ = j.Get("a", "n"); journal.Number(v) != -1 {
		t.Errorf("counter = %d, want -1", journal.Number(v))
	}
	if got := journal.Number([]byte("12")); got != 0 {
		t.Errorf("Number of what is no counter = %d, want 0", got)
	}
}

// Many callers want the same key at once: one gets it, and the others' failures
// disturb nobody who shares the transaction.
func TestJournal_PutNewAtOnce(t *testing.T) {
	j := open(t, journal.Options{})
	const callers = 100
	outcome := make([]error, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			own := fmt.Sprintf("own-%03d", i)
			outcome[i] = j.Commit(t.Context(), journal.Put("b", own, nil), journal.PutNew("a", "k", []byte(own)))
			if err := j.Commit(t.Context(), journal.Put("b", "other-"+own, nil)); err != nil {
				t.Errorf("Commit of another key: %v", err)
			}
		})
	}
	wg.Wait()
	var won []string
	for i, err := range outcome {
		switch {
		case err == nil:
			won = append(won, fmt.Sprintf("own-%03d", i))
		case !errors.Is(err, journal.ErrExists):
			t.Errorf("Commit = %v, want nil or %v", err, journal.ErrExists)
		}
	}
	v, _ := j.Get("a", "k")
	if len(won) != 1 || won[0] != string(v) {
		t.Fatalf("won: %q, want the one that is kept, %q", won, v)
	}
	if got := j.Len("b"); got != callers+1 {
		t.Errorf("%d keys of the callers, want %d: those that lost must leave nothing", got, callers+1)
	}
}

func TestJournal_OnCommit(t *testing.T) {
	var ops int
	j := open(t, journal.Options{OnCommit: func(n int, took time.Duration) {
		if ops += n; took <= 0 {
			t.Errorf("took %v", took)
		}
	}})
	commit(t, j, journal.Put("a", "k", nil), journal.Put("a", "l", nil))
	_ = j.Commit(t.Context(), journal.PutNew("a", "k", nil))
	commit(t, j, journal.Delete("a", "k"))
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if ops != 3 {
		t.Errorf("OnCommit was told of %d ops, want 3", ops)
	}
}

func TestJournal_Close(t *testing.T) {
	dir := t.TempDir()
	j := open(t, journal.Options{Dir: dir})
	const callers = 200
	outcome := make([]error, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() { outcome[i] = j.Commit(context.Background(), journal.Put("a", fmt.Sprintf("%03d", i), nil)) })
	}
	if err := j.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	wg.Wait()
	if err := j.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	for call, err := range map[string]error{
		"Commit":  j.Commit(t.Context(), journal.Put("a", "k", nil)),
		"Settle":  j.Settle(t.Context(), journal.Put("a", "k", nil)),
		"Compact": j.Compact(t.Context()),
		"Each":    j.Each("a", "", func(string, []byte) bool { return true }),
		"Back":    j.Back("a", func(string, []byte) bool { return true }),
		"Err":     j.Err(),
	} {
		if !errors.Is(err, journal.ErrClosed) {
			t.Errorf("%s after Close = %v, want %v", call, err, journal.ErrClosed)
		}
	}
	again := open(t, journal.Options{Dir: dir})
	for i, err := range outcome {
		_, found := again.Get("a", fmt.Sprintf("%03d", i))
		if err != nil && !errors.Is(err, journal.ErrClosed) || (err == nil) != (found == nil) {
			t.Errorf("Commit = %v, but reading it again: %v", err, found)
		}
	}
}
