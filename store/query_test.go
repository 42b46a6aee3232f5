package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/store"
)

func ids[T any](items []*T, id func(*T) string) string {
	var all []string
	for _, v := range items {
		all = append(all, id(v))
	}
	return strings.Join(all, " ")
}

// wait writes touches whose targets have still to hear.
func (w *testStore) wait(ctx context.Context, touches []*lead.Touch) error {
	for _, t := range touches {
		if err := w.Finish(ctx, t, nil, lead.OutcomeWaiting); err != nil {
			return err
		}
	}
	return nil
}

func touchID(t *lead.Touch) string { return t.ID }
func leadID(l *lead.Lead) string   { return l.ID }

func TestStore_Touches(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ctx := t.Context()
		w.settle(touchOf("t1", "ada@mail.example"))
		webinar := touch("t2", 2, lead.Person{Email: "bob@mail.example"})
		webinar.Source = "webinar"
		w.settle(webinar)
		for i, state := range []lead.State{lead.Quarantined, lead.Unread, lead.Merged} {
			kept := touch(fmt.Sprintf("t%d", i+3), i+3, lead.Person{})
			kept.State = state
			if err := w.Finish(ctx, kept, nil, lead.Outcome(state)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.wait(ctx, []*lead.Touch{touch("t6", 6, lead.Person{})}); err != nil {
			t.Fatal(err)
		}
		tests := []struct {
			q    lead.TouchQuery
			want string
		}{
			{lead.TouchQuery{}, "t6 t4 t3 t2 t1"},
			{lead.TouchQuery{State: lead.Accepted}, "t6"},
			{lead.TouchQuery{State: lead.Settled}, "t2 t1"},
			{lead.TouchQuery{State: lead.Quarantined}, "t3"},
			{lead.TouchQuery{State: lead.Unread}, "t4"},
			{lead.TouchQuery{State: lead.Merged}, "t5"},
			{lead.TouchQuery{State: "odd"}, ""},
			{lead.TouchQuery{Source: "webinar"}, "t2"},
			{lead.TouchQuery{Source: "contact", State: lead.Unread}, "t4"},
			{lead.TouchQuery{Source: "webinar", State: lead.Unread}, ""},
			{lead.TouchQuery{Source: "none"}, ""},
			{lead.TouchQuery{Since: noon.Add(3 * time.Minute)}, "t6 t4 t3"},
			{lead.TouchQuery{Limit: -1}, "t6"},
			{lead.TouchQuery{Limit: 1_000_000}, "t6 t4 t3 t2 t1"},
		}
		for _, tt := range tests {
			page, err := w.Touches(ctx, tt.q)
			if got := ids(page.Items, touchID); err != nil || got != tt.want {
				t.Errorf("Touches(%+v) = %q, %v, want %q", tt.q, got, err, tt.want)
			}
			if page.Items == nil {
				t.Errorf("Touches(%+v): nil, want an empty page", tt.q)
			}
		}
		// The alert of t6 goes out: it leaves the list of the accepted.
		if err := w.Deliver(ctx, []lead.Change{{TouchID: "t6", Delivery: delivery("sales", lead.Sent, 7), Settled: true}}); err != nil {
			t.Fatal(err)
		}
		if page, err := w.Touches(ctx, lead.TouchQuery{State: lead.Accepted}); err != nil || len(page.Items) != 0 {
			t.Errorf("accepted after the alert: %q, %v", ids(page.Items, touchID), err)
		}
	})
}

// walk reads all pages, calling between after each.
func walk(t *testing.T, w *testStore, q lead.TouchQuery, between func()) (all []string) {
	t.Helper()
	for range 1000 {
		page, err := w.Touches(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Items) > q.Limit {
			t.Fatalf("a page of %d, limit %d", len(page.Items), q.Limit)
		}
		for _, touch := range page.Items {
			all = append(all, touch.ID)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return all
		}
		between()
	}
	t.Fatal("the pages do not end")
	return nil
}

