package store_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/store"
)

const (
	phone = "+493112345678"
	other = "+493187654321"
)

// Who is whom. Each row is a sequence of people; want numbers their leads.
func TestStore_Add_Identity(t *testing.T) {
	type p = lead.Person
	tests := []struct {
		name   string
		people []p
		want   []int
	}{
		{"SameEmail", []p{{Email: "ada@mail.example"}, {Email: " ADA@Mail.Example"}}, []int{0, 0}},
		{"OtherEmail", []p{{Email: "ada@mail.example"}, {Email: "bob@mail.example"}}, []int{0, 1}},
		{"SamePhone", []p{{Phone: phone}, {Phone: "+49 311 2345678"}}, []int{0, 0}},
		{"PhoneThenEmail", []p{{Phone: phone}, {Phone: phone, Email: "ada@mail.example"}, {Email: "ada@mail.example"}}, []int{0, 0, 0}},
		{"EmailThenPhone", []p{{Email: "ada@mail.example"}, {Phone: phone, Email: "ada@mail.example"}, {Phone: phone}}, []int{0, 0, 0}},
		{"SharedPhone", []p{{Phone: phone, Email: "ada@mail.example"}, {Phone: phone, Email: "bob@mail.example"}, {Phone: phone}}, []int{0, 1, 0}},
		{"SharedPhoneFirstWithoutEmail", []p{{Phone: phone}, {Phone: phone, Email: "ada@mail.example"}, {Phone: phone, Email: "bob@mail.example"}}, []int{0, 0, 2}},
		{"EmailBeatsPhone", []p{{Email: "ada@mail.example"}, {Phone: phone}, {Email: "ada@mail.example", Phone: phone}, {Phone: phone}}, []int{0, 1, 0, 1}},
		{"SecondPhone", []p{{Email: "ada@mail.example", Phone: phone}, {Email: "ada@mail.example", Phone: other}, {Phone: other}, {Phone: other, Email: "bob@mail.example"}}, []int{0, 0, 0, 3}},
		{"Nobody", []p{{Name: "Ada"}, {Name: "Ada"}, {}}, []int{0, 1, 2}},
		{"PhoneWithoutCountry", []p{{Phone: "0311 234567"}, {Phone: "0311 234567"}}, []int{0, 1}},
	}
	everywhere(t, func(t *testing.T, w *testStore) {
		for _, tt := range tests {
			w.flush()
			w.bear()
			for i, person := range tt.people {
				l := w.add(touch(fmt.Sprintf("t%d", i), i, person))
				if want := fmt.Sprintf("t%d", tt.want[i]); l.ID != want {
					t.Errorf("%s: person %d is lead %s, want %s", tt.name, i, l.ID, want)
				}
			}
		}
	})
}

// With PlusTagsSame a tag is no other mailbox.
func TestStore_Add_PlusTags(t *testing.T) {
	w := openBuiltin(t)
	ctx := t.Context()
	same := store.New(w.rdb, store.Options{Prefix: "same", PlusTagsSame: true})
	if _, err := same.NewGeneration(ctx); err != nil {
		t.Fatal(err)
	}
	for s, want := range map[*store.Store]string{w.Store: "t2", same: "t1"} {
		for _, touch := range []*lead.Touch{touchOf("t1", "ada@mail.example"), touchOf("t2", "Ada+zoom@mail.example")} {
			if _, _, err := s.Add(ctx, touch, touch.ID, nil, take(touch)); err != nil {
				t.Fatal(err)
			}
		}
		page, err := s.Leads(ctx, lead.Query{Email: "ada+zoom@mail.example"})
		if err != nil || len(page.Items) != 1 || page.Items[0].ID != want {
			t.Errorf("by the tagged address: %+v, %v, want lead %s", page.Items, err, want)
		}
	}
}

func TestStore_Add_NewLead(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		touch := touch("t1", 3, lead.Person{Email: "ada@mail.example", Name: "Ada Quell"})
		touch.Test = true
		got, known, err := w.Add(t.Context(), touch, "new", nil, take(touch))
		if err != nil || known {
			t.Fatalf("Add = known %v, %v", known, err)
		}
		want := &lead.Lead{ID: "new", Person: touch.Person, Status: lead.New, Touches: []string{"t1"}, History: []lead.Past{lead.PastOf(touch)},
			Test: true, Revision: 1, CreatedAt: touch.ReceivedAt, UpdatedAt: touch.ReceivedAt}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Add (-want +got):\n%s", diff)
		}
		stored, err := w.Lead(t.Context(), "new")
		if diff := cmp.Diff(want, stored); diff != "" || err != nil {
			t.Errorf("Lead: %v (-want +got):\n%s", err, diff)
		}
	})
}

