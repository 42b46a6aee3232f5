package inbox

import (
	"log/slog"
	"math"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadgate/leadgate/handlers/api"
	"github.com/leadgate/leadgate/handlers/handlertest"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/strictyaml"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func TestLocalPath(t *testing.T) {
	for next, want := range map[string]string{"/l/X?a=b": "/l/X?a=b", "": "/", "//evil.example": "/", "https://evil.example": "/",
		"/\\evil.example": "/", "/signin?next=/": "/", "/l/X\n": "/"} {
		if got := localPath(next); got != want {
			t.Errorf("localPath(%q) = %q, want %q", next, got, want)
		}
	}
}

func TestQuote(t *testing.T) {
	long := strings.Repeat("a", 400) + "!" + strings.Repeat("b", 400)
	for _, tt := range []struct {
		name string
		m    strictyaml.Mistake
		want string
	}{
		{"Short", strictyaml.Mistake{Source: "score: x", Column: 8}, "score: x\n       ^"},
		{"Tab", strictyaml.Mistake{Source: "\tx", Column: 2}, "\tx\n\t^"},
		{"Empty", strictyaml.Mistake{Column: 1}, "\n^"},
		{"BeyondTheEnd", strictyaml.Mistake{Source: "ab", Column: 9}, "ab\n  ^"},
		{"Umlauts", strictyaml.Mistake{Source: "äö: x", Column: 5}, "äö: x\n    ^"},
		{"LongAtTheBeginning", strictyaml.Mistake{Source: long, Column: 1}, long[:lineQuoted] + "\n^"},
		{"Long", strictyaml.Mistake{Source: long, Column: 401}, long[400-lineQuoted/2:400+lineQuoted/2] + "\n" + strings.Repeat(" ", lineQuoted/2) + "^"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := quote(tt.m); got != tt.want {
				t.Errorf("quote(%.20q, %d) = %q, want %q", tt.m.Source, tt.m.Column, got, tt.want)
			}
		})
	}
}

