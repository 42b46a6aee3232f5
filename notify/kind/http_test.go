package kind

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/notifytest"
)

// hostileValues are field values that would break out of a template that does
// not escape.
var hostileValues = []string{
	"", "Ada", `<script>alert("x")</script>`, `"><img src=x>`, "' or '1'='1", `"}, "admin": {"a": "`, `\`, `\"`, "a\x00b", "\xff\xfe", "&amp; +1 =1", "{{.Name}}",
	"a&b=c", "100 %", "a/../../b?c#d", "line\r\nX-Evil: 1", "\u2028`${x}", "//evil.example", ".", "..", "javascript:alert(1)",
}

// The text of a template is the same; what is filled in is escaped for where it
// stands: a JSON string, a form or URL, a header.
func TestTemplates_EscapeByPlace(t *testing.T) {
	bodies := []string{
		`{{.Name}}`, `{{with .Name}}{{.}}{{end}}`, `{{if .Name}}{{.Name}}{{else}}{{.Name}}{{end}}`, `{{$n := .Name}}{{$n}}`, `{{range $k, $v := .Fields}}{{$v}}{{end}}`,
		`{{define "n"}}{{.Name}}{{end}}{{template "n" .}}`, `{{block "b" .}}{{.Name}}{{end}}`, `{{printf "%s" .Name}}`, `{{.Name | print}}`, `{{or .Nope .Name}}`, `{{index .Fields "a"}}`,
	}
	for _, body := range bodies {
		body = strings.ReplaceAll(body, ".Nope", ".Receipt")
		for _, name := range hostileValues {
			s := slots{slotPerson: slotPerson{Name: name}, slotTouch: slotTouch{Fields: map[string]string{"a": name}}}
			checkEscaped(t, body, s)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		name := notifytest.HostileText().Draw(t, "name")
		checkEscaped(t, rapid.SampledFrom(bodies[:4]).Draw(t, "body"), slots{slotPerson: slotPerson{Name: name}})
	})
}

type failer interface {
	Helper()
	Errorf(string, ...any)
	Fatalf(string, ...any)
}

// checkEscaped fills a template that writes s.Name once in every place and
// reads the result back.
func checkEscaped(t failer, body string, s slots) {
	t.Helper()
	write := func(in surrounding, before, after string) string {
		tmpl, err := compile("body", before+body+after, in)
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		text, err := fill(tmpl, s)
		if err != nil {
			t.Fatalf("%s with %q: %v", body, s.Name, err)
		}
		return text
	}
	var v map[string]string
	if text := write(inJSON, `{"a": "`, `", "b": "c"}`); json.Unmarshal([]byte(text), &v) != nil || len(v) != 2 || v["a"] != strings.ToValidUTF8(s.Name, "\uFFFD") && v["a"] != oneForEach(s.Name) {
		t.Errorf("%s with %q writes the JSON %s", body, s.Name, text)
	}
	text := write(inForm, "x=1&a=", "&b=c")
	form, err := url.ParseQuery(text)
	if err != nil || len(form) != 3 || form.Get("a") != s.Name {
		t.Errorf("%s with %q writes the form %s", body, s.Name, text)
	}
	want := s.Name
	if want == "." || want == ".." { // it must not be a step in the path
		want = strings.Repeat("%2E", len(want))
	}
	u, err := url.Parse("https://crm.example/leads/" + write(inURL, "", "?x=1"))
	if err != nil || u.Host != "crm.example" || strings.Count(u.EscapedPath(), "/") != 2 || u.Path != "/leads/"+want || u.RawQuery != "x=1" || u.Fragment != "" {
		t.Errorf("%s with %q writes the URL %s, %v", body, s.Name, u, err)
	}
	if text := write(inHeader, "a ", " b"); strings.ContainsAny(text, "\r\n\x00") {
		t.Errorf("%s with %q writes the header %q", body, s.Name, text)
	}
}

// oneForEach is what encoding/json makes of bytes that are not UTF-8.
func oneForEach(s string) string {
	b, _ := json.Marshal(s)
	var out string
	_ = json.Unmarshal(b, &out) // it was written the line before
	return out
}

// json and query write whole values and are not escaped again.
func TestTemplates_OwnFunctions(t *testing.T) {
	s := slots{slotPerson: slotPerson{Name: `Ada "x" & Co`}, slotTouch: slotTouch{Fields: map[string]string{"Seats": `3"`}}}
	for _, tt := range []struct {
		in         surrounding
		body, want string
	}{
		{inJSON, `{"f": {{json .Fields}}, "n": {{.Name | json}}}`, `{"f": {"Seats":"3\""}, "n": "Ada \"x\" & Co"}`},
		{inJSON, `{"q": "{{query .Name}}"}`, `{"q": "Ada%20%22x%22%20%26%20Co"}`},
		{inURL, `/{{query .Name}}`, `/Ada%20%22x%22%20%26%20Co`},
		{inForm, `a={{query .Name}}`, `a=Ada%20%22x%22%20%26%20Co`},
		{inForm, `a={{json .Name}}`, `a=%22Ada%20%5C%22x%5C%22%20%26%20Co%22`},
		{inWords, `{{.Name}}`, `Ada "x" & Co`},
		{inJSON, `{{range $i, $f := .Fields}}{{if eq $i "none"}}{{break}}{{else}}{{continue}}{{end}}{{end}}{}`, `{}`},
	} {
		tmpl, err := compile("body", tt.body, tt.in)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := fill(tmpl, s); err != nil || got != tt.want {
			t.Errorf("%s = %s, %v, want %s", tt.body, got, err, tt.want)
		}
	}
}

