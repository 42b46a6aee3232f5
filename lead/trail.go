package lead

import (
	"time"
)

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
	StepFetched    StepName = "fetched"    // the vendor returned who it is, or why has the reason
	StepCaptcha    StepName = "captcha"    // what the captcha's vendor answered
	StepClassified StepName = "classified" // verdict known
	StepDecided    StepName = "decided"    // one for each target asked, and why
	StepSent       StepName = "sent"       // a target took it
	StepAttempt    StepName = "attempt"    // an attempt failed
	StepFailed     StepName = "failed"     // given up
	StepMerged     StepName = "merged"
	StepQuarantine StepName = "quarantined"
	StepResent     StepName = "resent"   // a person had it sent again; the note has who
	StepReplayed   StepName = "replayed" // the request was read again; why: what came of it
	StepReleased   StepName = "released" // taken out of quarantine; the note has by whom
	StepSettled    StepName = "settled"
	StepEscalated  StepName = "escalated" // not claimed; the next level was alerted

	StepReclassified StepName = "reclassified" // of a lead: other rules give it another class
)

// StepAt is a step of the touch's trail at a moment.
func (t *Touch) StepAt(at time.Time, name StepName) Step {
	ms := float64(at.Sub(t.ReceivedAt).Microseconds()) / 1000
	return Step{At: at.UTC(), Step: name, MS: max(ms, 0)}
}

// Day is the UTC day of a moment, as the books name it: 2026-11-28.
func Day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// News is one thing that happened, as streams get it at once. It
// carries ids, verdicts and names out of the configuration, never anything a
// visitor typed: whoever may see the person reads the lead. Its JSON is the
// stream's.
type News struct {
	ID   string    `json:"id"` // place in the stream of one node; a watcher goes on after it
	Kind NewsKind  `json:"kind"`
	At   time.Time `json:"at"`

	TouchID string `json:"touch_id,omitempty"`
	LeadID  string `json:"lead_id,omitempty"`
	Source  string `json:"source,omitempty"`
	Action  Action `json:"action,omitempty"`
	State   string `json:"state,omitempty"`  // of the touch, or of the delivery
	Target  string `json:"target,omitempty"` // of the delivery

	Change      string `json:"change,omitempty"` // what changed the lead: new, touched, verdict, a verb, or updated
	Temperature string `json:"temperature,omitempty"`
	Stage       string `json:"stage,omitempty"`
	Score       int    `json:"score,omitempty"`
	Status      Status `json:"status,omitempty"`
	By          string `json:"by,omitempty"` // who has the lead
	Revision    int64  `json:"revision,omitempty"`
	Test        bool   `json:"test,omitempty"`
}

// NewsKind is what a piece of news is about.
type NewsKind string

// The kinds of news.
const (
	TouchNews    NewsKind = "touch"    // a touch was accepted, or ended without a lead
	LeadNews     NewsKind = "lead"     // a lead is there or has changed; the store has it
	DeliveryNews NewsKind = "delivery" // a target has a touch, or it was given up
	ResetNews    NewsKind = "reset"    // some news is lost: read again what is shown
)

// About fills in what n has of a lead.
func (n News) About(l *Lead) News {
	n.LeadID, n.Status, n.Score, n.Revision, n.Test = l.ID, l.Status, l.Score, l.Revision, l.Test
	n.Temperature = l.Temperature.String()
	if l.Stage != NoStage {
		n.Stage = l.Stage.String()
	}
	if l.Claim != nil {
		n.By = l.Claim.By
	}
	if len(l.History) > 0 && n.Source == "" {
		past := l.History[len(l.History)-1]
		n.Source, n.Action = past.Source, past.Action
	}
	return n
}

// Entry is one line of the audit: who did what, and to what. It names no visitor
// and repeats nothing that one wrote, so it may stay when a person is erased.
type Entry struct {
	ID     string    `json:"id"` // sorts by time
	At     time.Time `json:"at"`
	By     string    `json:"by"` // as in trails; for what came over the API without a name, the token's
	Did    Act       `json:"did"`
	LeadID string    `json:"lead_id,omitempty"` // of an act on a lead
	About  string    `json:"about,omitempty"`   // what else it was done to: a target, a queue, a token, a rep, a source, another lead
}

// Act is what a person did. The verbs of leads are acts of their own names.
type Act string

// The acts that are no verbs of a lead.
const (
	ActResend     Act = "resend"
	ActMerge      Act = "merge"   // About: the lead that it became part of
	ActUnmerge    Act = "unmerge" // of the lead that is its own again
	ActReplay     Act = "replay"  // About: the touch; else all that a filter chose
	ActReclassify Act = "reclassify"
	ActErase      Act = "erase"  // without LeadID it was asked for by an address
	ActExport     Act = "export" // of a person, or of leads.csv
	ActImport     Act = "import" // one part of a list; About: its source

	ActSignIn     Act = "sign_in" // About: by what
	ActSignOut    Act = "sign_out"
	ActRename     Act = "rename" // About: the new name
	ActMakeToken  Act = "make_token"
	ActMakeLink   Act = "make_link"
	ActEndToken   Act = "end_token"
	ActEndSession Act = "end_session"
	ActEndLink    Act = "end_link"

	ActOff          Act = "off" // About: the rep
	ActBack         Act = "back"
	ActReload       Act = "reload" // of the configuration; About: the settings that changed
	ActPauseTarget  Act = "pause_target"
	ActResumeTarget Act = "resume_target"
	ActPauseQueue   Act = "pause_queue"
	ActResumeQueue  Act = "resume_queue"
	ActRunTask      Act = "run_task" // About: the queue
	ActDeleteTask   Act = "delete_task"
)

// AuditMost is how many entries are kept: the latest.
const AuditMost = 1000
