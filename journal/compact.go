package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
)

// bbolt never shrinks its file and writes the list of free pages with every
// commit, so that each one would pay for the longest backlog there ever was.
// The file is compacted by itself when that is worth it and done in a moment:
// commits wait for about half a second at most.
const (
	compactFree = 64 << 20 // at least so much would be won
	compactLive = 64 << 20 // at most so much has to be copied, and half of what would be won
)

const compactedName = "compacted.db"

// Compact rewrites the file without what has been deleted or replaced, of which
// bytes may otherwise remain in it. Commits wait meanwhile, about a second for
// each 100 MB that is kept, and as much free disk is needed. After an error the
// journal goes on with the file it had, unless Err says otherwise.
func (j *Journal) Compact(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	answer := make(chan error, 1)
	select {
	case j.compact <- answer:
		return <-answer
	case <-ctx.Done():
		return ctx.Err()
	case <-j.done:
		return ErrClosed
	}
}

// compactIfWorth compacts when much is free and little is not.
func (w *writer) compactIfWorth() {
	f := w.j.file.Load()
	if f == nil || w.j.outage.Load() != nil {
		return
	}
	free := f.freeBytes()
	if free < compactFree || w.j.Size()-free > min(compactLive, free/2) {
		return
	}
	if err := w.compact(); err != nil {
		w.j.log.Warn("journal could not be compacted", "error", err)
	}
}

func (w *writer) compact() error {
	if out := w.j.outage.Load(); out.refuses(true) {
		return out
	}
	path := filepath.Join(w.j.o.Dir, compactedName)
	f, err := w.j.copyTo(path)
	if err != nil {
		return errors.Join(fmt.Errorf("compact: %w", err), removeFile(path))
	}
	if err := os.Rename(path, w.j.path); err != nil {
		f.close()
		return errors.Join(fmt.Errorf("compact: %w", err), removeFile(path))
	}
	// The new file is locked already, so no other process can come between.
	old := w.j.file.Swap(f)
	if err := old.close(); err != nil {
		w.j.log.Warn("journal could not close the file it had", "error", err)
	}
	if err := syncDir(w.j.o.Dir); err != nil {
		w.broke(fmt.Errorf("compact: %w", err)) // the name may still lead to the old file
		return w.j.outage.Load()
	}
	return nil
}

// copyTo returns an open and durable copy of the file under another name.
func (j *Journal) copyTo(path string) (*file, error) {
	if err := removeFile(path); err != nil {
		return nil, err
	}
	f, err := j.openBolt(path, &bolt.Options{NoSync: true})
	if err != nil {
		return nil, err
	}
	err = guard(func() error { return bolt.Compact(f.db, j.file.Load().db, 4<<20) })
	if err == nil {
		err = f.db.Sync()
	}
	if err != nil {
		f.stuck = isPanic(err)
		f.close()
		return nil, err
	}
	f.db.NoSync = false
	return f, nil
}

// removeLeftovers deletes what a crash in the middle of compacting has left.
func removeLeftovers(dir string) error {
	return removeFile(filepath.Join(dir, compactedName))
}
