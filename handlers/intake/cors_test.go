package intake

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
)

func TestCORS(t *testing.T) {
	s, a := testServer(t, []source.Source{
		{Name: "listed", Provider: "form", Origins: []string{"https://www.example.com", "http://localhost:3000/"}, Rate: source.Rate{N: 100, Per: time.Minute}},
		{Name: "none", Provider: "form"},
	})
	preflight := func(source, origin string) (int, http.Header) {
		header := []string{"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type"}
		if origin != "" {
			header = append(header, "Origin", origin)
		}
		w := ask(s, http.MethodOptions, "/in/"+source, "", header...)
		return w.Code, w.Header()
	}
	for name, tc := range map[string]struct {
		source, origin string
		status         int
		allowed        string
	}{
		"Listed":       {"listed", "https://www.example.com", 204, "https://www.example.com"},
		"ListedSlash":  {"listed", "http://localhost:3000", 204, "http://localhost:3000"},
		"OtherScheme":  {"listed", "http://www.example.com", 403, ""},
		"OtherPort":    {"listed", "https://www.example.com:8443", 403, ""},
		"Subdomain":    {"listed", "https://a.www.example.com", 403, ""},
		"Suffix":       {"listed", "https://www.example.com.evil.example", 403, ""},
		"Prefix":       {"listed", "https://evil-www.example.com", 403, ""},
		"Null":         {"listed", "null", 403, ""},
		"NoneListed":   {"none", "https://www.example.com", 403, ""},
		"WithoutOne":   {"listed", "", 204, ""},
		"NoneAndNone":  {"none", "", 204, ""},
		"UnknownIsNot": {"nope", "https://www.example.com", 404, ""},
	} {
		t.Run(name, func(t *testing.T) {
			status, h := preflight(tc.source, tc.origin)
			if status != tc.status || h.Get("Access-Control-Allow-Origin") != tc.allowed {
				t.Errorf("preflight = %d allowing %q, want %d %q", status, h.Get("Access-Control-Allow-Origin"), tc.status, tc.allowed)
			}
			if got := h.Get("Access-Control-Allow-Credentials"); (got == "true") != (tc.allowed != "") {
				t.Errorf("credentials %q, want them for listed pages only", got)
			}
			if tc.source == "listed" && h.Get("Vary") != "Origin" {
				t.Errorf("Vary %q, want Origin", h.Get("Vary"))
			}
			if tc.allowed != "" && (h.Get("Access-Control-Allow-Methods") != "POST, OPTIONS" || h.Get("Access-Control-Max-Age") != "600" ||
				h.Get("Access-Control-Allow-Headers") != "content-type") {
				t.Errorf("preflight's headers %v", h)
			}
		})
	}

	const page = "https://www.example.com"
	for asked, want := range map[string]string{"": "content-type, idempotency-key", "content-type,X-Requested-With, traceparent": "content-type,X-Requested-With, traceparent",
		"a\x00b": "content-type, idempotency-key", strings.Repeat("x", 1025): "content-type, idempotency-key"} {
		w := ask(s, http.MethodOptions, "/in/listed", "", "Origin", page, "Access-Control-Request-Headers", asked)
		if got := w.Header().Get("Access-Control-Allow-Headers"); got != want {
			t.Errorf("asked for %q, allowed are %q, want %q", asked, got, want)
		}
	}
	for name, tc := range map[string]struct {
		body string
		err  error
		want int
	}{
		"Success":    {oneForm, nil, 202},
		"Empty":      {"", nil, 422},
		"Unread":     {"colour=blue", nil, 202},
		"NotDurable": {oneForm, lead.ErrNotDurable, 503},
	} {
		t.Run("Answer"+name, func(t *testing.T) {
			a.err = tc.err
			w := post(s, "/in/listed", formType, tc.body, "Origin", page)
			if w.Code != tc.want || w.Header().Get("Access-Control-Allow-Origin") != page || w.Header().Get("Vary") != "Origin" {
				t.Errorf("answer %d with %v, want %d that the page can read", w.Code, w.Header(), tc.want)
			}
			w = post(s, "/in/listed", formType, tc.body, "Origin", "https://evil.example")
			if w.Code != tc.want || w.Header().Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("another page's answer %d with %v, want %d that it cannot read", w.Code, w.Header(), tc.want)
			}
		})
	}
	t.Run("AnswerRateLimited", func(t *testing.T) {
		a.err = nil
		for range 200 {
			if w := post(s, "/in/listed", formType, oneForm, "Origin", page); w.Code == 429 {
				if w.Header().Get("Access-Control-Allow-Origin") != page || w.Header().Get("Access-Control-Expose-Headers") != "Retry-After" {
					t.Errorf("429 with %v, want one that the page can read", w.Header())
				}
				return
			}
		}
		t.Error("no 429 came")
	})
}
