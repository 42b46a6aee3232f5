package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/lead"
)

const day = "2026-11-25"

func (w *testStore) books(butNode string) lead.Books {
	w.t.Helper()
	b, err := w.Books(w.t.Context(), day, butNode)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

func TestStore_Books(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ctx := t.Context()
		if diff := cmp.Diff(lead.Books{}, w.books("")); diff != "" {
			t.Errorf("empty books (-want +got):\n%s", diff)
		}
		outcomes := map[string]lead.Outcome{"a": lead.OutcomeAlerted, "b": lead.OutcomeHeld, "c": lead.OutcomeDigested, "d": lead.OutcomeQuarantined,
			"e": lead.OutcomeMerged, "f": lead.OutcomeUnread, "g": lead.OutcomeFailed, "h": lead.OutcomeHeld, "i": lead.OutcomeWaiting}
		for range 2 { // jobs run again
			for id, o := range outcomes {
				if err := w.Finish(ctx, touch(id, 1, lead.Person{}), nil, o); err != nil {
					t.Fatal(err)
				}
			}
		}
		test := touch("test", 1, lead.Person{})
		test.Test = true
		if err := w.Finish(ctx, test, nil, lead.OutcomeHeld); err != nil {
			t.Fatal(err)
		}
		if err := w.Finish(ctx, touch("tomorrow", 24*60, lead.Person{}), nil, lead.OutcomeHeld); err != nil {
			t.Fatal(err)
		}
		want := lead.Books{Alerted: 1, Held: 2, Digested: 1, Quarantined: 1, Merged: 1, Unread: 1, Failed: 1}
		if diff := cmp.Diff(want, w.books("")); diff != "" {
			t.Errorf("books (-want +got):\n%s", diff)
		}

		// i is told, d is released and waits, g is replayed.
		err := w.Deliver(ctx, []lead.Change{{TouchID: "i", Delivery: delivery("sales", lead.Sent, 1), Settled: true, Outcome: lead.OutcomeAlerted, Day: day},
			{TouchID: "test", Delivery: delivery("sales", lead.Sent, 1), Settled: true, Outcome: lead.OutcomeAlerted},
			{TouchID: "g", Delivery: delivery("sales", lead.Sent, 1), Settled: true, Outcome: lead.OutcomeAlerted, Day: day}})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Finish(ctx, touch("d", 1, lead.Person{}), nil, lead.OutcomeWaiting); err != nil {
			t.Fatal(err)
		}
		want = lead.Books{Alerted: 3, Held: 2, Digested: 1, Merged: 1, Unread: 1}
		if diff := cmp.Diff(want, w.books("")); diff != "" {
			t.Errorf("books after changes (-want +got):\n%s", diff)
		}
		if ttl := w.plain.TTL(ctx, "lg:book:"+day+":held").Val(); ttl <= 34*24*time.Hour || ttl > 35*24*time.Hour {
			t.Errorf("books are kept for %v, want 35 days", ttl)
		}
	})
}

func TestStore_Accepted(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ctx := t.Context()
		for _, n := range []struct {
			node           string
			total, waiting int64
		}{{"a", 5, 5}, {"b:1", 100, 7}, {"a", 20, 3}} { // totals, so the later one counts
			if err := w.Accepted(ctx, day, n.node, n.total, n.waiting); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(lead.Books{Accepted: 120, Waiting: 10}, w.books("")); diff != "" {
			t.Errorf("books of all nodes (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(lead.Books{Accepted: 20, Waiting: 3}, w.books("b:1")); diff != "" {
			t.Errorf("books but b:1 (-want +got):\n%s", diff)
		}
		w.plain.HSet(ctx, "lg:book:"+day+":nodes", "a:c", "many")
		if _, err := w.Books(ctx, day, ""); err == nil {
			t.Error("books with a count that is none: no error")
		}
	})
}
