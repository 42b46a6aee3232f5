package lead

import (
	"errors"
	"slices"
	"testing"
)

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
	if err := both.Act(Command{Verb: VerbClaim, By: "Dana"}, noon); err != nil {
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
