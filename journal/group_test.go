package journal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"
)

// A context that ends while its Commit waits takes it back; one that ends later
// does not.
func TestJournal_CommitContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d disk
		j := openOn(t, &d, Options{})
		hold := make(chan struct{})
		f := func(db *bolt.DB, fn func(*bolt.Tx) error) error { <-hold; return db.Update(fn) }
		d.update.Store(&f)
		ctx, cancel := context.WithCancel(context.Background())
		var running, waiting, patient error
		var wg sync.WaitGroup
		wg.Go(func() { running = j.Commit(ctx, Put("a", "running", nil)) })
		synctest.Wait()
		wg.Go(func() { waiting = j.Commit(ctx, Put("a", "waiting", nil)) })
		wg.Go(func() { patient = j.Commit(context.Background(), Put("a", "patient", nil)) })
		synctest.Wait()
		cancel()
		synctest.Wait()
		close(hold)
		wg.Wait()
		if running != nil || !errors.Is(waiting, context.Canceled) || patient != nil {
			t.Errorf("Commit running = %v, waiting = %v, patient = %v, want only the waiting one to fail, with %v", running, waiting, patient, context.Canceled)
		}
		if diff := cmp.Diff([]string{"patient", "running"}, keys(t, j, "a")); diff != "" {
			t.Errorf("keys differ (-want +got):\n%s", diff)
		}
	})
}

// All that waits goes together, up to the bounds of a transaction.
func TestGroups(t *testing.T) {
	for _, tt := range []struct {
		name  string
		calls int
		value int
		want  []int
	}{
		{"Together", 100, 700, []int{1, 100}},
		{"Calls", groupCalls + 5, 0, []int{1, groupCalls, 5}},
		{"Bytes", 5, groupBytes / 3, []int{1, 2, 2, 1}},
		{"OneTooLarge", 2, groupBytes + 1, []int{1, 1, 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var d disk
				var got []int
				j := openOn(t, &d, Options{OnCommit: func(ops int, _ time.Duration) { got = append(got, ops) }})
				hold := make(chan struct{})
				f := func(db *bolt.DB, fn func(*bolt.Tx) error) error { <-hold; return db.Update(fn) }
				d.update.Store(&f)
				var wg sync.WaitGroup
				put := func(key string, value []byte) {
					wg.Go(func() {
						if err := j.Commit(context.Background(), Put("a", key, value)); err != nil {
							t.Errorf("Commit: %v", err)
						}
					})
				}
				put("first", nil)
				synctest.Wait()
				for i := range tt.calls {
					put(fmt.Sprint(i), make([]byte, tt.value))
				}
				synctest.Wait()
				close(hold)
				wg.Wait()
				if err := j.Close(); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("ops per transaction differ (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// Calls that wait when the journal is closed are still committed, or refused if
// the disk is broken; none is left hanging.
func TestJournal_CloseWithWaiters(t *testing.T) {
	for name, fault := range map[string]error{"Working": nil, "Broken": errEIO} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var d disk
				j := openOn(t, &d, Options{})
				hold := make(chan struct{})
				f := func(db *bolt.DB, fn func(*bolt.Tx) error) error {
					<-hold
					if fault != nil {
						return fault
					}
					return db.Update(fn)
				}
				d.update.Store(&f)
				outcome := make([]error, groupCalls*2)
				var wg sync.WaitGroup
				for i := range outcome {
					wg.Go(func() { outcome[i] = j.Commit(context.Background(), Put("a", fmt.Sprint(i), nil)) })
				}
				synctest.Wait()
				wg.Go(func() { j.Close() })
				synctest.Wait()
				close(hold)
				wg.Wait()
				for i, err := range outcome {
					if fault == nil && err != nil || fault != nil && !errors.Is(err, ErrUnavailable) {
						t.Fatalf("Commit %d = %v", i, err)
					}
				}
			})
		})
	}
}
