package ops

// Finding is one thing that was looked at.
type Finding struct {
	Check string       `json:"check"`        // what was looked at: settings, data_dir, redis, slack, ...
	State FindingState `json:"state"`        // ok, warn or fail
	Says  string       `json:"says"`         // what is so
	Do    string       `json:"do,omitempty"` // what to do about it
}

// FindingState is how bad a finding is.
type FindingState string

// The states of a finding.
const (
	Fine  FindingState = "ok"
	Warns FindingState = "warn" // will hurt some day
	Fails FindingState = "fail" // hurts now
)
