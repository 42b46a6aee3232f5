package strictyaml

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReader(t *testing.T) {
	src := "name: Dana\nlist: [a, b]\none: c\nn: 7\nyes: true\nkind: slow\n"
	r := NewReader("f.yaml", []byte(src))
	got := map[string]any{}
	for _, e := range r.Mapping(r.Parse([]byte(src), "write something"), "the file", []string{"name", "list", "one", "n", "yes", "kind"}) {
		switch e.Key {
		case "name":
			got[e.Key] = r.Text(e.Value, e.Key)
		case "list", "one":
			got[e.Key] = r.Texts(e.Value, e.Key)
		case "n":
			got[e.Key] = r.Whole(e.Value, e.Key, 1, 9)
		case "yes":
			got[e.Key] = r.Bool(e.Value, e.Key)
		case "kind":
			got[e.Key] = r.OneOf(e.Value, e.Key, []string{"fast", "slow"})
		}
	}
	want := map[string]any{"name": "Dana", "list": []string{"a", "b"}, "one": []string{"c"}, "n": 7, "yes": true, "kind": 1}
	if diff := cmp.Diff(want, got); diff != "" || len(r.Mistakes) != 0 {
		t.Errorf("read %v (-want +got):\n%s", r.Mistakes, diff)
	}
}

// Every mistake is found in one go, with its place and what to write instead.
func TestReader_Mistakes(t *testing.T) {
	read := func(r *Reader, src string) {
		for _, e := range r.Mapping(r.Parse([]byte(src), "write something"), "the file", []string{"name", "n", "yes", "kind", "list"}) {
			switch e.Key {
			case "name":
				r.Text(e.Value, e.Key)
			case "n":
				r.Whole(e.Value, e.Key, 1, 9)
			case "yes":
				r.Bool(e.Value, e.Key)
			case "kind":
				r.OneOf(e.Value, e.Key, []string{"fast", "slow"})
			case "list":
				r.Texts(e.Value, e.Key)
			}
		}
	}
	for name, c := range map[string]struct {
		src  string
		want []string // parts of the mistakes, in order
	}{
		"Unknown":   {"nmae: x\n", []string{`f.yaml:1:1: the file has no "nmae"`, "fix: write name"}},
		"Twice":     {"name: x\nname: y\n", []string{`f.yaml:2:1: the file has "name" twice`}},
		"Merge":     {"<<: {name: x}\n", []string{"merge keys are not allowed here"}},
		"NoMapping": {"- x\n", []string{"the file must be a mapping, this is a list"}},
		"NoText":    {"name: [x]\n", []string{"f.yaml:1:7: name must be text, this is a list"}},
		"Empty":     {"name: ''\n", []string{"name is empty"}},
		"NoNumber":  {"n: x\n", []string{`n must be a whole number, this is "x"`}},
		"TooBig":    {"n: 10\n", []string{"n cannot be 10", "write a whole number from 1 to 9"}},
		"NoBool":    {"yes: 'true'\n", []string{"yes must be true or false"}},
		"NoChoice":  {"kind: slwo\n", []string{`kind cannot be "slwo"`, "write slow"}},
		"EmptyList": {"list: []\n", []string{"list is an empty list"}},
		"NoList":    {"list: {a: b}\n", []string{"list must be a list, this is a mapping"}},
		"All":       {"n: x\nkind: z\n", []string{"f.yaml:1:4:", "f.yaml:2:7:"}},
		"NoYAML":    {"a: [\n", []string{"this is not YAML"}},
		"Tab":       {"a:\n\tb: c\n", []string{"indent with blanks, not with tabs"}},
		"Nothing":   {"# only this\n", []string{"the file is empty", "fix: write something"}},
		"TwoFiles":  {"name: x\n---\nname: y\n", []string{"the file holds a second document"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := NewReader("f.yaml", []byte(c.src))
			read(r, c.src)
			text := (&Error{Mistakes: r.Mistakes}).Error()
			for _, part := range c.want {
				if !strings.Contains(text, part) {
					t.Errorf("%q lacks %q", text, part)
				}
			}
		})
	}
}

// The caret stands below the place, behind tabs and letters of any width.
func TestMistake_String(t *testing.T) {
	m := Mistake{File: "f", Line: 3, Column: 4, Source: "\täö: x", Text: "it is wrong", Fix: "write y"}
	if got, want := m.String(), "f:3:4: it is wrong\n    3 | \täö: x\n      | \t  ^\n  fix: write y"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"ab", "", 2}, {"name", "nmae", 1}, {"slow", "slw", 1}, {"kitten", "sitting", 3}} {
		if got := Distance(c.a, c.b); got != c.want {
			t.Errorf("Distance(%s, %s) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
