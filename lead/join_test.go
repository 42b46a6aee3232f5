package lead

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// livedLead draws a lead that touches made, with messages and perhaps a claim.
func livedLead(r *Rules, id string) *rapid.Generator[*Lead] {
	return rapid.Custom(func(t *rapid.T) *Lead {
		l := &Lead{ID: id, Status: rapid.SampledFrom([]Status{New, Junk, Closed}).Draw(t, "status"),
			CreatedAt: noon.Add(-time.Duration(rapid.IntRange(0, 1000).Draw(t, "minutes")) * time.Minute)}
		for i := range rapid.IntRange(1, 5).Draw(t, "touches") {
			p := anyPast(r).Draw(t, "touch")
			l.Take(&Touch{ID: fmt.Sprintf("%s-%d", id, i), Action: p.Action, At: p.At, Person: anyPerson().Draw(t, "person"), Test: rapid.Bool().Draw(t, "test")})
		}
		if rapid.Bool().Draw(t, "claimed") {
			l.Status, l.Claim = Claimed, &Claim{By: "Dana", At: noon}
		}
		if rapid.Bool().Draw(t, "alerted") {
			l.AlertedAt = noon.Add(-time.Hour)
			l.Alerts = map[string]string{"sales": id + "/1"}
			l.Posted(Post{Target: "sales", Receipt: id + "/1", Touches: []string{l.Touches[0]}})
		}
		l.Judge(r, noon)
		return l
	})
}

// A merge that is undone leaves both leads exactly as they were.
func TestLead_Unmerged_Exactly(t *testing.T) {
	r := DefaultRules()
	rapid.Check(t, func(t *rapid.T) {
		a, b := livedLead(r, "A").Draw(t, "a"), livedLead(r, "B").Draw(t, "b")
		wantA, wantB := *a, *b
		source, both := *a, *b
		source.MergeInto(&both, "Dana", noon)
		if err := both.Absorb(&source); err != nil {
			t.Fatal(err)
		}
		both.Judge(r, noon)
		for _, l := range []*Lead{a, b} {
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
		gotB.Judge(r, noon)
		ignore := cmpopts.IgnoreFields(Lead{}, "Trail")
		if diff := cmp.Diff([]*Lead{&wantA, &wantB}, []*Lead{&source, gotB}, ignore, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("after the undoing (-before +after):\n%s", diff)
		}
	})
}

// What was done between a merge and its undoing goes to whose it is.
func TestLead_Unmerged_Since(t *testing.T) {
	a, b := &Lead{ID: "A"}, &Lead{ID: "B"}
	a.Take(said(1, Person{Email: "ada@home.example", Phone: "+493012345678"}))
	b.Take(said(2, Person{Email: "ada@works.example", Company: "Works"}))
	source, both := *a, *b
	source.MergeInto(&both, "Dana", noon)
	if err := both.Absorb(&source); err != nil {
		t.Fatal(err)
	}
	both.Take(said(3, Person{Email: "ADA@home.example", Title: "CTO"}))
	both.Take(said(4, Person{Email: "ada@works.example", Title: "CEO"}))
	both.Take(said(5, Person{Phone: "+493012345678"}))
	if err := both.Act(Deed{Verb: VerbClaim, By: "Dana"}, noon); err != nil {
		t.Fatal(err)
	}
	back, theirs := both.Unmerged(&source)
	source.Free(theirs)
	if want := []string{"t1", "t3"}; !slices.Equal(source.Touches, want) || source.Person.Title != "CTO" || source.MergedInto != "" {
		t.Errorf("A has %v and is %+v, want %v", source.Touches, source.Person, want)
	}
	if want := []string{"t2", "t4", "t5"}; !slices.Equal(back.Touches, want) || back.Person.Title != "CEO" || back.Person.Email != "ada@works.example" {
		t.Errorf("B has %v and is %+v, want %v", back.Touches, back.Person, want)
	}
	if back.Claim == nil || back.Claim.By != "Dana" {
		t.Error("a claim after the merge was undone with it")
	}
}

func TestLead_Absorb_Claims(t *testing.T) {
	dana, eli := &Claim{By: "Dana", At: noon}, &Claim{By: "Eli", At: noon}
	tests := []struct {
		name       string
		into, from Lead
		status     Status
		claim      *Claim
		err        error
	}{
		{"Nobody", Lead{Status: New}, Lead{Status: New}, New, nil, nil},
		{"OneHasTheOther", Lead{Status: New}, Lead{Status: Claimed, Claim: dana}, Claimed, dana, nil},
		{"OneHasThis", Lead{Status: Contacted, Claim: dana}, Lead{Status: New}, Contacted, dana, nil},
		{"OneHasBoth", Lead{Status: Claimed, Claim: dana}, Lead{Status: Contacted, Claim: dana}, Contacted, dana, nil},
		{"TwoPeople", Lead{Status: Claimed, Claim: dana}, Lead{Status: Claimed, Claim: eli}, Claimed, dana, ErrTwoClaims},
		{"IntoJunk", Lead{Status: Junk}, Lead{Status: New}, New, nil, nil},
		{"OfJunk", Lead{Status: New}, Lead{Status: Junk}, New, nil, nil},
		{"IntoQuarantineWithClaim", Lead{Status: HeldInQuarantine}, Lead{Status: Claimed, Claim: eli}, Claimed, eli, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.into.Absorb(&tt.from)
			if !errors.Is(err, tt.err) || tt.into.Status != tt.status || !sameClaim(tt.into.Claim, tt.claim) {
				t.Errorf("Absorb() = %v, status %s, claim %+v, want %v, %s, %+v", err, tt.into.Status, tt.into.Claim, tt.err, tt.status, tt.claim)
			}
		})
	}
}
