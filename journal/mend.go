package journal

import (
	"fmt"
	"io"
	"os"
	"time"

	bolt "go.etcd.io/bbolt"
)

const (
	retryFirst = 100 * time.Millisecond // after the file broke, doubling
	retryMost  = 2 * time.Second
	roomEvery  = time.Second // while the disk is full
)

// broke notes that nothing more is believed until the file was reopened.
func (w *writer) broke(err error) {
	w.retry = retryFirst
	w.timer.Reset(w.retry)
	w.j.refuse(&outage{cause: err, broken: true})
}

// full notes that only settling goes on.
func (w *writer) full(err error) {
	w.timer.Reset(roomEvery)
	w.j.refuse(&outage{cause: err})
}

// mend tries to end an outage, or to get the reserve back, and sets the time of
// the next attempt if there must be one.
func (w *writer) mend() {
	out := w.j.outage.Load()
	if out == nil {
		_ = w.replenish() // which has set the time of the next attempt
		return
	}
	if out.broken {
		if err := w.reopen(); err != nil {
			w.retry = min(2*w.retry, retryMost)
			w.timer.Reset(w.retry)
			w.j.refuse(&outage{cause: err, broken: true})
			return
		}
	}
	err := w.findRoom()
	switch {
	case err == nil:
		w.j.resume()
	case isFull(err):
		w.full(err)
	default:
		w.broke(err)
	}
}

// replenish makes the reserve if it is missing; after an error that will be
// tried again.
func (w *writer) replenish() error {
	err := w.j.reserve.make()
	if err != nil {
		w.timer.Reset(roomEvery)
	}
	return err
}

// findRoom tries whether commits fit. They must leave room for settling: the
// reserve, or as much inside the file.
func (w *writer) findRoom() error {
	short := w.replenish()
	if err := w.try(); err != nil {
		return err
	}
	if short != nil && w.j.file.Load().freeBytes() < w.j.reserve.size {
		return short
	}
	return nil
}

// try commits a few pages that mean nothing.
func (w *writer) try() error {
	trial := []byte("\x00trial")
	err := w.update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(trial)
		if err != nil {
			return err
		}
		for i := range byte(16) {
			if err := b.Put([]byte{i}, make([]byte, 2048)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write on trial: %w", err)
	}
	if err := w.update(func(tx *bolt.Tx) error { return tx.DeleteBucket(trial) }); err != nil {
		return fmt.Errorf("write on trial: %w", err)
	}
	return nil
}

// reopen makes what the file says durable and opens it anew. As long as the
// disk refuses, the old file stays open to be read.
func (w *writer) reopen() error {
	if err := w.j.rewriteHead(); err != nil {
		return fmt.Errorf("write what was not synced: %w", err)
	}
	if old := w.j.file.Swap(nil); old != nil {
		// Its error says that writing failed, which is why we are here.
		_ = old.close()
	}
	f, err := w.j.openFile()
	if err != nil {
		return fmt.Errorf("reopen: %w", err)
	}
	w.j.use(f)
	return nil
}

// headBytes covers bbolt's two meta pages for any size of page up to 64 KiB.
const headBytes = 128 << 10

// rewriteHead writes the meta pages again as they are read, and syncs them.
//
// After a failed fsync the kernel may hold a page that is not on the disk and
// yet count it as clean, so that a second fsync would succeed without writing
// it. bbolt syncs a transaction's pages before the meta page that leads to
// them. Had the first fsync failed, no meta page was written and nothing leads to
// the pages that may be missing. Had the second failed, the meta page alone may be
// missing; written again it is as durable as the fsync that follows says.
func (j *Journal) rewriteHead() (err error) {
	f, err := j.o.faults.openFile(j.path, os.O_RDWR, filePermissions)
	if err != nil {
		return err
	}
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
	}()
	head := make([]byte, headBytes)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return err
	}
	if _, err := f.WriteAt(head[:n], 0); err != nil {
		return err
	}
	return f.Sync()
}
