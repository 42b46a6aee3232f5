package notify

import (
	"cmp"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/lead"
)

const (
	// MostLeads is how many leads one rollup holds: at one message a second, a
	// thousand leads that come in ten seconds are sent within those.
	MostLeads = 100
	// Listed is how many leads a digest lists; the others are counted.
	Listed = 40
)

// Alert is one lead to send to one target. Lead and Touch are not changed.
type Alert struct {
	Kind   lead.AlertKind
	Lead   *lead.Lead // nil in an update: the person was erased
	Touch  *lead.Touch
	Thread string // receipt of the earlier alert that this one follows
	// Receipt is what the target returned for this lead before, for senders that
	// ask for it with Recalls; empty: it does not know the lead.
	Receipt  string
	Note     string    // a plain sentence: "Redis away, so without history"
	Member   string    // id of the Slack member whom a thread reply mentions
	PostedAt time.Time // when the message was posted that an update rewrites; zero: it is posted now

	// Notice names the notification that this is part of when it is not the
	// touch's own alert: an escalation, a digest. Empty: it is.
	Notice   string
	Reminder *Reminder     // of an escalation
	Digest   *lead.Summary // the same for all alerts of a digest
}

// ID names the alert, the same in every attempt.
func (a Alert) ID() string { return cmp.Or(a.Notice, a.Touch.ID) }

// Reminder is what an escalation says besides its lead.
type Reminder struct {
	Waited time.Duration // how long the lead has been unclaimed, in working time
	To     string        // whose it is now: a target, a team or a rep
	Next   string        // who is alerted next; empty: nobody
	NextAt time.Time
	Late   time.Duration // how long after its time it is sent; 0: in time
}

// Alarm is what leadgate says about itself when a human must know.
type Alarm struct {
	Key   string // alarms with the same key are sent once in a while, by one replica
	About string // the target in trouble, which does not get the alarm; empty: none
	Title string // one line, without a person's name or address
	Text  string // what happens meanwhile, and what to do
	URL   string // where to look; empty: nowhere
	At    time.Time
}

// Roughly rounds a duration as people say it.
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
