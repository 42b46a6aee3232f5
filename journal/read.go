package journal

import (
	"errors"
	"fmt"
	"sync"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// One chunk of Each holds at most this many values, and no further one once it
// has this many bytes.
const (
	chunkValues = 256
	chunkBytes  = 1 << 20
)

// Get returns a copy of the value under key. The error wraps ErrNotFound,
// ErrCorrupt if the value is damaged, ErrUnavailable while the file cannot be
// read, or ErrClosed. Get does not see what no Commit has returned from yet.
func (j *Journal) Get(shelf, key string) (value []byte, err error) {
	err = j.view(shelf, func(b *bolt.Bucket) error {
		raw := b.Get([]byte(key))
		if raw == nil {
			return ErrNotFound
		}
		v, err := decode(key, raw)
		value = append([]byte{}, v...)
		return err
	})
	if err != nil {
		if errors.Is(err, ErrCorrupt) {
			j.report(shelf, key, err)
		}
		return nil, fmt.Errorf("get %s from %s: %w", key, shelf, err)
	}
	return value, nil
}

// Each calls f for the keys of a shelf that sort after `after`, in order, until
// f returns false; "" begins at the start. The value is valid only during the
// call. Each reads some hundred values at a time and calls f with no lock held,
// so f may take its time and may Commit; what is committed behind the place that
// Each has reached, or just before it, may not be seen.
//
// Damaged values are reported to Options.OnCorrupt and the log, and left out.
// Any other fault ends Each with an error: ErrVersion for a value that a newer
// program stored, and those of Get.
func (j *Journal) Each(shelf, after string, f func(key string, value []byte) bool) error {
	return j.walk(shelf, after, (*chunk).read, func(key, place string) bool { return key > place }, f)
}

// Back calls f for the keys of a shelf from the last to the first, until f
// returns false. All else is as with Each.
func (j *Journal) Back(shelf string, f func(key string, value []byte) bool) error {
	return j.walk(shelf, "", (*chunk).readBack, func(key, place string) bool { return place == "" || key < place }, f)
}

// walk goes over a shelf from a place. read fills a chunk with what comes next;
// beyond says that a key lies further on than a place.
func (j *Journal) walk(shelf, place string, read func(*chunk, *bolt.Bucket, string) error, beyond func(key, place string) bool, f func(key string, value []byte) bool) error {
	var c chunk
	for {
		if err := j.view(shelf, func(b *bolt.Bucket) error { return read(&c, b, place) }); err != nil {
			return fmt.Errorf("read %s: %w", shelf, err)
		}
		reached := place
		for _, e := range c.entries {
			value, err := decode(e.key, c.bytes[e.from:e.to])
			switch {
			case errors.Is(err, ErrCorrupt):
				j.report(shelf, e.key, err)
				continue
			case err != nil:
				return fmt.Errorf("read %s from %s: %w", e.key, shelf, err)
			case !beyond(e.key, reached):
				continue // a damaged page leads back
			case !f(e.key, value):
				return nil
			}
			reached = e.key
		}
		if c.last {
			return nil
		}
		if reached == place { // none of the chunk was whole
			reached = c.entries[len(c.entries)-1].key
		}
		if !beyond(reached, place) {
			return fmt.Errorf("read %s: keys are out of order: %w", shelf, ErrCorrupt)
		}
		place = reached
	}
}

// chunk is a copy of some neighbours on a shelf.
type chunk struct {
	entries []entry
	bytes   []byte // their stored values, one after the other
	last    bool   // nothing follows
}

type entry struct {
	key      string
	from, to int
}

// read fills c with what follows `after`. Its memory is used again each time.
func (c *chunk) read(b *bolt.Bucket, after string) error {
	c.entries, c.bytes, c.last = c.entries[:0], c.bytes[:0], false
	cursor := b.Cursor()
	k, raw := cursor.Seek([]byte(after))
	if string(k) == after {
		k, raw = cursor.Next()
	}
	for ; k != nil; k, raw = cursor.Next() {
		if !c.add(k, raw) {
			return nil
		}
	}
	c.last = true
	return nil
}

// readBack fills c with what precedes `before`, the nearest first; "" begins at
// the end.
func (c *chunk) readBack(b *bolt.Bucket, before string) error {
	c.entries, c.bytes, c.last = c.entries[:0], c.bytes[:0], false
	cursor := b.Cursor()
	var k, raw []byte
	if before != "" {
		k, _ = cursor.Seek([]byte(before))
	}
	if k != nil {
		k, raw = cursor.Prev()
	} else { // all of them precede it
		k, raw = cursor.Last()
	}
	for ; k != nil; k, raw = cursor.Prev() {
		if !c.add(k, raw) {
			return nil
		}
	}
	c.last = true
	return nil
}

// add copies a neighbour; false when the chunk is full.
func (c *chunk) add(k, raw []byte) bool {
	if len(c.entries) == chunkValues || len(c.bytes) >= chunkBytes {
		return false
	}
	from := len(c.bytes)
	c.bytes = append(c.bytes, raw...)
	c.entries = append(c.entries, entry{string(k), from, len(c.bytes)})
	return true
}

// view runs f on a shelf as it is now.
func (j *Journal) view(shelf string, f func(*bolt.Bucket) error) error {
	if _, ok := j.shelves[shelf]; !ok {
		return fmt.Errorf("unknown shelf %q", shelf)
	}
	for {
		file := j.file.Load()
		if file == nil {
			return j.absent()
		}
		err := guard(func() error {
			return file.db.View(func(tx *bolt.Tx) error { return f(tx.Bucket([]byte(shelf))) })
		})
		if !errors.Is(err, bolterrors.ErrDatabaseNotOpen) && !errors.Is(err, bolterrors.ErrInvalidMapping) {
			return err
		}
		if j.file.Load() == file {
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		// It was closed after it had been replaced.
	}
}

// absent is why there is no file to read.
func (j *Journal) absent() error {
	if err := j.Err(); err != nil {
		return err
	}
	return ErrUnavailable
}

// reported remembers damage that was told, as the same values are read again and
// again and one alarm is enough.
type reported struct {
	mu   sync.Mutex
	keys map[[2]string]struct{}
}

// A file with more damage than this tells some of it twice.
const reportedMost = 10_000

// first says whether this is the first report of a key.
func (r *reported) first(shelf, key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	id := [2]string{shelf, key}
	if _, ok := r.keys[id]; ok {
		return false
	}
	if r.keys == nil || len(r.keys) >= reportedMost {
		r.keys = make(map[[2]string]struct{})
	}
	r.keys[id] = struct{}{}
	return true
}

// report tells about damage, once.
func (j *Journal) report(shelf, key string, err error) {
	if !j.reported.first(shelf, key) {
		return
	}
	j.log.Error("journal is damaged", "shelf", shelf, "key", key, "error", err)
	if j.o.OnCorrupt != nil {
		j.o.OnCorrupt(shelf, key, err)
	}
}
