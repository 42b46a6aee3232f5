package notify

import (
	"cmp"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// Alarm is what leadgate says about itself when a human must know.
type Alarm struct {
	Key   string // alarms with the same key are told once in a while, by one replica
	About string // the target that is in trouble, and so not the one to tell; empty: none is
	Title string // one line, without a person's name or address
	Text  string // what happens meanwhile, and what to do
	URL   string // where to look; empty: nowhere
	At    time.Time
}

// Listed is how many leads a digest lists; the others are counted.
const Listed = 40

// Roughly rounds a time as people say it.
func Roughly(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", max(0, int(d.Seconds())))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// MostLeads is how many leads one rollup holds: at a message a second, a
// thousand leads in ten seconds are all told within those.
const MostLeads = 100

// Alert is one lead to tell one target about. Lead and Touch are not changed.
type Alert struct {
	Kind   lead.AlertKind
	Lead   *lead.Lead // nil in an update: the person was erased
	Touch  *lead.Touch
	Thread string // receipt of the earlier alert that a repeat belongs to
	// Receipt is what the target called this lead before, for senders that ask
	// for it with Recalls; empty: it does not know the lead.
	Receipt string
	Note    string    // a plain remark: "Redis away, so without history"
	Member  string    // id of the Slack member whom a remark mentions
	Told    time.Time // when the message was posted that an update rewrites; zero: it is posted now

	// Notice names what is told when it is not the touch's own telling: an
	// escalation, a digest, an alarm. Empty: it is.
	Notice   string
	Reminder *Reminder     // of an escalation
	Digest   *lead.Summary // the same for all alerts of a digest
}

// ID names what is told, the same in every attempt.
func (a Alert) ID() string { return cmp.Or(a.Notice, a.Touch.ID) }

// Reminder is what an escalation says besides its lead.
type Reminder struct {
	Waited time.Duration // how long nobody has taken it, in working time
	To     string        // whose it is now: a target, a team or a rep
	Next   string        // who hears next; empty: nobody
	NextAt time.Time
	Late   time.Duration // how long after its time it is told; 0: in time
}
