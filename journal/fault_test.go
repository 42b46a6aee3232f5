package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
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

// fullDisk takes a transaction only while there is no reserve on it.
func fullDisk(j *Journal) *func(*bolt.DB, func(*bolt.Tx) error) error {
	f := func(db *bolt.DB, fn func(*bolt.Tx) error) error {
		if _, err := os.Stat(j.reserve.path); err == nil {
			return errENOSPC
		}
		return db.Update(fn)
	}
	return &f
}

func TestDiskFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d disk
		j := openOn(t, &d, Options{})
		ctx := context.Background()
		if err := j.Commit(ctx, Put("a", "k", nil)); err != nil {
			t.Fatal(err)
		}
		d.update.Store(fullDisk(j))
		noReserve := func(name string) error {
			if name == reserveName {
				return errENOSPC
			}
			return nil
		}
		d.openFile.Store(&noReserve)

		if err := j.Commit(ctx, Put("a", "l", nil)); !errors.Is(err, ErrUnavailable) || !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("Commit on a full disk = %v, want %v and %v", err, ErrUnavailable, syscall.ENOSPC)
		}
		if _, err := os.Stat(j.reserve.path); err != nil {
			t.Errorf("the reserve was spent on a Commit: %v", err)
		}
		if err := j.Settle(ctx, Put("b", "k", nil), Delete("a", "k")); err != nil {
			t.Errorf("Settle on a full disk = %v", err)
		}
		if err := j.Commit(ctx, Put("a", "l", nil)); !errors.Is(err, ErrUnavailable) {
			t.Errorf("Commit while the reserve is spent = %v, want %v", err, ErrUnavailable)
		}
		j.reserve.size = 1 << 40 // no room inside the file either
		time.Sleep(8 * time.Second)
		synctest.Wait()
		if err := j.Err(); !errors.Is(err, ErrUnavailable) {
			t.Errorf("Err on a full disk = %v, want %v", err, ErrUnavailable)
		}

		j.reserve.size = 1 << 10
		d.update.Store(nil)
		d.openFile.Store(nil)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if err := j.Commit(ctx, Put("a", "m", nil)); err != nil {
			t.Errorf("Commit 5 s after there is room = %v", err)
		}
		if info, err := os.Stat(j.reserve.path); err != nil || info.Size() != 1<<10 {
			t.Errorf("the reserve was not made again: %v", err)
		}
		if diff := cmp.Diff([]string{"m"}, keys(t, j, "a")); diff != "" {
			t.Errorf("keys differ (-want +got):\n%s", diff)
		}
	})
}

// Commits and Settles share a transaction that does not fit.
func TestDiskFullMixed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d disk
		j := openOn(t, &d, Options{Reserve: -1})
		hold, entered := make(chan struct{}), make(chan struct{}, 99)
		f := func(db *bolt.DB, fn func(*bolt.Tx) error) error {
			entered <- struct{}{}
			<-hold
			return db.Update(func(tx *bolt.Tx) error {
				if err := fn(tx); err != nil {
					return err
				}
				if tx.Bucket([]byte("a")).Get([]byte("large")) != nil {
					return errENOSPC
				}
				return nil
			})
		}
		d.update.Store(&f)
		var wg sync.WaitGroup
		call := func(do func(context.Context, ...Op) error, want error, op Op) {
			wg.Go(func() {
				if err := do(context.Background(), op); !errors.Is(err, want) {
					t.Errorf("%s %s = %v, want %v", op.shelf, op.key, err, want)
				}
			})
		}
		call(j.Commit, nil, Put("a", "first", nil))
		<-entered // it holds the writer; the others will go together
		call(j.Commit, ErrUnavailable, Put("a", "large", nil))
		call(j.Commit, ErrUnavailable, Put("a", "small", nil))
		call(j.Settle, nil, Put("b", "settled", nil))
		synctest.Wait()
		close(hold)
		wg.Wait()
		if err := j.Settle(context.Background(), Put("a", "large", nil)); !errors.Is(err, ErrUnavailable) {
			t.Errorf("Settle that does not fit, without a reserve = %v, want %v", err, ErrUnavailable)
		}
		if diff := cmp.Diff([]string{"first"}, keys(t, j, "a")); diff != "" {
			t.Errorf("keys differ (-want +got):\n%s", diff)
		}
		if got := j.Len("b"); got != 1 {
			t.Errorf("Len = %d, want 1", got)
		}
	})
}

// Something else than room is the matter while the disk is full.
func TestDiskFullThenBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d disk
		j := openOn(t, &d, Options{})
		d.update.Store(insteadOfUpdate(errENOSPC))
		_ = j.Commit(context.Background(), Put("a", "k", nil))
		d.update.Store(insteadOfUpdate(errEIO))
		if err := j.Settle(context.Background(), Put("a", "k", nil)); !errors.Is(err, ErrUnavailable) || !errors.Is(err, syscall.EIO) {
			t.Errorf("Settle = %v, want %v and %v", err, ErrUnavailable, syscall.EIO)
		}
		d.update.Store(insteadOfUpdate(errENOSPC))
		time.Sleep(8 * time.Second)
		synctest.Wait()
		if out := j.outage.Load(); out == nil || out.broken {
			t.Errorf("outage = %v, want one of a full disk: the file reopened", out)
		}
		d.update.Store(insteadOfUpdate(errEIO))
		time.Sleep(8 * time.Second)
		synctest.Wait()
		if out := j.outage.Load(); out == nil || !out.broken {
			t.Errorf("outage = %v, want one of a broken file: the trial said so", out)
		}
		d.update.Store(nil)
		time.Sleep(retryMost)
		synctest.Wait()
		if err := j.Err(); err != nil {
			t.Errorf("Err = %v", err)
		}
	})
}

