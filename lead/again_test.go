package lead

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

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
