package provider

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

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
		{"InvalidUTF8", "application/x-www-form-urlencoded", "name=%ff%fe", map[string]any{"name": "ÿþ"}},
		{"CutUTF8", "application/x-www-form-urlencoded", "name=J%C3%B6rg+Gr%C3%B6%C3", map[string]any{"name": "Jörg Grö\ufffd"}},
		{"Undeclared", "application/x-www-form-urlencoded", "name=J%F6rg+Gr%F6%DFe", map[string]any{"name": "Jörg Größe"}},
		{"UndeclaredRaw", "", "name=J\xf6rg", map[string]any{"name": "Jörg"}},
		{"Cyrillic", "application/x-www-form-urlencoded; charset=windows-1251", "%E8%EC%FF=%CE%EB%FC%E3%E0", map[string]any{"имя": "Ольга"}},
		{"Japanese", "application/x-www-form-urlencoded; charset=Shift_JIS", "n=%8ER%93c", map[string]any{"n": "山田"}},
		{"JapaneseInASCII", "application/x-www-form-urlencoded; charset=ISO-2022-JP", "n=%1B%24B%3B3ED%1B%28B", map[string]any{"n": "山田"}},
		{"Korean", "application/x-www-form-urlencoded; charset=euc-kr", "n=%B1%E8", map[string]any{"n": "김"}},
		{"Chinese", "application/x-www-form-urlencoded; charset=GBK", "n=%C0%EE", map[string]any{"n": "李"}},
		{"Taiwanese", "application/x-www-form-urlencoded; charset=big5", "n=%A7%F5", map[string]any{"n": "李"}},
		{"DeclaredWrongly", "application/x-www-form-urlencoded; charset=iso-8859-1", "n=Andr%C3%A9", map[string]any{"n": "André"}},
		{"DeclaredUTF8Wrongly", "application/x-www-form-urlencoded; charset=utf-8", "n=Andr%E9", map[string]any{"n": "André"}},
		{"UnknownCharset", "application/x-www-form-urlencoded; charset=klingon", "n=Andr%E9", map[string]any{"n": "André"}},
		{"ToldByTheForm", "application/x-www-form-urlencoded", "n=%CE%EB%FC%E3%E0&_charset_=windows-1251", map[string]any{"n": "Ольга", "_charset_": "windows-1251"}},
		{"ToldByTheForm2", "application/x-www-form-urlencoded; charset=iso-8859-1", "_charset_=koi8-r&n=%EF%CC%D8%C7%C1", map[string]any{"n": "Ольга", "_charset_": "koi8-r"}},
		{"ToldByParts", "multipart/form-data; boundary=B", multipartOf("_charset_=windows-1251", "n=\xce\xeb\xfc\xe3\xe0"), map[string]any{"n": "Ольга", "_charset_": "windows-1251"}},
		{"PartsUndeclared", "multipart/form-data; boundary=B", multipartOf("n=Andr\xe9", "f@caf\xe9.png=x"), map[string]any{"n": "André", "f": "café.png (image/png, 1 bytes)"}},
		{"PartsWithoutBoundary", "multipart/form-data", multipartOf("n=Ole"), map[string]any{"n": "Ole"}},
		{"JSONLatin1", "application/json; charset=ISO-8859-1", `{"n":"Andr` + "\xe9" + `"}`, map[string]any{"n": "André"}},
		{"JSONUndeclared", "application/json", `{"n":"Andr` + "\xe9" + `"}`, map[string]any{"n": "André"}},
		{"JSONUTF16", "application/json; charset=utf-16", "{\x00\"\x00a\x00\"\x00:\x001\x00}\x00", map[string]any{"a": json.Number("1")}},
		{"JSONUTF16BE", "", "\xfe\xff\x00{\x00\"\x00a\x00\"\x00:\x00\"\x20\xac\x00\"\x00}", map[string]any{"a": "€"}},
		{"JSONInAString", "application/json", `"{\"a\":\"x \\\"y\\\"\"}"`, map[string]any{"a": `x "y"`}},
		{"JSONTwiceInAString", "application/json", `"\"{\\\"a\\\":1}\""`, map[string]any{"a": json.Number("1")}},
		{"JSONAsKey", "application/x-www-form-urlencoded", "%7B%22a%22%3A%22x+%26+y%3Dz%22%7D=", map[string]any{"a": "x & y=z"}},
		{"JSONAsKeyCut", "application/x-www-form-urlencoded", "%7b%22a%22:%22x=y%22%7d", map[string]any{"a": "x=y"}},
		{"JSONListAsKey", "application/x-www-form-urlencoded", "%5B%7B%22a%22%3A1%7D%5D=", []any{map[string]any{"a": json.Number("1")}}},
		{"BracketsFirst", "application/x-www-form-urlencoded", "%5Ba%5D=1", map[string]any{"[a]": "1"}},
		{"Lines", "application/x-ndjson", "{\"a\":1}\n{\"a\":2}\n", []any{map[string]any{"a": json.Number("1")}, map[string]any{"a": json.Number("2")}}},
		{"PlainForm", "text/plain", "name=Ada\r\nemail=ada@x.example\r\n", map[string]any{"name": "Ada", "email": "ada@x.example"}},
		{"PlainFormOfOne", "text/plain", "email=ada+1@x.example\r\n", map[string]any{"email": "ada+1@x.example"}},
		{"PlainFormManyLines", "text/plain", "Your name=Ada\r\nmessage=Hello,\r\nsee https://x.example/?a=b\r\n100%\r\nb=2&c\r\nphone=1", map[string]any{"Your name": "Ada", "message": "Hello,\nsee https://x.example/?a=b\n100%\nb=2&c", "phone": "1"}},
		{"PlainFormUnix", "text/plain", "name=Ada\nemail=ada@x.example", map[string]any{"name": "Ada", "email": "ada@x.example"}},
		{"PlainFormLatin1", "text/plain; charset=iso-8859-1", "name=Andr\xe9\r\n", map[string]any{"name": "André"}},
		{"PlainWords", "text/plain", "Hello,\r\nplease call a=b\r\n", map[string]any{"message": "Hello,\r\nplease call a=b\r\n"}},
		{"CSV", "text/csv", "Name;E-Mail\r\nOle;ole@brandvik.example\r\n", []any{map[string]any{"Name": "Ole", "E-Mail": "ole@brandvik.example"}}},
		{"CSVLatin1", "text/csv; charset=iso-8859-1", "Name,E-Mail\nJ\xf6rg,j@brandvik.example\nOle,o@brandvik.example,9", []any{map[string]any{"Name": "Jörg", "E-Mail": "j@brandvik.example"}, map[string]any{"Name": "Ole", "E-Mail": "o@brandvik.example", "3": "9"}}},
		{"CSVOfOneRow", "text/csv", "\"Ole Brandvik\",ole@brandvik.example", []any{map[string]any{"1": "Ole Brandvik", "2": "ole@brandvik.example"}}},
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
		{"EmptyCSV", "text/csv", "\n\n", ErrEmpty},
		{"WideCSV", "text/csv", strings.Repeat("a,", maxNodes+1), ErrTooLarge},
		{"LongCell", "text/csv", "a,b\n1," + strings.Repeat("x", maxText+1), ErrTooLarge},
		{"PlainManyFields", "text/plain", strings.Repeat("a=1\r\n", maxNodes+1), ErrTooLarge},
		{"PlainLongField", "text/plain", "a=1\r\nb=" + strings.Repeat("x", maxText+1) + "\r\nc=3", ErrTooLarge},
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

