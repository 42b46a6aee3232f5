package notify

import (
	"cmp"
	"time"

	"github.com/leadgate/leadgate/lead"
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
	Reminder *lead.Reminder // of an escalation
	Digest   *lead.Summary  // the same for all alerts of a digest
}

// ID names the alert, the same in every attempt.
func (a Alert) ID() string { return cmp.Or(a.Notice, a.Touch.ID) }

// Alarm is what leadgate says about itself when a human must know.
type Alarm struct {
	Key   string // alarms with the same key are sent once in a while, by one replica
	About string // the target in trouble, which does not get the alarm; empty: none
	Title string // one line, without a person's name or address
	Text  string // what happens meanwhile, and what to do
	URL   string // where to look; empty: nowhere
	At    time.Time
}
