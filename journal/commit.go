package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	bolt "go.etcd.io/bbolt"
)

// A transaction takes the calls that wait, up to these bounds: one must not
// hold more memory than is sensible, nor let its first caller wait for ever.
const (
	groupCalls = 1024
	groupBytes = 16 << 20
)

// Commit makes ops durable: all of them, or none. They take effect in order and
// see each other. The error wraps ErrExists or ErrCorrupt if an op cannot take
// effect, ErrUnavailable if the disk does not take it, ErrClosed after Close,
// and is the error of ctx if that ends before the transaction has begun; once
// it has begun, Commit waits for the outcome.
//
// After ErrUnavailable the ops may still be found later, see the package
// comment. After any other error none of them took effect.
func (j *Journal) Commit(ctx context.Context, ops ...Op) error {
	return j.submit(ctx, false, ops)
}

// Settle is Commit for what ends work and so frees room: on a full disk it may
// use the reserve. While the journal is broken it fails as Commit does.
func (j *Journal) Settle(ctx context.Context, ops ...Op) error {
	return j.submit(ctx, true, ops)
}

func (j *Journal) submit(ctx context.Context, settles bool, ops []Op) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if out := j.outage.Load(); out.refuses(settles) {
		return out
	}
	size, err := j.check(ops)
	if err != nil {
		return err
	}
	c := j.calls.Get().(*call)
	c.ops, c.settles, c.size = ops, settles, size
	return j.wait(ctx, c)
}

// check returns the bytes that ops bring, or what is wrong with them: the
// transaction that they would join must not fail for a mistake of one caller.
func (j *Journal) check(ops []Op) (size int, err error) {
	for i := range ops {
		op := &ops[i]
		if op.kind == 0 {
			return 0, errors.New("commit: an empty Op; make it with Put, PutNew, Delete or Add")
		}
		if _, ok := j.shelves[op.shelf]; !ok {
			return 0, fmt.Errorf("commit: unknown shelf %q", op.shelf)
		}
		if n := len(op.key); n == 0 || n > bolt.MaxKeySize {
			return 0, fmt.Errorf("commit to %s: a key has 1 to %d bytes, not %d", op.shelf, bolt.MaxKeySize, n)
		}
		if len(op.raw) > bolt.MaxValueSize {
			return 0, fmt.Errorf("commit to %s: a value of %d bytes is too long", op.shelf, len(op.raw))
		}
		size += len(op.key) + len(op.raw)
	}
	return size, nil
}

// wait queues c and returns its outcome. Whoever takes c out of the queue, the
// writer or this function, decides what becomes of it.
func (j *Journal) wait(ctx context.Context, c *call) error {
	if !j.queue.push(c) {
		return ErrClosed
	}
	j.signal()
	select {
	case <-c.done:
	case <-ctx.Done():
		if j.queue.remove(c) {
			j.recycle(c)
			return ctx.Err()
		}
		<-c.done
	}
	err := c.err
	j.recycle(c)
	return err
}

// recycle keeps c for another caller; nobody else may hold it.
func (j *Journal) recycle(c *call) {
	c.ops, c.err = nil, nil
	j.calls.Put(c)
}

// signal wakes the writer; one signal is enough for all that waits.
func (j *Journal) signal() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// call is one Commit or Settle on its way through the writer.
type call struct {
	ops     []Op
	settles bool
	size    int
	err     error
	done    chan struct{} // gets one signal when err is the outcome
}

func (c *call) answer(err error) {
	c.err = err
	c.done <- struct{}{}
}

// queue holds the calls that no transaction has taken yet.
type queue struct {
	mu      sync.Mutex
	waiting []*call
	closed  bool
}

// push adds c, unless the queue is closed.
func (q *queue) push(c *call) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.waiting = append(q.waiting, c)
	return true
}

// remove takes c out again; false if it has been taken already.
func (q *queue) remove(c *call) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.waiting, c)
	if i < 0 {
		return false
	}
	q.waiting = slices.Delete(q.waiting, i, i+1)
	return true
}

// take appends the first calls to group, up to a transaction's bounds, and says
// whether others are left and whether none will come.
func (q *queue) take(group []*call) (_ []*call, more, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, size := 0, 0
	for n < len(q.waiting) && n < groupCalls && (n == 0 || size+q.waiting[n].size <= groupBytes) {
		size += q.waiting[n].size
		n++
	}
	group = append(group, q.waiting[:n]...)
	q.waiting = slices.Delete(q.waiting, 0, n)
	return group, len(q.waiting) > 0, q.closed
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}
