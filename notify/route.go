package notify

import (
	"time"

	"github.com/leadgate/leadgate/lead"
)

// Target is one place that leads go to.
type Target struct {
	Name    string
	Kind    string            // slack, webhook, http, teams, email, log
	Channel string            // slack: channel id or #name
	URL     string            // webhook, http, teams: where to post; slack: an incoming webhook; email: the server
	Secret  string            // webhook: whsec_...; email: the password of User
	Header  map[string]string // webhook, http
	Pace    Pace
	// Concurrency is how many messages may be on their way at once; 0: as its
	// kind has it (webhook and http four, others one).
	Concurrency int
	Fallback    string // another target that hears when this one cannot ever take a message

	Method  string            // http: default POST
	Body    string            // http: a template over Slots
	Receipt string            // http: path of the target's own id in the answer's JSON; empty: found by itself
	Expect  map[string]string // http: headers that the answer must have
	Before  []Call            // http: what is called first

	From string   // email: who sends
	To   []string // email: who hears
	User string   // email: who the server knows
}

// Pace bounds the messages to one target; the zero Pace is its kind's default
// (slack: one a second with a burst of 3; others: no bound).
type Pace struct {
	Off bool
	N   int
	Per time.Duration
}

// Route says who wants which leads.
type Route struct {
	To       string // a target's name
	AtLeast  lead.Temperature
	Sources  []string      // empty: all
	Actions  []lead.Action // empty: all
	Consent  bool          // only people who agreed to be contacted, and have not said otherwise since
	Team     string
	Escalate []Escalation
}

// Escalation tells the next level when nobody has taken a lead.
type Escalation struct {
	After time.Duration
	To    string
}