func TestStore_Touches_Cursor(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ctx := t.Context()
		var want []string
		var staged []*lead.Touch
		for i := range 60 { // one import: forty touches of the same moment
			minute := i
			if i >= 10 && i < 50 {
				minute = 10
			}
			staged = append(staged, touch(fmt.Sprintf("t%02d", i), minute, lead.Person{}))
			want = append(want, fmt.Sprintf("t%02d", i))
		}
		slices.Reverse(want)
		if err := w.wait(ctx, staged); err != nil {
			t.Fatal(err)
		}
		for _, limit := range []int{1, 7, 59, 60, 61} {
			if diff := cmp.Diff(want, walk(t, w, lead.TouchQuery{Limit: limit}, func() {})); diff != "" {
				t.Errorf("pages of %d (-want +got):\n%s", limit, diff)
			}
		}
		// New ones arrive between the pages: neither doubled nor missed.
		n := 0
		arrive := func() {
			n++
			if err := w.wait(ctx, []*lead.Touch{touch(fmt.Sprintf("x%02d", n), 100+n, lead.Person{}), touch(fmt.Sprintf("z%02d", n), 10, lead.Person{})}); err != nil {
				t.Fatal(err)
			}
		}
		got := walk(t, w, lead.TouchQuery{Limit: 7}, arrive)
		got = slices.DeleteFunc(got, func(id string) bool { return id[0] == 'z' }) // as old as the others, so some belong below the cursor
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("pages while others arrive (-want +got):\n%s", diff)
		}
	})
}

// A filter that seldom matches still comes to an end, page by page.
func TestStore_Touches_SparseFilter(t *testing.T) {
	w := openBuiltin(t)
	var staged []*lead.Touch
	for i := range 12_000 {
		staged = append(staged, touch(fmt.Sprintf("t%05d", i), i, lead.Person{}))
	}
	staged[0].State = lead.Settled
	if err := w.wait(t.Context(), staged); err != nil {
		t.Fatal(err)
	}
	w.hook.lose(0, false)
	pages := 0
	got := walk(t, w, lead.TouchQuery{State: lead.Settled, Limit: 500}, func() { pages++ })
	if diff := cmp.Diff([]string{"t00000"}, got); diff != "" || pages < 2 {
		t.Errorf("%d pages before the last (-want +got):\n%s", pages, diff)
	}
}

func TestStore_BadCursor(t *testing.T) {
	w := openBuiltin(t)
	if page, err := w.Leads(t.Context(), lead.Query{Email: "none@none.com"}); err != nil || len(page.Items) > 0 {
		t.Errorf("leads of an address that stands for none: %+v, %v", page, err)
	}
	for _, c := range []string{"%", "abc", "MTIz", "IDEy", "eHggeQ"} {
		if _, err := w.Touches(t.Context(), lead.TouchQuery{Cursor: c}); !errors.Is(err, store.ErrBadCursor) {
			t.Errorf("Touches(cursor %q) = %v, want ErrBadCursor", c, err)
		}
		if _, err := w.Leads(t.Context(), lead.Query{Cursor: c, Email: "ada@mail.example"}); !errors.Is(err, store.ErrBadCursor) {
			t.Errorf("Leads(cursor %q) = %v, want ErrBadCursor", c, err)
		}
	}
}

