package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

var errAway = errors.New("connection refused")

// shared is an audit of all replicas that can be away.
type shared struct {
	mu      sync.Mutex
	away    bool
	entries []lead.Entry
}

func (s *shared) KeepEntries(_ context.Context, entries []lead.Entry, _ time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return errAway
	}
	s.entries = append(s.entries, entries...)
	return nil
}

func (s *shared) Entries(context.Context, time.Time, int, string) ([]lead.Entry, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return nil, "", errAway
	}
	return s.entries, "", nil
}

func (s *shared) set(away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = away
}

func (s *shared) lines() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return lines(s.entries)
}

// lines are entries as short texts.
func lines(entries []lead.Entry) (all []string) {
	for _, e := range entries {
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", e.By, e.Did, e.LeadID, e.About)))
	}
	return all
}

// newLog returns a log with a journal behind it; no two acts are in the same
// millisecond.
func newLog(t *testing.T, jr *journal.Journal) (*Log, *shared) {
	t.Helper()
	s := &shared{}
	clock := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	now := func() time.Time { clock = clock.Add(time.Millisecond); return clock }
	log := slog.New(slog.DiscardHandler)
	redis := availability.New(availability.Options{Logger: log, Now: time.Now})
	redis.SetUp(true)
	return New(Options{Journal: jr, Store: s, Redis: redis, Retention: time.Hour, Logger: log, Now: now}), s
}

func open(t *testing.T) *journal.Journal {
	t.Helper()
	jr, err := journal.Open(journal.Options{Dir: t.TempDir(), Shelves: []string{Shelf}, Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { jr.Close() })
	return jr
}

func (l *Log) page(t *testing.T, limit int, cursor string) ([]string, string) {
	t.Helper()
	entries, next, err := l.Entries(t.Context(), limit, cursor)
	if err != nil {
		t.Fatal(err)
	}
	return lines(entries), next
}

// What was done while Redis was away is listed from the journal, and shared when
// Redis is back; a Redis that lost its data gets it again.
func TestLog_IsShared(t *testing.T) {
	jr := open(t)
	l, s := newLog(t, jr)
	s.set(true)
	l.Record(t.Context(), lead.Entry{By: "Dana", Did: lead.ActPauseTarget, About: "crm"})
	l.Record(t.Context(), lead.Entry{By: "Lee", Did: lead.ActResumeTarget, About: "crm"})
	want := []string{"Dana pause_target  crm", "Lee resume_target  crm"}
	newest := slices.Clone(want)
	slices.Reverse(newest)
	if got, next := l.page(t, 5, ""); cmp.Diff(newest, got) != "" || next != "" {
		t.Errorf("while Redis does not answer: %q, next %q, want %q", got, next, newest)
	}
	l.o.Redis.SetUp(false)
	first, next := l.page(t, 1, "")
	second, end := l.page(t, 1, next)
	if cmp.Diff(newest, append(first, second...)) != "" || next == "" || end != "" {
		t.Errorf("page by page: %q and %q, then %q, want %q", first, second, end, newest)
	}
	kept := l.take()

	synctest.Test(t, func(t *testing.T) {
		l, _ := newLog(t, jr)
		l.o.Store = s
		l.Share(kept...)
		go l.Run(t.Context())
		synctest.Wait() // the first attempt fails
		s.set(false)
		time.Sleep(2 * availability.CheckEvery)
		synctest.Wait()
		if d := cmp.Diff(want, s.lines()); d != "" {
			t.Errorf("the shared audit (-want +got):\n%s", d)
		}
		if got, _ := l.page(t, 5, ""); cmp.Diff(want, got) != "" {
			t.Errorf("with Redis up: %q, want what it has", got)
		}
	})

	if err := l.Restore(); err != nil { // Redis lost its data
		t.Fatal(err)
	}
	if d := cmp.Diff(want, lines(l.take())); d != "" {
		t.Errorf("to be shared once more (-want +got):\n%s", d)
	}
}

func TestLog_IsBounded(t *testing.T) {
	l, _ := newLog(t, open(t))
	var ops []journal.Op
	settle := func() {
		t.Helper()
		if err := l.o.Journal.Settle(t.Context(), ops...); err != nil {
			t.Fatal(err)
		}
		ops = nil
	}
	for i := range lead.AuditMost + 2 { // two too many, as after acts at the same moment
		_, some := l.Entry(lead.Entry{By: "Dana", Did: lead.ActReplay, About: fmt.Sprint(i)})
		ops = append(ops, some...)
	}
	settle()
	for i := range 5 {
		_, ops = l.Entry(lead.Entry{By: "Lee", Did: lead.ActReplay, About: fmt.Sprint(i)})
		settle()
	}
	entries, err := l.here()
	if err != nil || len(entries) != lead.AuditMost || entries[0].About != "7" || entries[len(entries)-1].By != "Lee" {
		t.Errorf("%d entries, %v, the oldest %+v; want the latest %d", len(entries), err, entries[0], lead.AuditMost)
	}
	for range lead.AuditMost + 5 {
		l.Share(lead.Entry{})
	}
	if n := len(l.take()); n != lead.AuditMost {
		t.Errorf("%d entries wait for Redis, want at most %d", n, lead.AuditMost)
	}
}

// An entry that cannot be read hides no other, and a journal that is closed loses
// no act that was done.
func TestLog_Damage(t *testing.T) {
	jr := open(t)
	l, _ := newLog(t, jr)
	if err := jr.Settle(t.Context(), journal.Put(Shelf, "0", []byte("{"))); err != nil {
		t.Fatal(err)
	}
	l.Record(t.Context(), lead.Entry{By: "Dana", Did: lead.ActReplay})
	if entries, err := l.here(); err != nil || len(entries) != 1 {
		t.Errorf("%d entries, %v; want the one that can be read", len(entries), err)
	}
	jr.Close()
	l.take()
	l.Record(t.Context(), lead.Entry{By: "Lee", Did: lead.ActReplay})
	if n := len(l.take()); n != 1 {
		t.Errorf("%d entries wait for Redis, want the one that the journal did not take", n)
	}
	l.o.Redis.SetUp(false)
	if _, _, err := l.Entries(t.Context(), 5, ""); err == nil {
		t.Error("Entries of a closed journal: no error")
	}
	if err := l.Restore(); err == nil {
		t.Error("Restore from a closed journal: no error")
	}
}

func TestLog_Cursor(t *testing.T) {
	l, _ := newLog(t, open(t))
	for _, cursor := range []string{"x", "01M88F76F4PNJ54C4FYRH1BGC", "vera.vanish@works.example"} {
		if _, _, err := l.Entries(t.Context(), 5, cursor); !errors.Is(err, lead.ErrBadCursor) {
			t.Errorf("Entries from %q: %v, want lead.ErrBadCursor", cursor, err)
		}
	}
}
