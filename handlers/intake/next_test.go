package intake

import (
	"bytes"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"

	"github.com/leadgate/leadgate/handlers/source"
)

func TestNextPage(t *testing.T) {
	s, _ := testServer(t, []source.Source{
		{Name: "thanks", Provider: "form", Rate: source.Rate{Off: true}, Redirect: "https://www.example.com/thanks", NextHosts: []string{"shop.example.com"}, Origins: []string{"https://forms.example.com"}},
		{Name: "bare", Provider: "form", Rate: source.Rate{Off: true}},
		{Name: "path", Provider: "form", Rate: source.Rate{Off: true}, Redirect: "/danke", Origins: []string{"https://forms.example.com"}},
	})
	const usual = "https://www.example.com/thanks"
	for next, want := range map[string]string{
		"":                                        usual,
		"/danke":                                  "/danke",
		"/danke?a=b#c":                            "/danke?a=b#c",
		"https://shop.example.com/x":              "https://shop.example.com/x",
		"https://SHOP.example.com/x":              "https://SHOP.example.com/x",
		"https://www.example.com/":                "https://www.example.com/",
		"https://evil.example/":                   usual,
		"//evil.example":                          usual,
		"///evil.example":                         usual,
		`/\evil.example`:                          usual,
		`\\evil.example`:                          usual,
		`/path\..\evil`:                           usual,
		"/\t/evil.example":                        usual,
		"/ /evil.example":                         usual,
		"\t//evil.example":                        usual,
		"/a\r\nSet-Cookie: x=1":                   usual,
		"/a\x00":                                  usual,
		"javascript:alert(1)":                     usual,
		"JaVaScRiPt:alert(1)":                     usual,
		"data:text/html,x":                        usual,
		"https:evil.example":                      usual,
		"https:///evil.example":                   usual,
		"https://shop.example.com@evil.x/":        usual,
		"https://u:p@shop.example.com/":           usual,
		"https://shop.example.com.evil.x/":        usual,
		"https://shop.example.com:8443/":          usual,
		`https://evil.example\@shop.example.com/`: usual,
		"ftp://shop.example.com/":                 usual,
		"shop.example.com":                        usual,
		"../x":                                    usual,
		"%zz":                                     usual,
	} {
		for _, field := range []string{"_next", "_redirect"} {
			for kind, body := range map[string]string{formType: oneForm + "&" + field + "=" + url.QueryEscape(next), "": multipartForm(t, field, next)} {
				ctype := kind
				if kind == "" {
					ctype = "multipart/form-data; boundary=B"
				}
				w := post(s, "/in/thanks", ctype, body, "Accept", "text/html,*/*;q=0.8")
				if got := w.Header().Get("Location"); w.Code != 303 || got != want {
					t.Errorf("%s %s=%q leads (%d) to %q, want %q", ctype, field, next, w.Code, got, want)
				}
			}
		}
	}

	t.Run("OnTheFormsOwnSite", func(t *testing.T) {
		w := post(s, "/in/path", formType, oneForm, "Accept", "text/html", "Origin", "https://forms.example.com")
		if got := w.Header().Get("Location"); got != "https://forms.example.com/danke" {
			t.Errorf("a path leads to %q, want the form's site", got)
		}
		w = post(s, "/in/path", formType, oneForm, "Accept", "text/html", "Origin", "https://evil.example")
		if got := w.Header().Get("Location"); got != "/danke" {
			t.Errorf("a path leads to %q, want no other site", got)
		}
	})
	t.Run("Nowhere", func(t *testing.T) {
		w := post(s, "/in/bare", formType, oneForm, "Accept", "text/html")
		if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") || !strings.Contains(w.Body.String(), "Thank you") {
			t.Errorf("answer %d %s, want the thank-you page", w.Code, w.Body)
		}
		if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "'sha256-") {
			t.Errorf("policy %q", policy)
		}
	})
	t.Run("Scripts", func(t *testing.T) {
		for name, header := range map[string][]string{"Fetch": {"Accept", "*/*"}, "JSON": {"Accept", "application/json"},
			"XHR": {"Accept", "text/html", "X-Requested-With", "XMLHttpRequest"}} {
			if w := post(s, "/in/thanks", formType, oneForm, header...); w.Code != 202 {
				t.Errorf("%s gets %d, want 202", name, w.Code)
			}
		}
	})
}

func multipartForm(t *testing.T, name, value string) string {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary("B"); err != nil {
		t.Fatal(err)
	}
	for _, f := range [][2]string{{"email", "ada@brandt-druck.example"}, {name, value}} {
		if err := w.WriteField(f[0], f[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
