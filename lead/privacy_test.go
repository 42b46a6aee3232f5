package lead

import (
	"testing"
	"time"
)

func TestErasure(t *testing.T) {
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	e := NewErasure("e1", at, false)
	e.Name("email:ada+x@works.example")
	e.Touches = []string{"named"}
	people := []struct {
		name string
		t    Touch
		want bool
	}{
		{"Herself", Touch{Person: Person{Email: "ADA+x@Works.example "}, ReceivedAt: at}, true},
		{"Later", Touch{Person: Person{Email: "ada+x@works.example"}, ReceivedAt: at.Add(time.Second)}, false},
		{"Named", Touch{ID: "named", ReceivedAt: at}, true},
		{"Other", Touch{Person: Person{Email: "ada@works.example"}, ReceivedAt: at}, false},
		{"SamePhone", Touch{Person: Person{Email: "bob@works.example", Phone: "+4930123456"}, ReceivedAt: at}, false},
		{"Nobody", Touch{ReceivedAt: at}, false},
	}
	for _, c := range people {
		if got := e.Covers(&c.t); got != c.want {
			t.Errorf("Covers(%s) = %v, want %v", c.name, got, c.want)
		}
	}
	for text, want := range map[string]bool{
		`{"mail":"Ada+x@works.example"}`: true, "a=1&email=ada%2Bx%40works.example&b=2": true, `<ada+x@works.example>`: true,
		"mailto:ada+x@works.example, please": true, "@ @@ x@": false, "bada+x@works.example": false, "ada+x@works.example.org": false, "": false,
		`{"e":"ada+x\u0040works.example"}`: true,
	} {
		if got := e.Mentions([]byte(text)); got != want {
			t.Errorf("Mentions(%q) = %v, want %v", text, got, want)
		}
	}
}

// Where tags are the same, an order is about all spellings, whichever named it.
func TestErasure_Tags(t *testing.T) {
	for _, named := range []string{"ada@works.example", "ada+x@works.example"} {
		e := NewErasure("e1", time.Now(), true)
		e.Name(Keys(Person{Email: named})...)
		for email, want := range map[string]bool{"ada@works.example": true, "Ada+y@works.example": true, "ada+x@works.example": true, "adam@works.example": false, "+ada@works.example": false} {
			if got := e.Is(Person{Email: email}); got != want {
				t.Errorf("named %s: Is(%s) = %v, want %v", named, email, got, want)
			}
			if got := e.Mentions([]byte("<" + email + ">")); got != want {
				t.Errorf("named %s: Mentions(%s) = %v, want %v", named, email, got, want)
			}
		}
	}
}