func TestStore_Add_Known(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		for _, person := range []lead.Person{{Email: "ada@mail.example", Phone: phone}, {Phone: other}, {Name: "Nobody"}} {
			touch := touch("t-"+person.Phone, 1, person)
			first := w.add(touch)
			again, known, err := w.Add(t.Context(), touch, touch.ID, nil, func(*lead.Lead) error {
				t.Error("change was called for a touch that the lead has")
				return nil
			})
			if diff := cmp.Diff(first, again); err != nil || !known || diff != "" {
				t.Errorf("Add again = known %v, %v (-first +again):\n%s", known, err, diff)
			}
		}
	})
}

func TestStore_Add_ChangeFails(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		before := w.dump()
		refused := errors.New("refused")
		for range 2 { // a new person, then a known one
			touch := touch("t1", 1, lead.Person{Email: "ada@mail.example"})
			if _, _, err := w.Add(t.Context(), touch, "t1", nil, func(*lead.Lead) error { return refused }); !errors.Is(err, refused) {
				t.Errorf("Add = %v, want %v", err, refused)
			}
			if diff := cmp.Diff(before, w.dump()); diff != "" {
				t.Errorf("something was written:\n%s", diff)
			}
			w.add(touchOf("t0", "ada@mail.example"))
			before = w.dump()
		}
	})
}

func touchOf(id, email string) *lead.Touch { return touch(id, 0, lead.Person{Email: email}) }

func TestStore_Add_Wiped(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ada := lead.Person{Email: "ada@mail.example"}
		w.add(touch("t1", 1, ada))
		known := touch("t2", 2, lead.Person{Email: ada.Email, Phone: phone})
		// Before the first look, and between the look and the lead.
		for _, trip := range []int{1, 2} {
			w.hook.lose(0, false)
			w.hook.before = func(n int) {
				if n == trip {
					w.flush()
				}
			}
			if _, _, err := w.Add(t.Context(), known, "t2", nil, take(known)); !errors.Is(err, store.ErrWiped) {
				t.Errorf("Add with a wipe before round trip %d = %v, want ErrWiped", trip, err)
			}
			w.hook.before = nil
			if _, err := w.Lead(t.Context(), "t2"); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("a lead was written into the wiped Redis: %v", err)
			}
			w.flush()
			w.bear()
			w.add(touch("t1", 1, ada))
		}
	})
}

// Many jobs at once: exactly one lead for a person, and no touch lost.
func TestStore_Add_AtOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		for _, people := range []int{1, 20} {
			w.flush()
			w.bear()
			const jobs = 50
			leads := make([]string, jobs)
			var wg sync.WaitGroup
			for i := range jobs {
				wg.Go(func() {
					n := i % people
					person := lead.Person{Email: fmt.Sprintf("p%d@mail.example", n), Phone: fmt.Sprintf("+4931%07d", 1234567+n)}
					touch := touch(fmt.Sprintf("t%02d", i), i, person)
					for range 2 { // and every job runs twice
						l, _, err := w.Add(t.Context(), touch, touch.ID, nil, take(touch))
						if err != nil {
							t.Errorf("Add(%s): %v", touch.ID, err)
							return
						}
						leads[i] = l.ID
					}
				})
			}
			wg.Wait()
			for i := range jobs {
				if leads[i] != leads[i%people] {
					t.Errorf("person %d is lead %s and %s", i%people, leads[i%people], leads[i])
				}
			}
			if got := len(w.plain.Keys(t.Context(), "lg:{l:*").Val()); got != people {
				t.Errorf("%d leads of %d people", got, people)
			}
			for n := range people {
				l, err := w.Lead(t.Context(), leads[n])
				if err != nil {
					t.Fatal(err)
				}
				if want := jobs/people + btoi(n < jobs%people); len(l.Touches) != want || l.Revision != int64(want) {
					t.Errorf("person %d has %d touches at revision %d, want %d", n, len(l.Touches), l.Revision, want)
				}
			}
		}
	})
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// An office registers its people with the switchboard's number, all at once,
// and with some runs twice: nobody is swallowed.
func TestStore_Add_SharedPhoneAtOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		const people = 20
		var wg sync.WaitGroup
		for i := range 2 * people {
			wg.Go(func() {
				n := i % people
				w.add(touch(fmt.Sprintf("t%02d", n), n, lead.Person{Email: fmt.Sprintf("p%d@office.example", n), Phone: phone}))
			})
		}
		// Somebody who left only the number belongs to whoever was first.
		wg.Go(func() { w.add(touch("alone", 30, lead.Person{Phone: phone})) })
		wg.Wait()
		emails, touches := map[string]string{}, 0
		for _, key := range w.plain.Keys(t.Context(), "lg:{l:*").Val() {
			l, err := w.Lead(t.Context(), key[len("lg:{l:"):len(key)-1])
			if err != nil {
				t.Fatal(err)
			}
			touches += len(l.Touches)
			if at, ok := emails[l.Person.Email]; ok {
				t.Errorf("%s is in leads %s and %s", l.Person.Email, at, l.ID)
			}
			emails[l.Person.Email] = l.ID
			said := slices.DeleteFunc(slices.Clone(l.Touches), func(id string) bool { return id == "alone" })
			if len(said) != 1 {
				t.Errorf("lead %s has the touches %v of several people", l.ID, said)
			}
		}
		if len(emails) != people || touches != people+1 {
			t.Errorf("%d leads with %d touches, want %d and %d", len(emails), touches, people, people+1)
		}
	})
}

