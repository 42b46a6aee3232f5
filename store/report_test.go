package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/lead"
)

// alert settles a touch that sales was told of, with the lead that it made hot.
func (w *testStore) alert(t *lead.Touch) *lead.Lead {
	w.t.Helper()
	l, _, err := w.Add(w.t.Context(), t, t.ID, nil, func(l *lead.Lead) error {
		l.Take(t)
		l.Temperature = lead.Hot
		l.History[len(l.History)-1].Decisions = []lead.Decision{{Target: "sales", Why: "matched", Kind: lead.HotAlert}}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	t.State, t.LeadID = lead.Settled, l.ID
	if err := w.Finish(w.t.Context(), t, l, lead.OutcomeAlerted); err != nil {
		w.t.Fatal(err)
	}
	return l
}

func (w *testStore) act(id string, v lead.Verb, by string, minute int) {
	w.t.Helper()
	if _, err := w.UpdateLead(w.t.Context(), id, 0, func(l *lead.Lead) error {
		return l.Act(lead.Command{Verb: v, By: by}, noon.Add(time.Duration(minute)*time.Minute))
	}); err != nil {
		w.t.Fatal(err)
	}
}

// report fills a store and says what the reports must be.
func (w *testStore) report() (cares []lead.Care, rows []lead.Funnel) {
	at := func(minute int) time.Time { return noon.Add(time.Duration(minute) * time.Minute) }
	person := func(name string) lead.Person { return lead.Person{Email: name + "@mail.example"} }

	w.alert(touch("t01", 1, person("ada")))
	w.act("t01", lead.VerbClaim, "Dana", 3)
	w.act("t01", lead.VerbUnclaim, "Dana", 4)
	w.act("t01", lead.VerbClaim, "Evan", 9) // the first claim counts
	w.act("t01", lead.VerbContacted, "Evan", 12)

	w.alert(touch("t02", 2, person("bob"))) // nobody claims it

	w.settle(touch("t03", -24*60, person("cleo"))) // known since yesterday, hot today by another source
	again := touch("t04", 4, person("cleo"))
	again.Source = "demo request"
	w.alert(again)
	w.act("t03", lead.VerbContacted, "Dana", 5)

	w.settle(touch("t05", 5, person("dora"))) // never hot, claimed all the same
	w.act("t05", lead.VerbClaim, "Dana", 6)

	test := touch("t06", 6, person("test"))
	test.Test = true
	w.alert(test)

	w.alert(touch("t07", 7, person("junk")))
	w.act("t07", lead.VerbJunk, "Dana", 8)

	return []lead.Care{
			{LeadID: "t01", Source: "contact", AskedAt: at(1), ClaimedAt: at(3), By: "Dana", ContactedAt: at(12)},
			{LeadID: "t02", Source: "contact", AskedAt: at(2)},
			{LeadID: "t03", Source: "demo request", AskedAt: at(4), ClaimedAt: at(5), By: "Dana", ContactedAt: at(5)},
		}, []lead.Funnel{
			{Source: "contact", Leads: 5, Hot: 4, Claimed: 3, Contacted: 2},
		}
}

func TestStore_Reports(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		cares, rows := w.report()
		from, to := noon.AddDate(0, 0, -2), noon.AddDate(0, 0, 1)
		compare := func(when string) {
			t.Helper()
			gotCares, err := w.Care(t.Context(), from, to)
			if diff := cmp.Diff(cares, gotCares); err != nil || diff != "" {
				t.Errorf("Care %s: %v (-want +got):\n%s", when, err, diff)
			}
			gotRows, err := w.Funnel(t.Context(), from, to)
			if diff := cmp.Diff(rows, gotRows); err != nil || diff != "" {
				t.Errorf("Funnel %s: %v (-want +got):\n%s", when, err, diff)
			}
		}
		compare("as it happened")

		// The leads alone say the same, so a Redis that was wiped shows the same.
		page, err := w.Leads(t.Context(), lead.Query{})
		if err != nil {
			t.Fatal(err)
		}
		w.flush()
		w.bear()
		if err := w.Restore(t.Context(), page.Items, nil); err != nil {
			t.Fatal(err)
		}
		compare("after a restore")

		if got, err := w.Care(t.Context(), noon.Add(2*time.Minute), noon.Add(4*time.Minute)); err != nil || len(got) != 1 || got[0].LeadID != "t02" {
			t.Errorf("Care from minute 2 until before minute 4 = %+v, %v, want t02", got, err)
		}
		if got, err := w.Funnel(t.Context(), noon.AddDate(0, 0, 2), noon.AddDate(0, 0, 3)); err != nil || len(got) != 0 || got == nil {
			t.Errorf("Funnel of an empty day = %+v, %v, want an empty list", got, err)
		}
	})
}

func TestStore_Reports_Errors(t *testing.T) {
	w := openBuiltin(t)
	w.rdb.Close()
	if _, err := w.Care(t.Context(), noon, noon.AddDate(0, 0, 1)); err == nil {
		t.Error("Care without Redis: no error")
	}
	if _, err := w.Funnel(t.Context(), noon, noon.AddDate(0, 0, 1)); err == nil {
		t.Error("Funnel without Redis: no error")
	}
}

