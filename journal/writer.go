package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Keys of a shelf mostly ascend, so a page is split where it is nearly full.
const fillPercent = 0.9

// After so many transactions the writer asks whether compacting is worth it.
const compactEvery = 64

// writer is the one goroutine that changes the file.
type writer struct {
	j     *Journal
	group []*call
	timer *time.Timer // of the next attempt to mend something
	retry time.Duration
	since int // transactions since compacting was thought of

	// Of the transaction under way.
	tx      *bolt.Tx
	buckets []*bolt.Bucket // by shelf; nil until used
	grown   []int64        // keys that were added, by shelf
	ops     int            // that took effect
	before  [][]byte       // what the ops of one call replaced, to undo them
	key     []byte         // scratch
	lenKeys [][]byte       // where the lengths are stored, by shelf
}

func newWriter(j *Journal) *writer {
	w := &writer{
		j:       j,
		timer:   time.NewTimer(roomEvery),
		buckets: make([]*bolt.Bucket, len(j.lens)),
		grown:   make([]int64, len(j.lens)),
	}
	for _, name := range j.o.Shelves {
		w.lenKeys = append(w.lenKeys, []byte(lenPrefix+name))
	}
	if j.reserve.held {
		w.timer.Stop()
	}
	return w
}

// run serves the queue until it is closed and empty.
func (w *writer) run() {
	defer close(w.j.done)
	defer w.timer.Stop()
	for {
		select {
		case <-w.j.wake:
			if w.step() {
				return
			}
		case <-w.timer.C:
			w.mend()
		case answer := <-w.j.compact:
			answer <- w.compact()
		}
	}
}

// step runs one transaction; true if it was the last.
func (w *writer) step() (last bool) {
	var more, closed bool
	// Those who were answered just now may be about to call again: let them run,
	// so that they share this transaction. It costs no wait if nobody is.
	runtime.Gosched()
	w.group, more, closed = w.j.queue.take(w.group[:0])
	w.commit(w.group)
	clear(w.group) // keeps nothing of callers that have gone
	if more {
		w.j.signal()
	}
	if w.since++; w.since >= compactEvery {
		w.since = 0
		w.compactIfWorth()
	}
	return closed && !more
}

// commit makes a group durable, or fails it, and answers its calls.
func (w *writer) commit(group []*call) {
	for group = w.turnAway(group); len(group) > 0; {
		err := w.transact(group)
		if err == nil {
			for _, c := range group {
				c.answer(c.err)
			}
			return
		}
		if !isFull(err) {
			w.broke(err)
			group = w.turnAway(group)
			continue
		}
		w.full(err)
		if left := w.turnAway(group); len(left) < len(group) {
			group = left // without the others it may fit
			continue
		}
		if !w.j.reserve.release() {
			for _, c := range group {
				c.answer(w.j.outage.Load())
			}
			return
		}
	}
}

// turnAway answers the calls that are refused at the moment and returns the rest.
func (w *writer) turnAway(group []*call) []*call {
	out := w.j.outage.Load()
	if out == nil {
		return group
	}
	left := group[:0:0]
	for _, c := range group {
		if !out.refuses(c.settles) {
			left = append(left, c)
			continue
		}
		c.answer(out)
	}
	return left
}

// errNothing rolls back a transaction in which no op took effect.
var errNothing = errors.New("nothing to commit")

// transact runs the ops of a group in one transaction. Its error concerns all
// of them; a call's own error is left in the call.
func (w *writer) transact(group []*call) error {
	began := time.Now()
	err := w.update(func(tx *bolt.Tx) error {
		w.begin(tx)
		for _, c := range group {
			c.err = w.apply(c.ops)
		}
		if w.ops == 0 {
			return errNothing
		}
		return w.putLens()
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	if err != nil {
		return err
	}
	for i, n := range w.grown {
		w.j.lens[i].Add(n)
	}
	if w.j.o.OnCommit != nil {
		w.j.o.OnCommit(w.ops, time.Since(began))
	}
	return nil
}

// update runs f in a transaction and commits it, whatever becomes of the disk.
func (w *writer) update(f func(*bolt.Tx) error) error {
	file := w.j.file.Load()
	err := guard(func() error { return w.j.o.faults.update(file.db, f) })
	if isPanic(err) {
		file.stuck = true
	}
	return err
}

func (w *writer) begin(tx *bolt.Tx) {
	w.tx, w.ops = tx, 0
	clear(w.buckets)
	clear(w.grown)
}

// apply runs the ops of one call. If one of them cannot take effect it undoes
// those before it, so that the transaction may go on without them.
func (w *writer) apply(ops []Op) error {
	w.before = w.before[:0]
	for i := range ops {
		if err := w.do(&ops[i]); err != nil {
			if undone := w.undo(ops[:i]); undone != nil {
				// Cannot be while keys and values are checked beforehand; if it
				// is, the whole transaction must not be committed.
				panic(undone)
			}
			return fmt.Errorf("commit %s to %s: %w", ops[i].key, ops[i].shelf, err)
		}
	}
	w.ops += len(ops)
	return nil
}

// do runs one op and remembers what was there before.
func (w *writer) do(op *Op) error {
	i := w.j.shelves[op.shelf]
	b := w.bucket(i)
	w.key = append(w.key[:0], op.key...)
	before, raw := b.Get(w.key), op.raw
	switch {
	case op.kind == putNew && before != nil:
		return ErrExists
	case op.kind == add:
		n, err := current(op.key, before)
		if err != nil {
			return err
		}
		raw = encode(op.key, number(n+op.delta))
	}
	if err := w.set(b, i, before, raw); err != nil {
		return err
	}
	w.before = append(w.before, before)
	return nil
}

// current is the counter that is stored as raw.
func current(key string, raw []byte) (int64, error) {
	if raw == nil {
		return 0, nil
	}
	v, err := decode(key, raw)
	if err == nil && len(v) != 8 {
		err = fmt.Errorf("not a counter: %w", ErrCorrupt)
	}
	return Number(v), err
}

// set stores raw under w.key, or deletes the key if raw is nil, and counts.
func (w *writer) set(b *bolt.Bucket, i int, before, raw []byte) error {
	if raw == nil {
		if before != nil {
			w.grown[i]--
		}
		return b.Delete(w.key)
	}
	if before == nil {
		w.grown[i]++
	}
	return b.Put(w.key, raw)
}

// undo takes ops back, the last one first.
func (w *writer) undo(ops []Op) error {
	for n := len(ops) - 1; n >= 0; n-- {
		i := w.j.shelves[ops[n].shelf]
		b := w.bucket(i)
		w.key = append(w.key[:0], ops[n].key...)
		if err := w.set(b, i, b.Get(w.key), w.before[n]); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) bucket(i int) *bolt.Bucket {
	if w.buckets[i] == nil {
		w.buckets[i] = w.tx.Bucket([]byte(w.j.o.Shelves[i]))
		w.buckets[i].FillPercent = fillPercent
	}
	return w.buckets[i]
}

// putLens stores how many keys the shelves that changed will hold.
func (w *writer) putLens() error {
	own := w.tx.Bucket(ownShelf)
	for i, grown := range w.grown {
		if grown == 0 {
			continue
		}
		n := uint64(w.j.lens[i].Load() + grown)
		if err := own.Put(w.lenKeys[i], binary.BigEndian.AppendUint64(nil, n)); err != nil {
			return err
		}
	}
	return nil
}
