package notify

import (
	"time"

	"github.com/leadgate/leadgate/notify/pace"
)

// Call is one HTTP request of an http target. Its texts are templates over the
// fields that docs/crm.md lists.
type Call struct {
	Name   string // under which later calls find what it kept
	When   string // made only if this writes something other than false, 0 or nothing; empty: always
	Method string // default POST; a template as well
	URL    string // the scheme and the host are fixed
	Header map[string]string
	Body   string
	Expect map[string]string // headers that the answer must have, with these values
	Keep   string            // path in the answer's JSON of what later calls need: data.id
}

// Target is one place that leads go to.
type Target struct {
	Name    string
	Kind    string            // slack, webhook, http, teams, email, log
	Channel string            // slack: channel id or #name
	URL     string            // webhook, http, teams: where to post; slack: an incoming webhook; email: the server
	Secret  string            // webhook: whsec_...; email: the password of User
	Header  map[string]string // webhook, http
	Pace    pace.Pace
	// Concurrency is how many messages may be in flight at once; 0: the kind's
	// default (webhook and http four, others one).
	Concurrency int
	Timeout     time.Duration // of one attempt, set by its kind; 0: the caller's
	Fallback    string        // the target that gets what this one can never accept

	Method  string            // http: default POST
	Body    string            // http: a template
	Receipt string            // http: path of the target's own id in the answer's JSON; empty: searched in the usual places
	Expect  map[string]string // http: headers that the answer must have
	Before  []Call            // http: calls that are made first

	From string   // email: the sender
	To   []string // email: the recipients
	User string   // email: the account at the server
}

// InFlight is how many messages may be in flight to the target at once.
func (t Target) InFlight() int { return max(t.Concurrency, 1) }

// PaceName names what the target's pace is counted by: the channel in Slack, whose
// bound all targets that post to it share, else the target alone.
func (t Target) PaceName() string {
	if t.Kind == "slack" && t.Channel != "" {
		return "slack:" + t.Channel
	}
	return t.Kind + ":" + t.Name
}
