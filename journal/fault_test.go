package journal

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"
)

// disk fails on demand. Its zero value works.
type disk struct {
	update   atomic.Pointer[func(*bolt.DB, func(*bolt.Tx) error) error] // in place of bbolt's; nil: bbolt's
	openFile atomic.Pointer[func(name string) error]                    // fails opening
}

func (d *disk) faults() faults {
	return faults{
		update: func(db *bolt.DB, fn func(*bolt.Tx) error) error {
			if f := d.update.Load(); f != nil {
				return (*f)(db, fn)
			}
			return db.Update(fn)
		},
		openFile: func(name string, flag int, perm os.FileMode) (*os.File, error) {
			if f := d.openFile.Load(); f != nil {
				if err := (*f)(filepath.Base(name)); err != nil {
					return nil, err
				}
			}
			return os.OpenFile(name, flag, perm)
		},
	}
}

var (
	errEIO    = &fs.PathError{Op: "fsync", Err: syscall.EIO}
	errENOSPC = &fs.PathError{Op: "write", Err: syscall.ENOSPC}
)

func openOn(t *testing.T, d *disk, o Options) *Journal {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	if o.Reserve == 0 {
		o.Reserve = 1 << 10
	}
	o.Shelves, o.faults = []string{"a", "b"}, d.faults()
	j, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func keys(t *testing.T, j *Journal, shelf string) (found []string) {
	t.Helper()
	if err := j.Each(shelf, "", func(key string, _ []byte) bool { found = append(found, key); return true }); err != nil {
		t.Errorf("Each(%q): %v", shelf, err)
	}
	return found
}

// afterUpdate lets the transaction through to the file and then says that its
// fsync failed: the worst of the faults, as everything looks committed.
func afterUpdate(err error) *func(*bolt.DB, func(*bolt.Tx) error) error {
	f := func(db *bolt.DB, fn func(*bolt.Tx) error) error { return errors.Join(db.Update(fn), err) }
	return &f
}

func insteadOfUpdate(err error) *func(*bolt.DB, func(*bolt.Tx) error) error {
	f := func(*bolt.DB, func(*bolt.Tx) error) error { return err }
	return &f
}

func TestFsyncError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d disk
		j := openOn(t, &d, Options{})
		ctx := context.Background()
		if err := j.Commit(ctx, Put("a", "before", []byte("1"))); err != nil {
			t.Fatal(err)
		}

		var tried []time.Duration // since the fault
		began := time.Now()
		broken := func(name string) error {
			if name == fileName {
				tried = append(tried, time.Since(began))
			}
			return errEIO
		}
		d.openFile.Store(&broken)
		d.update.Store(afterUpdate(errEIO))
		if err := j.Commit(ctx, Put("a", "during", nil)); !errors.Is(err, ErrUnavailable) || !errors.Is(err, syscall.EIO) {
			t.Errorf("Commit with a failing fsync = %v, want %v and %v", err, ErrUnavailable, syscall.EIO)
		}
		d.update.Store(nil) // the next fsync would succeed, and must not be believed
		for name, call := range map[string]func(context.Context, ...Op) error{"Commit": j.Commit, "Settle": j.Settle} {
			if err := call(ctx, Put("a", "after "+name, nil)); !errors.Is(err, ErrUnavailable) {
				t.Errorf("%s after a failed fsync = %v, want %v", name, err, ErrUnavailable)
			}
		}
		if err := j.Compact(ctx); !errors.Is(err, ErrUnavailable) {
			t.Errorf("Compact after a failed fsync = %v, want %v", err, ErrUnavailable)
		}

		time.Sleep(10 * time.Second) // of the bubble's clock
		synctest.Wait()
		ms := time.Millisecond
		want := []time.Duration{100 * ms, 300 * ms, 700 * ms, 1500 * ms, 3100 * ms, 5100 * ms, 7100 * ms, 9100 * ms}
		if diff := cmp.Diff(want, tried); diff != "" {
			t.Errorf("times of reopening differ (-want +got):\n%s", diff)
		}
		if err := j.Err(); !errors.Is(err, ErrUnavailable) {
			t.Errorf("Err = %v, want %v", err, ErrUnavailable)
		}
		if v, err := j.Get("a", "before"); string(v) != "1" || err != nil {
			t.Errorf("Get while the disk is broken = %q, %v, want %q", v, err, "1")
		}

		d.openFile.Store(nil)
		time.Sleep(retryMost)
		synctest.Wait()
		if err := j.Err(); err != nil {
			t.Errorf("Err after the disk works again = %v", err)
		}
		if err := j.Commit(ctx, Put("a", "resumed", nil)); err != nil {
			t.Errorf("Commit after the disk works again = %v", err)
		}
		// What failed may be there, and here it is; what was refused may not.
		if diff := cmp.Diff([]string{"before", "during", "resumed"}, keys(t, j, "a")); diff != "" {
			t.Errorf("keys differ (-want +got):\n%s", diff)
		}
		if got := j.Len("a"); got != 3 {
			t.Errorf("Len = %d, want 3", got)
		}
	})
}

