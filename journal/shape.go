package journal

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"

	bolt "go.etcd.io/bbolt"
)

// The shelf of the journal itself holds the version of the file's format and
// the number of keys on every shelf, so that opening a long journal does not
// read all of it. It is small enough to live in the root page and costs no
// further write.
var (
	ownShelf  = []byte("\x00journal")
	formatKey = []byte("format")
)

const lenPrefix = "len/"

// leafElement is the least that bbolt needs for a key: no file holds more keys
// than this goes into it.
const leafElement = 16

// A file up to this size is read whole when it is opened, which takes some
// hundredths of a second and finds damage at once; in a longer one it is found
// when the value is read.
const checkedWhole = 32 << 20

// prepare brings a new file into shape and reads what is known of an old one.
// It writes only if something is missing: a full disk must not prevent reading.
func (j *Journal) prepare(f *file) error {
	missing := false
	err := f.db.View(func(tx *bolt.Tx) error {
		own := tx.Bucket(ownShelf)
		if own == nil {
			missing = true
			if first, _ := tx.Cursor().First(); first != nil {
				return fmt.Errorf("%s holds something else, or its root is damaged: %w", j.path, ErrCorrupt)
			}
			return nil
		}
		if v := own.Get(formatKey); len(v) != 1 || v[0] != version {
			return fmt.Errorf("%s has format %d, this program reads %d: %w", j.path, v, version, ErrVersion)
		}
		for _, name := range j.o.Shelves {
			if tx.Bucket([]byte(name)) != nil {
				continue
			}
			missing = true
			if n := storedLen(own, name); n > 0 {
				return fmt.Errorf("%s has lost shelf %s with %d keys: %w", j.path, name, n, ErrCorrupt)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := f.checkHead(); err != nil {
		j.report("", "", err)
	}
	if missing {
		if err := j.o.faults.update(f.db, j.makeShelves); err != nil {
			return fmt.Errorf("make shelves: %w", err)
		}
	}
	f.lens = make([]int64, len(j.o.Shelves))
	for i, name := range j.o.Shelves {
		if f.lens[i], err = j.measure(f.db, name); err != nil {
			return err
		}
	}
	return nil
}

func (j *Journal) makeShelves(tx *bolt.Tx) error {
	own, err := tx.CreateBucketIfNotExists(ownShelf)
	if err != nil {
		return err
	}
	for _, name := range j.o.Shelves {
		if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
	}
	return own.Put(formatKey, []byte{version})
}

// measure returns how many keys a shelf holds and, if the file is small, looks
// at each value on it.
func (j *Journal) measure(db *bolt.DB, shelf string) (n int64, err error) {
	err = db.View(func(tx *bolt.Tx) error {
		n = storedLen(tx.Bucket(ownShelf), shelf)
		if tx.Size() > checkedWhole {
			return nil
		}
		counted, before := int64(0), []byte(nil)
		c := tx.Bucket([]byte(shelf)).Cursor()
		for k, raw := c.First(); k != nil; k, raw = c.Next() {
			counted++
			if bytes.Compare(before, k) >= 0 {
				j.report(shelf, "", fmt.Errorf("keys are out of order: %w", ErrCorrupt))
			}
			before = k
			if counted > tx.Size()/leafElement {
				return fmt.Errorf("%s: pages of shelf %s lead in a circle: %w", j.path, shelf, ErrCorrupt)
			}
			if _, err := decode(string(k), raw); err != nil {
				j.report(shelf, string(k), err)
			}
		}
		if counted != n {
			j.report(shelf, "", fmt.Errorf("%d keys found where %d were kept: %w", counted, n, ErrCorrupt))
		}
		n = counted
		return nil
	})
	return n, err
}

// storedLen is how many keys were committed to a shelf.
func storedLen(own *bolt.Bucket, shelf string) int64 {
	return Number(own.Get([]byte(lenPrefix + shelf)))
}

// checkHead looks at bbolt's two meta pages. One that is damaged is passed over
// by bbolt without a word, in favour of the transaction before.
func (f *file) checkHead() error {
	const (
		pageHeader = 16
		summed     = 56 // bytes that the sum behind them covers
	)
	b := make([]byte, pageHeader+summed+8)
	for page := range int64(2) {
		if _, err := f.disk.ReadAt(b, page*int64(f.db.Info().PageSize)); err != nil {
			return err
		}
		sum := fnv.New64a()
		sum.Write(b[pageHeader : pageHeader+summed]) // never fails
		if sum.Sum64() != binary.NativeEndian.Uint64(b[pageHeader+summed:]) {
			return errHead
		}
	}
	return nil
}

var errHead = fmt.Errorf("one of the two head pages is damaged; unless that was a power cut in the middle of a commit, the last commit is missing: %w", ErrCorrupt)