// TestParseAny reads JSON and forms under whatever type they come.
func TestParseAny(t *testing.T) {
	want := map[string]any{"email": "ole@brandvik.example"}
	for name, c := range map[string]struct{ contentType, body string }{
		"FormCalledJSON":  {"application/json", "email=ole%40brandvik.example"},
		"JSONCalledHTML":  {"text/html", `{"email":"ole@brandvik.example"}`},
		"FormOfOddType":   {"application/x-form", "email=ole%40brandvik.example"},
		"JSONInParts":     {"multipart/form-data; boundary=B", `{"email":"ole@brandvik.example"}`},
		"PlainCalledJSON": {"application/json", "email=ole@brandvik.example\r\n"},
	} {
		n, err := parseAny(request(c.contentType, c.body))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := cmp.Diff(want, plainValue(n)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	for name, c := range map[string]struct {
		contentType, body string
		want              error
	}{
		"XML":       {"application/xml", "<email>ole@brandvik.example</email>", ErrType},
		"Words":     {"application/json", "please call", ErrMalformed},
		"CutShort":  {"application/json", `{"email":"ole@brandvik.exa`, ErrMalformed},
		"TooDeep":   {"application/json", strings.Repeat("[", 100), errDeep},
		"Empty":     {"application/json", " ", ErrEmpty},
		"TooMany":   {"application/json", "[" + strings.Repeat("1,", maxNodes) + "1]", ErrTooLarge},
		"NoForm":    {"text/html", "=x", ErrType},
		"NoForm2":   {"text/html", "<a href=x>", ErrType},
		"CSVBroken": {"text/csv", "a,\"b\nc", nil},
	} {
		if _, err := parseAny(request(c.contentType, c.body)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// TestMeant says what is worth keeping though it could not be read.
func TestMeant(t *testing.T) {
	for name, c := range map[string]struct {
		contentType, body string
		err               error
		want              bool
	}{
		"XML":      {"application/xml", "<lead>ole@brandvik.example</lead>", ErrType, true},
		"Words":    {"application/json", "please call", ErrMalformed, true},
		"Number":   {"application/json", "0305550123", ErrMalformed, true},
		"Latin1":   {"text/x-unknown", "\xc4\xd6\xdc", ErrType, true},
		"OneNUL":   {"application/json", "{\"message\": \"please call me at once\x00 on 030 5550123", ErrMalformed, true},
		"Picture":  {"image/svg+xml", "<svg>words</svg>", ErrType, false},
		"Binary":   {"", "\x7fELF\x02\x01\x01\x00\x00\x00letters", ErrType, false},
		"FortyTwo": {"application/json", "42", ErrMalformed, false},
		"Null":     {"application/json", " null\n", ErrMalformed, false},
		"Signs":    {"application/json", "{{{{}}}}", ErrMalformed, false},
		"TooLarge": {"application/json", "words", ErrTooLarge, false},
		"TooDeep":  {"application/json", "words", errDeep, false},
	} {
		if got := Meant(request(c.contentType, c.body), c.err); got != c.want {
			t.Errorf("%s: Meant = %v, want %v", name, got, c.want)
		}
	}
}

// FuzzGeneral holds the readers of any body to what they promise: they do not
// panic, read the same twice, and know why they read nothing.
func FuzzGeneral(f *testing.F) {
	f.Add("application/json; charset=shift_jis", []byte(`{"a": ,"name":"\x8eR"}`))
	f.Add("application/x-www-form-urlencoded; charset=windows-1251", []byte("n=%CE&_charset_=koi8-r"))
	f.Add("text/plain", []byte("name=Ada\r\nemail=ada@x.example\r\n"))
	f.Add("text/csv", []byte("Name;E-Mail\nOle;ole@brandvik.example\n"))
	f.Add("", []byte("{'name': 'Ole', email: ole@brandvik.example,}{}"))
	f.Add("multipart/form-data", []byte(multipartOf("a=b", "f@x.png=y")))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		first, err := general(request(contentType, string(body)))
		again, errAgain := general(request(contentType, string(body)))
		if d := cmp.Diff(first, again); d != "" || (err == nil) != (errAgain == nil) {
			t.Errorf("two readings (%v, %v):\n%s", err, errAgain, d)
		}
		if err == nil && len(first) == 0 || err != nil && !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrTooLarge) && !errors.Is(err, ErrType) {
			t.Errorf("general = %d touches, %v", len(first), err)
		}
		if n, err := parseAny(request(contentType, string(body))); err == nil && !validText(n) {
			t.Errorf("parse holds text that is not UTF-8: %v", plainValue(n))
		}
	})
}

func validText(n *node) bool {
	return utf8.ValidString(n.key) && utf8.ValidString(n.text) && !slices.ContainsFunc(n.kids, func(kid node) bool { return !validText(&kid) })
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
