package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"
)

// filled returns the directory of a journal with so many keys on shelf a; each
// value is its key, many times.
func filled(t *testing.T, n int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	j := openOn(t, new(disk), Options{Dir: dir})
	var ops []Op
	for i := range n {
		key := fmt.Sprintf("%04d", i)
		ops = append(ops, Put("a", key, valueOf(key)))
	}
	if err := errors.Join(j.Commit(t.Context(), ops...), j.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func valueOf(key string) []byte { return bytes.Repeat([]byte(key), 100) }

// alter changes the database behind the journal's back.
func alter(t *testing.T, dir string, f func(*bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(filepath.Join(dir, fileName), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(f), db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestDamagedValue(t *testing.T) {
	dir := filled(t, 10)
	path := filepath.Join(dir, fileName)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(whole, valueOf("0007"))
	if at < 0 {
		t.Fatal("the value is not in the file")
	}
	for _, bit := range []int{(at - overhead) * 8, at*8 - 1, at * 8, (at+399)*8 + 7} {
		whole[bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		whole[bit/8] ^= 1 << (bit % 8)

		var told []string
		j := openOn(t, new(disk), Options{Dir: dir, OnCorrupt: func(shelf, key string, err error) {
			told = append(told, fmt.Sprintf("%s %s: %v", shelf, key, err))
		}})
		if _, err := j.Get("a", "0007"); !errors.Is(err, ErrCorrupt) {
			t.Errorf("bit %d: Get = %v, want %v", bit, err, ErrCorrupt)
		}
		want := []string{"0000", "0001", "0002", "0003", "0004", "0005", "0006", "0008", "0009"}
		if diff := cmp.Diff(want, keys(t, j, "a")); diff != "" {
			t.Errorf("bit %d: keys differ (-want +got):\n%s", bit, diff)
		}
		if diff := cmp.Diff([]string{"a 0007: checksum differs: stored bytes are damaged"}, told); diff != "" {
			t.Errorf("bit %d: OnCorrupt differs (-want +got):\n%s", bit, diff)
		}
		if err := j.Commit(t.Context(), Delete("a", "0007"), PutNew("a", "0007", nil)); err != nil {
			t.Errorf("bit %d: Commit over the damaged value = %v", bit, err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDamagedShape(t *testing.T) {
	tests := []struct {
		name  string
		alter func(*bolt.Tx) error
		want  []string
	}{
		{
			"ShortValue",
			func(tx *bolt.Tx) error { return tx.Bucket([]byte("a")).Put([]byte("0001"), []byte("1")) },
			[]string{"a 0001: 1 bytes stored where 5 are the least: stored bytes are damaged"},
		},
		{
			"AnotherKeysValue",
			func(tx *bolt.Tx) error {
				return tx.Bucket([]byte("a")).Put([]byte("0001"), encode("0002", valueOf("0002")))
			},
			[]string{"a 0001: checksum differs: stored bytes are damaged"},
		},
		{
			"KeyLost",
			func(tx *bolt.Tx) error { return tx.Bucket([]byte("a")).Delete([]byte("0001")) },
			[]string{"a : 2 keys found where 3 were kept: stored bytes are damaged"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filled(t, 3)
			alter(t, dir, tt.alter)
			var told []string
			j := openOn(t, new(disk), Options{Dir: dir, OnCorrupt: func(shelf, key string, err error) {
				told = append(told, fmt.Sprintf("%s %s: %v", shelf, key, err))
			}})
			if diff := cmp.Diff([]string{"0000", "0002"}, keys(t, j, "a")); diff != "" {
				t.Errorf("keys differ (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.want, told); diff != "" {
				t.Errorf("OnCorrupt differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNewerVersion(t *testing.T) {
	t.Run("Value", func(t *testing.T) {
		dir := filled(t, 3)
		raw := encode("0001", valueOf("0001"))
		raw[4] = version + 1
		binary.BigEndian.PutUint32(raw, checksum("0001", raw))
		alter(t, dir, func(tx *bolt.Tx) error { return tx.Bucket([]byte("a")).Put([]byte("0001"), raw) })
		j := openOn(t, new(disk), Options{Dir: dir})
		if _, err := j.Get("a", "0001"); !errors.Is(err, ErrVersion) {
			t.Errorf("Get = %v, want %v", err, ErrVersion)
		}
		if err := j.Each("a", "", func(string, []byte) bool { return true }); !errors.Is(err, ErrVersion) {
			t.Errorf("Each = %v, want %v", err, ErrVersion)
		}
		if err := j.Back("a", func(string, []byte) bool { return true }); !errors.Is(err, ErrVersion) {
			t.Errorf("Back = %v, want %v", err, ErrVersion)
		}
	})
	t.Run("File", func(t *testing.T) {
		dir := filled(t, 3)
		alter(t, dir, func(tx *bolt.Tx) error { return tx.Bucket(ownShelf).Put(formatKey, []byte{version + 1}) })
		_, err := Open(Options{Dir: dir})
		if !errors.Is(err, ErrVersion) || !strings.Contains(err.Error(), "has format [2], this program reads 1") {
			t.Errorf("Open = %v, want %v", err, ErrVersion)
		}
		alter(t, dir, func(tx *bolt.Tx) error { return tx.Bucket(ownShelf).Put(formatKey, []byte{version}) })
		openOn(t, new(disk), Options{Dir: dir}) // not locked
	})
}

func TestOpen_LostShelf(t *testing.T) {
	for name, lose := range map[string][]byte{"One": []byte("a"), "Own": ownShelf} {
		t.Run(name, func(t *testing.T) {
			dir := filled(t, 3)
			alter(t, dir, func(tx *bolt.Tx) error { return tx.DeleteBucket(lose) })
			if _, err := Open(Options{Dir: dir, Shelves: []string{"a", "b"}}); !errors.Is(err, ErrCorrupt) {
				t.Errorf("Open = %v, want %v", err, ErrCorrupt)
			}
		})
	}
}

// A branch page whose last child is itself must not keep Open busy for ever.
func TestOpen_Circle(t *testing.T) {
	const pageSize, branchFlag, header, element = 4096, 0x01, 16, 16
	dir := filled(t, 200)
	path := filepath.Join(dir, fileName)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	branches := 0
	for page := 2 * pageSize; page+pageSize <= len(b); page += pageSize {
		if binary.NativeEndian.Uint16(b[page+8:]) != branchFlag {
			continue
		}
		branches++
		last := page + header + element*(int(binary.NativeEndian.Uint16(b[page+10:]))-1)
		binary.NativeEndian.PutUint64(b[last+8:], uint64(page/pageSize))
	}
	if branches == 0 {
		t.Skip("the file has no branch page in pages of 4 KiB")
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Dir: dir, Shelves: []string{"a", "b"}}); !errors.Is(err, ErrCorrupt) {
		t.Errorf("Open = %v, want %v", err, ErrCorrupt)
	}
}

// testdata/v1 was written by the first version and must stay readable.
func TestOldVersions(t *testing.T) {
	dir := t.TempDir()
	b, err := os.ReadFile("testdata/v1.db")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, fileName), b, 0o600); err != nil {
		t.Fatal(err)
	}
	j := openOn(t, new(disk), Options{Dir: dir, OnCorrupt: func(shelf, key string, err error) { t.Errorf("%s %s: %v", shelf, key, err) }})
	for key, want := range map[string]string{"01K0000000000000000000000A": "a value", "01K0000000000000000000000B": ""} {
		if v, err := j.Get("a", key); string(v) != want || err != nil {
			t.Errorf("Get(%s) = %q, %v, want %q", key, v, err, want)
		}
	}
	if v, err := j.Get("b", "2026-01-31"); Number(v) != 42 || err != nil {
		t.Errorf("counter = %d, %v, want 42", Number(v), err)
	}
	if a, b := j.Len("a"), j.Len("b"); a != 2 || b != 1 {
		t.Errorf("Len = %d and %d, want 2 and 1", a, b)
	}
}

// Whatever bit flips: the program lives, no value comes out changed, and what
// is missing is told.
func TestBitFlips(t *testing.T) {
	const n = 200
	dir := filled(t, n)
	path := filepath.Join(dir, fileName)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rounds := 1500
	if testing.Short() {
		rounds = 200
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for range rounds {
		bit := rnd.IntN(len(whole) * 8)
		whole[bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		whole[bit/8] ^= 1 << (bit % 8)
		if !readDamaged(t, dir, bit, n) {
			refused++
		}
	}
	t.Logf("%d of %d files were refused whole", refused, rounds)
}

// readDamaged reads what it can; false if the file was refused.
func readDamaged(t *testing.T, dir string, bit, n int) bool {
	told := 0
	j, err := Open(Options{Dir: dir, Shelves: []string{"a", "b"}, Reserve: 1 << 10, OnCorrupt: func(string, string, error) { told++ }})
	if err != nil {
		if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrVersion) {
			t.Errorf("bit %d: Open = %v, want %v", bit, err, ErrCorrupt)
		}
		return false
	}
	defer j.Close()
	var found []string
	err = j.Each("a", "", func(key string, value []byte) bool {
		if !bytes.Equal(value, valueOf(key)) {
			t.Errorf("bit %d: %s has a value that was not kept", bit, key)
		}
		found = append(found, key)
		return true
	})
	if !slices.IsSorted(found) {
		t.Errorf("bit %d: keys are out of order", bit)
	}
	if err == nil && told == 0 && len(found) != n {
		t.Errorf("bit %d: %d keys of %d, and nothing was told", bit, len(found), n)
	}
	last := "~"
	_ = j.Back("a", func(key string, value []byte) bool { // it may stop, but not lie
		if key >= last || !bytes.Equal(value, valueOf(key)) {
			t.Errorf("bit %d: Back shows %s after %s, or a value that was not kept", bit, key, last)
		}
		last = key
		return true
	})
	return true
}

func FuzzDecode(f *testing.F) {
	f.Add("k", encode("k", []byte("value")))
	f.Add("k", encode("other", nil))
	f.Add("", []byte{})
	f.Fuzz(func(t *testing.T, key string, raw []byte) {
		v, err := decode(key, raw)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrVersion) {
				t.Fatalf("decode(%q, %x) = %v", key, raw, err)
			}
		} else if got := encode(key, v); !bytes.Equal(got, raw) {
			t.Fatalf("encode(decode(%q, %x)) = %x", key, raw, got)
		}
		if v, err := decode(key, encode(key, raw)); err != nil || !bytes.Equal(v, raw) {
			t.Fatalf("decode(encode(%q, %x)) = %x, %v", key, raw, v, err)
		}
	})
}
