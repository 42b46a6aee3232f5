package lead

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Run is work on many touches or leads that a person started and that goes on
// by itself: reading requests again, sending again, erasing.
type Run struct {
	ID        string         `json:"id"`
	What      string         `json:"what"`  // replay, resend, erase
	State     string         `json:"state"` // waiting, running, done, failed
	DryRun    bool           `json:"dry_run,omitempty"`
	StartedAt time.Time      `json:"started_at"`
	EndedAt   time.Time      `json:"ended_at,omitzero"`
	Looked    int            `json:"looked"`            // at so many so far
	Counts    map[string]int `json:"counts"`            // by result
	Results   []Result       `json:"results,omitempty"` // the first thousand
	Error     string         `json:"error,omitempty"`   // why it failed
}

// ResultsMost bounds what a run lists one by one.
const ResultsMost = 1000

// Add counts a result and lists it while there is room.
func (r *Run) Add(x Result) {
	r.Looked++
	if r.Counts == nil {
		r.Counts = map[string]int{}
	}
	r.Counts[x.Result]++
	if len(r.Results) < ResultsMost {
		r.Results = append(r.Results, x)
	}
}

// Ended reports whether the run will do no more.
func (r *Run) Ended() bool { return r.State == "done" || r.State == "failed" }

// Result is what a run did about one touch.
type Result struct {
	TouchID string       `json:"touch_id,omitempty"`
	LeadID  string       `json:"lead_id,omitempty"`
	Target  string       `json:"target,omitempty"`
	Result  string       `json:"result"`
	Why     string       `json:"why,omitempty"` // in words, where the result is not enough
	Changes []Difference `json:"changes,omitempty"`
}

// Difference is one value of a touch that is not what it was.
type Difference struct {
	Field string `json:"field"` // as in the JSON of the touch: person.email
	Was   string `json:"was,omitempty"`
	Is    string `json:"is,omitempty"`
}

// TouchFilter chooses touches; all that is set has to hold.
type TouchFilter struct {
	Source string    `json:"source,omitempty"`
	State  State     `json:"state,omitempty"`
	Since  time.Time `json:"since,omitzero"` // received then or later
	Until  time.Time `json:"until,omitzero"` // received before
	Limit  int       `json:"limit,omitempty"`
}

// ResendOne is which targets get one lead again, and which touch of it.
type ResendOne struct {
	TouchID  string // of the lead; empty: its latest
	Target   string // empty: all that got the lead
	By       string
	Revision int64 // at which the lead must be; 0: at any
}

// ResendMany is which touches a target is to get.
type ResendMany struct {
	TouchFilter
	To      string
	AtLeast Temperature // of their leads as they are now
	Failed  bool        // only those whose delivery failed
	Again   bool        // also those that the target has
	DryRun  bool
	By      string
}

// Turn is a lead whose class other rules, or a new classification, change.
type Turn struct {
	LeadID string    `json:"lead_id"`
	Person Person    `json:"person"`
	At     time.Time `json:"at"` // the moment of both verdicts: of the latest touch in a rehearsal, else now
	Before Verdict   `json:"before"`
	After  Verdict   `json:"after"`
	Told   []string  `json:"told,omitempty"` // targets that get it because of the turn, or would
}

// SameClass reports whether two verdicts send a lead to the same people.
func (v Verdict) SameClass(w Verdict) bool {
	return v.Temperature == w.Temperature && v.Stage == w.Stage && v.NotALead == w.NotALead
}

// Class is a verdict in few words: hot SQL, not a lead.
func (v Verdict) Class() string {
	switch {
	case v.NotALead:
		return "not a lead"
	case v.Stage == NoStage:
		return v.Temperature.String()
	}
	return v.Temperature.String() + " " + v.Stage.String()
}

// Rehearsal is what other rules would have made of past leads.
type Rehearsal struct {
	Rules      string         `json:"rules"`        // version of the tried ones
	RulesInUse string         `json:"rules_in_use"` // with which they are compared
	Since      time.Time      `json:"since"`
	Leads      int            `json:"leads"`    // with a touch since then
	Turned     int            `json:"turned"`   // whose class changes
	Rescored   int            `json:"rescored"` // whose score alone changes
	Turns      map[string]int `json:"turns"`    // "warm MQL -> hot SQL": how many
	Alerts     AlertCount     `json:"alerts"`
}

// AlertCount is how many alerts there would have been.
type AlertCount struct {
	Before       int     `json:"before"`
	After        int     `json:"after"`
	BeforePerDay float64 `json:"before_per_day"`
	AfterPerDay  float64 `json:"after_per_day"`
}

// Reclassified is what a new classification of leads did.
type Reclassified struct {
	Rules   string         `json:"rules"` // version of those in force
	Leads   int            `json:"leads"` // that were chosen
	Turned  int            `json:"turned"`
	Same    int            `json:"same"` // of the same class; their score may be another
	Alerted int            `json:"alerted"`
	Turns   map[string]int `json:"turns"`
	DryRun  bool           `json:"dry_run,omitempty"` // nothing was written
}

// Progress is how far a walk over all leads has come.
type Progress struct {
	Done int `json:"done"`
	All  int `json:"all"`
}