func TestOpen_DiskFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		if err := openOn(t, new(disk), Options{Dir: dir, Reserve: -1}).Close(); err != nil {
			t.Fatal(err)
		}
		var d disk
		noReserve := func(name string) error {
			if name == reserveName {
				return errENOSPC
			}
			return nil
		}
		d.openFile.Store(&noReserve)
		d.update.Store(insteadOfUpdate(errENOSPC))
		j := openOn(t, &d, Options{Dir: dir, Reserve: 1 << 10})
		if err := j.Commit(context.Background(), Put("a", "k", nil)); !errors.Is(err, ErrUnavailable) {
			t.Errorf("Commit = %v, want %v", err, ErrUnavailable)
		}
		d.openFile.Store(nil)
		d.update.Store(nil)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if err := j.Commit(context.Background(), Put("a", "k", nil)); err != nil {
			t.Errorf("Commit 5 s after there is room = %v", err)
		}
	})
	t.Run("OtherError", func(t *testing.T) {
		var d disk
		fails := func(name string) error {
			if name == reserveName {
				return errEIO
			}
			return nil
		}
		d.openFile.Store(&fails)
		o := Options{Dir: t.TempDir(), faults: d.faults()}
		if _, err := Open(o); !errors.Is(err, syscall.EIO) {
			t.Errorf("Open = %v, want %v", err, syscall.EIO)
		}
		d.openFile.Store(nil)
		j, err := Open(o) // the first one let go of the lock
		if err != nil {
			t.Fatal(err)
		}
		j.Close()
	})
}

// A context that ends while its Commit waits takes it back; one that ends later
// does not.
func TestJournal_CommitContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d disk
		j := openOn(t, &d, Options{})
		hold := make(chan struct{})
		f := func(db *bolt.DB, fn func(*bolt.Tx) error) error { <-hold; return db.Update(fn) }
		d.update.Store(&f)
		ctx, cancel := context.WithCancel(context.Background())
		var running, waiting, patient error
		var wg sync.WaitGroup
		wg.Go(func() { running = j.Commit(ctx, Put("a", "running", nil)) })
		synctest.Wait()
		wg.Go(func() { waiting = j.Commit(ctx, Put("a", "waiting", nil)) })
		wg.Go(func() { patient = j.Commit(context.Background(), Put("a", "patient", nil)) })
		synctest.Wait()
		cancel()
		synctest.Wait()
		close(hold)
		wg.Wait()
		if running != nil || !errors.Is(waiting, context.Canceled) || patient != nil {
			t.Errorf("Commit running = %v, waiting = %v, patient = %v, want only the waiting one to fail, with %v", running, waiting, patient, context.Canceled)
		}
		if diff := cmp.Diff([]string{"patient", "running"}, keys(t, j, "a")); diff != "" {
			t.Errorf("keys differ (-want +got):\n%s", diff)
		}
	})
}

// All that waits goes together, up to the bounds of a transaction.
func TestGroups(t *testing.T) {
	for _, tt := range []struct {
		name  string
		calls int
		value int
		want  []int
	}{
		{"Together", 100, 700, []int{1, 100}},
		{"Calls", groupCalls + 5, 0, []int{1, groupCalls, 5}},
		{"Bytes", 5, groupBytes / 3, []int{1, 2, 2, 1}},
		{"OneTooLarge", 2, groupBytes + 1, []int{1, 1, 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var d disk
				var got []int
				j := openOn(t, &d, Options{OnCommit: func(ops int, _ time.Duration) { got = append(got, ops) }})
				hold := make(chan struct{})
				f := func(db *bolt.DB, fn func(*bolt.Tx) error) error { <-hold; return db.Update(fn) }
				d.update.Store(&f)
				var wg sync.WaitGroup
				put := func(key string, value []byte) {
					wg.Go(func() {
						if err := j.Commit(context.Background(), Put("a", key, value)); err != nil {
							t.Errorf("Commit: %v", err)
						}
					})
				}
				put("first", nil)
				synctest.Wait()
				for i := range tt.calls {
					put(fmt.Sprint(i), make([]byte, tt.value))
				}
				synctest.Wait()
				close(hold)
				wg.Wait()
				if err := j.Close(); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("ops per transaction differ (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// Calls that wait when the journal is closed are still committed, or refused if
// the disk is broken; none is left hanging.
func TestJournal_CloseWithWaiters(t *testing.T) {
	for name, fault := range map[string]error{"Working": nil, "Broken": errEIO} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var d disk
				j := openOn(t, &d, Options{})
				hold := make(chan struct{})
				f := func(db *bolt.DB, fn func(*bolt.Tx) error) error {
					<-hold
					if fault != nil {
						return fault
					}
					return db.Update(fn)
				}
				d.update.Store(&f)
				outcome := make([]error, groupCalls*2)
				var wg sync.WaitGroup
				for i := range outcome {
					wg.Go(func() { outcome[i] = j.Commit(context.Background(), Put("a", fmt.Sprint(i), nil)) })
				}
				synctest.Wait()
				wg.Go(func() { j.Close() })
				synctest.Wait()
				close(hold)
				wg.Wait()
				for i, err := range outcome {
					if fault == nil && err != nil || fault != nil && !errors.Is(err, ErrUnavailable) {
						t.Fatalf("Commit %d = %v", i, err)
					}
				}
			})
		})
	}
}
