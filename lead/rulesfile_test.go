package lead

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestParseRules_Broken shows for each broken file what its author is told.
func TestParseRules_Broken(t *testing.T) {
	files, err := filepath.Glob("testdata/broken/*.yaml")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d broken files, %v", len(files), err)
	}
	var b strings.Builder
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		r, err := ParseRules(name, src)
		var broken *RulesError
		if r != nil || !errors.As(err, &broken) || len(broken.Mistakes) == 0 {
			t.Errorf("ParseRules(%s) = %v, %v, want a *RulesError", name, r, err)
			continue
		}
		for _, m := range broken.Mistakes {
			if m.Line < 1 || m.Column < 1 || m.Text == "" || m.Fix == "" || m.File != name {
				t.Errorf("%s: a mistake without line, column, text or fix: %+v", name, m)
			}
			if !strings.Contains(err.Error(), fmt.Sprintf("%s:%d:%d: %s", name, m.Line, m.Column, m.Text)) {
				t.Errorf("%s: the error does not show %+v", name, m)
			}
		}
		fmt.Fprintf(&b, "%v\n\n", err)
	}
	golden(t, "broken.golden", b.String())
}

// FuzzParseRules makes sure that no file brings the program down, and that
// whatever is accepted can be used.
func FuzzParseRules(f *testing.F) {
	files, _ := filepath.Glob("testdata/broken/*.yaml")
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Add([]byte("extends: default\ntouch_rules: [{name: a, when: {age: {at_most: 2d}}, points: 1, because: b}]"))
	f.Fuzz(func(t *testing.T, src []byte) {
		r, err := ParseRules("fuzz.yaml", src)
		if (r == nil) == (err == nil) {
			t.Fatalf("ParseRules() = %v, %v", r, err)
		}
		if r != nil {
			r.Explain(leadOf(boss, did("demo_request", 0), did("webinar_registered", 1, "budget: 5")), noon)
		}
	})
}
