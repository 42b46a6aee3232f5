package lead

import "time"

// Step is one line of a trail: what happened to a touch or a lead, and why.
type Step struct {
	At   time.Time `json:"at"`
	Step StepName  `json:"step"`
	Why  string    `json:"why,omitempty"`  // a named reason, the same word as in metrics and docs
	Note string    `json:"note,omitempty"` // for people; no secret, no address
	MS   float64   `json:"ms"`             // milliseconds since the request arrived
}

// StepName names a hop in the life of a touch.
type StepName string

// The steps of a trail.
const (
	StepAccepted   StepName = "accepted"   // journalled and fsynced
	StepQueued     StepName = "queued"     // handed to Redis
	StepPicked     StepName = "picked"     // a worker has it
	StepFetched    StepName = "fetched"    // the vendor told who it is, or why says why not
	StepCaptcha    StepName = "captcha"    // what the captcha's vendor said
	StepClassified StepName = "classified" // verdict known
	StepDecided    StepName = "decided"    // one for each target asked, and why
	StepSent       StepName = "sent"       // a target took it
	StepAttempt    StepName = "attempt"    // an attempt failed
	StepFailed     StepName = "failed"     // given up
	StepMerged     StepName = "merged"
	StepQuarantine StepName = "quarantined"
	StepResent     StepName = "resent"   // somebody had it told again; the note says who
	StepReplayed   StepName = "replayed" // the request was read anew; why: what came of it
	StepReleased   StepName = "released" // taken out of quarantine; the note says by whom
	StepSettled    StepName = "settled"
	StepEscalated  StepName = "escalated" // nobody has the lead; the next level heard

	StepReclassified StepName = "reclassified" // of a lead: other rules give it another class
)

// StepAt is a step of the touch's trail at a moment.
func (t *Touch) StepAt(at time.Time, name StepName) Step {
	ms := float64(at.Sub(t.ReceivedAt).Microseconds()) / 1000
	return Step{At: at.UTC(), Step: name, MS: max(ms, 0)}
}

// Day is the UTC day of a moment, as the books name it: 2026-11-28.
func Day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
