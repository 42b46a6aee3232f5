package shelf_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/journal/shelf"
)

type pause struct {
	By string `json:"by"`
}

func open(t *testing.T) *journal.Journal {
	t.Helper()
	j, err := journal.Open(journal.Options{Dir: t.TempDir(), Shelves: []string{"pauses"}, Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func commit(t *testing.T, j *journal.Journal, ops ...journal.Op) {
	t.Helper()
	if err := j.Commit(t.Context(), ops...); err != nil {
		t.Fatal(err)
	}
}

func TestShelf(t *testing.T) {
	j := open(t)
	s := shelf.New[pause](j, "pauses", nil)
	commit(t, j, s.Put("crm", pause{"Dana"}), s.Put("sales", pause{"Lee"}), s.PutNew("slack", pause{"Eva"}))
	if got, err := s.Get("sales"); err != nil || got.By != "Lee" || s.Len() != 3 {
		t.Errorf("Get(sales) = %+v, %v of %d, want Lee's of 3", got, err, s.Len())
	}
	if err := j.Commit(t.Context(), s.PutNew("slack", pause{"Lee"})); !errors.Is(err, journal.ErrExists) {
		t.Errorf("PutNew of a known key = %v, want %v", err, journal.ErrExists)
	}
	commit(t, j, s.Delete("sales"), s.Delete("nothing"))
	if _, err := s.Get("sales"); !errors.Is(err, journal.ErrNotFound) {
		t.Errorf("Get after Delete = %v, want %v", err, journal.ErrNotFound)
	}
	b, err := j.Get("pauses", "crm")
	if err != nil || string(b) != `{"by":"Dana"}` {
		t.Errorf("on disk is %s, %v", b, err)
	}
}

func TestShelf_All(t *testing.T) {
	j := open(t)
	var log bytes.Buffer
	s := shelf.New[pause](j, "pauses", slog.New(slog.NewTextHandler(&log, nil)))
	commit(t, j, s.Put("a/1", pause{"Dana"}), s.Put("b", pause{"before"}), s.Put("b/1", pause{"Lee"}), journal.Put("pauses", "b/2", []byte("{")), s.Put("b/3", pause{"Eva"}), s.Put("c/1", pause{"Kim"}))
	keys := func(prefix string) (all []string) {
		for e, err := range s.Under(prefix) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, e.Key+" "+e.Value.By)
		}
		return all
	}
	if diff := cmp.Diff([]string{"b/1 Lee", "b/3 Eva"}, keys("b/")); diff != "" {
		t.Errorf("Under(b/) (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a/1 Dana", "b before", "b/1 Lee", "b/3 Eva", "c/1 Kim"}, keys("")); diff != "" {
		t.Errorf("All (-want +got):\n%s", diff)
	}
	if _, err := s.Get("b/2"); !errors.Is(err, journal.ErrCorrupt) {
		t.Errorf("Get of what is no JSON = %v, want %v", err, journal.ErrCorrupt)
	}
	if n := strings.Count(log.String(), "key=b/2"); n != 1 || strings.Contains(log.String(), "Dana") {
		t.Errorf("log %q, want the broken key once and no value", &log)
	}
	n := 0
	for range s.All() {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("a loop that breaks went on to %d", n)
	}
}

// A loop may commit; a journal that cannot be read ends it with an error.
func TestShelf_AllOfClosed(t *testing.T) {
	j := open(t)
	s := shelf.New[pause](j, "pauses", nil)
	commit(t, j, s.Put("a", pause{"Dana"}), s.Put("b", pause{"Lee"}))
	for e, err := range s.All() {
		if err != nil {
			t.Fatal(err)
		}
		commit(t, j, s.Delete(e.Key))
	}
	if n := s.Len(); n != 0 {
		t.Errorf("%d are left, want none", n)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	var errs []error
	for _, err := range s.All() {
		errs = append(errs, err)
	}
	if len(errs) != 1 || !errors.Is(errs[0], journal.ErrClosed) {
		t.Errorf("All of a closed journal = %v, want %v once", errs, journal.ErrClosed)
	}
}

func TestShelf_NoJSON(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a type that cannot be JSON is kept")
		}
	}()
	shelf.New[func()](open(t), "pauses", nil).Put("a", nil)
	shelf.New[chan int](open(t), "pauses", nil).Put("a", nil)
}
