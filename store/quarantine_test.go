package store_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/leadgate/leadgate/lead"
)

// hold puts a touch in quarantine as its job does.
func (w *testStore) hold(t *lead.Touch) *lead.Lead {
	w.t.Helper()
	t.State, t.Held = lead.Quarantined, "honeypot"
	l, err := w.Quarantine(w.t.Context(), t, t.ID, func(l *lead.Lead) error {
		l.Take(t)
		l.Apart, l.Status = true, lead.HeldInQuarantine
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	t.LeadID = l.ID
	if err := w.Finish(w.t.Context(), t, l, lead.OutcomeQuarantined); err != nil {
		w.t.Fatal(err)
	}
	return l
}

func TestStore_Quarantine(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ctx := t.Context()
		w.hold(touchOf("held", "ada@mail.example"))
		ada := w.add(touchOf("t1", "ada@mail.example"))
		if ada.ID == "held" || len(ada.Touches) != 1 {
			t.Errorf("Add after Hold = %+v, want a lead that knows nothing of what is held", ada)
		}
		for _, q := range []struct {
			ask  lead.Query
			want []string
		}{
			{lead.Query{Status: lead.HeldInQuarantine}, []string{"held"}},
			{lead.Query{Status: lead.HeldInQuarantine, Email: "ADA@mail.example"}, []string{"held"}},
			{lead.Query{Status: lead.HeldInQuarantine, Email: "bob@mail.example"}, nil},
			{lead.Query{Email: "ada@mail.example", Status: lead.New}, []string{"t1"}},
		} {
			p, err := w.Leads(ctx, q.ask)
			var ids []string
			for _, l := range p.Items {
				ids = append(ids, l.ID)
			}
			if err != nil || !slices.Equal(ids, q.want) {
				t.Errorf("Leads(%+v) = %v, %v, want %v", q.ask, ids, err, q.want)
			}
		}
	})
}

func TestStore_Reopen(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ctx := t.Context()
		held := touchOf("held", "ada@mail.example")
		w.hold(held)
		held.State, held.Held, held.AgainAt = lead.Accepted, "", noon
		for range 2 {
			if err := w.Reopen(ctx, held); err != nil {
				t.Fatal(err)
			}
		}
		if got := w.touch("held"); got.State != lead.Accepted || !got.AgainAt.Equal(noon) {
			t.Errorf("touch = %s again at %v, want it accepted once more", got.State, got.AgainAt)
		}
		if b, err := w.Books(ctx, day, ""); err != nil || b.Quarantined != 0 {
			t.Errorf("books = %+v, %v, want nothing in quarantine", b, err)
		}
	})
}

func TestStore_Abandon(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ctx := t.Context()
		l := w.add(touchOf("t1", "ada@mail.example"))
		stale := *l
		l, err := w.UpdateLead(ctx, l.ID, 0, func(*lead.Lead) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Abandon(ctx, &stale, "contact"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Lead(ctx, l.ID); err != nil {
			t.Errorf("a lead that was changed since is gone: %v", err)
		}
		for range 2 {
			if err := w.Abandon(ctx, l, "contact"); err != nil {
				t.Fatal(err)
			}
		}
		for key, left := range w.dump() {
			if key != "lg:{who}:born" && !strings.HasPrefix(key, "lg:cards:") { // that says for minutes which cards changed
				t.Errorf("left behind: %s = %v", key, left)
			}
		}
	})
}
