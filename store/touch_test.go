package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/store"
)

// full is a touch with something in every field that the store keeps apart.
func full() *lead.Touch {
	t := touch("t1", 1, lead.Person{Email: "ada@mail.example", Name: "Ada Quell"})
	t.Event, t.Message, t.UTM = lead.Event{ID: "e", Title: "A webinar"}, "Please call.\n<b>", lead.UTM{Source: "ads"}
	t.ClickIDs, t.Fields, t.Marks = map[string]string{"gclid": "x"}, map[string]string{"Größe": "5"}, []string{"free_mail"}
	t.Consent, t.RequestID, t.DeliveryID, t.PageURL = lead.Given, "r1", "d1", "https://www.example/pricing"
	return t
}

func step(minute int, name lead.StepName, note string) lead.Step {
	return lead.Step{At: noon.Add(time.Duration(minute) * time.Minute), Step: name, Note: note, MS: 1.5}
}

func delivery(target string, state lead.DeliveryState, minute int) lead.Delivery {
	return lead.Delivery{Target: target, Kind: "slack", State: state, At: noon.Add(time.Duration(minute) * time.Minute)}
}

func (w *testStore) touch(id string) *lead.Touch {
	w.t.Helper()
	t, err := w.Touch(w.t.Context(), id)
	if err != nil {
		w.t.Fatalf("Touch(%s): %v", id, err)
	}
	return t
}

func TestStore_Stage(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ctx := t.Context()
		first := full()
		if err := w.Stage(ctx, []*lead.Touch{first, touch("t2", 2, lead.Person{})}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, w.touch("t1")); diff != "" {
			t.Errorf("staged touch (-want +got):\n%s", diff)
		}
		again := full()
		again.Message, again.State = "changed", lead.Quarantined
		if err := w.Stage(ctx, []*lead.Touch{again}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, w.touch("t1")); diff != "" {
			t.Errorf("staged twice (-first +got):\n%s", diff)
		}
		found, err := w.TouchesByID(ctx, []string{"none", "t2", "t1"})
		if err != nil || found[0] != nil || found[1].ID != "t2" || found[2].ID != "t1" {
			t.Errorf("TouchesByID(none, t2, t1) = %v, %v", found, err)
		}
		if _, err := w.Touch(ctx, "none"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Touch(none) = %v, want ErrNotFound", err)
		}
		if err := w.Stage(ctx, nil); err != nil {
			t.Errorf("Stage(nothing) = %v", err)
		}
	})
}

func TestStore_FinishAndDeliver(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ctx := t.Context()
		first := full()
		l := w.add(first)
		first.LeadID = l.ID
		first.Deliveries = []lead.Delivery{delivery("crm", lead.Waiting, 2), delivery("sales", lead.Waiting, 2)}
		first.Trail = append(first.Trail, step(2, lead.StepDecided, "sales"))
		if err := w.Finish(ctx, first, l, lead.OutcomeWaiting); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, w.touch("t1")); diff != "" {
			t.Errorf("finished touch (-want +got):\n%s", diff)
		}
		sent := delivery("sales", lead.Sent, 3)
		sent.Receipt, sent.Attempts = "C0/17", 2
		failed := delivery("crm", lead.Failed, 4)
		failed.Error = "http_500"
		changes := []lead.Change{
			{TouchID: "t1", Delivery: sent, Step: step(3, lead.StepSent, "sales")},
			{TouchID: "t1", Delivery: failed, Step: step(4, lead.StepFailed, "crm"), Settled: true, Outcome: lead.OutcomeAlerted, Day: "2026-11-25"},
		}
		for range 2 { // a receipt may be carried twice
			if err := w.Deliver(ctx, changes); err != nil {
				t.Fatal(err)
			}
		}
		want := *first
		want.State, want.Ended = lead.Settled, true
		want.Deliveries = []lead.Delivery{failed, sent}
		want.Trail = append(want.Trail, changes[0].Step, changes[1].Step)
		if diff := cmp.Diff(&want, w.touch("t1")); diff != "" {
			t.Errorf("delivered touch (-want +got):\n%s", diff)
		}

		// A job that runs again late, on another replica, undoes nothing.
		if err := w.Finish(ctx, first, l, lead.OutcomeWaiting); err != nil {
			t.Fatal(err)
		}
		late := sent
		late.Receipt = "another"
		first.Deliveries = []lead.Delivery{late}
		if err := w.Finish(ctx, first, l, lead.OutcomeWaiting); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&want, w.touch("t1")); diff != "" {
			t.Errorf("after a late job (-want +got):\n%s", diff)
		}
		if err := w.Deliver(ctx, nil); err != nil {
			t.Errorf("Deliver(nothing) = %v", err)
		}
	})
}

