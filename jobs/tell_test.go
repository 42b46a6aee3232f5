package jobs

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/jobs/delivery"
	"github.com/leadgate/leadgate/lead"
)

// flakyStore takes what it is given, but the next calls of Deliver end as told.
type flakyStore struct {
	keeper
	ends     []error
	finished []lead.State
}

func (s *flakyStore) Deliver(context.Context, []lead.Change) error {
	if len(s.ends) == 0 {
		return nil
	}
	err := s.ends[0]
	s.ends = s.ends[1:]
	return err
}

func (s *flakyStore) Finish(_ context.Context, t *lead.Touch, _ *lead.Lead, _ lead.Outcome) error {
	s.finished = append(s.finished, t.State)
	return nil
}

func (s *flakyStore) StageIn(context.Context, redis.Pipeliner, []*lead.Touch) error { return nil }

func (s *flakyStore) TouchesByID(_ context.Context, ids []string) ([]*lead.Touch, error) {
	return make([]*lead.Touch, len(ids)), nil
}

func (s *flakyStore) UpdateLead(_ context.Context, id string, _ int64, _ func(*lead.Lead) error) (*lead.Lead, error) {
	return &lead.Lead{ID: id}, nil
}

// Admit lets nothing out: another replica sends it.
func (s *flakyStore) Admit(_ context.Context, a lead.Admission) (time.Duration, []bool, error) {
	elsewhere := make([]bool, len(a.Leases))
	for i := range elsewhere {
		elsewhere[i] = true
	}
	return 0, elsewhere, nil
}

func (s *flakyStore) Pauses(context.Context) (map[string]string, error) { return nil, nil }

// told is a hot touch that was accepted and decided on.
func told(t *testing.T, b *ticking, store keeper) (*lead.Touch, *lead.Lead, []lead.Decision) {
	t.Helper()
	use(b.j, store)
	touch := &lead.Touch{ID: lead.NewID(b.clock), State: lead.Accepted, Action: "demo_request", ReceivedAt: b.clock}
	if _, err := b.j.Accept(t.Context(), request(b.j), []*lead.Touch{touch}); err != nil {
		t.Fatal(err)
	}
	decisions := []lead.Decision{{Target: "sales", Why: "matched", Kind: lead.HotAlert}}
	return touch, &lead.Lead{ID: touch.ID, History: []lead.Past{{ID: touch.ID, Decisions: decisions}}}, decisions
}

func TestJobs_StoreMissesTheReceipt(t *testing.T) {
	s, store := &scripted{most: 1}, &flakyStore{ends: []error{errors.New("timeout")}}
	b := newTicking(t, s, noPace)
	seen := 0
	b.j.o.Observe = func(*lead.Touch, *lead.Lead) { seen++ }
	touch, l, decisions := told(t, b, store)
	first := *touch
	if err := b.j.tell(t.Context(), &first, l, decisions, true); err != nil {
		t.Fatal(err)
	}
	b.deliver(t)
	if b.j.tellingOf(touch.ID) != nil {
		t.Error("the touch counts as waiting for its target, so the sweeper leaves it alone for ever")
	}
	again := *touch
	if err := b.j.tell(t.Context(), &again, l, decisions, false); err != nil {
		t.Fatal(err)
	}
	b.deliver(t)
	if len(s.sent) != 1 || b.j.Waiting() != 0 || again.State != lead.Settled {
		t.Errorf("%d messages, %d waiting, touch %s; want one message and nothing left", len(s.sent), b.j.Waiting(), again.State)
	}
	if seen != 1 {
		t.Errorf("shown %d times, want once", seen)
	}
}

func TestJobs_AnotherReplicaTells(t *testing.T) {
	s, store := &scripted{most: 1}, &flakyStore{}
	b := newTicking(t, s, noPace, func(o *Options) { o.Embedded = false; o.Store = &swapStore{store} })
	b.j.redis.SetUp(true)
	touch, l, decisions := told(t, b, store)
	if err := b.j.tell(t.Context(), touch, l, decisions, true); err != nil {
		t.Fatal(err)
	}
	b.deliver(t)
	if len(s.sent) != 0 || b.j.targets.Has("sales", touch.ID) || b.j.tellingOf(touch.ID) != nil {
		t.Errorf("sent %v, waits here %v, telling %v; want it left to the replica that has the lease and to the sweeper", s.sent, b.j.targets.Has("sales", touch.ID), b.j.tellingOf(touch.ID) != nil)
	}
}

func TestJobs_ToldDirectlyIsShownOnce(t *testing.T) {
	s, store := &scripted{most: 1}, &flakyStore{}
	b := newTicking(t, s, noPace)
	seen := 0
	b.j.o.Observe = func(*lead.Touch, *lead.Lead) { seen++ }
	touch, l, decisions := told(t, b, store)
	if err := b.j.targets.Send("sales", &delivery.Item{Alert: alertOf(decisions[0], l, touch), Direct: true}); err != nil {
		t.Fatal(err)
	}
	b.deliver(t)
	c := *touch
	if err := b.j.tell(t.Context(), &c, l, decisions, false); err != nil {
		t.Fatal(err)
	}
	if seen != 1 || len(s.sent) != 1 || b.j.Waiting() != 0 {
		t.Errorf("shown %d times, %d messages, %d waiting; want 1, 1, 0", seen, len(s.sent), b.j.Waiting())
	}
}

// foreignStore holds a touch that another replica accepted.
type foreignStore struct {
	flakyStore
	touch *lead.Touch
	asked int
}

func (s *foreignStore) TouchesByID(context.Context, []string) ([]*lead.Touch, error) {
	c := *s.touch
	return []*lead.Touch{&c}, nil
}

func (s *foreignStore) Meet(context.Context, *lead.Touch, string) (*lead.Met, error) {
	s.asked++
	return nil, errors.New("enough for this test")
}

func TestJobs_ATouchOfAnotherReplicaWaitsForItsReceipts(t *testing.T) {
	b := newTicking(t, &scripted{most: 1}, noPace)
	b.j.o.Embedded = false
	store := &foreignStore{touch: &lead.Touch{ID: lead.NewID(b.clock), State: lead.Accepted, Content: "c", ReceivedAt: b.clock}}
	use(b.j, store)
	b.j.redis.SetUp(true)
	if err := b.j.run(t.Context(), store.touch.ID); !errors.Is(err, errOwners) || store.asked != 0 {
		t.Errorf("right after Redis came back: %v, want it left to its own replica", err)
	}
	b.clock = b.clock.Add(2 * time.Second)
	if err := b.j.run(t.Context(), store.touch.ID); errors.Is(err, errOwners) || store.asked != 1 {
		t.Errorf("later: %v, want it worked on", err)
	}
}
