package provider

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func request(contentType, body string) *Request {
	r := &Request{Method: http.MethodPost, Header: http.Header{}, Body: []byte(body), Now: testNow, Source: Source{Name: "test"}}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return r
}

// multipartOf makes a body of parts: "name=value", or "name@file=content".
func multipartOf(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		name, value, _ := strings.Cut(p, "=")
		b.WriteString("--B\r\nContent-Disposition: form-data; name=\"")
		if field, file, ok := strings.Cut(name, "@"); ok {
			fmt.Fprintf(&b, "%s\"; filename=\"%s\"\r\nContent-Type: image/png", field, file)
		} else {
			b.WriteString(name + "\"")
		}
		b.WriteString("\r\n\r\n" + value + "\r\n")
	}
	return b.String() + "--B--\r\n"
}

func TestParse(t *testing.T) {
	want := map[string]any{"name": "Ole Brandvik", "email": "ole@brandvik.example"}
	for _, c := range []struct {
		name, contentType, body string
		want                    any
	}{
		{"JSON", "application/json; charset=utf-8", `{"name":"Ole Brandvik","email":"ole@brandvik.example"}`, want},
		{"VendorJSON", "application/vnd.api+json", `{"name":"Ole Brandvik","email":"ole@brandvik.example"}`, want},
		{"Form", "application/x-www-form-urlencoded", "name=Ole+Brandvik&email=ole%40brandvik.example", want},
		{"JSONCalledForm", "application/x-www-form-urlencoded", `{"name":"Ole Brandvik","email":"ole@brandvik.example"}`, want},
		{"FormThatBeginsLikeJSON", "application/x-www-form-urlencoded", "{x=1", map[string]any{"{x": "1"}},
		{"Multipart", "multipart/form-data; boundary=B", multipartOf("name=Ole Brandvik", "email=ole@brandvik.example"), want},
		{"BeaconWithJSON", "text/plain;charset=UTF-8", " \n" + `{"name":"Ole Brandvik","email":"ole@brandvik.example"}`, want},
		{"BeaconWithForm", "text/plain;charset=UTF-8", "name=Ole+Brandvik&email=ole%40brandvik.example", want},
		{"BeaconWithWords", "text/plain", "please call me on 030 5550123 = my office", map[string]any{"message": "please call me on 030 5550123 = my office"}},
		{"NoType", "", `{"name":"Ole Brandvik","email":"ole@brandvik.example"}`, want},
		{"RubbishType", ";;;=", `{"name":"Ole Brandvik","email":"ole@brandvik.example"}`, want},
		{"BrokenParameter", "application/json; charset", `{"name":"Ole Brandvik","email":"ole@brandvik.example"}`, want},
		{"Latin1", "application/x-www-form-urlencoded; charset=ISO-8859-1", "name=Andr%E9", map[string]any{"name": "André"}},
		{"BrokenPercent", "application/x-www-form-urlencoded", "email=a%zz&name=%", map[string]any{"email": "a%zz", "name": "%"}},
		{"InvalidUTF8", "application/x-www-form-urlencoded", "name=%ff%fe", map[string]any{"name": "\ufffd"}},
		{"Repeated", "application/x-www-form-urlencoded", "a=1&a=2&a=3&&b", map[string]any{"a": []any{"1", "2", "3"}, "b": ""}},
		{"Brackets", "application/x-www-form-urlencoded", "f[a][v]=1&f[a][t]=2&g[]=3&g[]=4&h[x=5&[i]=6&data.json=7", map[string]any{
			"f": map[string]any{"a": map[string]any{"v": "1", "t": "2"}}, "g": []any{"3", "4"}, "h[x": "5", "[i]": "6", "data.json": "7"}},
		{"TextAndObject", "application/x-www-form-urlencoded", "a=1&a[b]=2", map[string]any{"a": []any{"1", "2"}}},
		{"DeepBrackets", "application/x-www-form-urlencoded", "a" + strings.Repeat("[b]", 200) + "=1&c=2", nil},
		{"File", "multipart/form-data; boundary=B", multipartOf(`f@../../../etc/plan.png=hi`, "name=Ole"), map[string]any{"f": "plan.png (image/png, 2 bytes)", "name": "Ole"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, err := parse(request(c.contentType, c.body))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, plainValue(n)); c.want != nil && d != "" {
				t.Errorf("parse (-want +got):\n%s", d)
			}
		})
	}
}

