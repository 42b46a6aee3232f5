//go:build !linux

package journal

import "os"

// space is the size of a file system and what is left of it for us, in bytes.
type space struct{ total, available int64 }

// volume is not measured here: writing finds out what fits.
func volume(string) (space, bool) { return space{}, false }

// InMemory is not known here.
func InMemory(string) bool { return false }

// allocate leaves it to the caller to write the bytes.
func allocate(*os.File, int64) (bool, error) { return false, nil }

// unlock leaves the lock: after a panic in bbolt the journal opens again with
// the next process.
func unlock(*os.File) error { return nil }
