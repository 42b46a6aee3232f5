package lead

import "time"

// Entry is one line of the audit: who did what, and to what. It names no visitor
// and repeats nothing that one said, so it may stay when a person is erased.
type Entry struct {
	ID     string    `json:"id"` // sorts by time
	At     time.Time `json:"at"`
	By     string    `json:"by"` // as in trails; for what came over the API without a name, the token's
	Did    Act       `json:"did"`
	LeadID string    `json:"lead_id,omitempty"` // of an act on a lead
	About  string    `json:"about,omitempty"`   // what else it was done to: a target, a queue, a token, a rep, a source, another lead
}

// Act is what somebody did. The verbs of leads are acts of their own names.
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
