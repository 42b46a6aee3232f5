package jobs

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify/pace"
)

// names of leads, in their order.
func whoOf(leads []*lead.Lead) (names []string) {
	for _, l := range leads {
		names = append(names, l.Person.Name)
	}
	return names
}

func TestJobs_Held(t *testing.T) {
	b := newTicking(t, &scripted{most: 1}, pace.Pace{Off: true})
	j := b.j
	come := func(name string, change func(*lead.Touch)) *lead.Touch {
		t.Helper()
		b.clock = b.clock.Add(time.Second)
		touch := named(j, name) // whose id does not sort by time
		touch.Person = lead.Person{Name: name, Email: name + "@works.example"}
		if change != nil {
			change(touch)
		}
		if _, err := j.Intake.Accept(t.Context(), request(j), []*lead.Touch{touch}); err != nil {
			t.Fatal(err)
		}
		return touch
	}
	settle := func(touch *lead.Touch, l *lead.Lead) *lead.Touch {
		t.Helper()
		touch.State, touch.LeadID = lead.Settled, l.ID
		l.Take(touch)
		l.Revision++
		if err := j.pipeline.Settle(t.Context(), touch, l); err != nil {
			t.Fatal(err)
		}
		return touch
	}
	first := come("Known", nil)
	known := &lead.Lead{ID: first.ID, Status: lead.New, CreatedAt: first.ReceivedAt}
	settle(first, known)
	again := settle(come("Known", func(touch *lead.Touch) { touch.ID = lead.DerivedID("s", "again") }), known)
	double := come("Double", nil)
	settle(double, &lead.Lead{ID: double.ID, CreatedAt: double.ReceivedAt, MergedInto: first.ID})
	come("Broken", func(touch *lead.Touch) { touch.State = lead.Unread }) // nobody can read who that is
	come("Waiting", nil)
	come("Hot", func(touch *lead.Touch) {
		touch.Action, touch.ID, touch.DeliveryID = "demo_request", lead.NewID(j.o.Now()), ""
	})
	if err := j.o.Journal.Commit(t.Context(), journal.Put(repo.RequestShelf, lead.NewID(j.o.Now()), []byte("?"))); err != nil {
		t.Fatal(err)
	}

	for n, want := range map[int][]string{10: {"Hot", "Waiting", "Known"}, 2: {"Hot", "Waiting"}, 0: nil} {
		got, err := j.Views.Held(t.Context(), n)
		if diff := cmp.Diff(want, whoOf(got)); diff != "" || err != nil {
			t.Errorf("Held(%d) differs (%v) (-want +got):\n%s", n, err, diff)
		}
	}
	if got, err := j.Views.Held(t.Context(), 10); err != nil || len(got[2].Touches) != 2 || got[0].Temperature != lead.Hot {
		t.Errorf("Held = %+v, %v; want the known lead with two touches and the one that waits judged", got, err)
	}
	for name, id := range map[string]string{"ByItsOwn": first.ID, "ByALaterTouch": again.ID} {
		if l, err := j.Views.HeldLead(id); err != nil || l.ID != first.ID {
			t.Errorf("HeldLead %s = %v, %v, want the lead %s", name, l, err, first.ID)
		}
	}
	if l, err := j.Views.HeldLead("nobody"); !errors.Is(err, lead.ErrNotFound) {
		t.Errorf("HeldLead(nobody) = %v, %v, want lead.ErrNotFound", l, err)
	}

	// What is done while Redis is away is seen at once.
	j.Redis.SetUp(false)
	if _, err := j.Commands.Act(t.Context(), first.ID, lead.Command{Verb: lead.VerbClaim, By: "Dana"}, 0); err != nil {
		t.Fatal(err)
	}
	if got, err := j.Views.Held(t.Context(), 10); err != nil || got[2].Claim == nil || got[2].Claim.By != "Dana" {
		t.Errorf("Held after a claim = %+v, %v, want it claimed", got, err)
	}

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := j.Views.Held(ended, 10); !errors.Is(err, context.Canceled) {
		t.Errorf("Held for nobody = %v, want %v", err, context.Canceled)
	}
	j.o.Journal.Close()
	if _, err := j.Views.Held(t.Context(), 10); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("Held of a closed journal = %v, want %v", err, journal.ErrClosed)
	}
	if _, err := j.Views.HeldLead(first.ID); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("HeldLead of a closed journal = %v, want %v", err, journal.ErrClosed)
	}
}

// Those that come to nothing are not looked through for ever.
func TestJobs_Held_Bounded(t *testing.T) {
	j := newIdle(t)
	touches := make([]*lead.Touch, 40)
	for i := range touches {
		touches[i] = named(j, fmt.Sprint(i))
		if i >= 10 {
			touches[i].State = lead.Unread
		}
	}
	if _, err := j.Intake.Accept(t.Context(), request(j), touches); err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]int{5: 0, 7: 5, 9: 9, 11: 10} {
		if got, err := j.Views.Held(t.Context(), n); err != nil || len(got) != want {
			t.Errorf("Held(%d) = %d leads, %v, want %d", n, len(got), err, want)
		}
	}
}
