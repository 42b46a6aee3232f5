package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/lead"
)

// answers are everything that a reader can ask.
type answers struct {
	Touches map[lead.State][]*lead.Touch
	Leads   map[string][]*lead.Lead
	Books   lead.Books
}

func (w *testStore) answers() (a answers) {
	w.t.Helper()
	ctx := context.Background()
	a.Touches, a.Leads = map[lead.State][]*lead.Touch{}, map[string][]*lead.Lead{}
	for _, state := range []lead.State{"", lead.Accepted, lead.Settled, lead.Quarantined, lead.Unread, lead.Merged} {
		page, err := w.Touches(ctx, lead.TouchQuery{State: state})
		if err != nil {
			w.t.Fatal(err)
		}
		a.Touches[state] = page.Items
	}
	hot, warm := lead.Hot, lead.Warm
	for name, q := range map[string]lead.Query{"all": {}, "hot": {Temperature: &hot}, "warm": {Temperature: &warm}, "claimed": {Status: lead.Claimed},
		"contact": {Source: "contact"}, "webinar": {Source: "webinar"}, "ada": {Email: "ada@mail.example"}, "bob": {Email: "bob@mail.example"}} {
		page, err := w.Leads(ctx, q)
		if err != nil {
			w.t.Fatal(err)
		}
		a.Leads[name] = page.Items
	}
	a.Books = w.books("")
	return a
}

// lived fills a testStore with everything that can have happened in a day, all of
// it at an end.
func lived(w *testStore) {
	w.t.Helper()
	ctx := context.Background()
	must := func(err error) {
		w.t.Helper()
		if err != nil {
			w.t.Fatal(err)
		}
	}
	tell := func(t *lead.Touch, temperature lead.Temperature, kind lead.AlertKind, state lead.DeliveryState, o lead.Outcome) {
		w.t.Helper()
		l, _, err := w.Add(ctx, t, t.ID, nil, func(l *lead.Lead) error {
			l.Take(t)
			l.Temperature = temperature
			l.History[len(l.History)-1].Decisions = []lead.Decision{{Target: "sales", Why: "matched", Kind: kind}}
			return nil
		})
		must(err)
		t.LeadID, t.Deliveries = l.ID, []lead.Delivery{delivery("sales", lead.Waiting, 5)}
		must(w.Finish(ctx, t, l, lead.OutcomeWaiting))
		must(w.Deliver(ctx, []lead.Change{{TouchID: t.ID, Delivery: delivery("sales", state, 6), Step: step(6, lead.StepSent, "sales"), Settled: true, Outcome: o, Day: day}}))
	}
	person := func(name string) lead.Person { return lead.Person{Email: name + "@mail.example", Name: name} }
	ada := person("ada")
	ada.Phone = phone
	w.settle(touch("t1", 1, ada))
	tell(touch("t2", 2, person("ada")), lead.Hot, lead.HotAlert, lead.Sent, lead.OutcomeAlerted)
	webinar := touch("t3", 3, person("bob"))
	webinar.Source = "webinar"
	tell(webinar, lead.Warm, lead.Copy, lead.Sent, lead.OutcomeHeld)
	tell(touch("t4", 4, person("cleo")), lead.Warm, lead.DigestAlert, lead.Sent, lead.OutcomeDigested)
	tell(touch("t5", 5, person("dan")), lead.Hot, lead.HotAlert, lead.Failed, lead.OutcomeFailed)
	w.settle(touch("t6", 6, lead.Person{Phone: other}))
	for i, state := range []lead.State{lead.Quarantined, lead.Unread, lead.Merged} {
		t := touch(fmt.Sprintf("t%d", i+7), i+7, person("eve"))
		t.State = state
		if state == lead.Merged {
			t.MergedInto = "t1"
			must(w.Repeated(ctx, "t1", t.ID))
		}
		must(w.Finish(ctx, t, nil, lead.Outcome(state)))
	}
	_, err := w.UpdateLead(ctx, "t1", 0, func(l *lead.Lead) error {
		l.Status, l.Claim, l.Alerts = lead.Claimed, &lead.Claim{By: "Dana", At: noon}, map[string]string{"sales": "C0/1"}
		return nil
	})
	must(err)
}

// everything is what the journal would have kept.
func (w *testStore) everything() ([]*lead.Lead, []*lead.Touch) {
	a := w.answers()
	return a.Leads["all"], append(a.Touches[""], a.Touches[lead.Merged]...)
}

