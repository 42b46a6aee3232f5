package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/lead"
)

// waiting adds a lead whose next level hears at a moment.
func (w *testStore) waiting(id string, at time.Time) *lead.Lead {
	w.t.Helper()
	t := touch(id, 0, lead.Person{Email: id + "@example.com"})
	l, _, err := w.Add(context.Background(), t, t.ID, nil, func(l *lead.Lead) error {
		l.Take(t)
		l.WaitsSince, l.EscalatesAt = noon, at
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.Finish(context.Background(), t, l, lead.OutcomeWaiting); err != nil {
		w.t.Fatal(err)
	}
	return l
}

// due returns the ids of the leads that are due at a moment.
func (w *testStore) due(at time.Time) []string {
	w.t.Helper()
	leads, err := w.Due(context.Background(), at, 10)
	if err != nil {
		w.t.Fatal(err)
	}
	ids := []string{}
	for _, l := range leads {
		ids = append(ids, l.ID)
	}
	return ids
}

func (w *testStore) mustBe(what string, got, want any) {
	w.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestStore_Due(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ctx := t.Context()
		at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
		w.waiting("b", at(7))
		w.waiting("a", at(5))
		w.waiting("never", time.Time{})
		w.mustBe("due too early", w.due(at(5).Add(-time.Microsecond)), []string{})
		w.mustBe("due at five", w.due(at(5)), []string{"a"})
		w.mustBe("due at seven", w.due(at(7)), []string{"a", "b"})

		// A change of the lead moves its timer.
		if _, err := w.UpdateLead(ctx, "a", 0, func(l *lead.Lead) error { l.EscalatesAt = at(9); return nil }); err != nil {
			t.Fatal(err)
		}
		w.mustBe("due after a was moved", w.due(at(8)), []string{"b"})

		// A timer that was moved beyond now stays when an older look rewinds it.
		if err := w.Rewind(ctx, "a", at(8), time.Time{}); err != nil {
			t.Fatal(err)
		}
		w.mustBe("due after a late rewind", w.due(at(9)), []string{"b", "a"})
		for id, to := range map[string]time.Time{"a": {}, "b": at(20)} {
			if err := w.Rewind(ctx, id, at(9), to); err != nil {
				t.Fatal(err)
			}
		}
		w.mustBe("due after both were rewound", w.due(at(19)), []string{})
		w.mustBe("due at twenty", w.due(at(20)), []string{"b"})

		// Who is gone is forgotten.
		if err := w.plain.Del(ctx, "lg:{l:b}").Err(); err != nil {
			t.Fatal(err)
		}
		w.mustBe("due when the lead is gone", w.due(at(20)), []string{})
		if n := w.plain.ZCard(ctx, "lg:timers").Val(); n != 0 {
			t.Errorf("%d timers of leads that are gone", n)
		}
	})
}

// TestStore_Restore_Timers: who waited before Redis was wiped waits again.
func TestStore_Restore_Timers(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		l := w.waiting("a", noon.Add(time.Minute))
		w.flush()
		w.bear()
		if err := w.Restore(t.Context(), []*lead.Lead{l}, nil); err != nil {
			t.Fatal(err)
		}
		w.mustBe("due after a wipe", w.due(noon.Add(time.Minute)), []string{"a"})
	})
}

func TestStore_Receipts(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ctx := t.Context()
		if err := w.SetReceipts(ctx, map[string]string{"digest:a": "C1/1", "alarm:b": ""}); err != nil {
			t.Fatal(err)
		}
		got, err := w.Receipts(ctx, "digest:a", "alarm:b", "never")
		if err != nil {
			t.Fatal(err)
		}
		w.mustBe("receipts", got, map[string]string{"digest:a": "C1/1", "alarm:b": ""})
		if life := w.plain.TTL(ctx, "lg:notice:digest:a").Val(); life != 35*24*time.Hour {
			t.Errorf("a receipt lives %s", life)
		}
	})
}

