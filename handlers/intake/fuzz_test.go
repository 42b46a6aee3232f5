package intake

import (
	"slices"
	"testing"

	"github.com/leadgate/leadgate/handlers/handlertest"
	"github.com/leadgate/leadgate/lead"
)

// FuzzDeliver holds the intake to its promise: what is answered with 2xx and not
// ignored is kept with its body, what is refused is not, and what is kept reads
// the same again.
func FuzzDeliver(f *testing.F) {
	f.Add(jsonType, []byte(oneLead))
	f.Add(formType, []byte("name=Ada&email=ada@brandt"))
	f.Add("application/json; charset=shift_jis", []byte(`[{"a": ,"email":"ada@brandt-druck.example"},{"name":"\x8eR"}]`))
	f.Add(partsType, []byte(parts("email=ada@brandt-druck.example", "cv@plan.pdf=x")))
	f.Add("text/csv", []byte("Name;E-Mail\nAda;ada@brandt-druck.example\n"))
	f.Add("image/png", []byte("\x89PNG\r\n"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		s, a := testServer(t, testSources)
		w := post(s, "/in/json", contentType, string(body))
		kept := len(a.requests) == 1 && len(a.touches) > 0 && string(a.requests[0].Body) == string(body)
		ignored := w.Code == 200 && handlertest.Decode(t, w).Status == "ignored"
		if (w.Code/100 == 2 && !ignored) != kept || w.Code >= 500 {
			t.Fatalf("answer %d %s, kept %v", w.Code, w.Body, kept)
		}
		if !kept {
			return
		}
		again, err := s.Reread(a.requests[0])
		switch whole := a.touches[0].State == lead.Unread && len(a.touches) == 1; {
		case err != nil && !whole:
			t.Fatalf("read once, and then %v", err)
		case err == nil && !slices.EqualFunc(again, a.touches, func(x, y *lead.Touch) bool { return x.Person == y.Person && x.State == y.State }):
			t.Fatalf("two readings: %d and %d touches", len(again), len(a.touches))
		}
	})
}
