package rules

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/strictyaml"
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
		r, err := Parse(name, src)
		var broken *strictyaml.Error
		if r != nil || !errors.As(err, &broken) || len(broken.Mistakes) == 0 {
			t.Errorf("ParseRules(%s) = %v, %v, want a *strictyaml.Error", name, r, err)
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
		r, err := Parse("fuzz.yaml", src)
		if (r == nil) == (err == nil) {
			t.Fatalf("ParseRules() = %v, %v", r, err)
		}
		if r != nil {
			r.Explain(leadOf(boss, did("demo_request", 0), did("webinar_registered", 1, "budget: 5")), noon)
		}
	})
}

func TestParseRules_Extends(t *testing.T) {
	r := mustParse(t, `
extends: default
words:
  senior: [grand vizier]
actions:
  quiz_finished: {score: 25, stage: IQL, label: quiz, because: finished the quiz}
  demo_request: {score: 99, stage: SQL, because: begged for a demo}
unknown: {score: 21, stage: MQL, because: did who knows what}
touch_rules:
  - {name: buys_soon, off: true}
  - {name: question_asked, when: {action: quiz_*, message: {question: true}}, points: 10, because: asked in the quiz}
next_steps:
  - {action: quiz_finished, say: Send the result.}
`)
	if r.Version() == Default().Version() || len(r.Version()) != 12 {
		t.Errorf("Version() = %q", r.Version())
	}
	tests := []struct {
		name   string
		person lead.Person
		touch  lead.Past
		want   class
		next   string
	}{
		{"NewAction", nobody, did("quiz_finished", 0), class{lead.Warm, lead.IQL, 25}, "Send the result."},
		{"ReplacedRule", nobody, did("quiz_finished", 0, "message: Why?"), class{lead.Warm, lead.IQL, 35}, "Send the result."},
		{"ReplacedRuleElsewhere", nobody, did("webinar_registered", 0, "message: Why?"), class{lead.Warm, lead.MQL, 30}, "Greet them"},
		{"ReplacedAction", nobody, did("demo_request", 0), class{lead.Hot, lead.SQL, 99}, "Call now"},
		{"Unknown", nobody, did("mystery", 0), class{lead.Warm, lead.MQL, 21}, "Start a conversation"},
		{"SwitchedOff", nobody, did("webinar_registered", 0, "purchasing_time_frame: 1-3 months"), class{lead.Warm, lead.MQL, 30}, "Greet them"},
		{"WordsOfDefaultRule", lead.Person{Title: "Grand Vizier"}, did("referral", 0), class{lead.Warm, lead.MQL, 50}, "Mention who"},
		{"WordsReplaced", lead.Person{Title: "CEO"}, did("referral", 0), class{lead.Warm, lead.MQL, 45}, "Mention who"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := r.Classify(leadOf(tt.person, tt.touch), noon)
			if got := classOf(v); got != tt.want || !strings.HasPrefix(v.NextStep, tt.next) {
				t.Errorf("Classify() = %v, %q, want %v, %q", got, v.NextStep, tt.want, tt.next)
			}
		})
	}
	if got := r.Label("quiz_finished"); got != "quiz" {
		t.Errorf("Label() = %q", got)
	}
}

// TestParseRules_Alone reads a file that stands for itself.
func TestParseRules_Alone(t *testing.T) {
	src := "actions: {shout: {score: 50, because: shouted}}"
	r := mustParse(t, src)
	if r.Knows("demo_request") || !r.Knows("shout") || len(r.Actions()) != 1 {
		t.Errorf("Actions() = %v", r.Actions())
	}
	if again := mustParse(t, src); again.Version() != r.Version() {
		t.Errorf("the same file has the versions %s and %s", r.Version(), again.Version())
	}
	if other := mustParse(t, src+" "); other.Version() == r.Version() {
		t.Error("another file has the same version")
	}
	if got, want := classOf(r.Classify(leadOf(boss, did("shout", 14)), noon)), (class{lead.Warm, lead.NoStage, 25}); got != want {
		t.Errorf("Classify() = %v, want %v", got, want)
	}
	if got, want := classOf(r.Classify(leadOf(boss, did("demo_request", 0)), noon)), (class{lead.Warm, lead.IQL, 25}); got != want {
		t.Errorf("an action without a line is %v, want %v", got, want)
	}
}

// TestParseRules_Windows reads a file with the line ends of Windows.
func TestParseRules_Windows(t *testing.T) {
	if _, err := Parse("rules.yaml", []byte(strings.ReplaceAll(defaultFile, "\n", "\r\n"))); err != nil {
		t.Error(err)
	}
	_, err := Parse("w.yaml", []byte("extends: default\r\nscore:\r\n  hott: 80\r\n"))
	if err == nil || !strings.HasPrefix(err.Error(), "w.yaml:3:3: ") || strings.Contains(err.Error(), "\r") {
		t.Errorf("ParseRules() = %q", err)
	}
}