// TestStore_Turns takes turns at the same time: none is lost.
func TestStore_Turns(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		people := lead.People{Reps: []lead.Rep{{Name: "a", Weight: 2}, {Name: "b"}}, Teams: []lead.Team{{Name: "emea", Reps: []string{"a", "b"}}}}
		var mu sync.Mutex
		given, wg := map[string]int{}, sync.WaitGroup{}
		for range 6 {
			wg.Go(func() {
				for range 5 {
					var a lead.Assigned
					err := w.Turns(context.Background(), func(turns *lead.Turns) error {
						a, _ = turns.Next(people, "emea", nil, noon)
						return nil
					})
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					given[a.To]++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		w.mustBe("leads given", given, map[string]int{"a": 20, "b": 10})
		refused := errors.New("no")
		if err := w.Turns(t.Context(), func(*lead.Turns) error { return refused }); !errors.Is(err, refused) {
			t.Errorf("Turns = %v, want what change returned", err)
		}
	})
}

func TestStore_Off(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ctx := t.Context()
		for i, until := range []time.Time{noon, noon.Add(time.Hour), {}} {
			if err := w.Off(ctx, "Dana", until); err != nil {
				t.Fatal(err)
			}
			got, err := w.WhoIsOff(ctx)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]time.Time{}
			if !until.IsZero() {
				want["Dana"] = until
			}
			w.mustBe(fmt.Sprint("off after step ", i), got, want)
		}
	})
}

// A time is read in pages, its first moment in and its last out.
func TestStore_TouchesBetween(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		for i := range 7 {
			w.settle(touch(fmt.Sprint("t", i), i, lead.Person{Email: fmt.Sprintf("p%d@example.com", i)}))
		}
		var got []string
		for touch, err := range w.TouchesBetween(t.Context(), noon.Add(2*time.Minute), noon.Add(5*time.Minute)) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, touch.ID)
		}
		w.mustBe("arrived", got, []string{"t2", "t3", "t4"})
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		for touch, err := range w.TouchesBetween(ended, noon, noon.Add(time.Hour)) {
			if touch != nil || !errors.Is(err, context.Canceled) {
				t.Errorf("of an ended context: %v, %v, want its error", touch, err)
			}
		}
	})
}

func TestStore_AllTouches(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		for i := range 7 {
			w.settle(touch(fmt.Sprint("t", i), i, lead.Person{Email: fmt.Sprintf("p%d@example.com", i)}))
		}
		for name, c := range map[string]struct {
			f    lead.TouchFilter
			want []string
		}{
			"All":    {lead.TouchFilter{}, []string{"t6", "t5", "t4", "t3", "t2", "t1", "t0"}},
			"Limit":  {lead.TouchFilter{Limit: 2}, []string{"t6", "t5"}},
			"Since":  {lead.TouchFilter{Since: noon.Add(5 * time.Minute)}, []string{"t6", "t5"}},
			"Until":  {lead.TouchFilter{Until: noon.Add(2 * time.Minute)}, []string{"t1", "t0"}},
			"State":  {lead.TouchFilter{State: lead.Unread}, nil},
			"Source": {lead.TouchFilter{Source: "none"}, nil},
		} {
			var got []string
			for touch, err := range w.AllTouches(t.Context(), c.f) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, touch.ID)
			}
			w.mustBe(name, got, c.want)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		for touch, err := range w.AllTouches(ended, lead.TouchFilter{}) {
			if touch != nil || !errors.Is(err, context.Canceled) {
				t.Errorf("of an ended context: %v, %v, want its error", touch, err)
			}
		}
	})
}

func TestStore_Rhythms(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ctx := t.Context()
		for _, step := range []struct{ told, want map[string]time.Time }{
			{nil, map[string]time.Time{}},
			{map[string]time.Time{"a": noon, "b": noon.Add(time.Hour)}, map[string]time.Time{"a": noon, "b": noon.Add(time.Hour)}},
			{map[string]time.Time{"a": noon.Add(time.Minute), "b": noon}, map[string]time.Time{"a": noon.Add(time.Minute), "b": noon.Add(time.Hour)}},
		} {
			got, err := w.LastSeen(ctx, step.told)
			if err != nil {
				t.Fatal(err)
			}
			w.mustBe("heard", got, step.want)
		}
		first := map[string]lead.ArrivalRate{"a": {Last: noon, Seen: noon, Longest: map[string]time.Duration{"2026-11-25": time.Hour}}}
		if err := w.SetArrivalRates(ctx, first, true); err != nil {
			t.Fatal(err)
		}
		if err := w.SetArrivalRates(ctx, map[string]lead.ArrivalRate{"a": {}, "b": {Last: noon}}, true); err != nil {
			t.Fatal(err)
		}
		got, err := w.ArrivalRates(ctx)
		if err != nil {
			t.Fatal(err)
		}
		w.mustBe("rhythms", got, map[string]lead.ArrivalRate{"a": first["a"], "b": {Last: noon}})
		if err := w.SetArrivalRates(ctx, map[string]lead.ArrivalRate{"a": {}}, false); err != nil {
			t.Fatal(err)
		}
		if got, err = w.ArrivalRates(ctx); err != nil || !got["a"].Last.IsZero() {
			t.Errorf("rhythms = %v, %v; want a overwritten", got, err)
		}
	})
}