// The file opens again, but the first thing written to it fails.
func TestFsyncErrorAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d disk
		j := openOn(t, &d, Options{})
		d.update.Store(afterUpdate(errEIO))
		if err := j.Commit(context.Background(), Put("a", "k", nil)); !errors.Is(err, ErrUnavailable) {
			t.Errorf("Commit = %v, want %v", err, ErrUnavailable)
		}
		time.Sleep(8 * time.Second)
		if err := j.Err(); !errors.Is(err, ErrUnavailable) {
			t.Errorf("Err = %v, want %v", err, ErrUnavailable)
		}
		d.update.Store(nil)
		time.Sleep(retryMost)
		synctest.Wait()
		if err := j.Err(); err != nil {
			t.Errorf("Err = %v", err)
		}
	})
}

// The old file is closed, and the new one does not open: nothing can be read.
func TestReopenFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d disk
		j := openOn(t, &d, Options{})
		d.update.Store(insteadOfUpdate(errEIO))
		if err := j.Commit(context.Background(), Put("a", "k", nil)); !errors.Is(err, ErrUnavailable) {
			t.Errorf("Commit = %v, want %v", err, ErrUnavailable)
		}
		d.update.Store(nil)
		opened := 0
		second := func(string) error {
			if opened++; opened%2 == 0 {
				return errEIO
			}
			return nil
		}
		d.openFile.Store(&second)
		time.Sleep(time.Second)
		synctest.Wait()
		if _, err := j.Get("a", "k"); !errors.Is(err, ErrUnavailable) {
			t.Errorf("Get = %v, want %v", err, ErrUnavailable)
		}
		if err := j.Each("a", "", nil); !errors.Is(err, ErrUnavailable) {
			t.Errorf("Each = %v, want %v", err, ErrUnavailable)
		}
		d.openFile.Store(nil)
		time.Sleep(retryMost)
		synctest.Wait()
		if _, err := j.Get("a", "k"); !errors.Is(err, ErrNotFound) {
			t.Errorf("Get = %v, want %v", err, ErrNotFound)
		}
	})
}

// bbolt panics on damage that it meets; its locks are then held for ever.
func TestPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d disk
		j := openOn(t, &d, Options{})
		f := func(db *bolt.DB, _ func(*bolt.Tx) error) error {
			if _, err := db.Begin(true); err != nil {
				return err
			}
			panic("page 7 already freed")
		}
		d.update.Store(&f)
		err := j.Commit(context.Background(), Put("a", "k", nil))
		if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "page 7 already freed") {
			t.Errorf("Commit = %v, want %v with the words of the panic", err, ErrUnavailable)
		}
		d.update.Store(nil)
		time.Sleep(retryMost)
		synctest.Wait()
		if err := j.Commit(context.Background(), Put("a", "k", nil)); err != nil {
			t.Errorf("Commit after reopening = %v", err)
		}
	})
}
