package journal

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// space is the size of a file system and what is left of it for us, in bytes.
type space struct{ total, available int64 }

// volume measures the file system that dir is on; false if that cannot be told.
func volume(dir string) (space, bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil || s.Blocks == 0 {
		return space{}, false
	}
	free := s.Bavail
	if os.Geteuid() == 0 {
		free = s.Bfree // the blocks kept for root are ours
	}
	return space{total: int64(s.Blocks) * int64(s.Bsize), available: int64(free) * int64(s.Bsize)}, true
}

// InMemory tells whether dir is on no disk at all, so that an fsync costs nothing
// and a power cut loses everything.
func InMemory(dir string) bool {
	var s unix.Statfs_t
	return unix.Statfs(dir, &s) == nil && (s.Type == unix.TMPFS_MAGIC || s.Type == unix.RAMFS_MAGIC)
}

// allocate gives f so many bytes on the disk at once; false if the file system
// cannot do that and the bytes have to be written.
func allocate(f *os.File, size int64) (bool, error) {
	err := unix.Fallocate(int(f.Fd()), 0, 0, size)
	switch {
	case err == nil:
		return true, f.Sync()
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT), errors.Is(err, unix.EFBIG):
		return true, &os.PathError{Op: "allocate", Path: f.Name(), Err: err}
	}
	return false, nil
}

// unlock gives up the lock that bbolt took.
func unlock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_UN) }
