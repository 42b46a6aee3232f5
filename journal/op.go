package journal

// Op is one change, made by Put, PutNew, Delete or Add.
type Op struct {
	kind       opKind
	shelf, key string
	raw        []byte // encoded, for put and putNew
	delta      int64  // for add
}

type opKind uint8

const (
	put opKind = iota + 1
	putNew
	del
	add
)

// Put keeps value under key, in place of what was there. The value is copied.
func Put(shelf, key string, value []byte) Op {
	return Op{kind: put, shelf: shelf, key: key, raw: encode(key, value)}
}

// PutNew keeps value under key if nothing is there. If something is, none of
// the ops of its Commit take effect and the Commit fails with ErrExists; other
// Commits are not affected. The value is copied.
func PutNew(shelf, key string, value []byte) Op {
	return Op{kind: putNew, shelf: shelf, key: key, raw: encode(key, value)}
}

// Delete forgets key. A key that is not there is no error.
func Delete(shelf, key string) Op {
	return Op{kind: del, shelf: shelf, key: key}
}

// Add adds delta to the counter under key, which is 0 if nothing is there;
// Number reads it. If something other than a counter is there, the Commit
// fails with ErrCorrupt.
func Add(shelf, key string, delta int64) Op {
	return Op{kind: add, shelf: shelf, key: key, delta: delta}
}
