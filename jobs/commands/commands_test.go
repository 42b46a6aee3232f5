package commands

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/jobs/audit"
	"github.com/leadgate/leadgate/jobs/availability"
	"github.com/leadgate/leadgate/jobs/events"
	"github.com/leadgate/leadgate/jobs/messages"
	"github.com/leadgate/leadgate/jobs/policy"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/rules"
	"github.com/leadgate/leadgate/notify/routing"
)

var errGone = errors.New("connection refused")

// people is a store of leads and touches that can be away.
type people struct {
	mu      sync.Mutex
	leads   map[string]*lead.Lead
	touches map[string]*lead.Touch
	off     map[string]time.Time
	turns   lead.Turns
	away    bool
	leased  bool
}

func (p *people) Lead(_ context.Context, id string) (*lead.Lead, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away {
		return nil, errGone
	}
	if l := p.leads[id]; l != nil {
		c := *l
		return &c, nil
	}
	return nil, lead.ErrNotFound
}

func (p *people) LeadsByID(ctx context.Context, ids []string) ([]*lead.Lead, error) {
	found := make([]*lead.Lead, len(ids))
	for i, id := range ids {
		found[i], _ = p.Lead(ctx, id)
	}
	return found, nil
}

func (p *people) TouchesByID(_ context.Context, ids []string) ([]*lead.Touch, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away {
		return nil, errGone
	}
	found := make([]*lead.Touch, len(ids))
	for i, id := range ids {
		found[i] = p.touches[id]
	}
	return found, nil
}

func (p *people) UpdateLead(_ context.Context, id string, revision int64, change func(*lead.Lead) error) (*lead.Lead, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away {
		return nil, errGone
	}
	old := p.leads[id]
	if old == nil {
		return nil, lead.ErrNotFound
	}
	l := *old
	if revision != 0 && revision != l.Revision {
		return &l, lead.ErrConflict
	}
	if err := change(&l); err != nil {
		c := *old
		return &c, err
	}
	l.Revision++
	p.leads[id] = &l
	c := l
	return &c, nil
}

func (p *people) Finish(context.Context, *lead.Touch, *lead.Lead, lead.Outcome) error { return nil }

func (p *people) Relead(context.Context, []string, *lead.Lead) error { return nil }

func (p *people) Lease(context.Context, string, string, time.Duration) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	free := !p.leased
	p.leased = true
	return free, nil
}

func (p *people) Release(context.Context, string, string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leased = false
	return nil
}

func (p *people) Turns(_ context.Context, change func(*lead.Turns) error) error {
	return change(&p.turns)
}

func (p *people) Off(_ context.Context, rep string, until time.Time) error {
	if p.away {
		return errGone
	}
	p.off[rep] = until
	return nil
}

func (p *people) WhoIsOff(context.Context) (map[string]time.Time, error) {
	if p.away {
		return nil, errGone
	}
	return p.off, nil
}

// testCommands have a journal behind them and a clock that goes on with every look
// at it: no two acts are in the same millisecond.
type testCommands struct {
	*Commands
	store    *people
	reopened []string
	claims   int
}

