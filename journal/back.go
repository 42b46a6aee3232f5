package journal

import (
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// Back calls f for the keys of a shelf from the last to the first, until f
// returns false. All else is as with Each.
func (j *Journal) Back(shelf string, f func(key string, value []byte) bool) error {
	var c chunk
	for before := ""; ; {
		if err := j.view(shelf, func(b *bolt.Bucket) error { return c.readBack(b, before) }); err != nil {
			return fmt.Errorf("read %s: %w", shelf, err)
		}
		from := before
		for _, e := range c.entries {
			value, err := decode(e.key, c.bytes[e.from:e.to])
			switch {
			case errors.Is(err, ErrCorrupt):
				j.report(shelf, e.key, err)
				continue
			case err != nil:
				return fmt.Errorf("read %s from %s: %w", e.key, shelf, err)
			case before != "" && e.key >= before:
				continue // a damaged page leads on again
			case !f(e.key, value):
				return nil
			}
			before = e.key
		}
		if c.last {
			return nil
		}
		if before == from { // none of the chunk was whole
			before = c.entries[len(c.entries)-1].key
		}
		if from != "" && before >= from {
			return fmt.Errorf("read %s: keys are out of order: %w", shelf, ErrCorrupt)
		}
	}
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