func TestStore_UpdateLead(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ctx := t.Context()
		l := w.settle(touchOf("t1", "ada@mail.example"))
		claim := func(by string) func(*lead.Lead) error {
			return func(l *lead.Lead) error {
				l.Status, l.Claim = lead.Claimed, &lead.Claim{By: by, At: noon}
				return nil
			}
		}
		got, err := w.UpdateLead(ctx, l.ID, l.Revision, claim("Dana"))
		if err != nil || got.Revision != 2 || got.Claim.By != "Dana" {
			t.Fatalf("UpdateLead at revision 1 = %+v, %v", got, err)
		}
		got, err = w.UpdateLead(ctx, l.ID, l.Revision, claim("Evan"))
		if !errors.Is(err, store.ErrConflict) || got == nil || got.Claim.By != "Dana" {
			t.Errorf("UpdateLead at an old revision = %+v, %v, want Dana's and ErrConflict", got, err)
		}
		if got, err = w.UpdateLead(ctx, l.ID, 0, claim("Evan")); err != nil || got.Revision != 3 {
			t.Errorf("UpdateLead at any revision = %+v, %v", got, err)
		}
		refused := errors.New("refused")
		got, err = w.UpdateLead(ctx, l.ID, 0, func(l *lead.Lead) error { l.Claim.By = "Nobody"; return refused })
		if !errors.Is(err, refused) || got.Claim.By != "Evan" {
			t.Errorf("UpdateLead with a change that fails = %+v, %v", got, err)
		}
		if _, err = w.UpdateLead(ctx, "none", 0, claim("Dana")); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("UpdateLead(none) = %v, want ErrNotFound", err)
		}
		page, err := w.Leads(ctx, lead.Query{Status: lead.Claimed})
		if err != nil || len(page.Items) != 1 {
			t.Errorf("claimed leads: %+v, %v, want one", page, err)
		}
	})
}

// Ten people press Claim at once: one wins, the others see who.
func TestStore_UpdateLead_OneWinner(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		l := w.add(touchOf("t1", "ada@mail.example"))
		var mu sync.Mutex
		var winners, seen []string
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() {
				by := fmt.Sprint("rep", i)
				got, err := w.UpdateLead(t.Context(), l.ID, l.Revision, func(l *lead.Lead) error {
					l.Claim = &lead.Claim{By: by, At: noon}
					return nil
				})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					winners = append(winners, by)
				case errors.Is(err, store.ErrConflict):
					seen = append(seen, got.Claim.By)
				default:
					t.Errorf("UpdateLead: %v", err)
				}
			})
		}
		wg.Wait()
		if len(winners) != 1 || len(slices.Compact(seen)) != 1 || seen[0] != winners[0] {
			t.Errorf("winners %v, the others saw %v", winners, seen)
		}
	})
}
