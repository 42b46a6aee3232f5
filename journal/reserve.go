package journal

import (
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
)

const reserveName = "reserve"

// reserve is a file that does nothing but occupy room, to be given back when
// settling finds the disk full. Only the writer uses it, once it runs.
type reserve struct {
	path     string
	size     int64 // 0: none is wanted
	held     bool
	openFile func(string, int, os.FileMode) (*os.File, error)
}

func newReserve(dir string, size int64, openFile func(string, int, os.FileMode) (*os.File, error)) reserve {
	if size == 0 {
		size = defaultReserve
	}
	if v, ok := volume(dir); ok {
		size = min(size, v.total/8) // a reserve that never fits would mean never to accept
	}
	return reserve{path: filepath.Join(dir, reserveName), size: max(size, 0), openFile: openFile}
}

// make occupies the room, all of it or nothing.
func (r *reserve) make() error {
	if r.held {
		return nil
	}
	if r.size == 0 {
		r.held = true
		return removeFile(r.path)
	}
	if info, err := os.Stat(r.path); err == nil && info.Size() == r.size {
		r.held = true
		return nil
	}
	if err := removeFile(r.path); err != nil {
		return err // of another size, from another configuration
	}
	if err := r.write(); err != nil {
		return errors.Join(err, removeFile(r.path)) // a part of it would only be in the way
	}
	r.held = true
	return nil
}

func (r *reserve) write() (err error) {
	if v, ok := volume(filepath.Dir(r.path)); ok && v.available < r.size {
		return &fs.PathError{Op: "allocate", Path: r.path, Err: syscall.ENOSPC}
	}
	f, err := r.openFile(r.path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, filePermissions)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if ok, err := allocate(f, r.size); ok {
		return err
	}
	if err := writeNoise(f, r.size); err != nil {
		return err
	}
	return f.Sync()
}

// writeNoise writes bytes that no file system can store as less than they are.
func writeNoise(w io.Writer, size int64) error {
	noise := rand.NewChaCha8([32]byte{})
	b := make([]byte, 64<<10)
	for left := size; left > 0; left -= int64(len(b)) {
		b = b[:min(left, int64(len(b)))]
		noise.Read(b) // never fails
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// release gives the room back; false if there is none to give.
func (r *reserve) release() bool {
	if !r.held || r.size == 0 {
		return false
	}
	r.held = false
	return removeFile(r.path) == nil
}

func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
