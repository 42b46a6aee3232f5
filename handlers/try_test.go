package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/handlers/handlertest"
	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
)

var trySources = []source.Source{
	{Name: "webinar", Provider: "form"},
	{Name: "contact"}, // the default provider is form
	{Name: "tok", Provider: "form", Token: "secret-token"},
	{Name: "static", Provider: "form", Header: map[string]string{"X-Key": "static-value"}},
	{Name: "guarded", Provider: "form", Captcha: &source.Captcha{Kind: "turnstile", Secret: "s"}},
	{Name: "json", Provider: "json"},
	{Name: "zoom", Provider: "zoom", Secret: zoomSecret},
}

func tried(o *Options) { o.Try = true }

func TestServer_TryPage(t *testing.T) {
	s, _ := testServer(t, trySources, tried)
	w := ask(s, http.MethodGet, "/try", "")
	page := w.Body.String()
	if w.Code != 200 {
		t.Fatalf("GET /try = %d %s, want 200", w.Code, page)
	}
	if d := cmp.Diff([]string{"/in/contact", "/in/webinar"}, handlertest.Actions(t, page)); d != "" {
		t.Errorf("forms (-want +got):\n%s", d)
	}
	for name, want := range map[string]string{
		"Content-Type":            "text/html; charset=UTF-8",
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options":  "nosniff",
		"Referrer-Policy":         "no-referrer",
		"Cache-Control":           "no-store",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	// The policy would keep these from working.
	if strings.Contains(page, "<script") || strings.Contains(page, "<style") || strings.Contains(page, " style=") {
		t.Error("the page has a script or a style of its own")
	}

	t.Run("Labels", func(t *testing.T) {
		labelled := map[string]int{}
		for _, l := range handlertest.Elements(t, page, "label") {
			labelled[handlertest.Attr(l, "for")]++
		}
		fields := handlertest.Elements(t, page, "input", "textarea")
		if len(fields) != 2*6 {
			t.Errorf("%d fields, want 6 in each of 2 forms", len(fields))
		}
		for _, f := range fields {
			if id := handlertest.Attr(f, "id"); id == "" || labelled[id] != 1 {
				t.Errorf("field %q with id %q has %d labels, want 1", handlertest.Attr(f, "name"), id, labelled[id])
			}
			if handlertest.Attr(f, "name") == "_gotcha" && (handlertest.Attr(f, "tabindex") != "-1" || handlertest.Attr(f.Parent, "aria-hidden") != "true" || handlertest.Attr(f.Parent, "class") != "away") {
				t.Error("people can get into the honeypot")
			}
		}
	})
	t.Run("IDsAreUnique", func(t *testing.T) {
		s, _ := testServer(t, []source.Source{{Name: "contact"}, {Name: "contact-email"}, {Name: "contact-email-name"}}, tried)
		seen := map[string]bool{}
		for _, n := range handlertest.Elements(t, ask(s, http.MethodGet, "/try", "").Body.String(), "h2", "input", "textarea") {
			if id := handlertest.Attr(n, "id"); seen[id] {
				t.Errorf("id %q is there twice", id)
			} else {
				seen[id] = true
			}
		}
	})
	t.Run("Style", func(t *testing.T) {
		links := handlertest.Elements(t, page, "link")
		if len(links) != 1 {
			t.Fatalf("%d links, want the style sheet", len(links))
		}
		w := ask(s, http.MethodGet, handlertest.Attr(links[0], "href"), "")
		if w.Code != 200 || w.Header().Get("Content-Type") != "text/css; charset=utf-8" || w.Header().Get("X-Content-Type-Options") != "nosniff" ||
			!strings.Contains(w.Body.String(), ".away") {
			t.Errorf("style sheet = %d %v, want 200, CSS, nosniff, and the honeypot out of sight", w.Code, w.Header())
		}
	})
	t.Run("Reload", func(t *testing.T) {
		s, _ := testServer(t, trySources, tried)
		if err := s.Reload([]source.Source{{Name: "json", Provider: "json"}}); err != nil {
			t.Fatal(err)
		}
		page := ask(s, http.MethodGet, "/try", "").Body.String()
		if len(handlertest.Actions(t, page)) != 0 || !strings.Contains(page, "No source takes a plain form.") {
			t.Errorf("without forms: %s", page)
		}
	})
}

func TestServer_TryPageOff(t *testing.T) {
	s, _ := testServer(t, trySources)
	handlertest.WantProblem(t, ask(s, http.MethodGet, "/try", ""), problem.NotFound)
}

// What the page's own form sends is a lead, and its honeypot is one.
func TestServer_TryPageSends(t *testing.T) {
	s, a := testServer(t, trySources, tried)
	form := handlertest.Elements(t, ask(s, http.MethodGet, "/try", "").Body.String(), "form")[0]
	typed := map[string]string{"name": "Ada Brandt", "email": "ada.brandt@brandt-druck.example", "company": "Brandt Druck",
		"phone": "+49 30 5550123", "message": "Please call me about a demo."}
	sent := url.Values{}
	for n := range form.Descendants() {
		if name := handlertest.Attr(n, "name"); name != "" {
			sent.Set(name, typed[name])
		}
	}
	send := func() *lead.Touch {
		t.Helper()
		before := len(a.touches)
		w := post(s, handlertest.Attr(form, "action"), formType, sent.Encode(), "Accept", "text/html,*/*;q=0.8")
		if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") || !strings.Contains(w.Body.String(), "Thank you") {
			t.Errorf("answer %d %s, want the thank-you page", w.Code, w.Body)
		}
		if len(a.touches) != before+1 {
			t.Fatalf("%d touches, want 1", len(a.touches)-before)
		}
		return a.touches[before]
	}
	got := send()
	if got.State != lead.Accepted || got.Source != "contact" || got.Person.Email != typed["email"] || got.Person.Phone == "" ||
		got.Person.Name != typed["name"] || got.Person.Company != typed["company"] || got.Message != typed["message"] {
		t.Errorf("touch %+v, want all that was typed, accepted", got)
	}
	sent.Set("_gotcha", "http://spam.example")
	if got := send(); got.State != lead.Quarantined {
		t.Errorf("with the honeypot filled: %v, want quarantined", got.State)
	}
}
