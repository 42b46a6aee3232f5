package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/store"
)

// A search finds what was written on any node, and what it found before may
// have changed since.
func TestStore_Leads_Search(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		other := store.New(w.rdb, store.Options{Now: func() time.Time { return w.now }}) // another node
		find := func(when, text, want string) {
			t.Helper()
			for name, s := range map[string]*store.Store{"here": w.Store, "there": other} {
				page, err := s.Leads(t.Context(), lead.Query{Text: text})
				if got := ids(page.Items, leadID); err != nil || got != want {
					t.Errorf("%s, %s: Leads(%q) = %q, %v, want %q", when, name, text, got, err, want)
				}
			}
		}
		find("at first", "ada", "")
		w.settle(touch("t1", 1, lead.Person{Name: "Ada Quell", Email: "ada@mail.example", Company: "Quell GmbH"}))
		w.settle(touch("t2", 2, lead.Person{Name: "Bob Hale", Email: "bob@ADAS.example", Phone: phone}))
		find("two leads", " Ada ", "t2 t1")
		find("two leads", "quell gmbh", "t1")
		find("two leads", phone[3:8], "t2")
		find("two leads", "zebra", "")

		again := touch("t3", 3, lead.Person{Name: "Ada Zebra", Email: "ada@mail.example"})
		w.settle(again) // t1 has another name now
		find("a new name", "zebra", "t1")
		find("a new name", "ada quell", "")
		w.now = w.now.Add(30 * time.Second)
		w.settle(touch("t0", -5, lead.Person{Name: "Ada Early"})) // late, and older than the others
		find("one that came late", "ada", "t2 t1 t0")
		w.now = w.now.Add(3 * time.Hour) // nobody searched for so long
		w.settle(touch("t4", 200, lead.Person{Name: "Ada Later"}))
		find("hours later", "ada", "t4 t2 t1 t0")

		w.flush()
		find("wiped", "ada", "")
		w.bear()
		w.settle(touch("t5", 201, lead.Person{Name: "Ada Again"}))
		find("after the wipe", "ada", "t5")
	})
}

// Pages of a search neither double nor miss what was there, while others arrive.
func TestStore_Leads_SearchCursor(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		var want []string
		for i := range 40 {
			p := lead.Person{Name: fmt.Sprintf("Ada %02d", i)}
			if i%3 == 0 {
				p.Name = "Bob"
			} else {
				want = append([]string{fmt.Sprintf("t%02d", i)}, want...)
			}
			w.settle(touch(fmt.Sprintf("t%02d", i), i/4, p)) // four at a time in one moment
		}
		var got []string
		q := lead.Query{Text: "ada", Limit: 3}
		for n := 0; ; n++ {
			page, err := w.Leads(t.Context(), q)
			if err != nil || n > 100 {
				t.Fatalf("page %d: %v", n, err)
			}
			for _, l := range page.Items {
				got = append(got, l.ID)
			}
			w.settle(touch(fmt.Sprintf("x%02d", n), 100+n, lead.Person{Name: "Ada New"}))
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		if g, wnt := strings.Join(got, " "), strings.Join(want, " "); g != wnt {
			t.Errorf("pages:\n got %s\nwant %s", g, wnt)
		}
	})
}

func TestStore_Leads_SearchFilters(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		w.report() // people with touches of two sources, some claimed
		hot := lead.Hot
		for want, q := range map[string]lead.Query{
			"t01":                     {ClaimedBy: "Evan"},
			"t05 t03":                 {ClaimedBy: "Dana"}, // t01 was given back, and is Evan's now
			"t02":                     {Unclaimed: true, Temperature: &hot, Text: "bob"},
			"t03":                     {Source: "demo request", Text: "mail.example"},
			"t01 ":                    {ClaimedBy: "Evan", Temperature: &hot, Source: "contact", Text: "ada"},
			"":                        {ClaimedBy: "Nobody"},
			"t07 t06 t05 t02 t01 t03": {Text: "mail.example", Limit: 10},
			"t07 t06 t05":             {Text: "mail.example", Since: noon.Add(5 * time.Minute)},
		} {
			page, err := w.Leads(t.Context(), q)
			if got := ids(page.Items, leadID); err != nil || got != strings.TrimSpace(want) {
				t.Errorf("Leads(%+v) = %q, %v, want %q", q, got, err, want)
			}
		}
	})
}

func TestStore_Leads_SearchWithoutRedis(t *testing.T) {
	w := open(t, redis.UniversalOptions{Addrs: []string{openBuiltin(t).plain.(*redis.Client).Options().Addr}})
	w.rdb.Close()
	if _, err := w.Leads(t.Context(), lead.Query{Text: "ada"}); err == nil {
		t.Error("a search without Redis: no error")
	}
}