// Nobody writes when somebody cools; the lists show them where they are now.
func TestStore_Leads_Cooled(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ctx := t.Context()
		cooler := store.New(w.rdb, store.Options{Now: func() time.Time { return w.now }, AsOf: func(l *lead.Lead, now time.Time) lead.Verdict {
			v := l.Verdict
			v.Temperature = max(v.Temperature-lead.Temperature(now.Sub(noon)/(24*time.Hour)), lead.Cold)
			return v
		}})
		for i, temperature := range []lead.Temperature{lead.Cold, lead.Warm, lead.Hot} {
			touch := touchOf(fmt.Sprintf("t%d", i), fmt.Sprintf("p%d@mail.example", i))
			l, _, err := w.Add(ctx, touch, touch.ID, nil, func(l *lead.Lead) error { l.Take(touch); l.Temperature = temperature; return nil })
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Finish(ctx, touch, l, lead.OutcomeHeld); err != nil {
				t.Fatal(err)
			}
		}
		for days, want := range []map[lead.Temperature]string{
			{lead.Hot: "t2", lead.Warm: "t1", lead.Cold: "t0"},
			{lead.Hot: "", lead.Warm: "t2", lead.Cold: "t1 t0"},
			{lead.Hot: "", lead.Warm: "", lead.Cold: "t2 t1 t0"},
		} {
			w.now = noon.AddDate(0, 0, days)
			for temperature, want := range want {
				page, err := cooler.Leads(ctx, lead.Query{Temperature: &temperature})
				if got := ids(page.Items, leadID); err != nil || got != want {
					t.Errorf("%v after %d days: %q, %v, want %q", temperature, days, got, err, want)
				}
				for _, l := range page.Items {
					if l.Temperature != temperature {
						t.Errorf("%s after %d days is shown as %v", l.ID, days, l.Temperature)
					}
				}
			}
		}
	})
}