func newCommands(t *testing.T) *testCommands {
	t.Helper()
	jr, err := journal.Open(journal.Options{Dir: t.TempDir(), Shelves: slices.Concat(Shelves(), repo.Shelves(), messages.Shelves(), []string{audit.Shelf}), Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { jr.Close() })
	var clockMu sync.Mutex
	clock := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	now := func() time.Time {
		clockMu.Lock()
		defer clockMu.Unlock()
		clock = clock.Add(time.Millisecond)
		return clock
	}
	b := &testCommands{store: &people{leads: map[string]*lead.Lead{"l1": {ID: "l1", Status: lead.New, Revision: 1}}, touches: map[string]*lead.Touch{}, off: map[string]time.Time{}}}
	log := slog.New(slog.DiscardHandler)
	redis := availability.New(availability.Options{Logger: log, Now: now})
	redis.MarkReady()
	redis.SetUp(true)
	dana := lead.People{Reps: []lead.Rep{{Name: "Dana"}}, Teams: []lead.Team{{Name: "emea", Reps: []string{"Dana"}}}}
	pol := policy.Policy{Rules: rules.Default, Routes: func() []routing.Route { return nil }, People: func() lead.People { return dana }, Now: now}
	r := repo.New(repo.Options{Journal: jr, Store: b.store, Prompt: b.store, Redis: redis, Events: events.NewLog("run", now), Alone: pol.Alone,
		Overlay:  func(id string, l *lead.Lead) (*lead.Lead, error) { return b.Overlay(id, l) },
		InFlight: func(*lead.Touch) []lead.Step { return nil }, Updates: func(string) bool { return false }, Logger: log, Now: now})
	a := audit.New(audit.Options{Journal: jr, Redis: redis, Retention: time.Hour, Logger: log, Now: now})
	m := messages.New(messages.Options{Journal: jr, Leads: r, Redis: redis, Keep: time.Hour, MaxAge: time.Hour, Logger: log, Now: now})
	b.Commands = New(Options{Journal: jr, Repo: r, Store: b.store, Prompt: b.store, Redis: redis, Policy: pol, Audit: a, Messages: m,
		Reopen: func(_ context.Context, t *lead.Touch, _ ...journal.Op) error {
			b.reopened = append(b.reopened, t.ID)
			return nil
		},
		Known: func(target string) bool { return target == "crm" }, Claimed: func(time.Duration) { b.claims++ }, Logger: log, Now: now})
	return b
}

func (b *testCommands) setAway(away bool) {
	b.store.mu.Lock()
	b.store.away = away
	b.store.mu.Unlock()
	b.o.Redis.SetUp(!away)
}

// audited are the acts in this node's audit, the oldest first, as short texts.
func (b *testCommands) audited(t *testing.T) (all []string) {
	t.Helper()
	up := b.o.Redis.Up()
	b.o.Redis.SetUp(false)
	defer b.o.Redis.SetUp(up)
	entries, _, err := b.o.Audit.Entries(t.Context(), lead.AuditMost, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range slices.Backward(entries) {
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", e.By, e.Did, e.LeadID, e.About)))
	}
	return all
}

// People claim and give back at the same time, many times, with Redis there and
// away: each claim that was granted came while nobody else had the lead.
func TestCommands_ClaimsHaveOneWinner(t *testing.T) {
	const people = 5
	runs := 1_000
	if os.Getenv("LEADGATE_LONG") == "1" {
		runs = 10_000
	}
	for _, away := range []bool{false, true} {
		t.Run(fmt.Sprintf("Away=%t", away), func(t *testing.T) {
			b := newCommands(t)
			for _, verb := range []lead.Verb{lead.VerbClaim, lead.VerbUnclaim} { // so that the journal knows it
				if _, err := b.Act(t.Context(), "l1", lead.Command{Verb: verb, By: "Dana"}, 0); err != nil {
					t.Fatal(err)
				}
			}
			b.setAway(away)
			rounds := runs / people
			if away {
				rounds /= 10 // each is kept on the disk, and read again by the next
			}
			for round := range rounds {
				var wg sync.WaitGroup
				granted := make([]bool, people)
				for p := range people {
					wg.Go(func() {
						l, err := b.Act(t.Context(), "l1", lead.Command{Verb: lead.VerbClaim, By: fmt.Sprint(p)}, 0)
						switch {
						case err == nil:
							granted[p] = true
						case !errors.Is(err, lead.ErrTaken) || l == nil || l.Claim == nil:
							t.Errorf("claim = %v, %v, want it granted or taken by another", l, err)
						}
					})
				}
				wg.Wait()
				owner := -1
				for p, ok := range granted {
					if ok && owner >= 0 {
						t.Fatalf("round %d: the lead was granted to both %d and %d", round, owner, p)
					}
					if ok {
						owner = p
					}
				}
				l, err := b.o.Repo.Lead(t.Context(), "l1")
				if err != nil || owner < 0 || l.Claim == nil || l.Claim.By != fmt.Sprint(owner) {
					t.Fatalf("round %d: granted to %d, the lead has %+v, %v", round, owner, l.Claim, err)
				}
				if thief := (owner + 1 + rand.IntN(people-1)) % people; thief != owner {
					if _, err := b.Act(t.Context(), "l1", lead.Command{Verb: lead.VerbUnclaim, By: fmt.Sprint(thief)}, 0); !errors.Is(err, lead.ErrTaken) {
						t.Fatalf("round %d: another gave it back: %v", round, err)
					}
				}
				if _, err := b.Act(t.Context(), "l1", lead.Command{Verb: lead.VerbUnclaim, By: fmt.Sprint(owner)}, 0); err != nil {
					t.Fatal(err)
				}
				b.store.mu.Lock()
				if l := b.store.leads["l1"]; len(l.Trail) > 50 { // a trail of thousands is not what this is about
					l.Trail = nil
				}
				b.store.mu.Unlock()
			}
			if !away {
				return
			}
			b.setAway(false)
			if err := b.Replay(t.Context(), ""); err != nil || b.pending.Len() != 0 {
				t.Fatalf("Replay = %v, %d actions left", err, b.pending.Len())
			}
			if l, err := b.o.Repo.Lead(t.Context(), "l1"); err != nil || l.Claim != nil || l.Status != lead.New {
				t.Errorf("after all was given back the store has %+v, %v", l, err)
			}
		})
	}
}

// An act is audited with its effect, once, whether Redis is there or not; one that
// changes nothing is none, nor is one that was refused.
func TestCommands_Audit(t *testing.T) {
	for _, away := range []bool{false, true} {
		t.Run(fmt.Sprintf("Away=%t", away), func(t *testing.T) {
			b := newCommands(t)
			act := func(d lead.Command) {
				t.Helper()
				if _, err := b.Act(t.Context(), "l1", d, 0); err != nil && !errors.Is(err, lead.ErrTaken) {
					t.Fatal(err)
				}
			}
			act(lead.Command{Verb: lead.VerbClaim, By: "Dana"})
			b.setAway(away)
			act(lead.Command{Verb: lead.VerbClaim, By: "Dana"}) // has it already
			act(lead.Command{Verb: lead.VerbClaim, By: "Lee"})  // comes second
			act(lead.Command{Verb: lead.VerbAssign, By: "Dana", To: "Eva"})
			act(lead.Command{Verb: lead.VerbJunk, By: "Eva", Why: "a friend of Vera Vanish"})
			want := []string{"Dana claim l1", "Dana assign l1 Eva", "Eva junk l1"}
			if d := cmp.Diff(want, b.audited(t)); d != "" {
				t.Errorf("the journal's audit (-want +got):\n%s", d)
			}
			b.setAway(false)
			if err := b.Replay(t.Context(), ""); err != nil {
				t.Error(err)
			}
			if d := cmp.Diff(want, b.audited(t)); d != "" {
				t.Errorf("once pending actions were applied (-want +got):\n%s", d)
			}
			if b.claims != 2 { // the one that changed nothing was granted, too
				t.Errorf("%d claims, want 2", b.claims)
			}
			if l := b.store.leads["l1"]; l.Status != lead.Junk {
				t.Errorf("the store has %+v", l)
			}
		})
	}
}

// Of two who acted on different replicas while Redis was away, the first in the
// store has the lead; what the other did ends, and is not tried again.
func TestCommands_LosesWhileAway(t *testing.T) {
	b := newCommands(t)
	if _, err := b.Act(t.Context(), "l1", lead.Command{Verb: lead.VerbClaim, By: "Dana"}, 0); err != nil { // so that the journal knows it
		t.Fatal(err)
	}
	b.setAway(true)
	if l, err := b.Act(t.Context(), "l1", lead.Command{Verb: lead.VerbClaim, By: "Dana"}, 0); err != nil || l.Claim.By != "Dana" {
		t.Fatalf("claim = %+v, %v", l, err)
	}
	if _, err := b.Act(t.Context(), "elsewhere", lead.Command{Verb: lead.VerbClaim, By: "Dana"}, 0); !errors.Is(err, repo.ErrAway) {
		t.Errorf("a lead of another node = %v", err)
	}
	b.store.leads["l1"].Claim, b.store.leads["l1"].Status = &lead.Claim{By: "Lee", At: b.o.Now()}, lead.Claimed
	b.setAway(false)
	if err := b.Replay(t.Context(), "l1"); err != nil || b.pending.Len() != 0 {
		t.Errorf("Replay = %v, %d left", err, b.pending.Len())
	}
	if l := b.store.leads["l1"]; l.Claim.By != "Lee" {
		t.Errorf("the store has %+v", l.Claim)
	}
}

// A revision that is not the lead's, an id that is a touch's, a lead that was
// merged: the action finds its lead, or says why not.
func TestCommands_FindsItsLead(t *testing.T) {
	b := newCommands(t)
	b.store.leads["old"] = &lead.Lead{ID: "old", MergedInto: "l1", Revision: 1}
	b.store.touches["t1"] = &lead.Touch{ID: "t1", LeadID: "l1"}
	if l, err := b.Act(t.Context(), "l1", lead.Command{Verb: lead.VerbClaim, By: "Dana"}, 7); !errors.Is(err, lead.ErrConflict) || l.Revision != 1 {
		t.Errorf("another revision = %+v, %v", l, err)
	}
	for _, id := range []string{"old", "t1"} {
		if l, err := b.Act(t.Context(), id, lead.Command{Verb: lead.VerbClaim, By: "Dana"}, 0); err != nil || l.ID != "l1" {
			t.Errorf("by %s = %+v, %v", id, l, err)
		}
	}
	if _, err := b.Act(t.Context(), "none", lead.Command{Verb: lead.VerbClaim, By: "Dana"}, 0); !errors.Is(err, lead.ErrNotFound) {
		t.Errorf("no such lead = %v", err)
	}
}

// What was done by the name of a touch before its lead was in the store is applied
// to the lead.
func TestCommands_Apply(t *testing.T) {
	b := newCommands(t)
	touch := &lead.Touch{ID: "t1", State: lead.Accepted, Action: "demo_request", ReceivedAt: b.o.Now()}
	op, err := repo.WaitingOp(repo.HotShelf, touch)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.o.Journal.Commit(t.Context(), op); err != nil {
		t.Fatal(err)
	}
	if l, err := b.Act(t.Context(), "t1", lead.Command{Verb: lead.VerbClaim, By: "Dana"}, 0); err != nil || l.Claim == nil {
		t.Fatalf("claim of a lead that is not made yet = %+v, %v", l, err)
	}
	b.Posted(t.Context(), touch)
	if err := b.Replay(t.Context(), ""); err != nil || b.pending.Len() != 1 {
		t.Errorf("Replay before there is a lead = %v, %d left, want that it waits", err, b.pending.Len())
	}
	l, err := b.Apply(t.Context(), touch, b.store.leads["l1"])
	if err != nil || l.Claim == nil || l.Claim.By != "Dana" || b.pending.Len() != 0 {
		t.Errorf("Apply = %+v, %v, %d left", l, err, b.pending.Len())
	}
}

// Merge makes one of two, once; Unmerge brings it back.
func TestCommands_Merge(t *testing.T) {
	b := newCommands(t)
	b.store.leads["l2"] = &lead.Lead{ID: "l2", Status: lead.New, Revision: 1, Touches: []string{"t2"}, Person: lead.Person{Email: "ada@works.example"}}
	l, err := b.Merge(t.Context(), "l2", "l1", "Dana")
	if err != nil || l.ID != "l1" || b.store.leads["l2"].MergedInto != "l1" || !slices.Contains(l.Touches, "t2") {
		t.Fatalf("Merge = %+v, %v", l, err)
	}
	if _, err := b.Merge(t.Context(), "l1", "l1", "Dana"); !errors.Is(err, lead.ErrSameLead) {
		t.Errorf("Merge into itself = %v", err)
	}
	b.store.leased = true
	if _, err := b.Merge(t.Context(), "l2", "l1", "Dana"); !errors.Is(err, lead.ErrConflict) {
		t.Errorf("Merge beside another = %v", err)
	}
	b.store.leased = false
	if l, err := b.Unmerge(t.Context(), "l2", "Dana"); err != nil || l.ID != "l2" || l.MergedInto != "" {
		t.Errorf("Unmerge = %+v, %v", l, err)
	}
	if _, err := b.Unmerge(t.Context(), "l2", "Dana"); !errors.Is(err, lead.ErrNotMerged) {
		t.Errorf("Unmerge again = %v", err)
	}
	if l, err := b.Act(t.Context(), "l2", lead.Command{Verb: lead.VerbDuplicate, By: "Dana", To: "l1"}, 0); err != nil || l.ID != "l1" {
		t.Errorf("duplicate = %+v, %v", l, err)
	}
	if _, err := b.Act(t.Context(), "l1", lead.Command{Verb: lead.VerbDuplicate, By: "Dana", To: "none"}, 0); !errors.Is(err, lead.ErrWhom) {
		t.Errorf("duplicate of nothing = %v", err)
	}
	b.setAway(true)
	if _, err := b.Merge(t.Context(), "l2", "l1", "Dana"); !errors.Is(err, lead.ErrUnavailable) {
		t.Errorf("Merge without Redis = %v", err)
	}
}

// A release lets the touch be worked on once more; so does resending, to the
// targets that are named or that were notified before.
func TestCommands_ReleaseAndResend(t *testing.T) {
	b := newCommands(t)
	b.store.leads["held"] = &lead.Lead{ID: "held", Apart: true, Status: lead.HeldInQuarantine, Revision: 3, Touches: []string{"t1"}}
	b.store.touches["t1"] = &lead.Touch{ID: "t1", LeadID: "held", State: lead.Quarantined, Held: "honeypot"}
	if _, err := b.Act(t.Context(), "held", lead.Command{Verb: lead.VerbRelease, By: "Dana"}, 1); !errors.Is(err, lead.ErrConflict) {
		t.Errorf("release of another revision = %v", err)
	}
	if _, err := b.Resend(t.Context(), "held", lead.ResendOne{Target: "crm"}); !errors.Is(err, lead.ErrHeld) {
		t.Errorf("resend of a held lead = %v", err)
	}
	if _, err := b.Act(t.Context(), "held", lead.Command{Verb: lead.VerbRelease, By: "Dana"}, 0); err != nil || !slices.Equal(b.reopened, []string{"t1"}) {
		t.Errorf("release = %v, reopened %v", err, b.reopened)
	}
	if touch := b.store.touches["t1"]; touch.ReleasedBy != "Dana" || touch.Held != "" {
		t.Errorf("touch = %+v", touch)
	}
	if _, err := b.Act(t.Context(), "l1", lead.Command{Verb: lead.VerbRelease, By: "Dana"}, 0); err != nil || len(b.reopened) != 1 {
		t.Errorf("release of what is not held = %v, reopened %v", err, b.reopened)
	}

	b.store.leads["l1"].Touches, b.store.leads["l1"].History = []string{"t2"}, []lead.Past{{ID: "t2"}}
	b.store.touches["t2"] = &lead.Touch{ID: "t2", LeadID: "l1", State: lead.Settled}
	for _, c := range []struct {
		r    lead.ResendOne
		want error
	}{
		{lead.ResendOne{}, lead.ErrNoTarget}, {lead.ResendOne{Target: "nowhere"}, lead.ErrNoTarget}, {lead.ResendOne{Target: "crm", Revision: 99}, lead.ErrConflict},
		{lead.ResendOne{Target: "crm", TouchID: "t9"}, lead.ErrNotFound}, {lead.ResendOne{Target: "crm", By: "Dana"}, nil},
	} {
		if _, err := b.Resend(t.Context(), "l1", c.r); !errors.Is(err, c.want) {
			t.Errorf("Resend(%+v) = %v, want %v", c.r, err, c.want)
		}
	}
	if d := b.store.leads["l1"].DecisionsOn("t2"); !slices.Equal(b.reopened, []string{"t1", "t2"}) || len(d) != 1 || d[0].Target != "crm" {
		t.Errorf("reopened %v, decided %+v", b.reopened, d)
	}
	b.setAway(true)
	if _, err := b.Resend(t.Context(), "l1", lead.ResendOne{Target: "crm"}); !errors.Is(err, lead.ErrUnavailable) {
		t.Errorf("Resend without Redis = %v", err)
	}
}

// Absences are on disk before they are shared, and restored with the turns.
func TestCommands_Off(t *testing.T) {
	b := newCommands(t)
	until := b.o.Now().Add(time.Hour).Truncate(time.Second)
	if err := b.Off(t.Context(), "Nobody", until); !errors.Is(err, lead.ErrNotFound) {
		t.Errorf("Off of no rep = %v", err)
	}
	if err := b.Off(t.Context(), "Dana", until); err != nil || !b.store.off["Dana"].Equal(until) {
		t.Errorf("Off = %v, shared %v", err, b.store.off)
	}
	if s, err := b.Staff(t.Context()); err != nil || !s.Reps[0].OffUntil.Equal(until) {
		t.Errorf("Staff = %+v, %v", s, err)
	}
	clear(b.store.off) // Redis lost its data
	var turns lead.Turns
	turns.Remember(lead.Assigned{To: "Dana", Team: "emea", At: b.o.Now()})
	if err := b.RestorePeople(t.Context(), turns); err != nil || !b.store.off["Dana"].Equal(until) || len(b.store.turns.Turn) != 1 {
		t.Errorf("RestorePeople = %v, off %v, turns %+v", err, b.store.off, b.store.turns)
	}
	b.setAway(true)
	if off, err := b.WhoIsOff(t.Context()); err != nil || !off["Dana"].Equal(until) {
		t.Errorf("WhoIsOff without Redis = %v, %v", off, err)
	}
	b.setAway(false)
	if _, err := b.OffUntil(t.Context(), "Dana", "never ever"); err == nil {
		t.Error("OffUntil of no time: no error")
	}
	if err := b.Off(t.Context(), "Dana", time.Time{}); err != nil || b.off.Len() != 0 {
		t.Errorf("back = %v, %d kept", err, b.off.Len())
	}
}
