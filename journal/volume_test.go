package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// small mounts a file system of so many MiB, which is as small a disk as any.
func small(t *testing.T, mib int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	why := "mounting a file system needs Linux and root"
	if runtime.GOOS == "linux" && os.Geteuid() == 0 {
		out, err := exec.Command("mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dm", mib), "tmpfs", dir).CombinedOutput()
		if err == nil {
			t.Cleanup(func() {
				if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
					t.Errorf("umount: %v %s", err, out)
				}
			})
			return dir
		}
		why = fmt.Sprintf("mount: %v %s", err, out)
	}
	if os.Getenv("LEADGATE_REQUIRE_ALL") == "1" {
		t.Fatal(why)
	}
	t.Skip(why)
	return ""
}

// fill writes a file until the disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; size /= 2 {
		for err = nil; err == nil; _, err = f.Write(make([]byte, size)) {
		}
	}
	if !isFull(err) {
		t.Fatal(err)
	}
}

func TestRealDiskFull(t *testing.T) {
	for name, reserve := range map[string]int64{"Reserve": 1 << 20, "NoReserve": -1} {
		t.Run(name, func(t *testing.T) {
			dir := small(t, 16)
			j := openOn(t, new(disk), Options{Dir: dir, Reserve: reserve})
			t.Cleanup(func() { j.Close() }) // before umount
			junk := filepath.Join(dir, "junk")
			fill(t, junk)

			kept := 0
			var err error
			for ; err == nil && kept < 10_000; kept++ {
				err = j.Commit(t.Context(), PutNew("a", fmt.Sprintf("%06d", kept), make([]byte, 700)))
			}
			kept--
			if !errors.Is(err, ErrUnavailable) || !errors.Is(j.Err(), ErrUnavailable) {
				t.Fatalf("Commit %d on a full disk = %v, Err = %v, want %v", kept, err, j.Err(), ErrUnavailable)
			}
			if got := len(keys(t, j, "a")); got != kept || j.Len("a") != kept {
				t.Errorf("%d keys are there, Len = %d, want the %d that were acknowledged", got, j.Len("a"), kept)
			}
			if reserve > 0 {
				for i := range kept {
					if err := j.Settle(t.Context(), Delete("a", fmt.Sprintf("%06d", i)), Put("b", fmt.Sprintf("%06d", i), make([]byte, 700))); err != nil {
						t.Fatalf("Settle %d of %d on a full disk = %v", i, kept, err)
					}
				}
			}

			if err := os.Remove(junk); err != nil {
				t.Fatal(err)
			}
			freed := time.Now()
			for tick := time.NewTicker(10 * time.Millisecond); j.Err() != nil; <-tick.C {
				if time.Since(freed) > 5*time.Second {
					t.Fatalf("5 s after there is room: %v", j.Err())
				}
			}
			if err := j.Commit(t.Context(), Put("a", "resumed", nil)); err != nil {
				t.Errorf("Commit with room again = %v", err)
			}
			if info, err := os.Stat(filepath.Join(dir, reserveName)); reserve > 0 && (err != nil || info.Size() != reserve) {
				t.Errorf("the reserve was not made again: %v", err)
			}
		})
	}
}

// A full disk lets an existing journal open, to be read and settled.
func TestOpen_RealDiskFull(t *testing.T) {
	dir := small(t, 8)
	o := Options{Dir: dir, Reserve: -1}
	j := openOn(t, new(disk), o)
	if err := errors.Join(j.Commit(t.Context(), Put("a", "k", nil)), j.Close()); err != nil {
		t.Fatal(err)
	}
	fill(t, filepath.Join(dir, "junk"))
	o.Reserve = 1 << 20
	j = openOn(t, new(disk), o)
	t.Cleanup(func() { j.Close() })
	if err := j.Commit(t.Context(), Put("a", "l", nil)); !errors.Is(err, ErrUnavailable) {
		t.Errorf("Commit without room for the reserve = %v, want %v", err, ErrUnavailable)
	}
	if _, err := j.Get("a", "k"); err != nil {
		t.Errorf("Get = %v", err)
	}
	if err := j.Settle(t.Context(), Delete("a", "k")); err != nil {
		t.Errorf("Settle = %v", err)
	}
}

// A reserve larger than an eighth of the disk would leave too little to accept.
func TestReserve_SmallDisk(t *testing.T) {
	dir := small(t, 8)
	j := openOn(t, new(disk), Options{Dir: dir, Reserve: 1 << 30})
	t.Cleanup(func() { j.Close() })
	if info, err := os.Stat(filepath.Join(dir, reserveName)); err != nil || info.Size() != 1<<20 {
		t.Errorf("the reserve has %v bytes (%v), want %d", info.Size(), err, 1<<20)
	}
}

func TestReserve(t *testing.T) {
	dir := t.TempDir()
	make := func(size int64) *reserve {
		t.Helper()
		r := newReserve(dir, size, os.OpenFile)
		if err := r.make(); err != nil {
			t.Fatal(err)
		}
		return &r
	}
	size := func() int64 {
		info, err := os.Stat(filepath.Join(dir, reserveName))
		if err != nil {
			return 0
		}
		return info.Size()
	}
	for _, want := range []int64{1 << 20, 1 << 20, 1<<16 + 1, -1, 1 << 10} { // made, kept, shrunk, dropped, made
		make(want)
		if got := size(); got != max(want, 0) {
			t.Errorf("the reserve has %d bytes, want %d", got, max(want, 0))
		}
	}
	r := make(1 << 10)
	if !r.release() || size() != 0 || r.release() {
		t.Error("release did not give the room back, or gave it twice")
	}
	if none := make(-1); none.release() {
		t.Error("release gave back a reserve that was not wanted")
	}
}

// Where the file system cannot allocate, the bytes are written.
func TestReserve_Noise(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), reserveName))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const size = 200<<10 + 1
	if err := writeNoise(f, size); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(io.NewSectionReader(f, 0, size+1))
	if err != nil || len(b) != size {
		t.Fatalf("%d bytes were written (%v), want %d", len(b), err, size)
	}
	count := map[byte]int{}
	for _, c := range b {
		count[c]++
	}
	if len(count) != 256 || count[0] > size/100 {
		t.Errorf("%d different bytes, %d of them zero: that compresses", len(count), count[0])
	}
	closed, _ := os.Open(f.Name())
	closed.Close()
	if err := writeNoise(closed, 1); err == nil {
		t.Error("writing to a closed file succeeded")
	}
}