func TestStore_Leads(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ctx := t.Context()
		people := []struct {
			person      lead.Person
			source      string
			temperature lead.Temperature
		}{
			{lead.Person{Email: "ada@mail.example", Name: "Ada Quell", Company: "Quell GmbH"}, "contact", lead.Warm},
			{lead.Person{Email: "bob@mail.example", Name: "Bob Brook", Phone: phone}, "webinar", lead.Cold},
			{lead.Person{Email: "cleo@mail.example", Name: "Cleo Dune", Title: "CTO"}, "contact", lead.Hot},
			{lead.Person{Email: "ada@mail.example"}, "webinar", lead.Hot}, // Ada again: she turned hot
		}
		for i, p := range people {
			touch := touch(fmt.Sprintf("t%d", i), i, p.person)
			touch.Source = p.source
			l, _, err := w.Add(ctx, touch, touch.ID, nil, func(l *lead.Lead) error {
				l.Take(touch)
				l.Temperature = p.temperature
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			touch.State = lead.Settled
			if err := w.Finish(ctx, touch, l, lead.OutcomeHeld); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.UpdateLead(ctx, "t1", 0, func(l *lead.Lead) error { l.Status = lead.Junk; return nil }); err != nil {
			t.Fatal(err)
		}
		cold, warm, hot := lead.Cold, lead.Warm, lead.Hot
		tests := []struct {
			name string
			q    lead.Query
			want string
		}{
			{"All", lead.Query{}, "t2 t1 t0"},
			{"Hot", lead.Query{Temperature: &hot}, "t2 t0"},
			{"WasWarm", lead.Query{Temperature: &warm}, ""},
			{"Cold", lead.Query{Temperature: &cold}, "t1"},
			{"Junk", lead.Query{Status: lead.Junk}, "t1"},
			{"New", lead.Query{Status: lead.New}, "t2 t0"},
			{"Claimed", lead.Query{Status: lead.Claimed}, ""},
			{"Webinar", lead.Query{Source: "webinar"}, "t1 t0"},
			{"JunkOfWebinar", lead.Query{Source: "webinar", Status: lead.Junk}, "t1"},
			{"JunkOfContact", lead.Query{Source: "contact", Status: lead.Junk}, ""},
			{"HotOfWebinar", lead.Query{Source: "webinar", Temperature: &hot}, "t0"},
			{"Email", lead.Query{Email: "ADA@mail.example "}, "t0"},
			{"EmailAndOther", lead.Query{Email: "ada@mail.example", Temperature: &cold}, ""},
			{"EmailTooOld", lead.Query{Email: "ada@mail.example", Since: noon.Add(time.Hour)}, ""},
			{"UnknownEmail", lead.Query{Email: "dan@mail.example"}, ""},
			{"NoEmail", lead.Query{Email: "ada"}, ""},
			{"TextName", lead.Query{Text: " quell"}, "t0"},
			{"TextPhone", lead.Query{Text: "31123"}, "t1"},
			{"TextTitle", lead.Query{Text: "cto"}, "t2"},
			{"TextNone", lead.Query{Text: "zebra"}, ""},
			{"Since", lead.Query{Since: noon.Add(time.Minute)}, "t2 t1"},
		}
		for _, tt := range tests {
			page, err := w.Leads(ctx, tt.q)
			if got := ids(page.Items, leadID); err != nil || got != tt.want || page.Next != "" || page.Items == nil {
				t.Errorf("%s: %q, next %q, %v, want %q", tt.name, got, page.Next, err, tt.want)
			}
		}
		page, err := w.Leads(ctx, lead.Query{Limit: 2})
		if err != nil || ids(page.Items, leadID) != "t2 t1" || page.Next == "" {
			t.Fatalf("first page: %q, next %q, %v", ids(page.Items, leadID), page.Next, err)
		}
		if page, err = w.Leads(ctx, lead.Query{Limit: 2, Cursor: page.Next}); err != nil || ids(page.Items, leadID) != "t0" || page.Next != "" {
			t.Errorf("second page: %q, next %q, %v", ids(page.Items, leadID), page.Next, err)
		}
	})
}

func TestStore_LeadPages(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ctx := t.Context()
		const people = 501 // more than a page
		for i := range people {
			w.settle(touchOf(fmt.Sprintf("t%04d", i), fmt.Sprintf("p%d@mail.example", i)))
		}
		if _, err := w.UpdateLead(ctx, "t0003", 0, func(l *lead.Lead) error { l.MergedInto = "t0004"; return nil }); err != nil {
			t.Fatal(err)
		}
		seen, pages := map[string]bool{}, 0
		for page, err := range w.LeadPages(ctx) {
			if err != nil {
				t.Fatal(err)
			}
			pages++
			for _, l := range page {
				seen[l.ID] = true
			}
		}
		if n, err := w.CountLeads(ctx); err != nil || n != people {
			t.Errorf("CountLeads = %d, %v, want %d", n, err, people)
		}
		if len(seen) != people-1 || seen["t0003"] || pages < 2 {
			t.Errorf("saw %d leads in %d pages, want all %d but the merged one", len(seen), pages, people)
		}
		n := 0
		for range w.AllLeads(ctx) {
			if n++; n == 3 {
				break
			}
		}
		if n != 3 {
			t.Errorf("a loop that breaks saw %d leads, want 3", n)
		}
		ended, cancel := context.WithCancel(ctx)
		cancel()
		var errs []error
		for _, err := range w.AllLeads(ended) {
			errs = append(errs, err)
		}
		if len(errs) != 1 || !errors.Is(errs[0], context.Canceled) {
			t.Errorf("AllLeads of an ended context = %v, want its error once", errs)
		}
		l, err := w.Lead(ctx, "t0004")
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Relead(ctx, []string{"t0003", "gone"}, l); err != nil {
			t.Fatal(err)
		}
		if got, err := w.Touch(ctx, "t0003"); err != nil || got.LeadID != "t0004" {
			t.Errorf("after Relead the touch is of lead %v, %v", got, err)
		}
		if _, err := w.Touch(ctx, "gone"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Relead made a touch that was gone: %v", err)
		}
		step := lead.Step{At: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC), Step: lead.StepFetched, Why: lead.AskGivenUp, Note: "unavailable: status 503"}
		for _, id := range []string{"t0003", "t0003", "gone"} { // twice is once
			if err := w.AddStep(ctx, id, step); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := w.Touch(ctx, "t0003"); err != nil || !slices.Contains(got.Trail, step) || got.LeadID != "t0004" {
			t.Errorf("after AddStep the touch is %+v, %v, want it with %+v", got, err, step)
		}
		if _, err := w.Touch(ctx, "gone"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("AddStep made a touch that was gone: %v", err)
		}
		later := touchOf("t9999", "p3@mail.example")
		if got, _, err := w.Add(ctx, later, later.ID, nil, take(later)); err != nil || got.ID != "t0004" {
			t.Errorf("a later touch of the merged lead went to %v, %v", got, err)
		}
	})
}
