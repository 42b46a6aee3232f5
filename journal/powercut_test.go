package journal_test

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/leadgate/leadgate/journal"
)

// A traced run tells every write and fsync in order. The power may be cut after
// any of them: what was written since the last fsync is then on the disk in
// part, in any combination, perhaps half a page of it. What a failed fsync should
// have covered counts as clean afterwards and comes to the disk only if it is
// written again.
func TestPowerCut(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		unmet(t, "strace is not installed")
	}
	for name, fault := range map[string]string{
		"FsyncLate":       "fdatasync:error=EIO:when=60",
		"FsyncOfPages":    "fdatasync:error=EIO:when=20",
		"FsyncOfHead":     "fdatasync:error=EIO:when=21",
		"FsyncNowAndThen": "fdatasync:error=EIO:when=20+17",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trace := filepath.Join(t.TempDir(), "trace")
			cmd := child(t, "faulty", t.TempDir(), strace, "-f", "-qq", "-y", "-xx", "-s", "1000000", "-o", trace,
				"-e", "trace=write,pwrite64,ftruncate,fsync,fdatasync", "-e", "inject="+fault)
			if out, err := cmd.Output(); err != nil {
				if strings.Contains(fmt.Sprint(cmd.Stderr), "ptrace") {
					unmet(t, "strace may not trace here")
				}
				t.Fatalf("the process ended with %v: %s %s", err, out, cmd.Stderr)
			}
			calls := readTrace(t, trace)
			rnd := rand.New(rand.NewPCG(1, 2))
			var d platter
			for i, c := range calls {
				d.do(c)
				if d.whole && (i%11 == 0 || c.name == "fdatasync") {
					d.check(t, rnd, i)
				}
			}
			if len(d.acked) < 20 {
				t.Errorf("%d keys were acknowledged in %d calls, want at least 20", len(d.acked), len(calls))
			}
		})
	}
}

// syscall is one call in a trace.
type syscall struct {
	name, file string
	bytes      []byte
	offset     int
	failed     bool
}

var callPattern = regexp.MustCompile(`^\d+ +(\w+)\(\d+<([^>]*)>(?:, "([^"]*)")?(?:, (\d+))?(?:, (\d+))?\) += (-?\d+)`)

var resumedPattern = regexp.MustCompile(`^(\d+) +<\.\.\. \w+ resumed>(.*)$`)

// readTrace returns the calls in the order in which they ended.
func readTrace(t *testing.T, path string) (calls []syscall) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	unfinished := make(map[string]string)
	for lines.Scan() {
		line := lines.Text()
		if begun, ok := strings.CutSuffix(line, " <unfinished ...>"); ok {
			thread, _, _ := strings.Cut(line, " ")
			unfinished[thread] = begun
			continue
		}
		if m := resumedPattern.FindStringSubmatch(line); m != nil {
			line = unfinished[m[1]] + m[2] // it counts from its end
		}
		m := callPattern.FindStringSubmatch(line)
		if m == nil {
			continue // a signal
		}
		bytes, err := hex.DecodeString(strings.ReplaceAll(m[3], `\x`, ""))
		if err != nil {
			t.Fatal(err)
		}
		file, err := hex.DecodeString(strings.ReplaceAll(m[2], `\x`, ""))
		if err != nil {
			file = []byte(m[2])
		}
		c := syscall{name: m[1], file: filepath.Base(string(file)), bytes: bytes, failed: strings.HasPrefix(m[6], "-")}
		c.offset, _ = strconv.Atoi(m[5])
		if c.name == "ftruncate" {
			c.offset, _ = strconv.Atoi(m[4])
		}
		calls = append(calls, c)
	}
	return calls
}

// platter is what is certain to be on the disk, and what may be.
type platter struct {
	synced []byte
	loose  []syscall // written since; a later fsync will cover them
	lost   []syscall // an fsync of them failed, and they were not written again
	whole  bool      // the file has been made, and is durable
	acked  []string
}

func (d *platter) do(c syscall) {
	switch {
	case c.name == "write" && strings.HasPrefix(string(c.bytes), "kept "):
		d.acked = append(d.acked, strings.TrimSpace(string(c.bytes[5:])))
	case c.file != "journal.db":
	case c.name == "pwrite64" && !c.failed, c.name == "ftruncate" && !c.failed:
		d.loose = append(d.loose, c)
	case c.name != "fsync" && c.name != "fdatasync":
	case c.failed:
		d.lost = append(d.lost, d.loose...)
		d.loose = nil
	default:
		for _, l := range d.loose {
			d.synced = l.on(d.synced)
			d.lost = slices.DeleteFunc(d.lost, func(old syscall) bool {
				return l.offset <= old.offset && old.offset+len(old.bytes) <= l.offset+len(l.bytes)
			})
		}
		d.loose = nil
		d.whole = d.whole || len(d.acked) > 0
	}
}

// on returns the image with a write done to it.
func (c syscall) on(image []byte) []byte {
	end := c.offset + len(c.bytes)
	if c.name == "ftruncate" {
		image = image[:min(len(image), end)]
	}
	if len(image) < end {
		image = append(image, make([]byte, end-len(image))...)
	}
	copy(image[c.offset:], c.bytes)
	return image
}

// check cuts the power and looks for what was acknowledged.
func (d *platter) check(t *testing.T, rnd *rand.Rand, call int) {
	image := append([]byte(nil), d.synced...)
	share := rnd.Float64() * 1.2 // of the writes survives; beyond 1: all of them
	for _, c := range append(append([]syscall(nil), d.lost...), d.loose...) {
		if rnd.Float64() > share {
			continue
		}
		if share < 1 && rnd.IntN(4) == 0 {
			c.bytes = c.bytes[:rnd.IntN(len(c.bytes)/512+1)*512] // torn
		}
		image = c.on(image)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "journal.db"), image, 0o600); err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(journal.Options{Dir: dir, Shelves: []string{"a", "b"}, Reserve: -1, OnCorrupt: func(shelf, key string, err error) {
		t.Errorf("call %d: %q %q: %v", call, shelf, key, err)
	}})
	if err != nil {
		t.Fatalf("call %d: Open: %v", call, err)
	}
	defer j.Close()
	for _, key := range d.acked {
		if v, err := j.Get("a", key); string(v) != key {
			t.Errorf("call %d: acknowledged key: Get(%s) = %q, %v", call, key, v, err)
		}
	}
	n, _ := j.Get("b", "n")
	if got := int(journal.Number(n)); got != j.Len("a") {
		t.Errorf("call %d: counter is %d with %d keys: a Commit is there in part", call, got, j.Len("a"))
	}
}