func TestReadFilter(t *testing.T) {
	hot, warm := lead.Hot, lead.Warm
	for name, tc := range map[string]struct {
		tab, line string
		want      filter
	}{
		"Nothing":      {"", "", filter{}},
		"Tab":          {"hot", "", filter{Query: lead.Query{Temperature: &hot}}},
		"UnknownTab":   {"<script>", "", filter{}},
		"Mine":         {"mine", "", filter{Owner: "Dana", Query: lead.Query{ClaimedBy: "Dana"}}},
		"Rep":          {"", "owner:robin", filter{Owner: "robin", Query: lead.Query{ClaimedBy: "Robin"}}},
		"NoRep":        {"mine", "owner:nobody", filter{Owner: "nobody"}},
		"Line":         {"unclaimed", `warm source:web-demo since:1h "acme corp" inc`, filter{Query: lead.Query{Unclaimed: true, Temperature: &warm, Source: "web-demo", Since: noon.Add(-time.Hour), Text: "acme corp inc"}}},
		"Quoted":       {"", `"hot"`, filter{Query: lead.Query{Text: "hot"}}},
		"Status":       {"", "junk owner:Robin email:a@b.example", filter{Owner: "Robin", Query: lead.Query{ClaimedBy: "Robin", Status: lead.Junk, Email: "a@b.example"}}},
		"TwoNames":     {"", `owner:"Lee Ray" "a b"`, filter{Owner: "Lee Ray", Query: lead.Query{Text: "a b"}}},
		"WrongTime":    {"", "since:yore", filter{Wrong: "since:yore"}},
		"Consent":      {"", "consent:refused", filter{Query: lead.Query{Consent: lead.Refused}}},
		"WrongConsent": {"", "consent:perhaps", filter{Wrong: "consent:perhaps"}},
		"Colon":        {"", "re:invent", filter{Query: lead.Query{Text: "re:invent"}}},
	} {
		t.Run(name, func(t *testing.T) {
			tc.want.Limit = api.DefaultLimit
			if d := cmp.Diff(tc.want, readFilter(tc.tab, tc.line, "Dana", noon).spelled([]lead.Rep{{Name: "Robin"}})); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestFilter_Shows(t *testing.T) {
	l := leadOf(1, "Ada Brandt", func(l *lead.Lead) { l.Claim, l.Status = &lead.Claim{By: "Dana"}, lead.Claimed })
	for line, want := range map[string]bool{
		"": true, "hot": true, "warm": false, "claimed": true, "new": false, "unclaimed": false, "mine": true, "owner:robin": false, "owner:dana": true,
		"source:contact": true, "source:other": false, "email:Ada.Brandt@works.example": true, "email:x@y.example": false, "since:1h": true, "since:10s": false,
		"consent:not_asked": true, "consent:given": false, "ada": true, `"ADA BRANDT"`: true, "works.example": true, "nobody": false,
	} {
		if got := readFilter("", line, "Dana", noon).shows(l); got != want {
			t.Errorf("%q shows the lead: %v, want %v", line, got, want)
		}
	}
	for status, want := range map[lead.Status]bool{lead.Junk: false, lead.HeldInQuarantine: false, lead.Contacted: true} {
		l.Status = status
		if got := readFilter("", "", "Dana", noon).shows(l); got != want {
			t.Errorf("without a filter a lead that is %s is shown: %v, want %v", status, got, want)
		}
		if !readFilter("", string(status), "Dana", noon).shows(l) {
			t.Errorf("the filter %s does not show it", status)
		}
	}
}

func TestBarChart(t *testing.T) {
	c := barChart("Speed", []string{"p50", "p90"}, []group{{"a", []float64{5, 10}}, {"b", []float64{math.NaN(), 0}}}, took)
	if len(c.Bars) != 3 {
		t.Fatalf("%d bars, want 3: what is not known has none", len(c.Bars))
	}
	if a, b := c.Bars[0], c.Bars[1]; b.H != c.Base-chartTop || a.H != b.H/2 || a.Y+a.H != c.Base || a.X >= b.X || a.Title != "a, p50: 5.0 s" || a.Label != "a" || b.Label != "" {
		t.Errorf("bars %+v %+v, want the second as high as the chart and the first half of it, with one label", a, b)
	}
	if c.Bars[2].H != 1 {
		t.Errorf("nought is %d high, want a line that can be seen", c.Bars[2].H)
	}
	if c := barChart("", []string{"n"}, nil, took); len(c.Bars) != 0 {
		t.Error("bars of nothing")
	}
	if c := barChart("", []string{"n"}, []group{{"a", []float64{0}}}, took); len(c.Bars) != 0 {
		t.Error("a chart where all is nought")
	}
	var many []group
	for range 90 {
		many = append(many, group{"2026-11-25", []float64{1}})
	}
	labels := 0
	for _, b := range barChart("", []string{"n"}, many, took).Bars {
		if b.Label != "" {
			labels++
		}
		if b.X < chartLeft || b.X+b.W > chartWidth {
			t.Errorf("bar %+v is outside", b)
		}
	}
	if labels == 0 || labels > 12 {
		t.Errorf("%d labels, want up to 12", labels)
	}
}

func TestWordsOfNumbers(t *testing.T) {
	for s, want := range map[float64]string{0.04: "0.0 s", 9.94: "9.9 s", 45: "45 s", 90: "1.5 min", 3600 * 3: "3 h", 86400 * 3: "3 days"} {
		if got := took(s); got != want {
			t.Errorf("took(%v) = %q, want %q", s, got, want)
		}
	}
	for v, want := range map[float64]float64{1: 1, 1.5: 2, 3: 5, 7: 10, 31: 50, 0.3: 0.5, 100: 100} {
		if got := roundUp(v); math.Abs(got-want) > 1e-9 {
			t.Errorf("roundUp(%v) = %v, want %v", v, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0 KiB", 1: "1 KiB", 2 << 20: "2.0 MiB"} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %q, want %q", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{-time.Second: "0 s", 59 * time.Second: "59 s", time.Minute: "1 min", 47 * time.Hour: "47 h", 48 * time.Hour: "2 days"} {
		if got := Ago(noon, noon.Add(d)); got != want {
			t.Errorf("ago %s = %q, want %q", d, got, want)
		}
	}
	if got := Brief(5, "a  b\ncdef"); got != "a b…" {
		t.Errorf("brief = %q", got)
	}
}

func TestReceiptOf(t *testing.T) {
	touch := &lead.Touch{PageURL: "https://www.example.com/pricing", Consent: lead.NotAsked, Fields: map[string]string{"b": "2", "a": "1"}, Repeats: 3,
		ClickIDs: map[string]string{"gclid": "g1"}, Marks: []string{"free_mail", "links"}, UTM: lead.UTM{Source: "google"},
		Trail: []lead.Step{{Step: lead.StepAccepted, MS: 2}, {Step: lead.StepDecided, Why: "matched", MS: 5.5}, {Step: "own_word", MS: 5}}}
	got := receiptOf(touch, func(why string) string { return "means " + why })
	want := []hop{
		{Step: touch.Trail[0], Word: "on disk", Since: 2},
		{Step: touch.Trail[1], Word: "decided", Since: 3.5, Means: "means matched"},
		{Step: touch.Trail[2], Word: "own_word"}, // a clock that went back took no time
	}
	if d := cmp.Diff(want, got.Hops); d != "" {
		t.Errorf("hops (-want +got):\n%s", d)
	}
	facts := []fact{{"Page", "https://www.example.com/pricing"}, {"UTM source", "google"}, {"gclid", "g1"}, {"Consent", "not asked"}, {"a", "1"}, {"b", "2"},
		{"Marks", "free_mail, links"}, {"Sent again", "3 times"}}
	if d := cmp.Diff(facts, got.Said); d != "" {
		t.Errorf("said (-want +got):\n%s", d)
	}
}

func TestPages_RawOf(t *testing.T) {
	public := &url.URL{Scheme: "https", Host: "leads.example.com"}
	sources, err := source.New(source.Options{Notebook: notes{}, Public: public, Registry: prometheus.NewRegistry(), Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return noon }})
	if err == nil {
		err = sources.Reload([]source.Source{{Name: "ads", Provider: "json", Token: "path-secret", Header: map[string]string{"X-Key": "header-secret"}}})
	}
	if err != nil {
		t.Fatal(err)
	}
	s := &Pages{o: Options{Sources: sources, Public: public}}
	for name, tc := range map[string]struct{ body, want string }{
		"JSON":         {`{"google_key":"abc\"d","name":"Ada","api_key" : "x"}`, `{"google_key":"[secret]","name":"Ada","api_key" : "[secret]"}`},
		"Form":         {"name=Ada&g-recaptcha-response=xyz&access_token=t&token_count=3", "name=Ada&g-recaptcha-response=[secret]&access_token=[secret]&token_count=[secret]"},
		"FirstOfAForm": {"token=t&name=Ada", "token=[secret]&name=Ada"},
		"OwnSecrets":   {"I sent path-secret and header-secret", "I sent [secret] and [secret]"},
		"Innocent":     {`{"message":"my token of love","email":"a@b.example"}`, `{"message":"my token of love","email":"a@b.example"}`},
		"NotText":      {"a\xffb", "a\ufffdb"},
	} {
		t.Run(name, func(t *testing.T) {
			raw := s.rawOf(&lead.Request{Source: "ads", Body: []byte(tc.body), Header: map[string]string{"Content-Type": "text/plain"}})
			if raw.Body != tc.want {
				t.Errorf("body %s, want %s", raw.Body, tc.want)
			}
			for _, secret := range []string{"path-secret", "header-secret"} {
				if strings.Contains(raw.Curl, secret) {
					t.Errorf("%s is in the command: %s", secret, raw.Curl)
				}
			}
		})
	}
	raw := s.rawOf(&lead.Request{Source: "ads", Body: []byte(`{"name":"O'Hara"}`), Header: map[string]string{"Content-Type": "application/json"}})
	want := "curl -X POST 'https://leads.example.com/in/ads/TOKEN' \\\n  -H 'Content-Type: application/json' \\\n  --data-raw '{\"name\":\"O'\\''Hara\"}'"
	if raw.Curl != want {
		t.Errorf("curl\n%s\nwant\n%s", raw.Curl, want)
	}
}

// No source can have such a name today; the page does not rely on it.
func TestTryForms_Escapes(t *testing.T) {
	const hostile = `"><script>alert(1)</script>'/../?x=` + "`&#"
	page, err := tryForms([]string{hostile})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(handlertest.Elements(t, string(page), "script")); n != 0 {
		t.Errorf("%d scripts came in by a name", n)
	}
	if all := handlertest.Elements(t, string(page), "form", "h2"); len(all) != 2 || all[0].FirstChild.Data != hostile || handlertest.Attr(all[1], "method") != "post" {
		t.Errorf("page %s, want one heading with the name and one form", page)
	}
	if got := handlertest.Actions(t, string(page)); len(got) != 1 || !regexp.MustCompile(`^/in/[^"<>]*$`).MatchString(got[0]) {
		t.Errorf("action %q, want a path under /in/", got)
	}
}

// A page loads less than 50 KB of scripts.
func TestScripts_Small(t *testing.T) {
	all := 0
	for name, a := range assets {
		if strings.HasSuffix(name, ".js") {
			all += len(a.body)
		}
	}
	if all == 0 || all >= 50_000 {
		t.Errorf("%d bytes of scripts, want less than 50,000", all)
	}
}

func leadOf(n int, name string, change ...func(*lead.Lead)) *lead.Lead {
	id := "01M88F76F4PNJ54C4FYRH1BG" + string(rune('A'+n/10)) + string(rune('0'+n%10))
	l := &lead.Lead{ID: id, Person: lead.Person{Name: name, Email: strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@works.example", Company: "Works"},
		Verdict: lead.Verdict{Temperature: lead.Hot, Score: 90, Reasons: []lead.Reason{{Because: "asked for a demo", Points: 90, Rule: "demo_request"}}},
		Status:  lead.New, Touches: []string{"T" + id[1:]}, CreatedAt: noon.Add(-time.Minute), Revision: 1,
		History: []lead.Past{{ID: "T" + id[1:], Action: "demo_request", Source: "contact", At: noon.Add(-time.Minute), Message: "Call me"}}}
	for _, c := range change {
		c(l)
	}
	return l
}

// notes forgets what is known of sources.
type notes struct{}

func (notes) KeepNote(string, []byte) error     { return nil }
func (notes) Notes() (map[string][]byte, error) { return nil, nil }

// Every act has words, and one that is of another version stands for itself.
func TestWordsOf(t *testing.T) {
	for act, words := range actWords {
		if words[0] == "" || wordsOf(act) != words {
			t.Errorf("wordsOf(%s) = %q, want %q", act, wordsOf(act), words)
		}
	}
	for _, v := range lead.Verbs() {
		if wordsOf(lead.Act(v.Verb))[0] == "" {
			t.Errorf("the verb %s has no words", v.Verb)
		}
	}
	if got := wordsOf("sing"); got[0] != "sing" {
		t.Errorf("wordsOf(sing) = %q", got)
	}
}