func TestStore_Restore(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ctx := t.Context()
		lived(w)
		before := w.answers()
		leads, touches := w.everything()
		w.flush()
		if life, err := w.Generation(ctx); err != nil || life != "" {
			t.Fatalf("Generation after the flush = %q, %v", life, err)
		}
		for range 2 { // every replica does it
			if err := w.Restore(ctx, leads, nil); err != nil {
				t.Fatal(err)
			}
			if err := w.Restore(ctx, nil, touches); err != nil {
				t.Fatal(err)
			}
		}
		w.bear()
		if diff := cmp.Diff(before, w.answers()); diff != "" {
			t.Errorf("answers (-before +after):\n%s", diff)
		}
		// People are still who they were.
		for i, tt := range []struct {
			person lead.Person
			want   string
		}{
			{lead.Person{Phone: phone}, "t1"},
			{lead.Person{Email: "bob@mail.example"}, "t3"},
			{lead.Person{Phone: phone, Email: "new@mail.example"}, "n2"},
			{lead.Person{Phone: other, Email: "fay@mail.example"}, "t6"},
		} {
			if got := w.add(touch(fmt.Sprintf("n%d", i), 100, tt.person)); got.ID != tt.want {
				t.Errorf("%+v is lead %s, want %s", tt.person, got.ID, tt.want)
			}
		}
		if met, err := w.Meet(ctx, &lead.Touch{ID: "again", Source: "contact", Content: "content-t1"}, "again"); err != nil || met.First != "t1" {
			t.Errorf("after the restore %+v, %v said it first, want t1", met, err)
		}
	})
}

func TestStore_Restore_KeepsNewer(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ctx := t.Context()
		lived(w)
		leads, touches := w.everything()
		rename := func(name string) {
			t.Helper()
			if _, err := w.UpdateLead(ctx, "t1", 0, func(l *lead.Lead) error { l.Person.Name = name; return nil }); err != nil {
				t.Fatal(err)
			}
		}
		rename("Ada Newer")
		before := w.dump()
		touches[0].Message = "changed"
		if err := w.Restore(ctx, leads, touches); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, w.dump()); diff != "" {
			t.Errorf("restoring what is there changed it:\n%s", diff)
		}
		now, err := w.Lead(ctx, "t1")
		if err != nil {
			t.Fatal(err)
		}
		now.Revision, now.Person.Name = now.Revision+10, "Ada Newest"
		if err := w.Restore(ctx, []*lead.Lead{now}, nil); err != nil {
			t.Fatal(err)
		}
		if got, err := w.Lead(ctx, "t1"); err != nil || got.Person.Name != "Ada Newest" || got.Revision != now.Revision {
			t.Errorf("lead after a newer one was restored: %+v, %v", got, err)
		}
	})
}

// A node filled an empty Redis with an older copy of a lead, and somebody claimed it
// there: the newer copy of another node keeps the claim.
func TestStore_Restore_KeepsDeeds(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ctx := t.Context()
		lived(w)
		newer, err := w.Lead(ctx, "t1")
		if err != nil {
			t.Fatal(err)
		}
		newer.Revision, newer.Person.Name = newer.Revision+10, "Ada Newest"
		if _, err := w.UpdateLead(ctx, "t1", 0, func(l *lead.Lead) error {
			return l.Act(lead.Command{Verb: lead.VerbAssign, By: "Dana", To: "Lee"}, w.now)
		}); err != nil {
			t.Fatal(err)
		}
		if err := w.Restore(ctx, []*lead.Lead{newer}, nil); err != nil {
			t.Fatal(err)
		}
		if got, err := w.Lead(ctx, "t1"); err != nil || got.Person.Name != "Ada Newest" || got.Claim == nil || got.Claim.By != "Lee" {
			t.Errorf("the lead is %+v, %v; want the newer one with the claim", got, err)
		}
	})
}

func TestStore_Restore_Old(t *testing.T) {
	w := openBuiltin(t)
	lived(w)
	leads, touches := w.everything()
	w.flush()
	w.now = noon.Add(40 * 24 * time.Hour)
	if err := w.Restore(t.Context(), leads, touches); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(lead.Books{}, w.books("")); diff != "" {
		t.Errorf("books of 40 days ago are back:\n%s", diff)
	}
	if keys := w.plain.Keys(t.Context(), "lg:same:*").Val(); len(keys) > 0 {
		t.Errorf("contents of 40 days ago are back: %v", keys)
	}
}