// A value of dots alone is no step up in a path, however it is written.
func TestTemplates_NoStepsInPaths(t *testing.T) {
	for _, body := range []string{`https://crm.example/api/{{.Name}}/x`, `https://crm.example/api/{{query .Name}}/x`, `https://crm.example/api/{{with .Name}}{{.}}{{end}}/x`} {
		for _, name := range []string{".", ".."} {
			tmpl, err := compile("url", body, inURL)
			if err != nil {
				t.Fatal(err)
			}
			address, err := fill(tmpl, slots{slotPerson: slotPerson{Name: name}})
			if err != nil {
				t.Fatal(err)
			}
			u, err := url.Parse(address)
			if err != nil || u.JoinPath().Path != "/api/"+strings.Repeat("%2E", len(name))+"/x" {
				t.Errorf("%s with %q is %s, %v", body, name, address, err)
			}
		}
	}
}

// An error names the place in the template and never a value.
func TestTemplates_Errors(t *testing.T) {
	s := slots{slotPerson: slotPerson{Name: "Grace Hopper"}, slotTouch: slotTouch{Fields: map[string]string{"a": "grace@acme.example"}}}
	for body, want := range map[string]string{
		`{{.Nothing}}`:                  "body:1",
		`{{range .Name}}{{end}}`:        "body:1",
		`{{index .Name 99}}`:            "body:1",
		`{{.Name.X}}`:                   "body:1",
		`{{.Name 1}}`:                   "body:1",
		`{{len .Score}}`:                "body:1",
		`{{lt .Name 1}}`:                "body:1",
		`{{index .Fields .Name .Name}}`: "body:1",
		`{{template "none"}}`:           "body",
		`{{define "a"}}{{template "a"}}{{end}}{{template "a"}}`:                "body",
		`{{range $i := .Fields}}` + strings.Repeat("x", fillMost) + `{{end}}y`: "256 KiB",
	} {
		tmpl, err := compile("body", body, inJSON)
		if err == nil {
			_, err = fill(tmpl, s)
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "template:") {
			t.Errorf("%.60s: %v, want an error with %s", body, err, want)
		}
		if err != nil && (strings.Contains(err.Error(), "Grace") || strings.Contains(err.Error(), "acme")) {
			t.Errorf("%.60s: the error %q contains a value", body, err)
		}
	}
	for _, body := range []string{`{{unknown}}`, `{{if}}`, `{{.Name`, `{{_json .Name}}x{{_nope}}`} {
		if _, err := compile("body", body, inJSON); err == nil {
			t.Errorf("%s is accepted", body)
		}
	}
}

// What a template of a target writes is what is posted.
func TestHTTP_Posts(t *testing.T) {
	f := notifytest.NewServer(t)
	s := open(t, "http", f, func(t *notify.Target, _ *Env) {
		t.URL += "&who={{.Company}}"
		t.Header = map[string]string{"X-Who": "{{.Name}}"}
	})
	a := notifytest.Grace(lead.HotAlert, func(l *lead.Lead, _ *lead.Touch) {
		l.Person.Name, l.Person.Company = "Grace \"x\"\r\nX-Evil: 1", "A & B / ?"
	})
	if _, err := s.Send(t.Context(), []notify.Alert{a}); err != nil {
		t.Fatal(err)
	}
	c := f.Got()[0]
	var body map[string]string
	if json.Unmarshal(c.Body, &body) != nil || body["name"] != "Grace \"x\"\r\nX-Evil: 1" {
		t.Errorf("body = %s", c.Body)
	}
	if c.Header.Get("X-Evil") != "" || c.Header.Get("X-Who") != `Grace "x" X-Evil: 1` {
		t.Errorf("header = %v", c.Header)
	}
}

