package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/store"
)

// consenting settles a touch whose person answers the question for consent.
func (w *testStore) consenting(id string, minute int, name string, answer lead.Consent) {
	w.t.Helper()
	t := touch(id, minute, lead.Person{Name: name, Email: name + "@mail.example"})
	t.Consent = answer
	w.settle(t)
}

// leadsBy asks for leads and returns their ids.
func (w *testStore) leadsBy(s *store.Store, q lead.Query) string {
	w.t.Helper()
	page, err := s.Leads(w.t.Context(), q)
	if err != nil {
		w.t.Fatal(err)
	}
	return ids(page.Items, leadID)
}

func TestStore_Leads_Consent(t *testing.T) {
	hot := lead.Hot
	everywhere(t, func(t *testing.T, w *testStore) {
		other := store.New(w.rdb, store.Options{Now: func() time.Time { return w.now }}) // another node
		w.consenting("t1", 1, "ada", lead.Given)
		w.consenting("t2", 2, "bob", lead.Refused)
		w.consenting("t3", 3, "cleo", lead.NotAsked)
		w.alert(touch("t4", 4, lead.Person{Email: "dora@mail.example"}))
		w.consenting("t5", 5, "emil", lead.Given)
		check := func(when string, want map[lead.Consent]string) {
			t.Helper()
			for consent, want := range want {
				for name, s := range map[string]*store.Store{"here": w.Store, "there": other} {
					if got := w.leadsBy(s, lead.Query{Consent: consent}); got != want {
						t.Errorf("%s, %s: leads who have %s consent = %q, want %q", when, name, consent, got, want)
					}
				}
			}
		}
		check("at first", map[lead.Consent]string{lead.Given: "t5 t1", lead.Refused: "t2", lead.NotAsked: "t4 t3"})

		w.consenting("t6", 6, "ada", lead.Refused)   // she takes it back
		w.consenting("t7", 7, "emil", lead.NotAsked) // which is no answer
		w.consenting("t8", 8, "cleo", lead.Given)
		check("after other answers", map[lead.Consent]string{lead.Given: "t5 t3", lead.Refused: "t2 t1", lead.NotAsked: "t4"})

		for name, tt := range map[string]struct {
			q    lead.Query
			want string
		}{
			"Source":       {lead.Query{Consent: lead.Given, Source: "contact"}, "t5 t3"},
			"OtherSource":  {lead.Query{Consent: lead.Given, Source: "webinar"}, ""},
			"Hot":          {lead.Query{Consent: lead.NotAsked, Temperature: &hot}, "t4"},
			"HotAndGiven":  {lead.Query{Consent: lead.Given, Temperature: &hot}, ""},
			"Search":       {lead.Query{Consent: lead.Refused, Text: "MAIL.example"}, "t2 t1"},
			"SearchOther":  {lead.Query{Consent: lead.Given, Text: "bob"}, ""},
			"Email":        {lead.Query{Consent: lead.Refused, Email: "bob@mail.example"}, "t2"},
			"EmailOther":   {lead.Query{Consent: lead.Given, Email: "bob@mail.example"}, ""},
			"Since":        {lead.Query{Consent: lead.Given, Since: noon.Add(4 * time.Minute)}, "t5"},
			"SourceSince":  {lead.Query{Consent: lead.Given, Source: "contact", Since: noon.Add(4 * time.Minute)}, "t5"},
			"NameOfAnswer": {lead.Query{Text: "given"}, ""}, // nobody is called so
		} {
			if got := w.leadsBy(w.Store, tt.q); got != tt.want {
				t.Errorf("%s: %q, want %q", name, got, tt.want)
			}
		}

		// An answer alone is a change: a merge can bring one and leave the person's details as they are.
		if _, err := w.UpdateLead(t.Context(), "t3", 0, func(l *lead.Lead) error { l.History[1].Consent = lead.Refused; return nil }); err != nil {
			t.Fatal(err)
		}
		check("after a change of the answer alone", map[lead.Consent]string{lead.Given: "t5", lead.Refused: "t3 t2 t1"})

		page, err := w.Leads(t.Context(), lead.Query{})
		if err != nil {
			t.Fatal(err)
		}
		w.flush()
		w.bear()
		if err := w.Restore(t.Context(), page.Items, nil); err != nil {
			t.Fatal(err)
		}
		check("after a restore", map[lead.Consent]string{lead.Given: "t5", lead.Refused: "t3 t2 t1", lead.NotAsked: "t4"})
	})
}

