package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

// auditStore is an audit that can be away.
type auditStore struct {
	oneLead
	mu      sync.Mutex
	away    bool
	entries []lead.Entry
	refused chan struct{} // receives when entries could not be kept
}

func (s *auditStore) KeepEntries(_ context.Context, entries []lead.Entry, _ time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		select {
		case s.refused <- struct{}{}:
		default:
		}
		return errGone
	}
	s.entries = append(s.entries, entries...)
	return nil
}

func (s *auditStore) Entries(context.Context, time.Time, int, string) ([]lead.Entry, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return nil, "", errGone
	}
	return s.entries, "", nil
}

func (s *auditStore) set(away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = away
}

func (s *auditStore) kept() []string {
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

func newAuditing(t *testing.T) (*Jobs, *auditStore) {
	t.Helper()
	j := newTicking(t, &scripted{most: 1}, notify.Pace{Off: true}).j
	s := &auditStore{refused: make(chan struct{}, 1), oneLead: oneLead{l: lead.Lead{ID: "l1", Status: lead.New, Revision: 1}}}
	j.o.Store, j.o.Prompt = s, s
	clock := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	var ticks atomic.Int64 // two acts are never in one millisecond here
	j.now = func() time.Time { return clock.Add(time.Duration(ticks.Add(1)) * time.Millisecond) }
	j.redis.SetUp(true)
	return j, s
}

func (j *Jobs) page(t *testing.T, limit int, cursor string) ([]string, string) {
	t.Helper()
	entries, next, err := j.Entries(t.Context(), limit, cursor)
	if err != nil {
		t.Fatal(err)
	}
	return lines(entries), next
}

// A deed is recorded with it, once, whether Redis is there or not; one that
// changes nothing is none, nor is one that was refused.
func TestJobs_AuditOfDeeds(t *testing.T) {
	for _, away := range []bool{false, true} {
		t.Run(fmt.Sprintf("Away=%t", away), func(t *testing.T) {
			j, s := newAuditing(t)
			act := func(d lead.Deed) {
				t.Helper()
				if _, err := j.Act(t.Context(), "l1", d, 0); err != nil && !errors.Is(err, lead.ErrTaken) {
					t.Fatal(err)
				}
			}
			act(lead.Deed{Verb: lead.VerbClaim, By: "Dana"})
			s.oneLead.away = away
			j.redis.SetUp(!away)
			act(lead.Deed{Verb: lead.VerbClaim, By: "Dana"}) // has it already
			act(lead.Deed{Verb: lead.VerbClaim, By: "Lee"})  // comes second
			act(lead.Deed{Verb: lead.VerbAssign, By: "Dana", To: "Eva"})
			act(lead.Deed{Verb: lead.VerbJunk, By: "Eva", Why: "a friend of Vera Vanish"})
			kept, err := j.auditInJournal()
			if d := cmp.Diff([]string{"Dana claim l1", "Dana assign l1 Eva", "Eva junk l1"}, lines(kept)); err != nil || d != "" {
				t.Errorf("the journal's audit: %v (-want +got):\n%s", err, d)
			}
			if err := j.carryDeeds(t.Context(), ""); !away && err != nil {
				t.Error(err)
			}
			if n := j.o.Journal.Len(auditShelf); n != 3 {
				t.Errorf("%d entries once the deeds were carried, want 3", n)
			}
		})
	}
}

// What was done while Redis was away is read from the journal, and shared when
// Redis is back; a Redis that was wiped has it again.
func TestJobs_AuditIsShared(t *testing.T) {
	j, s := newAuditing(t)
	s.set(true)
	j.Audit(t.Context(), lead.Entry{By: "Dana", Did: lead.ActPauseTarget, About: "crm"})
	j.Audit(t.Context(), lead.Entry{By: "Lee", Did: lead.ActResumeTarget, About: "crm"})
	want := []string{"Dana pause_target  crm", "Lee resume_target  crm"}
	newest := slices.Clone(want)
	slices.Reverse(newest)
	if got, next := j.page(t, 5, ""); cmp.Diff(newest, got) != "" || next != "" {
		t.Errorf("while Redis does not answer: %q, next %q, want %q", got, next, newest)
	}
	j.redis.SetUp(false)
	first, next := j.page(t, 1, "")
	second, end := j.page(t, 1, next)
	if cmp.Diff(newest, append(first, second...)) != "" || next == "" || end != "" {
		t.Errorf("page by page: %q and %q, then %q, want %q", first, second, end, newest)
	}

	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { j.shareAudit(ctx) })
	defer wg.Wait()
	defer cancel()
	j.redis.SetUp(true) // the first attempt fails all the same
	<-s.refused
	s.set(false)
	await := func(want []string) {
		t.Helper()
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for end := time.After(5 * time.Second); cmp.Diff(want, s.kept()) != ""; {
			select {
			case <-tick.C:
			case <-end:
				t.Fatalf("the shared audit (-want +got):\n%s", cmp.Diff(want, s.kept()))
			}
		}
	}
	await(want)
	if got, _ := j.page(t, 5, ""); cmp.Diff(want, got) != "" {
		t.Errorf("with Redis there: %q, want what it has", got)
	}
	if err := j.recallAudit(); err != nil { // Redis was wiped
		t.Fatal(err)
	}
	await(append(slices.Clone(want), want...))
}

