// Package shelf keeps JSON values of one type on a shelf of a journal.
//
// What it promises: Put, PutNew and Delete are ops, so that several changes on
// several shelves take effect together; nothing is kept before the journal's
// Commit or Settle returns nil. A value that is not JSON of the type, though its
// checksum is right, is logged once and left out by All and Under; it does not
// hide its neighbours. Keys are the journal's: ordered, and logged.
//
// It must not know what the values mean, nor decide when they are committed. To
// add a shelf, add its name to the journal's and make a Shelf of it with New.
package shelf

import (
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"sync"

	"github.com/leadgate/leadgate/journal"
)

// Shelf is one shelf of a journal. Its methods may be called at the same time.
type Shelf[T any] struct {
	journal *journal.Journal
	name    string
	log     *slog.Logger
	broken  sync.Map // keys of values that were logged
}

// Entry is one value and its key.
type Entry[T any] struct {
	Key   string
	Value T
}

// New returns the shelf of a name, which must be one of the journal's. A nil
// logger discards.
func New[T any](j *journal.Journal, name string, log *slog.Logger) *Shelf[T] {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Shelf[T]{journal: j, name: name, log: log}
}

// Put keeps a value under a key, in place of what was there.
func (s *Shelf[T]) Put(key string, v T) journal.Op { return journal.Put(s.name, key, encode(v)) }

// PutNew keeps a value under a key if nothing is there; see journal.PutNew.
func (s *Shelf[T]) PutNew(key string, v T) journal.Op { return journal.PutNew(s.name, key, encode(v)) }

// Delete forgets a key. A key that is not there is no error.
func (s *Shelf[T]) Delete(key string) journal.Op { return journal.Delete(s.name, key) }

// Len is the number of keys.
func (s *Shelf[T]) Len() int { return s.journal.Len(s.name) }

// Get returns the value under a key. The error wraps those of journal.Get;
// journal.ErrCorrupt also for what is not JSON of the type.
func (s *Shelf[T]) Get(key string) (v T, err error) {
	b, err := s.journal.Get(s.name, key)
	if err != nil {
		return v, err
	}
	if v, err = s.decode(key, b); err != nil {
		return v, fmt.Errorf("get %s from %s: %w: %w", key, s.name, journal.ErrCorrupt, err)
	}
	return v, nil
}

// All iterates over the values in the order of their keys. An error comes last
// and says that the journal could not be read on. The loop may take its time and
// may commit; see journal.Each for what is committed meanwhile.
func (s *Shelf[T]) All() iter.Seq2[Entry[T], error] { return s.Under("") }

// Under is All for the keys that begin with a prefix and go on after it.
func (s *Shelf[T]) Under(prefix string) iter.Seq2[Entry[T], error] {
	return func(yield func(Entry[T], error) bool) {
		stopped := false
		err := s.journal.Each(s.name, prefix, func(key string, b []byte) bool {
			if !strings.HasPrefix(key, prefix) {
				return false
			}
			if v, err := s.decode(key, b); err == nil {
				stopped = !yield(Entry[T]{key, v}, nil)
			}
			return !stopped
		})
		if err != nil && !stopped {
			yield(Entry[T]{}, err)
		}
	}
}

// decode reads a value. What cannot be read is logged the first time.
func (s *Shelf[T]) decode(key string, b []byte) (v T, err error) {
	if err = json.Unmarshal(b, &v); err == nil {
		return v, nil
	}
	if _, known := s.broken.LoadOrStore(key, true); !known {
		s.log.Error("a value of the journal cannot be read", "shelf", s.name, "key", key, "error", err)
	}
	var none T
	return none, err
}

// encode writes a value. It panics for a type that cannot be JSON, which the first
// test of its shelf finds.
func encode[T any](v T) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("shelf: %v", err))
	}
	return b
}
