package provider

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseNearly(t *testing.T) {
	one := map[string]any{"a": "x", "b": json.Number("1")}
	for name, c := range map[string]struct {
		body string
		want any
	}{
		"Right":           {`{"a":"x","b":1}`, one},
		"TrailingComma":   {`{"a":"x","b":1,}`, one},
		"TrailingInList":  {`{"a":["x","y",]}`, map[string]any{"a": []any{"x", "y"}}},
		"MissingComma":    {"{\"a\":\"x\"\n\"b\":1}", one},
		"SingleQuotes":    {`{'a': 'x', 'b': 1}`, one},
		"BareNames":       {`{a: "x", b: 1}`, one},
		"Semicolon":       {`{"a":"x","b":1};`, one},
		"Hole":            {`{"a": ,"b": }`, map[string]any{"a": nil, "b": nil}},
		"HoleInList":      {`{"a":[1,,2]}`, map[string]any{"a": []any{json.Number("1"), nil, json.Number("2")}}},
		"NaN":             {`{"a":NaN,"b":-Infinity,"c":undefined,"d":None}`, map[string]any{"a": nil, "b": nil, "c": nil, "d": nil}},
		"Python":          {`{'a': True, 'b': False, 'c': None}`, map[string]any{"a": true, "b": false, "c": nil}},
		"BareValues":      {"{\"name\": Ole Brandvik , \"phone\": +49 30 5550123, \"zip\": 01067}", map[string]any{"name": "Ole Brandvik", "phone": "+49 30 5550123", "zip": "01067"}},
		"LineBreak":       {"{\"a\":\"x\r\n\ty\",\"b\":1}", map[string]any{"a": "x\r\n\ty", "b": json.Number("1")}},
		"Quotes":          {`{"a":"call it "x", please","b":"she said "y""}`, map[string]any{"a": `call it "x", please`, "b": `she said "y"`}},
		"QuotesAndBraces": {`{"a":"in {"braces"} and [\"lists"]","b":1}`, nil},
		"Apostrophe":      {`{'a': 'it's mine', 'b': 1}`, map[string]any{"a": "it's mine", "b": json.Number("1")}},
		"Escapes":         {`{"a":"C:\dir \'x\' \u00e9 \ud83d\ude92 \u12 \"","b":1,}`, map[string]any{"a": `C:\dir 'x' é 🚒 \u12 "`, "b": json.Number("1")}},
		"Lines":           {"{\"b\":1}\n\n{\"b\":2},\n{\"b\":3}", []any{map[string]any{"b": json.Number("1")}, map[string]any{"b": json.Number("2")}, map[string]any{"b": json.Number("3")}}},
		"Together":        {`{"b":1}{"b":2}`, []any{map[string]any{"b": json.Number("1")}, map[string]any{"b": json.Number("2")}}},
		"NestedHoles":     {`{"a":{"b": ,},"c":[{"d": }]}`, map[string]any{"a": map[string]any{"b": nil}, "c": []any{map[string]any{"d": nil}}}},
	} {
		n, err := parseNearly(c.body)
		if err != nil {
			if c.want != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if d := cmp.Diff(c.want, plainValue(n)); c.want != nil && d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// What is cut short, or could mean two things, is not guessed at.
func TestParseNearly_Errors(t *testing.T) {
	for name, body := range map[string]string{
		"Cut": `{"a":"x","b":`, "CutText": `{"a":"x`, "CutName": `{"a`, "CutColon": `{"a"`, "CutObject": `{"a":1`, "CutList": `[1`, "CutMember": `{`,
		"Words": "please call", "NoColon": `{"a" "b"}`, "NoKey": `{"a":1,[2]}`, "WrongEnd": `{"a":]}`, "WrongEnd2": `[}`, "NoComma": `["a" {}]`,
		"ListsInLines": "[1]\n[2]", "TextBehind": `{"a":1} and more`, "NumberBehind": `{"a":1} 2`, "Comma": `,`, "Empty": "",
		"BareWithBrace": `{"a": x{y}`, "QuoteInBare": `{"a": x"y"}`,
	} {
		if n, err := parseNearly(body); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v, %v; want malformed", name, n, err)
		}
	}
}

func TestJSONBody(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want any
	}{
		"Strict":        {`{"a":"x"}`, map[string]any{"a": "x"}},
		"Hole":          {`{"a": }`, map[string]any{"a": nil}},
		"InAString":     {`"{\"a\":\"x\"}"`, map[string]any{"a": "x"}},
		"HoleInAString": {`"{\"a\": }"`, map[string]any{"a": nil}},
		"Text":          {`"words"`, "words"},
		"NoJSONInIt":    {`"{words"`, "{words"},
	} {
		n, err := jsonBody(c.body)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := cmp.Diff(c.want, plainValue(n)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	if _, err := jsonBody(`{"a":"x`); !errors.Is(err, ErrMalformed) {
		t.Errorf("cut short: %v", err)
	}
}

// A document without its last braces is read, one that ends within a value is not.
func TestParseCut(t *testing.T) {
	want := map[string]any{"a": map[string]any{"b": "x"}}
	for body, read := range map[string]bool{
		`{"a":{"b":"x"}`: true, `{"a":{"b":"x"`: true, "{\"a\":{\"b\":\"x\",\n": true,
		`{"a":{"b":"x`: false, `{"a":{"b":"x","c":`: false, `{"a":{"b":"x","c":12`: false, `{"a":{"b":"x","c"`: false, "": false, ",": false, `"x"`: false,
	} {
		n, err := parseCut(body)
		switch {
		case !read && err == nil && n.sort == object:
			t.Errorf("parseCut(%s) = %v, want none", body, plainValue(n))
		case read && err != nil:
			t.Errorf("parseCut(%s): %v", body, err)
		case read && cmp.Diff(want, plainValue(n)) != "":
			t.Errorf("parseCut(%s) = %v, want %v", body, plainValue(n), want)
		}
	}
	n, err := parseAny(request("application/json", `{"email":"ole@brandvik.example"`))
	if err != nil || n.get("email").str() != "ole@brandvik.example" {
		t.Errorf("parseAny = %v, %v", n, err)
	}
}