// Explanation is why a lead is what it is now, rule by rule, and which targets would get it.
type Explanation struct {
	LeadID    string     `json:"lead_id"`
	At        time.Time  `json:"at"`
	Verdict   Verdict    `json:"verdict"`   // as of At, by the rules in force
	Lines     []Line     `json:"lines"`     // see Rules.Explain
	Decisions []Decision `json:"decisions"` // which targets would get the latest touch if it came now
}

// Line is one rule of an explanation: whether it counted, and why not.
type Line struct {
	Rule    string   `json:"rule"`
	Because string   `json:"because"`
	Counted bool     `json:"counted"`
	Points  int      `json:"points"`             // what it gave to the score; 0 when it did not count
	Missed  []string `json:"missed,omitempty"`   // what did not hold, in words
	Near    bool     `json:"near,omitempty"`     // only one thing was missing
	TouchID string   `json:"touch_id,omitempty"` // the touch that it is about
}

// Chosen is which leads are meant; the zero value means all.
type Chosen struct {
	Source      string       // one that touched the lead
	Since       time.Time    // something was done then or later
	Temperature *Temperature // as of now
	Alert       bool         // targets get those that turn hot
}

// ReclassifyOne is how one lead is judged again.
type ReclassifyOne struct {
	By       string // who wants it; reaches the trail
	Revision int64  // at which the lead must be; 0: at any
	Alert    bool   // targets get it if it turns hot
	DryRun   bool   // nothing is written
}

// Has reports whether a lead with this verdict as of now is meant.
func (c Chosen) Has(l *Lead, v Verdict) bool {
	since := len(l.History) > 0 && !l.History[len(l.History)-1].At.Before(c.Since)
	return (c.Since.IsZero() || since) &&
		(c.Temperature == nil || v.Temperature == *c.Temperature) &&
		(c.Source == "" || slices.ContainsFunc(l.History, func(p Past) bool { return p.Source == c.Source }))
}

// Walk receives the results of a walk over all leads; either part may be nil. They
// are called one at a time, and an error ends the walk.
type Walk struct {
	Turn     func(Turn) error
	Progress func(Progress) error
}

// Tell passes a turn on.
func (w Walk) Tell(t Turn) error {
	if w.Turn == nil {
		return nil
	}
	return w.Turn(t)
}

// Reached passes on how far the walk has come.
func (w Walk) Reached(p Progress) error {
	if w.Progress == nil {
		return nil
	}
	return w.Progress(p)
}

// RuleChange is a rule that two verdicts give different points.
type RuleChange struct {
	Reason     // as it counts now; when it is lost, as it counted before
	Was    int // its points before
	Gained bool
	Lost   bool
}

// Changes are the rules whose points the two verdicts do not share, those that
// count now first.
func (t Turn) Changes() (changes []RuleChange) {
	was := map[string]int{}
	for _, x := range t.Before.Reasons {
		was[x.Rule] = x.Points
	}
	for _, x := range t.After.Reasons {
		points, counted := was[x.Rule]
		delete(was, x.Rule)
		if !counted || points != x.Points {
			changes = append(changes, RuleChange{Reason: x, Was: points, Gained: !counted})
		}
	}
	for _, x := range t.Before.Reasons {
		if points, gone := was[x.Rule]; gone {
			changes = append(changes, RuleChange{Reason: x, Was: points, Lost: true})
		}
	}
	return changes
}

// Same reports that the two verdicts do not differ in anything that people see.
func (t Turn) Same() bool {
	return t.Before.SameClass(t.After) && t.Before.Score == t.After.Score && len(t.Changes()) == 0
}

// Differences are the values of t that are not what they were, by the names of
// the fields. What became of a touch is not among them.
func (t *Touch) Differences(before *Touch) []Difference {
	was, is := before.sayings(), t.sayings()
	var out []Difference
	for field, value := range is {
		if was[field] != value {
			out = append(out, Difference{field, was[field], value})
		}
	}
	for field, value := range was {
		if _, ok := is[field]; !ok {
			out = append(out, Difference{Field: field, Was: value})
		}
	}
	slices.SortFunc(out, func(a, b Difference) int { return strings.Compare(a.Field, b.Field) })
	return out
}

// sayings are the values of a touch that its sender gave.
func (t *Touch) sayings() map[string]string {
	said := *t
	said.ID, said.State, said.LeadID, said.Source, said.RequestID, said.Content = "", "", "", "", "", ""
	said.Held, said.ResendTo, said.Silent = "", nil, false
	said.ReleasedBy, said.MergedInto, said.Repeats, said.Deliveries, said.Trail = "", "", 0, nil, nil
	said.DeliveryID, said.Provider, said.ReceivedAt, said.AgainAt = "", "", t.At, t.At
	b, err := json.Marshal(&said)
	if err != nil {
		return nil // a time beyond the year 9999, which no kept touch has
	}
	var tree map[string]any
	if json.Unmarshal(b, &tree) != nil {
		return nil
	}
	delete(tree, "received_at")
	delete(tree, "again_at")
	for _, empty := range []string{"id", "state", "source", "provider"} {
		delete(tree, empty)
	}
	out := map[string]string{}
	flatten(out, "", tree)
	return out
}

func flatten(out map[string]string, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			name := key
			if path != "" {
				name = path + "." + key
			}
			flatten(out, name, member)
		}
	case []any:
		if s := fmt.Sprint(v...); s != "" {
			out[path] = s
		}
	default:
		if s := fmt.Sprint(v); s != "" {
			out[path] = s
		}
	}
}
