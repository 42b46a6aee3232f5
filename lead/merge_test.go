package lead

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func said(minute int, p Person) *Touch {
	at := noon.Add(time.Duration(minute) * time.Minute)
	return &Touch{ID: fmt.Sprintf("t%d", minute), At: at, ReceivedAt: at, Person: p}
}

func TestLead_Take_Person(t *testing.T) {
	full := Person{Email: "ada@mail.example", Name: "Ada Quell", FirstName: "Ada", LastName: "Quell", Phone: "+493012345678", Company: "Quell Ltd", Title: "CTO"}
	tests := []struct {
		name    string
		touches []*Touch
		want    Person
	}{
		{"BlankKeepsValue", []*Touch{said(1, full), said(2, Person{Email: full.Email})}, full},
		{"NewerOverwrites", []*Touch{said(1, full), said(2, Person{Company: "Quell GmbH", Title: "CEO"})},
			Person{Email: full.Email, Name: full.Name, FirstName: "Ada", LastName: "Quell", Phone: full.Phone, Company: "Quell GmbH", Title: "CEO"}},
		{"LateFillsBlanksOnly", []*Touch{said(2, Person{Company: "New", Name: "Ada Quell"}), said(1, Person{Company: "Old", Title: "CTO", Name: "Ada Birth"})},
			Person{Company: "New", Title: "CTO", Name: "Ada Quell"}},
		{"LateCorrectsWhatIsOlderStill", []*Touch{said(3, Person{Title: "CTO"}), said(1, Person{Company: "Old"}), said(2, Person{Company: "Newer"})},
			Person{Company: "Newer", Title: "CTO"}},
		{"LateFillsName", []*Touch{said(2, Person{Company: "New"}), said(1, Person{FirstName: "Ada", LastName: "Quell"})},
			Person{Company: "New", FirstName: "Ada", LastName: "Quell", Name: "Ada Quell"}},
		{"FirstNameKeepsSurname", []*Touch{said(1, Person{FirstName: "Ada", LastName: "Quell"}), said(2, Person{FirstName: "Ada"})},
			Person{FirstName: "Ada", LastName: "Quell", Name: "Ada Quell"}},
		{"BeginningKeepsFullName", []*Touch{said(1, Person{Name: "Ada Quell"}), said(2, Person{Name: "ada"})}, Person{Name: "Ada Quell"}},
		{"OtherNameOverwrites", []*Touch{said(1, Person{Name: "Ad Quell"}), said(2, Person{Name: "Ada Quell"})}, Person{Name: "Ada Quell"}},
		{"NewSurname", []*Touch{said(1, Person{FirstName: "Ada", LastName: "Quell"}), said(2, Person{FirstName: "Ada", LastName: "Brook"})},
			Person{FirstName: "Ada", LastName: "Brook", Name: "Ada Brook"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var l Lead
			for _, touch := range tt.touches {
				l.Take(touch)
			}
			if diff := cmp.Diff(tt.want, l.Person); diff != "" {
				t.Errorf("person (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLead_Take_Again(t *testing.T) {
	var l Lead
	l.Take(said(1, Person{Name: "Ada Quell"}))
	before := l
	l.Take(said(1, Person{Name: "Somebody Else"}))
	if diff := cmp.Diff(before, l); diff != "" {
		t.Errorf("a touch taken twice changed the lead:\n%s", diff)
	}
	if !l.Has("t1") || l.Has("t2") {
		t.Errorf("Has(t1), Has(t2) = %v, %v, want true, false", l.Has("t1"), l.Has("t2"))
	}
}

func TestLead_Take_Test(t *testing.T) {
	for _, tt := range []struct {
		tests []bool
		want  bool
	}{{[]bool{true}, true}, {[]bool{true, true}, true}, {[]bool{true, false}, false}, {[]bool{false, true}, false}, {[]bool{true, false, true}, false}} {
		var l Lead
		for i, test := range tt.tests {
			touch := said(i, Person{})
			touch.Test = test
			l.Take(touch)
		}
		if l.Test != tt.want {
			t.Errorf("touches with Test %v: lead's is %v, want %v", tt.tests, l.Test, tt.want)
		}
	}
}

func TestLead_Take_Bounds(t *testing.T) {
	var l Lead
	for i := range mostTouches + 5 {
		l.Take(said(i, Person{}))
	}
	if len(l.Touches) != mostTouches || l.Touches[0] != "t5" {
		t.Errorf("%d touches from %s, want %d from t5", len(l.Touches), l.Touches[0], mostTouches)
	}
	if len(l.History) != mostHistory || l.History[mostHistory-1].ID != fmt.Sprintf("t%d", mostTouches+4) {
		t.Errorf("%d in the history, the last is %s", len(l.History), l.History[len(l.History)-1].ID)
	}
	if want := noon.Add((mostTouches + 4) * time.Minute); !l.UpdatedAt.Equal(want) {
		t.Errorf("updated at %v, want %v", l.UpdatedAt, want)
	}
}

// However touches are ordered, no value that was said is lost to a blank.
func TestLead_Take_NoValueLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom([]string{"", "", "x", "y"})
		var l Lead
		for i := range rapid.IntRange(1, 8).Draw(t, "touches") {
			before := l.Person
			l.Take(&Touch{ID: fmt.Sprint(i), At: noon.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "minute")) * time.Minute),
				Person: Person{Email: word.Draw(t, "email"), FirstName: word.Draw(t, "first"), LastName: word.Draw(t, "last"),
					Name: word.Draw(t, "name"), Phone: word.Draw(t, "phone"), Company: word.Draw(t, "company"), Title: word.Draw(t, "title")}})
			for _, v := range [][2]string{{before.Email, l.Person.Email}, {before.FirstName, l.Person.FirstName}, {before.LastName, l.Person.LastName},
				{before.Name, l.Person.Name}, {before.Phone, l.Person.Phone}, {before.Company, l.Person.Company}, {before.Title, l.Person.Title}} {
				if v[0] != "" && v[1] == "" {
					t.Fatalf("a value was lost: %+v became %+v", before, l.Person)
				}
			}
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

func TestLead_Drop(t *testing.T) {
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	said := func(id string, minute int, p Person) *Touch {
		return &Touch{ID: id, Person: p, At: at.Add(time.Duration(minute) * time.Minute)}
	}
	first := said("a", 0, Person{Email: "ada@works.example", Phone: "+4930123456"})
	wrong := said("b", 1, Person{Email: "bob@works.example", Name: "Bob Example"})
	last := said("c", 2, Person{Name: "Ada Example"})
	l := &Lead{Status: New}
	for _, x := range []*Touch{first, wrong, last} {
		l.Take(x)
	}
	l.Drop("b", []*Touch{first, last})
	want := Person{Email: "ada@works.example", Phone: "+4930123456", Name: "Ada Example"}
	if diff := cmp.Diff(want, l.Person); diff != "" || len(l.Touches) != 2 || len(l.History) != 2 || l.Past("b") != nil {
		t.Errorf("after Drop: %+v (-want +got):\n%s", l, diff)
	}
	l.Drop("c", []*Touch{nil})
	if l.Person != want || l.Has("c") {
		t.Errorf("with a touch that is not kept any more: %+v, want the person as it was", l.Person)
	}
	l.Drop("a", nil)
	if l.Person != (Person{}) || len(l.Touches) != 0 {
		t.Errorf("without touches: %+v, want nobody", l)
	}
}
