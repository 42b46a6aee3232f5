package journal

import (
	"context"
	"errors"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"
)

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
		j := openOn(t, &d, Options{Reserve: 1 << 20}) // more than is free inside the file
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
		time.Sleep(8 * time.Second)
		synctest.Wait()
		if err := j.Err(); !errors.Is(err, ErrUnavailable) {
			t.Errorf("Err on a full disk = %v, want %v", err, ErrUnavailable)
		}

		d.update.Store(nil)
		d.openFile.Store(nil)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if err := j.Commit(ctx, Put("a", "m", nil)); err != nil {
			t.Errorf("Commit 5 s after there is room = %v", err)
		}
		if info, err := os.Stat(j.reserve.path); err != nil || info.Size() != 1<<20 {
			t.Errorf("the reserve was not made again: %v", err)
		}
		if diff := cmp.Diff([]string{"m"}, keys(t, j, "a")); diff != "" {
			t.Errorf("keys differ (-want +got):\n%s", diff)
		}
	})
}

// The disk stays full, but as much as the reserve has become free in the file.
func TestDiskFullRoomInside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d disk
		j := openOn(t, &d, Options{Reserve: 1 << 10})
		ctx := context.Background()
		if err := j.Commit(ctx, Put("a", "k", make([]byte, 100<<10))); err != nil {
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
		if err := j.Commit(ctx, Put("a", "l", nil)); !errors.Is(err, ErrUnavailable) {
			t.Errorf("Commit on a full disk = %v, want %v", err, ErrUnavailable)
		}
		if err := j.Settle(ctx, Delete("a", "k")); err != nil {
			t.Errorf("Settle on a full disk = %v", err)
		}
		time.Sleep(2 * roomEvery)
		synctest.Wait()
		if err := j.Commit(ctx, Put("a", "l", nil)); err != nil {
			t.Errorf("Commit with room inside the file = %v", err)
		}
		d.openFile.Store(nil)
		time.Sleep(2 * roomEvery)
		synctest.Wait()
		if _, err := os.Stat(j.reserve.path); err != nil {
			t.Errorf("the reserve was not made again: %v", err)
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