// The calls before the last one keep what later calls need, are left out when
// their condition does not hold, and each must answer what is expected.
func TestHTTP_Calls(t *testing.T) {
	person := notify.Call{Name: "person", URL: "/persons?q={{.Email}}", Method: "GET", Keep: "items.0.id"}
	for _, tt := range []struct {
		name    string
		before  []notify.Call
		change  func(*notify.Target)
		answers []http.HandlerFunc
		receipt string
		code    string // of the error
		calls   string
	}{
		{"Kept", []notify.Call{person}, nil, []http.HandlerFunc{notifytest.Answer(200, `{"items":[{"id":31}]}`), notifytest.Answer(201, `{"id":"x1"}`)}, "x1", "", "GET persons POST leads/31"},
		{"Nothing", []notify.Call{person}, nil, []http.HandlerFunc{notifytest.Answer(200, `{"items":[]}`), notifytest.Answer(201, `{"id":7}`)}, "7", "", "GET persons POST leads/"},
		{"NotDue", []notify.Call{{Name: "person", URL: "/persons", When: "{{if .Owner}}yes{{end}}"}}, nil, []http.HandlerFunc{notifytest.Answer(201, ``, "Location", "/leads/9")}, "9", "", "POST leads/"},
		{"Zero", []notify.Call{{Name: "person", URL: "/persons", When: "0"}}, nil, []http.HandlerFunc{notifytest.Answer(204, ``)}, "http_204", "", "POST leads/"},
		{"Expected", nil, func(t *notify.Target) { t.Expect = map[string]string{"X-Kept": "yes"} }, []http.HandlerFunc{notifytest.Answer(200, `{"id":1}`, "X-Kept", "yes")}, "1", "", "POST leads/"},
		{"NotExpected", nil, func(t *notify.Target) { t.Expect = map[string]string{"X-Kept": "yes"} }, []http.HandlerFunc{notifytest.Answer(200, `{"id":1}`)}, "", "not_expected", "POST leads/"},
		{"Receipt", nil, func(t *notify.Target) { t.Receipt = "data.key" }, []http.HandlerFunc{notifytest.Answer(200, `{"data":{"key":"k-5"}}`)}, "k-5", "", "POST leads/"},
		{"NoReceipt", nil, func(t *notify.Target) { t.Receipt = "data.key" }, []http.HandlerFunc{notifytest.Answer(200, `{"data":[]}`)}, "", "no_receipt", "POST leads/"},
		{"FirstFails", []notify.Call{person}, nil, []http.HandlerFunc{notifytest.Answer(401, ``)}, "", "http_401", "GET persons"},
		{"NotJSON", nil, func(t *notify.Target) {
			t.Body = `{"score": {{if ne .Name "Ada \"Countess\" O'Neil & Co"}}{{.Name}}{{else}}1{{end}}}`
		}, nil, "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := notifytest.NewServer(t, tt.answers...)
			target := notify.Target{Name: "crm", Kind: "http", URL: f.URL + "/leads/{{.Got.person}}", Body: `{"name": "{{.Name}}"}`}
			for _, c := range tt.before {
				c.URL = f.URL + c.URL
				target.Before = append(target.Before, c)
			}
			if len(tt.before) == 0 {
				target.URL = f.URL + "/leads/"
			}
			if tt.change != nil {
				tt.change(&target)
			}
			s, err := Open(target, Env{AllowPrivate: true, Style: testStyle})
			if tt.name == "NotJSON" { // found with the samples, of which one has no name
				if err == nil || !strings.Contains(err.Error(), "not JSON") {
					t.Errorf("Open = %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			receipt, err := s.Send(t.Context(), []notify.Alert{notifytest.Grace(lead.HotAlert)})
			var e *notify.Error
			if receipt != tt.receipt || tt.code == "" && err != nil || tt.code != "" && (!errors.As(err, &e) || e.Code != tt.code) {
				t.Errorf("Send = %q, %v, want %q, %q", receipt, err, tt.receipt, tt.code)
			}
			var calls []string
			for _, c := range f.Got() {
				calls = append(calls, c.HTTP+" "+strings.TrimPrefix(c.Method, "/"))
			}
			if got := strings.Join(calls, " "); got != tt.calls {
				t.Errorf("calls = %s, want %s", got, tt.calls)
			}
		})
	}
}

// A value that a sample does not have may still break the JSON of a template:
// that lead is refused, and the error quotes no value.
func TestHTTP_BrokenByAValue(t *testing.T) {
	f := notifytest.NewServer(t)
	s := open(t, "http", f, func(t *notify.Target, _ *Env) {
		t.Body = `{"seats": {{with index .Fields "Seats"}}{{if eq . "300"}}many, {{.}}{{else}}1{{end}}{{else}}0{{end}}}`
	})
	_, err := s.Send(t.Context(), []notify.Alert{notifytest.Grace(lead.HotAlert)})
	var e *notify.Error
	if !errors.As(err, &e) || e.Class != notify.BadContent || e.Code != "template" || strings.Contains(err.Error(), "300") || len(f.Got()) > 0 {
		t.Errorf("Send = %v, %d calls", err, len(f.Got()))
	}
}

func TestHTTP_Recalls(t *testing.T) {
	f := notifytest.NewServer(t)
	for url, want := range map[string]bool{"/leads/{{.Receipt}}": true, "/leads": false} {
		s := open(t, "http", f, func(t *notify.Target, _ *Env) { t.URL = f.URL + url }).(*httpSender)
		if s.Recalls() != want || s.Most() != 1 {
			t.Errorf("%s: Recalls = %v, Most = %d", url, s.Recalls(), s.Most())
		}
	}
}