// Cards from before they told the consent hide nobody, and WarmSearch writes them anew.
func TestStore_Leads_ConsentOfOldCards(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		w.consenting("t1", 1, "ada", lead.Given)
		w.consenting("t2", 2, "bob", lead.Refused)
		told := w.plain.HGetAll(t.Context(), "lg:cards").Val()
		for id, card := range told {
			old, _, ok := strings.Cut(card, "\x00")
			if !ok {
				t.Fatalf("card %q tells no consent", card)
			}
			w.plain.HSet(t.Context(), "lg:cards", id, old)
		}
		w.plain.HSet(t.Context(), "lg:cards", "gone", fmt.Sprintf("%d nobody", noon.UnixMicro())) // its lead was erased meanwhile
		upgraded := store.New(w.rdb, store.Options{Now: func() time.Time { return w.now }})
		for range 2 {
			for q, want := range map[lead.Query]string{
				{Consent: lead.Given}:                      "t1",
				{Consent: lead.Refused}:                    "t2",
				{Consent: lead.NotAsked}:                   "",
				{Consent: lead.Refused, Source: "contact"}: "t2",
				{Consent: lead.Given, Text: "ada"}:         "t1",
			} {
				if got := w.leadsBy(upgraded, q); got != want {
					t.Errorf("Leads(%+v) = %q, want %q", q, got, want)
				}
			}
			if err := upgraded.WarmSearch(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		w.plain.HDel(t.Context(), "lg:cards", "gone")
		if diff := cmp.Diff(told, w.plain.HGetAll(t.Context(), "lg:cards").Val()); diff != "" {
			t.Errorf("cards after WarmSearch (-want +got):\n%s", diff)
		}
	})
}

// Pages of a consent within a list that is read in pieces are whole.
func TestStore_Leads_ConsentCursor(t *testing.T) {
	w := open(t, redis.UniversalOptions{Addrs: []string{miniredis.RunT(t).Addr()}}, store.Options{Look: 4})
	var want []string
	for i := range 40 {
		answer := lead.Refused
		if i%7 == 0 {
			answer = lead.Given
			want = append([]string{fmt.Sprintf("t%02d", i)}, want...)
		}
		w.consenting(fmt.Sprintf("t%02d", i), i/4, fmt.Sprintf("p%d", i), answer)
	}
	for name, q := range map[string]lead.Query{"All": {Consent: lead.Given, Limit: 2}, "Source": {Consent: lead.Given, Source: "contact", Limit: 2}} {
		var got []string
		for pages := 0; ; pages++ {
			page, err := w.Leads(t.Context(), q)
			if err != nil || pages > 40 {
				t.Fatalf("%s: page %d: %v", name, pages, err)
			}
			for _, l := range page.Items {
				got = append(got, l.ID)
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestStore_Leads_ConsentWithoutRedis(t *testing.T) {
	w := openBuiltin(t)
	w.rdb.Close()
	for _, q := range []lead.Query{{Consent: lead.Given}, {Consent: lead.Given, Source: "contact"}} {
		if _, err := w.Leads(t.Context(), q); err == nil {
			t.Errorf("Leads(%+v) without Redis: no error", q)
		}
	}
	if err := w.WarmSearch(t.Context()); err == nil {
		t.Error("WarmSearch without Redis: no error")
	}
}

// Whoever changes a lead while WarmSearch writes its card anew has the last word.
func TestStore_Learn_Meanwhile(t *testing.T) {
	w := openBuiltin(t)
	quiet := store.New(w.plain, store.Options{Now: func() time.Time { return w.now }}) // another node
	for n := 1; ; n++ {
		w.flush()
		w.bear()
		w.consenting("t1", 1, "ada", lead.Given)
		w.plain.HSet(t.Context(), "lg:cards", "t1", fmt.Sprintf("%d ada", noon.Add(time.Minute).UnixMicro()))
		upgraded := store.New(w.rdb, store.Options{Now: func() time.Time { return w.now }})
		w.hook.lose(0, false)
		changed := false
		w.hook.before = func(trip int) {
			if trip != n {
				return
			}
			changed = true
			if _, err := quiet.UpdateLead(t.Context(), "t1", 0, func(l *lead.Lead) error { l.History[0].Consent = lead.Refused; return nil }); err != nil {
				t.Error(err)
			}
		}
		err := upgraded.WarmSearch(t.Context())
		w.hook.before = nil
		if err != nil {
			t.Fatal(err)
		}
		if !changed {
			if n < 5 {
				t.Fatalf("WarmSearch makes %d round trips", n-1)
			}
			return
		}
		if card := w.plain.HGet(t.Context(), "lg:cards", "t1").Val(); !strings.HasSuffix(card, "\x00refused") {
			t.Errorf("changed before round trip %d: the card is %q, want the answer of the change", n, card)
		}
	}
}
