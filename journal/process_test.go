package journal_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leadgate/leadgate/journal"
)

// The test binary is its own second process: with childEnv set it runs one of
// these on the directory that is its last argument.
const childEnv = "JOURNAL_TEST_CHILD"

var children = map[string]func(*journal.Journal) error{
	"hold":   hold,
	"write":  writeForEver,
	"faulty": writeThroughFaults,
}

func TestMain(m *testing.M) {
	child := os.Getenv(childEnv)
	if child == "" {
		os.Exit(m.Run())
	}
	j, err := journal.Open(journal.Options{Dir: os.Args[len(os.Args)-1], Shelves: []string{"a", "b"}, Reserve: 1 << 10})
	if err == nil {
		err = children[child](j)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// child is a command that runs a child, under another command if one is given.
func child(t *testing.T, name, dir string, under ...string) *exec.Cmd {
	t.Helper()
	args := append(under, os.Args[0], dir)
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Env = append(os.Environ(), childEnv+"="+name)
	cmd.Stderr = new(bytes.Buffer)
	return cmd
}

func start(t *testing.T, cmd *exec.Cmd) io.Reader {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return out
}

// hold says that it has the journal and keeps it until it is killed.
func hold(*journal.Journal) error {
	fmt.Println("open")
	select {}
}

func TestOpen_Locked(t *testing.T) {
	dir := t.TempDir()
	cmd := child(t, "hold", dir)
	if line, err := bufio.NewReader(start(t, cmd)).ReadString('\n'); line != "open\n" {
		t.Fatalf("the other process said %q (%v): %s", line, err, cmd.Stderr)
	}
	_, err := journal.Open(journal.Options{Dir: dir})
	want := "open journal in " + dir + ": in use by another process; stop that one, or choose another directory"
	if !errors.Is(err, journal.ErrLocked) || err.Error() != want {
		t.Errorf("Open = %v, want %v, in the words: %s", err, journal.ErrLocked, want)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed, and says so
	open(t, journal.Options{Dir: dir})
}

func TestOpen_LockedInProcess(t *testing.T) {
	dir := t.TempDir()
	open(t, journal.Options{Dir: dir})
	if _, err := journal.Open(journal.Options{Dir: dir}); !errors.Is(err, journal.ErrLocked) {
		t.Errorf("second Open = %v, want %v", err, journal.ErrLocked)
	}
}

// writeForEver commits from eight goroutines and prints each key after its
// Commit has returned.
func writeForEver(j *journal.Journal) error {
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for n := 0; ; n++ {
				key := fmt.Sprintf("%d-%d-%06d", os.Getpid(), w, n)
				value := bytes.Repeat([]byte(key), 1+n%100)
				if err := j.Commit(context.Background(), journal.PutNew("a", key, value), journal.Add("b", "n", 1)); err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				fmt.Printf("%s\n", key) // one write
			}
		})
	}
	wg.Wait()
	return nil
}

// A process is killed at a random moment, again and again on the same journal:
// all that it acknowledged is there, and each Commit is there as a whole.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	var acked []string
	for round := range 10 {
		cmd := child(t, "write", dir)
		lines := bufio.NewScanner(start(t, cmd))
		var once sync.Once
		killed := make(chan struct{})
		for lines.Scan() {
			acked = append(acked, lines.Text())
			once.Do(func() { // it runs
				time.AfterFunc(rand.N(80*time.Millisecond), func() {
					_ = cmd.Process.Kill() // that it is gone is seen below
					close(killed)
				})
			})
		}
		err := cmd.Wait()
		if said := fmt.Sprint(cmd.Stderr); said != "" || err == nil {
			t.Fatalf("round %d: the process ended by itself: %v, %s", round, err, said)
		}
		<-killed

		j := open(t, journal.Options{Dir: dir, OnCorrupt: func(shelf, key string, err error) { t.Errorf("%s %s: %v", shelf, key, err) }})
		for _, key := range acked {
			if v, err := j.Get("a", key); err != nil || !strings.HasPrefix(string(v), key) {
				t.Errorf("round %d: acknowledged key: Get(%s) = %.20q, %v", round, key, v, err)
			}
		}
		n, _ := j.Get("b", "n")
		if got, want := journal.Number(n), int64(j.Len("a")); got != want || want < int64(len(acked)) {
			t.Errorf("round %d: counter is %d with %d keys, want them equal and at least the %d acknowledged", round, got, want, len(acked))
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d keys were acknowledged", len(acked))
}

// writeThroughFaults commits one key after the other, says how each went, and
// ends when it has seen a fault and 20 commits after it.
func writeThroughFaults(j *journal.Journal) error {
	failed, after := false, 0
	for n := 0; after < 20; n++ {
		key := fmt.Sprintf("%06d", n)
		err := j.Commit(context.Background(), journal.PutNew("a", key, []byte(key)), journal.Add("b", "n", 1))
		switch {
		case errors.Is(err, journal.ErrUnavailable):
			fmt.Println("refused", key)
			failed = true
			for tick := time.NewTicker(10 * time.Millisecond); j.Err() != nil; <-tick.C {
			}
		case err != nil:
			return err
		default:
			fmt.Println("kept", key)
			if failed {
				after++
			}
		}
		if n > 2000 {
			return errors.New("no fault came")
		}
	}
	return j.Close()
}

// The kernel's own fsync and write fail, one by one in turn.
func TestRealFaults(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		unmet(t, "strace is not installed")
	}
	for _, fault := range []string{
		"fdatasync:error=EIO:when=40",
		"fdatasync:error=EIO:when=41",
		"fdatasync:error=EIO:when=40+3", // every third
		"fdatasync:error=ENOSPC:when=40",
		"pwrite64:error=EIO:when=90",
		"pwrite64:error=ENOSPC:when=90..95",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			cmd := child(t, "faulty", dir, strace, "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync,pwrite64", "-e", "inject="+fault)
			lines := bufio.NewScanner(start(t, cmd))
			var kept, refused []string
			for lines.Scan() {
				how, key, _ := strings.Cut(lines.Text(), " ")
				if how == "kept" {
					kept = append(kept, key)
					continue
				}
				refused = append(refused, key)
			}
			if err := cmd.Wait(); err != nil {
				if strings.Contains(fmt.Sprint(cmd.Stderr), "ptrace") {
					unmet(t, "strace may not trace here")
				}
				t.Fatalf("the process ended with %v: %s", err, cmd.Stderr)
			}
			j := open(t, journal.Options{Dir: dir, OnCorrupt: func(shelf, key string, err error) { t.Errorf("%s %s: %v", shelf, key, err) }})
			for _, key := range kept {
				if _, err := j.Get("a", key); err != nil {
					t.Errorf("acknowledged key: Get(%s) = %v", key, err)
				}
			}
			n, _ := j.Get("b", "n")
			if got := int(journal.Number(n)); got != j.Len("a") || got > len(kept)+len(refused) {
				t.Errorf("counter is %d with %d keys; %d were kept, %d refused", got, j.Len("a"), len(kept), len(refused))
			}
			if len(refused) == 0 {
				t.Error("no Commit was refused")
			}
			t.Logf("%d kept, %d refused", len(kept), len(refused))
		})
	}
}

// unmet skips a test whose needs are not met, or fails it where all tests have
// to run.
func unmet(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("LEADGATE_REQUIRE_ALL") == "1" {
		t.Fatal(why)
	}
	t.Skip(why)
}
