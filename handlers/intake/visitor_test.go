package intake

import (
	"reflect"
	"strings"
	"testing"

	"golang.org/x/text/language"

	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
)

const asBrowser = "text/html,application/xhtml+xml,*/*;q=0.8"

func TestVisitor_Mends(t *testing.T) {
	const refuse = "problem+json"
	for name, tc := range map[string]struct {
		path, body string
		header     []string
		status     int
		want       []string
		lack       []string
		kept       int
	}{
		"Mistyped": {"/in/contact", "name=Ada&email=ada@brandt&message=Call+me", nil, 202,
			[]string{`lang="en"`, "Please check your details", "<bdi>ada@brandt</bdi>"}, []string{"<a "}, 1},
		"German": {"/in/contact", "name=Ada&email=ada@brandt", []string{"Accept-Language", "de-AT,de;q=0.9,en;q=0.5", "Referer", "https://www.example.com/"}, 202,
			[]string{`lang="de"`, "Bitte prüfen Sie", `href="https://www.example.com/"`, "Zurück zum Formular"}, nil, 1},
		"Hebrew":    {"/in/contact", "name=Ada&email=ada@brandt", []string{"Accept-Language", "he"}, 202, []string{`lang="he" dir="rtl"`}, nil, 1},
		"Taiwanese": {"/in/contact", "email=ada@brandt", []string{"Accept-Language", "zh-TW"}, 202, []string{"請檢查您的資料"}, nil, 1},
		"Unknown":   {"/in/contact", "email=ada@brandt", []string{"Accept-Language", "tlh, *;q=0.1"}, 202, []string{`lang="en"`}, nil, 1},
		"FormsOwnPage": {"/in/contact", "email=ada@brandt&page_url=https://www.example.com/contact?a=1%26b=2", []string{"Referer", "https://www.example.com/"}, 202,
			[]string{`href="https://www.example.com/contact?a=1&amp;b=2"`}, nil, 1},
		"PageOfAnotherSite": {"/in/contact", "email=ada@brandt&page_url=https://evil.example/", []string{"Referer", "https://www.example.com/"}, 202,
			[]string{`href="https://www.example.com/"`}, []string{"evil.example/\""}, 1},
		"OnlyAnOrigin":        {"/in/contact", "email=ada@brandt", []string{"Origin", "https://www.example.com"}, 202, []string{`href="https://www.example.com"`}, nil, 1},
		"Script":              {"/in/contact", "email=<script>@brandt", []string{"Referer", "javascript:alert(1)"}, 202, []string{"&lt;script&gt;@brandt"}, []string{"javascript:", "<script>"}, 1},
		"RatherThanARedirect": {"/in/thanks", "email=ada@brandt", nil, 202, []string{"Please check your details"}, nil, 1},
		"Spam":                {"/in/contact", "email=ada@brandt&_gotcha=x", nil, 200, []string{"Thank you"}, nil, 1},
		"Empty":               {"/in/contact", "email=&name=", []string{"Accept-Language", "fr"}, 422, []string{`lang="fr"`, "Le formulaire était vide"}, []string{refuse}, 0},
		"TooLarge": {"/in/contact", "email=ada@brandt-druck.example&message=" + strings.Repeat("a", 256<<10), []string{"Accept-Language", "sv", "Referer", "https://www.example.com/x"}, 413,
			[]string{"för långt", `href="https://www.example.com/x"`}, []string{refuse}, 0},
		"WrongToken": {"/in/tok/wrong", "email=ada@brandt-druck.example", nil, 401, []string{"was not sent"}, []string{refuse}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s, a := testServer(t, testSources)
			w := post(s, tc.path, formType, tc.body, append([]string{"Accept", asBrowser}, tc.header...)...)
			page := w.Body.String()
			if w.Code != tc.status || w.Header().Get("Content-Type") != "text/html; charset=UTF-8" || !strings.HasPrefix(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
				t.Errorf("answer %d %v, want %d and a page", w.Code, w.Header(), tc.status)
			}
			for _, want := range tc.want {
				if !strings.Contains(page, want) {
					t.Errorf("page lacks %q:\n%s", want, page)
				}
			}
			for _, lack := range tc.lack {
				if strings.Contains(page, lack) {
					t.Errorf("page has %q:\n%s", lack, page)
				}
			}
			if len(a.touches) != tc.kept {
				t.Errorf("%d touches are kept, want %d", len(a.touches), tc.kept)
			}
		})
	}
	t.Run("RateLimited", func(t *testing.T) {
		s, _ := testServer(t, []source.Source{{Name: "contact", Rate: source.Rate{N: 1, Per: 60e9}}})
		post(s, "/in/contact", formType, oneForm, "Accept", asBrowser)
		if w := post(s, "/in/contact", formType, oneForm, "Accept", asBrowser); w.Code != 429 || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "try again") {
			t.Errorf("answer %d %v %s, want a page that says to try again", w.Code, w.Header(), w.Body)
		}
	})
}

func TestMistyped(t *testing.T) {
	touch := &lead.Touch{Fields: map[string]string{"a": "z@x", "b": "y@x", "c": "y@x", "d": "no address", "e": strings.Repeat("a", 200) + "@x", "f": "x@x", "g": "w@x"}}
	if got := strings.Join(mistyped(touch), " "); got != "w@x x@x y@x" {
		t.Errorf("mistyped = %s, want three addresses, each once", got)
	}
}

// Each language has every sentence, and a tag that the matcher knows.
func TestVisitorTexts(t *testing.T) {
	seen := map[string]bool{}
	for _, text := range visitorTexts {
		if _, err := language.Parse(text.lang); err != nil || seen[text.lang] {
			t.Errorf("language %q is unknown or there twice: %v", text.lang, err)
		}
		seen[text.lang] = true
		v := reflect.ValueOf(text)
		for i := range v.NumField() {
			if v.Field(i).String() == "" {
				t.Errorf("%s has no %s", text.lang, v.Type().Field(i).Name)
			}
		}
	}
}
