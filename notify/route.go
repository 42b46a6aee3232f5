package notify

import (
	"time"

	"github.com/leadgate/leadgate/lead"
)

// Target is one place that leads go to.
type Target struct {
	Name    string
	Kind    string // slack, webhook, log, ...
	Channel string // slack: channel id or #name
	URL     string // webhook: where to post
	Secret  string // webhook: whsec_...
	Header  map[string]string
	Pace    Pace
	// Concurrency is how many messages may be on their way at once; 0: as its kind
	// has it (slack one after the other, webhook and http four, others two).
	Concurrency int
	Fallback    string // another target that hears when this one cannot ever take a message
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
