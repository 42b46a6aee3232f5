package journal

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"
)

// What callers can test for with errors.Is.
var (
	ErrLocked      = errors.New("in use by another process")
	ErrExists      = errors.New("key exists already")
	ErrNotFound    = errors.New("no such key")
	ErrUnavailable = errors.New("journal cannot write") // full or broken; it may pass
	ErrClosed      = errors.New("journal is closed")
	ErrCorrupt     = errors.New("stored bytes are damaged")
	ErrVersion     = errors.New("written by a newer version of this program")
)

// Options says where a journal is and who is told about it.
type Options struct {
	// Dir holds the journal. Required. It is made, readable by its owner only,
	// if it is missing.
	Dir string

	// Shelves are the names of the ordered key spaces. Required; those that are
	// missing are made. Shelves of the file that are not named stay untouched.
	Shelves []string

	// Reserve is how many bytes are set aside so that Settle works on a full
	// disk. 0 means 16 MiB, negative none; never more than an eighth of the
	// file system.
	Reserve int64

	// Logger is told when the journal stops and resumes taking commits, and
	// about damage. Nil discards.
	Logger *slog.Logger

	// OnCommit, if set, is called after each transaction with the number of ops
	// it held and how long it took, fsyncs included. It delays the next one.
	OnCommit func(ops int, took time.Duration)

	// OnCorrupt, if set, is called once for each damage that was found, in Open,
	// Each or Get. An empty key means the shelf as a whole, as when it holds more
	// or fewer keys than were committed; an empty shelf means the file.
	OnCorrupt func(shelf, key string, err error)

	faults faults // for tests
}

// faults stand between the journal and the disk so that tests can make it fail.
type faults struct {
	openFile func(name string, flag int, perm os.FileMode) (*os.File, error)
	update   func(db *bolt.DB, fn func(*bolt.Tx) error) error
}

const (
	fileName        = "journal.db"
	defaultReserve  = 16 << 20
	dirPermissions  = 0o700
	filePermissions = 0o600
)

// Journal is an open journal. Its methods may be called by any number of
// goroutines.
type Journal struct {
	o       Options
	path    string
	log     *slog.Logger
	reserve reserve
	shelves map[string]int // name to its place in o.Shelves and lens
	lens    []atomic.Int64

	// file is the open database; nil while it is being replaced. Only the
	// writer stores it.
	file atomic.Pointer[file]

	outage atomic.Pointer[outage] // why calls are refused; nil: they are not

	queue queue
	calls sync.Pool     // of *call
	wake  chan struct{} // holds one signal: there is something in the queue
	done  chan struct{} // closed when the writer has ended

	compact chan chan error // asks the writer to compact, and where to answer

	closing    sync.Once
	closeError error

	reported reported
}

// Open opens the journal in o.Dir, or makes one. The error wraps ErrLocked if
// another process has it open (Open does not wait), ErrVersion if a newer
// program wrote it, ErrCorrupt if it cannot be read at all. On a full disk an
// existing journal opens, to be read and settled.
func Open(o Options) (*Journal, error) {
	j := &Journal{
		o:       o,
		path:    filepath.Join(o.Dir, fileName),
		log:     o.Logger,
		shelves: make(map[string]int, len(o.Shelves)),
		lens:    make([]atomic.Int64, len(o.Shelves)),
		wake:    make(chan struct{}, 1),
		done:    make(chan struct{}),
		compact: make(chan chan error),
	}
	j.calls.New = func() any { return &call{done: make(chan struct{}, 1)} }
	if j.log == nil {
		j.log = slog.New(slog.DiscardHandler)
	}
	if j.o.faults.openFile == nil {
		j.o.faults.openFile = os.OpenFile
	}
	if j.o.faults.update == nil {
		j.o.faults.update = (*bolt.DB).Update
	}
	for i, name := range o.Shelves {
		if name == "" || name[0] == 0 {
			return nil, fmt.Errorf("open journal in %s: shelf name %q: must not be empty or begin with a zero byte", o.Dir, name)
		}
		j.shelves[name] = i
	}
	if err := j.open(); err != nil {
		return nil, fmt.Errorf("open journal in %s: %w", o.Dir, err)
	}
	go newWriter(j).run()
	return j, nil
}

func (j *Journal) open() error {
	if err := makeDir(j.o.Dir); err != nil {
		return err
	}
	f, err := j.openFile()
	if err != nil {
		return err
	}
	if err := removeLeftovers(j.o.Dir); err != nil {
		f.close()
		return err
	}
	j.reserve = newReserve(j.o.Dir, j.o.Reserve, j.o.faults.openFile)
	if err := j.reserve.make(); err != nil {
		if !isFull(err) {
			f.close()
			return fmt.Errorf("set bytes aside: %w", err)
		}
		j.refuse(&outage{cause: err})
	}
	j.use(f)
	return nil
}

// use makes f the file that is read and written.
func (j *Journal) use(f *file) {
	for i, n := range f.lens {
		j.lens[i].Store(n)
	}
	j.file.Store(f)
}

// Err returns nil while commits are taken, else why they are refused; the error
// wraps ErrUnavailable or ErrClosed. It costs next to nothing.
func (j *Journal) Err() error {
	select {
	case <-j.done:
		return ErrClosed
	default:
	}
	if out := j.outage.Load(); out != nil {
		return out
	}
	return nil
}

// Len returns how many keys a shelf holds; 0 for an unknown shelf. It does not
// read the disk.
func (j *Journal) Len(shelf string) int {
	i, ok := j.shelves[shelf]
	if !ok {
		return 0
	}
	return int(j.lens[i].Load())
}

// Size returns the length of the journal's file in bytes, without the reserve;
// 0 if there is none.
func (j *Journal) Size() int64 {
	info, err := os.Stat(j.path)
	if err != nil {
		return 0 // a figure for a dashboard; the writer meets the same fault and tells it
	}
	return info.Size()
}

// Close commits what waits, refuses what comes, and closes the file. Calls
// after the first return what the first returned.
func (j *Journal) Close() error {
	j.closing.Do(func() {
		j.queue.close()
		j.signal()
		<-j.done
		if f := j.file.Swap(nil); f != nil {
			j.closeError = f.close()
		}
		j.outage.Store(nil) // it is closed; that is all there is to say now
	})
	return j.closeError
}
