package lead

import "time"

// Run is work on many touches or leads that somebody asked for and that goes on
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

// Ended says whether the run will do no more.
func (r *Run) Ended() bool { return r.State == "done" || r.State == "failed" }

// Result is what a run did about one touch.
type Result struct {
	TouchID string       `json:"touch_id,omitempty"`
	LeadID  string       `json:"lead_id,omitempty"`
	Target  string       `json:"target,omitempty"`
	Result  string       `json:"result"`
	Why     string       `json:"why,omitempty"` // in words, where the result does not say it all
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

// Retelling says who is told of one lead again, and of what.
type Retelling struct {
	TouchID  string // of the lead; empty: its latest
	Target   string // empty: all that were told of the lead
	By       string
	Revision int64 // at which the lead must be; 0: at any
}

// Resending says which touches a target is to be told of.
type Resending struct {
	TouchFilter
	To      string
	AtLeast Temperature // of their leads as they are now
	Failed  bool        // only those whose delivery failed
	Again   bool        // also those that the target has
	DryRun  bool
	By      string
}
