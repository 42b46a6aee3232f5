package provider

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDigest(t *testing.T) {
	content := func(body string) string { return readJSON(t, body).Content }
	first := content(`{"email":"l@quist.example","message":"hi","colour":"blue","id":"1","timestamp":"2026-11-25T09:00:00Z","ip":"203.0.113.1"}`)
	if again := content(`{"email":"l@quist.example","message":"hi","colour":"blue","id":"2","timestamp":"2026-11-25T09:00:03Z","ip":"203.0.113.2"}`); again != first {
		t.Error("pressing the button twice gives two digests")
	}
	for _, other := range []string{`{"email":"l@quist.example","message":"hi","colour":"green"}`, `{"email":"l@quist.example","message":"hey","colour":"blue"}`, `{"email":"m@quist.example","message":"hi","colour":"blue"}`} {
		if content(other) == first {
			t.Errorf("%s has the digest of another", other)
		}
	}
	if len(first) != 32 {
		t.Errorf("digest %q", first)
	}
}

func TestLabels(t *testing.T) {
	p, _ := Find("form")
	r := request("application/x-www-form-urlencoded", "colour=blue&size=9&_gotcha=")
	if d := cmp.Diff([]string{"colour", "size"}, Labels(p, r)); d != "" {
		t.Error(d)
	}
	if got := Labels(p, request("application/json", "{")); got != nil {
		t.Errorf("labels of an unreadable body: %v", got)
	}
}

func TestRequest_Seen(t *testing.T) {
	r := request("application/json", `{"E-Mail":"l@quist.example","Name des Unternehmens":"Quist AS","x":"0170 5550 123","colour":"blue","token":"t","answers":[{"question":"Where to?","type":"phone","answer":""}]}`)
	r.Header.Set("Referer", "https://www.example.com/")
	var got []Reading
	r.Seen = func(x Reading) { got = append(got, x) }
	readBody(t, r)
	want := []Reading{
		{Field: "email", Value: "l@quist.example", Label: "E-Mail", Step: StepLabel},
		{Field: "phone", Value: "0170 5550 123", Label: "x", Step: StepShape},
		{Field: "company", Value: "Quist AS", Label: "Name des Unternehmens", Step: StepLabel},
		{Value: "blue", Label: "colour", Step: StepKept},
		{Label: "token", Step: StepDropped},
		{Field: "page_url", Value: "https://www.example.com/", Label: "Referer", Step: StepAround},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestBatch(t *testing.T) {
	p, _ := Find("json")
	for body, want := range map[string]int{
		`[{"email":"a@b.example"},{"email":"c@d.example"}]`:           2,
		`{"leads":[{"email":"a@b.example"},{"email":"c@d.example"}]}`: 2,
		`{"leads":[{"label":"Email","value":"a@b.example"}]}`:         1,
		`{"items":["a","b"],"email":"a@b.example"}`:                   1,
		`[{"email":"a@b.example"},7]`:                                 -1,
		`[]`:                                                          -1,
		`42`:                                                          -1,
		`"hello"`:                                                     -1,
		`null`:                                                        -1,
	} {
		touches, err := p.Touches(request("application/json", body))
		if got := len(touches); want >= 0 && got != want || (want < 0) != (err != nil) {
			t.Errorf("%s: %d touches, %v", body, got, err)
		}
	}
}
