package rules

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/leadgate/leadgate/lead"
	"pgregory.net/rapid"
)

// livedLead draws a lead that touches made, with messages and perhaps a claim.
func livedLead(r *Set, id string) *rapid.Generator[*lead.Lead] {
	return rapid.Custom(func(t *rapid.T) *lead.Lead {
		l := &lead.Lead{ID: id, Status: rapid.SampledFrom([]lead.Status{lead.New, lead.Junk, lead.Closed}).Draw(t, "status"),
			CreatedAt: noon.Add(-time.Duration(rapid.IntRange(0, 1000).Draw(t, "minutes")) * time.Minute)}
		for i := range rapid.IntRange(1, 5).Draw(t, "touches") {
			p := anyPast(r).Draw(t, "touch")
			l.Take(&lead.Touch{ID: fmt.Sprintf("%s-%d", id, i), Action: p.Action, At: p.At, Person: anyPerson().Draw(t, "person"), Test: rapid.Bool().Draw(t, "test")})
		}
		if rapid.Bool().Draw(t, "claimed") {
			l.Status, l.Claim = lead.Claimed, &lead.Claim{By: "Dana", At: noon}
		}
		if rapid.Bool().Draw(t, "alerted") {
			l.AlertedAt = noon.Add(-time.Hour)
			l.Alerts = map[string]string{"sales": id + "/1"}
			l.Posted(lead.Post{Target: "sales", Receipt: id + "/1", Touches: []string{l.Touches[0]}})
		}
		r.Judge(l, noon)
		return l
	})
}

// A merge that is undone leaves both leads exactly as they were.
func TestLead_Unmerged_Exactly(t *testing.T) {
	r := Default()
	rapid.Check(t, func(t *rapid.T) {
		a, b := livedLead(r, "A").Draw(t, "a"), livedLead(r, "B").Draw(t, "b")
		wantA, wantB := *a, *b
		source, both := *a, *b
		source.MergeInto(&both, "Dana", noon)
		if err := both.Absorb(&source); err != nil {
			t.Fatal(err)
		}
		r.Judge(&both, noon)
		for _, l := range []*lead.Lead{a, b} {
			for _, id := range l.Touches {
				if !both.Has(id) {
					t.Fatalf("touch %s was swallowed", id)
				}
			}
			if l.Claim != nil && both.Claim == nil {
				t.Fatal("the claim was lost")
			}
			if l.Temperature > both.Temperature && l.Test == both.Test {
				t.Fatalf("%v and %v became %v", a.Temperature, b.Temperature, both.Temperature)
			}
		}
		gotB, theirs := both.Unmerged(&source)
		source.Free(theirs)
		r.Judge(gotB, noon)
		ignore := cmpopts.IgnoreFields(lead.Lead{}, "Trail")
		if diff := cmp.Diff([]*lead.Lead{&wantA, &wantB}, []*lead.Lead{&source, gotB}, ignore, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("after the undoing (-before +after):\n%s", diff)
		}
	})
}

// However touches arrive, the person, the history and the verdict are the same.
func TestLead_Take_AnyOrder(t *testing.T) {
	r := Default()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom([]string{"", "", "Ada", "Ada Quell", "Bo"})
		touches := make([]*lead.Touch, rapid.IntRange(2, 8).Draw(t, "touches"))
		for i := range touches {
			p := anyPast(r).Draw(t, "touch")
			touches[i] = &lead.Touch{ID: fmt.Sprint(i), Action: p.Action, At: p.At, Message: p.Message, Fields: p.Fields, PageURL: p.PageURL,
				Person: lead.Person{Email: rapid.SampledFrom([]string{"", "ada@gmail.com", "ada@acme.example"}).Draw(t, "email"), Name: word.Draw(t, "name"), FirstName: word.Draw(t, "first"),
					LastName: word.Draw(t, "last"), Company: word.Draw(t, "company"), Title: rapid.SampledFrom([]string{"", "CEO", "intern"}).Draw(t, "title")}}
		}
		var inOrder, shuffled lead.Lead
		for _, x := range touches {
			inOrder.Take(x)
		}
		for _, x := range rapid.Permutation(touches).Draw(t, "arrival") {
			shuffled.Take(x)
		}
		shuffled.Touches = inOrder.Touches // are in order of arrival
		r.Judge(&inOrder, noon)
		r.Judge(&shuffled, noon)
		if diff := cmp.Diff(inOrder, shuffled); diff != "" {
			t.Fatalf("another order of arrival (-one +other):\n%s", diff)
		}
	})
}

// Somebody who touches without end stays as warm as before.
func TestLead_Take_CrowdOfPageViews(t *testing.T) {
	const most = 200 // touches of the history
	r := Default()
	var l lead.Lead
	l.Take(&lead.Touch{ID: "demo", Action: "demo_request", At: noon, Person: lead.Person{Name: "Ada Quell", Company: "Quell Ltd"}})
	for i := range 2 * most {
		l.Take(&lead.Touch{ID: fmt.Sprintf("view %d", i), Action: "page_view", At: noon.Add(time.Duration(i) * time.Second), Person: lead.Person{Email: "ada@mail.example"}})
	}
	if r.Judge(&l, noon.Add(time.Hour)); l.Temperature != lead.Hot {
		t.Fatalf("%v after so many page views", l.Temperature)
	}
	late := &lead.Touch{ID: "late", Action: "page_view", At: noon.Add(-time.Hour), Person: lead.Person{Company: "Old Ltd", Title: "CTO"}}
	l.Take(late)
	if want := (lead.Person{Name: "Ada Quell", Email: "ada@mail.example", Company: "Quell Ltd", Title: "CTO"}); l.Person != want {
		t.Errorf("person %+v, want %+v", l.Person, want)
	}
	if len(l.History) != most || l.History[0].ID != "late" {
		t.Errorf("%d in the history, the first is %s: the touch that came last has to be there", len(l.History), l.History[0].ID)
	}
}
