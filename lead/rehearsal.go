package lead

import (
	"slices"
	"time"
)

// Turn is a lead whose class other rules, or a new classification, change.
type Turn struct {
	LeadID string    `json:"lead_id"`
	Person Person    `json:"person"`
	At     time.Time `json:"at"` // the moment of both verdicts: of the latest touch in a rehearsal, else now
	Before Verdict   `json:"before"`
	After  Verdict   `json:"after"`
	Told   []string  `json:"told,omitempty"` // targets that hear of it because of the turn, or would
}

// SameClass says whether two verdicts send a lead to the same people.
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

// Rehearsal says what other rules would have made of past leads.
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

// Reclassified says what a new classification of leads did.
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

// Explanation is why a lead is what it is now, rule by rule, and who would hear.
type Explanation struct {
	LeadID    string     `json:"lead_id"`
	At        time.Time  `json:"at"`
	Verdict   Verdict    `json:"verdict"`   // as of At, by the rules in force
	Lines     []Line     `json:"lines"`     // see Rules.Explain
	Decisions []Decision `json:"decisions"` // who would hear of the latest touch if it came now
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

// Chosen says which leads are meant; the zero value means all.
type Chosen struct {
	Source      string       // one that touched the lead
	Since       time.Time    // something was done then or later
	Temperature *Temperature // as of now
	Alert       bool         // targets hear of those that turn hot
}

// Rejudging is how one lead is judged again.
type Rejudging struct {
	By       string // who wants it; reaches the trail
	Revision int64  // at which the lead must be; 0: at any
	Alert    bool   // targets hear of it if it turns hot
	DryRun   bool   // nothing is written
}

// Has says whether a lead with this verdict as of now is meant.
func (c Chosen) Has(l *Lead, v Verdict) bool {
	since := len(l.History) > 0 && !l.History[len(l.History)-1].At.Before(c.Since)
	return (c.Since.IsZero() || since) &&
		(c.Temperature == nil || v.Temperature == *c.Temperature) &&
		(c.Source == "" || slices.ContainsFunc(l.History, func(p Past) bool { return p.Source == c.Source }))
}

// Walk is told how a walk over all leads goes on; either part may be nil. They
// are called one at a time, and an error ends the walk.
type Walk struct {
	Turn     func(Turn) error
	Progress func(Progress) error
}

// Tell tells of a turn.
func (w Walk) Tell(t Turn) error {
	if w.Turn == nil {
		return nil
	}
	return w.Turn(t)
}

// Reached tells how far the walk has come.
func (w Walk) Reached(p Progress) error {
	if w.Progress == nil {
		return nil
	}
	return w.Progress(p)
}
