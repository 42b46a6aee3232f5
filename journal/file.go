package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// file is an open bbolt database.
type file struct {
	db    *bolt.DB
	disk  *os.File // the database's own, to close it when bbolt cannot
	lens  []int64  // keys per shelf when it was opened
	stuck bool     // a panic went through a transaction: its locks may be held
}

func (f *file) close() error {
	if f.stuck {
		// bbolt's Close might wait for ever. The mapping stays until the process
		// ends, and would keep the lock.
		return errors.Join(unlock(f.disk), f.disk.Close())
	}
	return f.db.Close()
}

// freeBytes is the room inside the file.
func (f *file) freeBytes() int64 {
	return int64(f.db.Stats().FreePageN) * int64(f.db.Info().PageSize)
}

// openFile opens the database, makes what is missing in it, and checks it.
func (j *Journal) openFile() (*file, error) {
	f, err := j.openBolt(j.path, &bolt.Options{})
	if err != nil {
		return nil, err
	}
	err = guard(func() error { return j.prepare(f) })
	if err == nil {
		err = syncDir(j.o.Dir)
	}
	if err != nil {
		f.stuck = isPanic(err)
		f.close()
		return nil, err
	}
	return f, nil
}

// openBolt opens path and takes its lock, without waiting for it.
func (j *Journal) openBolt(path string, o *bolt.Options) (*file, error) {
	f := new(file)
	o.Timeout = 1 // the least: one attempt
	o.FreelistType = bolt.FreelistMapType
	o.OpenFile = func(name string, flag int, perm os.FileMode) (_ *os.File, err error) {
		f.disk, err = j.o.faults.openFile(name, flag, perm)
		return f.disk, err
	}
	err := guard(func() (err error) {
		f.db, err = bolt.Open(path, filePermissions, o)
		return err
	})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("%w; stop that one, or choose another directory", ErrLocked)
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch):
		return nil, fmt.Errorf("%s: %w (%w); move it away to start an empty one", path, ErrCorrupt, err)
	case isPanic(err):
		f.stuck = true
		f.close()
		return nil, fmt.Errorf("%s: %w; move it away to start an empty one", path, err)
	case err != nil:
		return nil, err
	}
	if !f.at(path) {
		f.close()
		return nil, fmt.Errorf("%s was replaced meanwhile: %w", path, ErrLocked)
	}
	return f, nil
}

// at says whether f is what path leads to. Another process may have put a
// compacted file there between our opening and locking the old one.
func (f *file) at(path string) bool {
	ours, err := f.disk.Stat()
	if err != nil {
		return false
	}
	theirs, err := os.Stat(path)
	return err == nil && os.SameFile(ours, theirs)
}

// guard runs f and turns a panic into an error that wraps ErrCorrupt. bbolt
// panics on damaged pages, and the runtime faults when the disk fails under the
// mapped file; neither may end the program that other work depends on.
func guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = &panicked{p}
		}
	}()
	return f()
}

type panicked struct{ value any }

func (p *panicked) Error() string { return fmt.Sprintf("%v: %v", ErrCorrupt, p.value) }
func (p *panicked) Unwrap() error { return ErrCorrupt }

func isPanic(err error) bool {
	var p *panicked
	return errors.As(err, &p)
}

// makeDir makes dir and its missing parents, and makes their names durable: a
// file is not there after a power cut if its directory is not.
func makeDir(dir string) error {
	if dir == "" {
		return errors.New("no directory given")
	}
	var made []string
	for d := filepath.Clean(dir); ; d = filepath.Dir(d) {
		if _, err := os.Stat(d); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		made = append(made, d)
	}
	if err := os.MkdirAll(dir, dirPermissions); err != nil {
		return err
	}
	for _, d := range made {
		if err := syncDir(filepath.Dir(d)); err != nil {
			return err
		}
	}
	return nil
}

// syncDir makes the names in dir durable.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // which has no way to do it, and needs none
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close() // only read
	return d.Sync()
}