func TestParse_Errors(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	for _, c := range []struct {
		name, contentType, body string
		want                    error
	}{
		{"Empty", "application/json", "", ErrMalformed},
		{"Blanks", form, " \n\t ", ErrMalformed},
		{"OnlyAmpersands", form, "&&&", ErrMalformed},
		{"XML", "application/xml", "<lead/>", ErrType},
		{"Picture", "image/png", "\x89PNG\r\n", ErrType},
		{"HTML", "text/html", "<p>", ErrType},
		{"UTF16", "application/json; charset=utf-16", "{\x00}\x00", ErrType},
		{"FormCalledJSON", "application/json", "a=b", ErrMalformed},
		{"ManyFields", form, strings.Repeat("a=1&", maxNodes+1), ErrTooLarge},
		{"LongField", form, "a=" + strings.Repeat("b", maxText+1), ErrTooLarge},
		{"LongText", "text/plain", strings.Repeat("word ", maxText/4), ErrTooLarge},
		{"NoBoundary", "multipart/form-data", "--B\r\n", ErrMalformed},
		{"CutShort", "multipart/form-data; boundary=B", "--B\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\na@b", ErrMalformed},
		{"NoParts", "multipart/form-data; boundary=B", "--B--\r\n", ErrMalformed},
		{"WrongBoundary", "multipart/form-data; boundary=C", multipartOf("a=b"), ErrMalformed},
		{"ManyParts", "multipart/form-data; boundary=B", multipartOf(make([]string, maxParts+1)...), ErrTooLarge},
		{"LongPart", "multipart/form-data; boundary=B", multipartOf("a=" + strings.Repeat("b", maxText+1)), ErrTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := parse(request(c.contentType, c.body)); !errors.Is(err, c.want) {
				t.Errorf("parse = %v, want %v", err, c.want)
			}
		})
	}
}

func TestParse_LargeGroup(t *testing.T) {
	var b strings.Builder
	for i := range maxGroup {
		fmt.Fprintf(&b, "a[%d]=x&", i)
	}
	if _, err := parse(request("application/x-www-form-urlencoded", b.String())); err != nil {
		t.Error(err)
	}
	if _, err := parse(request("application/x-www-form-urlencoded", b.String()+"a[more]=x")); !errors.Is(err, ErrTooLarge) {
		t.Errorf("parse = %v", err)
	}
}

func TestParse_ManyDifferentFields(t *testing.T) {
	var b strings.Builder
	for i := range maxNodes {
		fmt.Fprintf(&b, "field%d=%d&", i, i)
	}
	if _, err := parse(request("application/x-www-form-urlencoded", b.String()+"field7=")); !errors.Is(err, ErrTooLarge) {
		t.Fatalf("parse = %v, want too large for one more", err)
	}
	n, err := parse(request("application/x-www-form-urlencoded", b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if len(n.list()) != maxNodes || n.get("field4321").str() != "4321" {
		t.Errorf("%d fields, field4321 = %q", len(n.list()), n.get("field4321").str())
	}
}

func FuzzParse(f *testing.F) {
	f.Add("application/json", []byte(flatLead))
	f.Add("application/x-www-form-urlencoded", []byte("a[b][]=1&a[b]=%ff&c=+%2"))
	f.Add("multipart/form-data; boundary=B", []byte(multipartOf("a=b", "f@x.png=y")))
	f.Add("text/plain", []byte("words"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		n, err := parse(request(contentType, string(body)))
		if err == nil && n == nil || err != nil && !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrTooLarge) && !errors.Is(err, ErrType) {
			t.Errorf("parse = %v, %v", n, err)
		}
	})
}

// TestParse_Files keeps the lead around a file that is too long for a text.
func TestParse_Files(t *testing.T) {
	file := `"data:image/png;base64,` + strings.Repeat("iVBORw0KGgo", 10_000) + `"`
	note := "(image/png, 110017 bytes of text)"
	escaped := `"data:image\/png;base64,` + strings.Repeat("iVBORw0KGgo", 10_000) + `"`
	inner := `{"q3_email":"l@quist.example","q4_signature":` + file + `,"q5_name":"Liv Quist","q6_photo":` + file + `}`
	withSlashes := `{"q3_email":"l@quist.example","q4_signature":` + escaped + `}`
	got := readBody(t, request("application/x-www-form-urlencoded", "rawRequest="+url.QueryEscape(withSlashes)))
	if !strings.HasPrefix(got.Fields["q4_signature"], "(image/png, ") {
		t.Errorf("fields %v", got.Fields)
	}
	for name, r := range map[string]*Request{
		"JSON":      request("application/json", inner),
		"Form":      request("application/x-www-form-urlencoded", "rawRequest="+url.QueryEscape(inner)),
		"Multipart": request("multipart/form-data; boundary=B", multipartOf("rawRequest="+inner)),
	} {
		got := readBody(t, r)
		if got.Person.Email != "l@quist.example" || got.Person.Name != "Liv Quist" || got.Fields["q4_signature"] != note || got.Fields["q6_photo"] != note {
			t.Errorf("%s: %+v, fields %v", name, got.Person, got.Fields)
		}
	}
	for name, r := range map[string]*Request{
		"LongText":  request("application/json", `{"email":"l@quist.example","note":"`+strings.Repeat("x", maxText+1)+`"}`),
		"Unclosed":  request("application/x-www-form-urlencoded", "a="+url.QueryEscape(strings.TrimSuffix(`{"a":`+file, `"`))),
		"PlainLong": request("application/x-www-form-urlencoded", "a="+strings.Repeat("x", maxText+1)),
	} {
		if _, err := parse(r); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: parse = %v, want %v", name, err, ErrTooLarge)
		}
	}
}
