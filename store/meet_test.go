package store_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/store"
)

func TestStore_Meet(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		const phone = "+493012345678"
		w.settle(touch("t1", 1, lead.Person{Email: "ada@mail.example", Phone: phone}))
		for _, tt := range []struct {
			name   string
			person lead.Person
			want   lead.Met
		}{
			{"Nobody", lead.Person{}, lead.Met{}},
			{"New", lead.Person{Email: "bob@mail.example"}, lead.Met{}},
			{"ByEmail", lead.Person{Email: "ada@mail.example"}, lead.Met{ByEmail: "t1"}},
			{"ByPhone", lead.Person{Phone: phone}, lead.Met{ByPhone: "t1@"}},
			{"AnotherAtThePhone", lead.Person{Email: "bob@mail.example", Phone: phone}, lead.Met{ByPhone: "t1@"}},
		} {
			tt.want.First = tt.name
			got, err := w.Meet(t.Context(), touch(tt.name, 2, tt.person), tt.name)
			if diff := cmp.Diff(&tt.want, got); err != nil || diff != "" {
				t.Errorf("%s: %v (-want +got):\n%s", tt.name, err, diff)
			}
		}
		w.flush()
		if met, err := w.Meet(t.Context(), touch("t9", 3, lead.Person{Email: "ada@mail.example"}), "t9"); err != nil || !met.Wiped {
			t.Errorf("of a Redis that was wiped: %+v, %v", met, err)
		}
	})
}

// What Meet said may not hold any more when the touch is added.
func TestStore_Add_MetBefore(t *testing.T) {
	ada := lead.Person{Email: "ada@mail.example", Phone: "+493012345678"}
	for _, tt := range []struct {
		name      string
		meanwhile func(*testStore)
		want      string
		err       error
	}{
		{"StillNobody", func(*testStore) {}, "t2", nil},
		{"SomebodyMadeTheLead", func(w *testStore) { w.settle(touch("t1", 1, ada)) }, "t1", nil},
		{"SomebodyMadeOneWithThePhone", func(w *testStore) { w.settle(touch("t1", 1, lead.Person{Phone: ada.Phone})) }, "t1", nil},
		{"Wiped", func(w *testStore) { w.flush() }, "", store.ErrWiped},
	} {
		t.Run(tt.name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, w *testStore) {
				if tt.err != nil {
					w.settle(touch("t0", 0, ada)) // so that the lead is looked for, and gone
				}
				later := touch("t2", 2, ada)
				met, err := w.Meet(t.Context(), later, later.ID)
				if err != nil {
					t.Fatal(err)
				}
				tt.meanwhile(w)
				l, _, err := w.Add(t.Context(), later, later.ID, met, take(later))
				if !errors.Is(err, tt.err) {
					t.Fatalf("Add = %v, want %v", err, tt.err)
				}
				if err != nil {
					return
				}
				if l.ID != tt.want {
					t.Errorf("lead %s, want %s", l.ID, tt.want)
				}
				again, err := w.Meet(t.Context(), touch("t3", 3, ada), "t3")
				if err != nil || again.ByEmail != tt.want || again.ByPhone != tt.want+"@" {
					t.Errorf("then the person is %+v, %v, want %s", again, err, tt.want)
				}
			})
		})
	}
}