// What stands when several were written, in whatever order.
func TestStore_Deliver_WhatStands(t *testing.T) {
	tests := []struct {
		name    string
		written []lead.Delivery
		want    lead.DeliveryState
	}{
		{"SentAfterFailed", []lead.Delivery{delivery("sales", lead.Failed, 1), delivery("sales", lead.Sent, 2)}, lead.Sent},
		{"SentBeforeFailed", []lead.Delivery{delivery("sales", lead.Sent, 1), delivery("sales", lead.Failed, 2)}, lead.Sent},
		{"SentBeforeWaiting", []lead.Delivery{delivery("sales", lead.Sent, 1), delivery("sales", lead.Waiting, 2)}, lead.Sent},
		{"SentAfterPreviewed", []lead.Delivery{delivery("sales", lead.Previewed, 2), delivery("sales", lead.Sent, 1)}, lead.Sent},
		{"Replayed", []lead.Delivery{delivery("sales", lead.Failed, 1), delivery("sales", lead.Waiting, 2)}, lead.Waiting},
		{"GivenUp", []lead.Delivery{delivery("sales", lead.Waiting, 1), delivery("sales", lead.Failed, 2)}, lead.Failed},
		{"GivenUpAtOnce", []lead.Delivery{delivery("sales", lead.Waiting, 1), delivery("sales", lead.Failed, 1)}, lead.Failed},
	}
	everywhere(t, func(t *testing.T, w *testStore) {
		for _, tt := range tests {
			for _, reverse := range []bool{false, true} {
				id := fmt.Sprint(tt.name, reverse)
				if err := w.Stage(t.Context(), []*lead.Touch{touch(id, 1, lead.Person{})}); err != nil {
					t.Fatal(err)
				}
				for i := range tt.written {
					if reverse {
						i = len(tt.written) - 1 - i
					}
					if err := w.Deliver(t.Context(), []lead.Change{{TouchID: id, Delivery: tt.written[i]}}); err != nil {
						t.Fatal(err)
					}
				}
				if got := w.touch(id).Deliveries; len(got) != 1 || got[0].State != tt.want {
					t.Errorf("%s: deliveries %+v, want one %s", id, got, tt.want)
				}
			}
		}
	})
}

// A receipt that comes before its touch, carried over after a wipe, is kept.
func TestStore_Deliver_BeforeTheTouch(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ctx := t.Context()
		sent := delivery("sales", lead.Sent, 1)
		if err := w.Deliver(ctx, []lead.Change{{TouchID: "t1", Delivery: sent}}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Touch(ctx, "t1"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Touch with a receipt only = %v, want ErrNotFound", err)
		}
		if err := w.Stage(ctx, []*lead.Touch{full()}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]lead.Delivery{sent}, w.touch("t1").Deliveries); diff != "" {
			t.Errorf("deliveries (-want +got):\n%s", diff)
		}
	})
}

func TestStore_Finish_States(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ctx := t.Context()
		held := touch("t1", 1, lead.Person{Email: "ada@mail.example"})
		held.State, held.Held = lead.Quarantined, "honeypot"
		if err := w.Finish(ctx, held, nil, lead.OutcomeQuarantined); err != nil {
			t.Fatal(err)
		}
		if got := w.touch("t1"); got.State != lead.Quarantined || got.Held != "honeypot" || got.LeadID != "" {
			t.Errorf("quarantined touch: %+v", got)
		}
		held.State = lead.Accepted // released
		w.settle(held)
		held.State = lead.Accepted // a job of before its end comes late
		if err := w.Finish(ctx, held, nil, lead.OutcomeWaiting); err != nil {
			t.Fatal(err)
		}
		if got := w.touch("t1"); got.State != lead.Settled || got.LeadID != "t1" {
			t.Errorf("released touch: %+v", got)
		}
		page, err := w.Touches(ctx, lead.TouchQuery{State: lead.Quarantined})
		if err != nil || len(page.Items) != 0 {
			t.Errorf("quarantine after the release: %+v, %v", page, err)
		}
		if n := w.plain.ZCard(ctx, "lg:touches:state:accepted").Val(); n != 1 { // the late one's; reading leaves it out
			t.Errorf("%d in the list of the accepted, want 1", n)
		}
		held.State = lead.Settled
		if err := w.Finish(ctx, held, nil, lead.OutcomeHeld); err != nil {
			t.Fatal(err)
		}
		if n := w.plain.ZCard(ctx, "lg:touches:state:accepted").Val(); n != 0 {
			t.Errorf("%d in the list of the accepted, want none: it would grow without end", n)
		}
		merged := touch("t2", 2, lead.Person{})
		merged.State, merged.MergedInto = lead.Merged, "t1"
		if err := w.Stage(ctx, []*lead.Touch{touch("t2", 2, lead.Person{})}); err != nil {
			t.Fatal(err)
		}
		if err := w.Finish(ctx, merged, nil, lead.OutcomeMerged); err != nil {
			t.Fatal(err)
		}
		if got := w.touch("t2"); got.State != lead.Merged || got.MergedInto != "t1" {
			t.Errorf("merged touch: %+v", got)
		}
	})
}

func TestStore_Meet_Same(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ctx := t.Context()
		same := func(source, content, id, want string) {
			t.Helper()
			met, err := w.Meet(ctx, &lead.Touch{ID: id, Source: source, Content: content}, id)
			if err != nil || met.First != want {
				t.Errorf("of %s, %s and %s %+v, %v was first, want %s", source, content, id, met, err, want)
			}
		}
		same("contact", "c1", "t1", "t1")
		same("contact", "c1", "t2", "t1")
		same("contact", "c1", "t1", "t1") // its job runs again
		same("webinar", "c1", "t3", "t3")
		same("contact", "c2", "t4", "t4")
		if ttl := w.plain.PTTL(ctx, "lg:same:contact:c1").Val(); ttl <= 9*time.Minute || ttl > 10*time.Minute {
			t.Errorf("content is remembered for %v, want 10 min", ttl)
		}
		// Long after, somebody says the same as t1, and then t1's job runs again.
		t1 := touch("t1", 1, lead.Person{Email: "ada@mail.example"})
		w.settle(t1)
		w.plain.Del(ctx, "lg:same:contact:c1")
		same("contact", "c1", "t9", "t9")
		same("contact", "c1", "t1", "t1")
	})
}

func TestStore_Repeated(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		for _, repeat := range []string{"t2", "t3", "t2", "t2"} { // t2's job ran three times
			if err := w.Repeated(t.Context(), "t1", repeat); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Stage(t.Context(), []*lead.Touch{full()}); err != nil {
			t.Fatal(err)
		}
		if got := w.touch("t1").Repeats; got != 2 {
			t.Errorf("repeats = %d, want 2", got)
		}
	})
}