func TestJobs_AuditIsBounded(t *testing.T) {
	j, _ := newAuditing(t)
	var ops []journal.Op
	settle := func() {
		t.Helper()
		if err := j.o.Journal.Settle(t.Context(), ops...); err != nil {
			t.Fatal(err)
		}
		ops = nil
	}
	for i := range lead.AuditMost + 2 { // two are too many, as after acts at the same moment
		_, some := j.entry(lead.Entry{By: "Dana", Did: lead.ActReplay, About: fmt.Sprint(i)})
		ops = append(ops, some...)
	}
	settle()
	for i := range 5 {
		_, ops = j.entry(lead.Entry{By: "Lee", Did: lead.ActReplay, About: fmt.Sprint(i)})
		settle()
	}
	kept, err := j.auditInJournal()
	if err != nil || len(kept) != lead.AuditMost || kept[0].About != "7" || kept[len(kept)-1].By != "Lee" {
		t.Errorf("%d entries, %v, the oldest %+v; want the latest %d", len(kept), err, kept[0], lead.AuditMost)
	}
	for range lead.AuditMost + 5 {
		j.clerk.give(lead.Entry{})
	}
	if n := len(j.clerk.take()); n != lead.AuditMost {
		t.Errorf("%d entries wait for Redis, want at most %d", n, lead.AuditMost)
	}
}

// Nothing that was only typed stays: an id of no lead that Redis could confirm,
// nor a name without end.
func TestJobs_AuditOfErasures(t *testing.T) {
	j, s := newAuditing(t)
	for _, w := range []lead.Wish{{LeadID: "l1", By: "Dana"}, {Email: "vera.vanish@works.example", By: strings.Repeat("é", 150)}} {
		if _, err := j.Erase(t.Context(), w, 0); err != nil {
			t.Fatal(err)
		}
	}
	s.oneLead.away = true
	j.redis.SetUp(false)
	if _, err := j.Erase(t.Context(), lead.Wish{LeadID: "vera.vanish", By: "Lee"}, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Erase(t.Context(), lead.Wish{LeadID: "nobody"}, 0); err != nil {
		t.Fatal(err)
	}
	kept, err := j.auditInJournal()
	if d := cmp.Diff([]string{"Dana erase l1", strings.Repeat("é", 100) + " erase", "Lee erase", "erase"}, lines(kept)); err != nil || d != "" {
		t.Errorf("the audit: %v (-want +got):\n%s", err, d)
	}
}

func TestJobs_AuditCursor(t *testing.T) {
	j, _ := newAuditing(t)
	for _, cursor := range []string{"x", "01M88F76F4PNJ54C4FYRH1BGC", "vera.vanish@works.example"} {
		if _, _, err := j.Entries(t.Context(), 5, cursor); !errors.Is(err, lead.ErrBadCursor) {
			t.Errorf("Entries from %q: %v, want lead.ErrBadCursor", cursor, err)
		}
	}
}
