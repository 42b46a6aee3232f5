package provider

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// plainValue turns a tree into what encoding/json would make, to compare both.
func plainValue(n *node) any {
	switch n.sort {
	case null:
		return nil
	case boolean:
		return n.text == "true"
	case number:
		return json.Number(n.text)
	case text:
		return n.text
	case array:
		list := []any{}
		for i := range n.kids {
			list = append(list, plainValue(&n.kids[i]))
		}
		return list
	}
	m := map[string]any{}
	for i := range n.kids {
		m[n.kids[i].key] = plainValue(&n.kids[i])
	}
	return m
}

func standardValue(b []byte) any {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return errors.New("not JSON")
	}
	return v
}

func TestParseJSON(t *testing.T) {
	for _, body := range []string{
		`{}`, `[]`, `""`, `null`, `true`, `0`, `-0.5`, ` { "a" : [ 1 , { "b" : null } , "c" ] } `,
		`{"a":{"b":{"c":[[],{},[{}]]}},"d":"e"}`, `{"a":1,"b":[1,2,3],"c":{"d":4,"e":[5,{"f":6}]},"g":7}`,
		`"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude92"`, `"a\ud83d"`, `"\udc00\ud83d!"`, `"é 日本"`, `{"id":24576065432313123456}`,
	} {
		n, err := parseJSON([]byte(body))
		if err != nil {
			t.Errorf("parseJSON(%s): %v", body, err)
			continue
		}
		if d := cmp.Diff(standardValue([]byte(body)), plainValue(n)); d != "" {
			t.Errorf("parseJSON(%s) (-standard +ours):\n%s", body, d)
		}
	}
}

func TestParseJSON_KeepsWhatFloatsLose(t *testing.T) {
	n, err := parseJSON([]byte("\ufeff" + `{"z":9007199254740993,"a":1.5550000000E10,"m":1e99999,"k":1e3}`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, kid := range n.list() {
		got = append(got, kid.key+"="+kid.str())
	}
	if d := cmp.Diff([]string{"z=9007199254740993", "a=15550000000", "m=1e99999", "k=1000"}, got); d != "" {
		t.Error(d)
	}
}

func TestParseJSON_Errors(t *testing.T) {
	long := strings.Repeat("a", maxText+1)
	for _, c := range []struct {
		name, body string
		want       error
	}{
		{"Empty", ``, ErrMalformed},
		{"Truncated", `{"a":1`, ErrMalformed},
		{"TruncatedString", `{"a":"b`, ErrMalformed},
		{"TruncatedEscape", `{"a":"b\`, ErrMalformed},
		{"TruncatedKey", `{"a`, ErrMalformed},
		{"TruncatedAfterComma", `[1,`, ErrMalformed},
		{"TwoDocuments", `{}{}`, ErrMalformed},
		{"TrailingComma", `[1,]`, ErrMalformed},
		{"TrailingCommaInObject", `{"a":1,}`, ErrMalformed},
		{"NaN", `{"a":NaN}`, ErrMalformed},
		{"SingleQuotes", `{'a':1}`, ErrMalformed},
		{"BareKey", `{a:1}`, ErrMalformed},
		{"NoColon", `{"a" 1}`, ErrMalformed},
		{"NoComma", `[1 2]`, ErrMalformed},
		{"RawNUL", "\"a\x00b\"", ErrMalformed},
		{"RawNULAfterEscape", "\"\\n\x00\"", ErrMalformed},
		{"UnknownEscape", `"\x"`, ErrMalformed},
		{"BrokenUnicodeEscape", `"\u12g4"`, ErrMalformed},
		{"ShortUnicodeEscape", `"\u12`, ErrMalformed},
		{"LeadingZero", `01`, ErrMalformed},
		{"NoFraction", `1.`, ErrMalformed},
		{"NoExponent", `1e`, ErrMalformed},
		{"OnlyMinus", `-`, ErrMalformed},
		{"Deep", strings.Repeat("[", 100_000), ErrMalformed},
		{"DeepObjects", strings.Repeat(`{"a":`, 70) + "1" + strings.Repeat("}", 70), ErrMalformed},
		{"ManyValues", "[" + strings.Repeat("1,", maxNodes) + "1]", ErrTooLarge},
		{"LongString", `"` + long + `"`, ErrTooLarge},
		{"LongEscapedString", `"\n` + long + `"`, ErrTooLarge},
		{"LongKey", `{"` + long + `":1}`, ErrTooLarge},
		{"LongNumber", strings.Repeat("9", maxText+1), ErrTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := parseJSON([]byte(c.body)); !errors.Is(err, c.want) {
				t.Errorf("parseJSON = %v, want %v", err, c.want)
			}
		})
	}
}

func TestParseJSON_Bounds(t *testing.T) {
	for _, body := range []string{
		strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth),
		"[" + strings.Repeat("1,", maxNodes-2) + "1]",
		`"` + strings.Repeat("a", maxText) + `"`,
	} {
		if _, err := parseJSON([]byte(body)); err != nil {
			t.Errorf("parseJSON(%.20s...) = %v at the bound", body, err)
		}
	}
}

func TestParseJSON_InvalidUTF8(t *testing.T) {
	n, err := parseJSON([]byte("{\"a\":\"x\xff\xfey\",\"b\":\"\\n\xff\"}"))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := n.get("a").text, n.get("b").text; !utf8.ValidString(a) || !utf8.ValidString(b) || !strings.HasPrefix(a, "x") {
		t.Errorf("a = %q, b = %q", a, b)
	}
}

// FuzzParseJSON holds our parser against the standard library's: what one
// takes the other takes, and both read the same.
func FuzzParseJSON(f *testing.F) {
	for _, s := range []string{flatLead, `{"a":[1,{"b":"\u00e9"}]}`, `[[[]]]`, `{"a":1e5}`, `"\ud83d"`, "{\"a\":\"\xff\"}", `{"a":1,"a":2}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := parseJSON(b)
		standard := standardValue(b)
		_, invalid := standard.(error)
		switch {
		case errors.Is(err, ErrTooLarge) || err != nil && strings.Contains(err.Error(), "nested deeper"):
			return
		case err == nil != json.Valid(bytes.TrimPrefix(b, []byte("\ufeff"))):
			t.Fatalf("parseJSON = %v, json.Valid = %v", err, json.Valid(b))
		case err != nil || invalid || !utf8.Valid(b) || bytes.ContainsAny(b, "eE") || n.sort == object && doubled(n):
			return // numbers with exponents are printed plainly; of two equal keys we keep both
		}
		if d := cmp.Diff(fmt.Sprint(standard), fmt.Sprint(plainValue(n))); d != "" {
			t.Errorf("(-standard +ours):\n%s", d)
		}
	})
}

func doubled(n *node) bool {
	seen := map[string]bool{}
	for i := range n.kids {
		if kid := &n.kids[i]; seen[kid.key] && n.sort == object || doubled(kid) {
			return true
		}
		seen[n.kids[i].key] = true
	}
	return false
}
