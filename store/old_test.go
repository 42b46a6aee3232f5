package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
)

func TestStore_Old(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ctx := t.Context()
		for i, id := range []string{"a", "b", "c"} {
			x := touchOf(id, id+"@mail.example")
			x.ReceivedAt = noon.Add(time.Duration(i) * time.Hour)
			l := w.add(x)
			x.State, x.LeadID = lead.Settled, l.ID
			if id == "b" {
				x.State, x.MergedInto = lead.Merged, "a"
			}
			if err := w.Finish(ctx, x, l, lead.OutcomeHeld); err != nil {
				t.Fatal(err)
			}
		}
		before := noon.Add(2 * time.Hour)
		if ids, err := w.OldTouches(ctx, before, 10); err != nil || !slices.Equal(slices.Sorted(slices.Values(ids)), []string{"a", "b"}) {
			t.Errorf("OldTouches = %v, %v, want a and the repeat b, and not c, which is just as old as is kept", ids, err)
		}
		if ids, err := w.OldTouches(ctx, before, 1); err != nil || !slices.Equal(ids, []string{"a"}) {
			t.Errorf("OldTouches, one at most = %v, %v", ids, err)
		}
		if ids, leads, err := w.OldLeads(ctx, before, 1, 10); err != nil || !slices.Equal(ids, []string{"b"}) || leads[0] == nil {
			t.Errorf("OldLeads after the first = %v, %v, want b", ids, err)
		}
		gone, err := w.Erase(ctx, &lead.Erasure{Touches: []string{"a", "b", "nope"}, Leads: []string{"a", "b", "nope"}})
		if err != nil || gone.Touches != 2 || gone.Leads != 2 || gone.Days[day] != 2 {
			t.Errorf("Erase = %+v, %v, want two of each", gone, err)
		}
		for key, held := range w.dump() {
			if key == "lg:{t:a}" || key == "lg:{l:a}" || key == "lg:{t:b}" {
				t.Errorf("left behind: %s = %v", key, held)
			}
		}
		if known, err := w.Known(ctx, lead.Person{Email: "a@mail.example"}); err != nil || len(known) != 0 {
			t.Errorf("Known after Erase = %v, %v, want nobody", known, err)
		}
		if known, err := w.Known(ctx, lead.Person{Email: "C@mail.example"}); err != nil || !slices.Equal(known, []string{"c"}) {
			t.Errorf("Known = %v, %v, want c", known, err)
		}
	})
}

func TestStore_Orders(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ctx := t.Context()
		order := lead.NewErasure("e1", noon, false)
		order.Name("email:ada@mail.example")
		if err := w.Order(ctx, order); err != nil {
			t.Fatal(err)
		}
		if ids, err := w.Orders(ctx); err != nil || !slices.Equal(ids, []string{"e1"}) {
			t.Errorf("Orders = %v, %v", ids, err)
		}
		got, err := w.OrderOf(ctx, "e1")
		if err != nil || !got.Is(lead.Person{Email: "ADA@mail.example"}) || got.Is(lead.Person{Email: "bob@mail.example"}) {
			t.Errorf("OrderOf = %+v, %v, want that it knows Ada and not Bob", got, err)
		}
		if err := w.Unorder(ctx, "e1"); err != nil {
			t.Fatal(err)
		}
		if got, err := w.OrderOf(ctx, "e1"); err != nil || got != nil {
			t.Errorf("OrderOf after Unorder = %v, %v, want none", got, err)
		}
	})
}
