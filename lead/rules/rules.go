// Package rules determines how warm a lead is, and why. A Set is read from a file of
// rules (Parse), gives a lead its verdict (Classify, Judge, AsOf), tests
// whether one touch is hot (ClassifyTouch, LooksHot), and explains which rule
// counted and what the others missed (Explain). Every rule has a because that
// reaches people word for word.
//
// It is pure: the time is passed in, and the order of a lead's touches does not
// matter. It knows neither where files come from nor who is notified of a verdict. A new
// condition is a row in conditions.go and its row in docs/verdicts.md; a new key
// of a rule is read in parse.go and applied in evaluate.go or score.go. What the
// built-in rules say of every action is testdata/verdicts.golden.
package rules

import (
	"cmp"
	_ "embed"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// Rules say how warm a person is and why. They are read once from a file
// (ParseRules, DefaultRules), never change, and may be used by many at once.
type Set struct {
	version string
	source  string // the file, as it was read
	scale   scale
	known   map[lead.Action]*meaning
	unknown meaning // of an action that the table does not have
	touch   []*rule // about one touch
	history []*rule // about several
	fit     []*rule // about the person
	steps   []nextStep
	names   []string // of all rules, also of those that were switched off
	plain   bool     // see isPlain
}

// scale holds the numbers below score: in the file.
type scale struct {
	hot, warm int           // thresholds of the temperature
	further   int           // per cent of each further touch that are added
	window    time.Duration // how long a further touch is added
	halfLife  time.Duration // of the points from touches
	fit       int           // the most that fit adds or takes
	fitSQL    int           // fit that makes a warm MQL or IQL an SQL; 0: never
}

var defaultScale = scale{hot: 70, warm: 20, further: 40, window: 14 * day, halfLife: 14 * day, fit: 20}

// meaning is what one action means: a line of the table.
type meaning struct {
	action   lead.Action
	label    string
	because  string
	score    int
	stage    lead.Stage
	sameAs   lead.Action // counts as the same thing as this action, for the same event or day
	nothing  bool        // is written down and adds nothing
	notALead bool
	rules    []*rule // about a touch, that can change this action's points

	lowest, highest int // points that a touch can have; see span
}

// name is what reasons call the line of the table.
func (m *meaning) name() string { return cmp.Or(string(m.action), "unknown") }

// rule is one conditional line of the file.
type rule struct {
	name     string
	because  string
	actions  actionNames // of rules about a touch; none: every action of the table
	when     []condition // all must hold
	unless   []condition // none may
	points   int
	atLeast  bound
	atMost   bound
	notALead bool
	tags     []string
}

// bound is a limit that a rule sets; each half may be missing.
type bound struct {
	scored bool
	score  int
	staged bool
	stage  lead.Stage
}

// nextStep is what to do about a class of leads. Empty parts fit everything.
type nextStep struct {
	temperatures []lead.Temperature
	stages       []lead.Stage
	actions      actionNames // spelt out
	rules        []string    // one of them counted
	say          string
}

//go:embed rules.yaml
var defaultFile string

var defaultRules = sync.OnceValue(func() *Set {
	r, err := Parse("rules.yaml", []byte(defaultFile))
	if err != nil {
		panic("rules: the embedded file are broken:\n" + err.Error())
	}
	return r
})

// Default returns the rules that hold when the owner wrote none.
func Default() *Set { return defaultRules() }

// Version returns a short hash of the file, the same in every Verdict.Rules.
func (r *Set) Version() string { return r.version }

// Source returns the file that the rules were read from.
func (r *Set) Source() string { return r.source }

// Knows reports whether the table has the action.
func (r *Set) Knows(a lead.Action) bool { return r.known[a] != nil }

// Actions returns every action of the table, sorted.
func (r *Set) Actions() []lead.Action { return slices.Sorted(maps.Keys(r.known)) }

// Label returns what people call the action: "demo request". Of an action that
// the table does not have it is the name itself with blanks.
func (r *Set) Label(a lead.Action) string {
	if m := r.known[a]; m != nil {
		return m.label
	}
	return spaced(string(a))
}

func spaced(name string) string { return strings.ReplaceAll(name, "_", " ") }

// NextStep returns what to do about a lead with this verdict: the verdict's
// own advice, or the one for its temperature and stage.
func (r *Set) NextStep(v lead.Verdict) string {
	if v.NextStep != "" || v.NotALead {
		return v.NextStep
	}
	return r.advice(&v, "")
}

// advice returns the first next step that fits a verdict whose strongest touch
// is of action a.
func (r *Set) advice(v *lead.Verdict, a lead.Action) string {
	for i := range r.steps {
		n := &r.steps[i]
		if (len(n.temperatures) == 0 || slices.Contains(n.temperatures, v.Temperature)) &&
			(len(n.stages) == 0 || slices.Contains(n.stages, v.Stage)) &&
			(len(n.actions) == 0 || slices.Contains(n.actions, string(a))) &&
			(len(n.rules) == 0 || slices.ContainsFunc(v.Reasons, func(x lead.Reason) bool { return slices.Contains(n.rules, x.Rule) })) {
			return n.say
		}
	}
	return ""
}

// meaning returns the row of an action.
func (r *Set) meaning(a lead.Action) (m *meaning, known bool) {
	if m := r.known[a]; m != nil {
		return m, true
	}
	return &r.unknown, false
}

// temperature returns how warm so many points from touches are.
func (r *Set) temperature(points int) lead.Temperature {
	switch {
	case points >= r.scale.hot:
		return lead.Hot
	case points >= r.scale.warm:
		return lead.Warm
	}
	return lead.Cold
}

// borders returns the lowest and the highest score of a temperature.
func (r *Set) borders(t lead.Temperature) (lowest, highest int) {
	switch t {
	case lead.Hot:
		return r.scale.hot, 100
	case lead.Warm:
		return r.scale.warm, r.scale.hot - 1
	}
	return 0, r.scale.warm - 1
}