// Whatever happens to leads, each counts once, and where it belongs.
func TestStore_Funnel_CountsOnce(t *testing.T) {
	person := func(name string) lead.Person { return lead.Person{Email: name + "@mail.example"} }
	change := func(w *testStore, id string, change func(*lead.Lead)) *lead.Lead {
		w.t.Helper()
		l, err := w.UpdateLead(w.t.Context(), id, 0, func(l *lead.Lead) error { change(l); return nil })
		if err != nil {
			w.t.Fatal(err)
		}
		return l
	}
	get := func(w *testStore, id string) *lead.Lead {
		w.t.Helper()
		l, err := w.Lead(w.t.Context(), id)
		if err != nil {
			w.t.Fatal(err)
		}
		return l
	}
	merge := func(w *testStore, id, into string) {
		w.t.Helper()
		before := get(w, into)
		from := change(w, id, func(l *lead.Lead) { l.MergeInto(before, "Dana", noon) })
		change(w, into, func(l *lead.Lead) {
			if err := l.Absorb(from); err != nil {
				w.t.Fatal(err)
			}
		})
	}
	erase := func(w *testStore, e lead.Erasure) {
		w.t.Helper()
		if _, err := w.Erase(w.t.Context(), &e); err != nil {
			w.t.Fatal(err)
		}
	}
	restore := func(w *testStore, l *lead.Lead) {
		w.t.Helper()
		if err := w.Restore(w.t.Context(), []*lead.Lead{l}, nil); err != nil {
			w.t.Fatal(err)
		}
	}
	both := []lead.Funnel{{Source: "contact", Leads: 2, Hot: 2, Claimed: 1}}
	one := []lead.Funnel{{Source: "contact", Leads: 1, Hot: 1, Claimed: 1}}
	tests := []struct {
		name  string
		then  func(w *testStore)
		want  []lead.Funnel
		cares int // leads in the report on speed
	}{
		{"Nothing", func(*testStore) {}, both, 2},
		{"Merged", func(w *testStore) { merge(w, "t2", "t1") }, one, 1},
		{"MergedIntoTheUnclaimed", func(w *testStore) { merge(w, "t1", "t2") }, one, 1},
		{"MergedAndBack", func(w *testStore) {
			merge(w, "t2", "t1")
			from := get(w, "t2")
			change(w, "t1", func(l *lead.Lead) {
				back, _ := l.Unmerged(from)
				revision := l.Revision
				*l = *back
				l.Revision = revision
			})
			change(w, "t2", func(l *lead.Lead) { l.Free(nil) })
		}, both, 2},
		{"MergedThenRestoredAsItWas", func(w *testStore) { // another node's journal knows nothing of the merge
			old := get(w, "t2")
			merge(w, "t2", "t1")
			restore(w, old)
		}, one, 1},
		{"RestoredAsItWasThenMerged", func(w *testStore) {
			old := get(w, "t2")
			merge(w, "t2", "t1")
			merged := get(w, "t2")
			w.plain.Del(w.t.Context(), "lg:{l:t2}")
			restore(w, old)
			restore(w, merged)
		}, one, 1},
		{"Erased", func(w *testStore) { erase(w, lead.Erasure{Leads: []string{"t2"}, Touches: []string{"t2"}}) }, one, 1},
		{"ErasedTwice", func(w *testStore) {
			erase(w, lead.Erasure{Leads: []string{"t2"}, Touches: []string{"t2"}})
			erase(w, lead.Erasure{Leads: []string{"t2"}, Touches: []string{"t2"}})
		}, one, 1},
		{"MergedAndErased", func(w *testStore) {
			merge(w, "t2", "t1")
			erase(w, lead.Erasure{Leads: []string{"t1", "t2"}, Touches: []string{"t1", "t2"}})
		}, []lead.Funnel{}, 0},
		{"PastRetention", func(w *testStore) { erase(w, lead.Erasure{Aged: true, Leads: []string{"t2"}, Touches: []string{"t2"}}) }, both, 1},
		{"Held", func(w *testStore) {
			held := touch("t3", 3, person("spam"))
			held.State = lead.Quarantined
			l, err := w.Quarantine(w.t.Context(), held, held.ID, func(l *lead.Lead) error {
				l.Take(held)
				l.Apart, l.Status = true, lead.HeldInQuarantine
				return nil
			})
			if err != nil {
				w.t.Fatal(err)
			}
			if err := w.Finish(w.t.Context(), held, l, lead.OutcomeQuarantined); err != nil {
				w.t.Fatal(err)
			}
		}, both, 2},
		{"AnEarlierTouchCameLate", func(w *testStore) {
			late := touch("t3", -5, person("bob"))
			late.Source, late.ReceivedAt = "webinar", noon.Add(5*time.Minute)
			w.settle(late)
		}, []lead.Funnel{{Source: "contact", Leads: 1, Hot: 1, Claimed: 1}, {Source: "webinar", Leads: 1, Hot: 1}}, 2},
	}
	everywhere(t, func(t *testing.T, w *testStore) {
		for _, tt := range tests {
			w.flush()
			w.bear()
			w.alert(touch("t1", 1, person("ada")))
			w.act("t1", lead.VerbClaim, "Dana", 3)
			w.alert(touch("t2", 2, person("bob")))
			tt.then(w)
			from, to := noon.AddDate(0, 0, -1), noon.AddDate(0, 0, 1)
			rows, err := w.Funnel(t.Context(), from, to)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, rows); diff != "" {
				t.Errorf("%s: Funnel (-want +got):\n%s", tt.name, diff)
			}
			cares, err := w.Care(t.Context(), from, to)
			if err != nil || len(cares) != tt.cares {
				t.Errorf("%s: Care = %d leads, %v, want %d", tt.name, len(cares), err, tt.cares)
			}
			if tt.name == "MergedIntoTheUnclaimed" && (len(cares) != 1 || cares[0].By != "Dana") {
				t.Errorf("%s: Care = %+v, want Dana's claim, which came with the other lead", tt.name, cares)
			}
		}
	})
}
