package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/lead"
)

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

// Sender tells one target. Senders are made by Open from a kind's table line.
type Sender interface {
	// Send delivers one alert, or several rolled up into one message, and
	// returns the target's own name for what it got. It tries once. Any error
	// but a *Error means: try again.
	Send(ctx context.Context, alerts []Alert) (receipt string, err error)

	// Most is how many alerts one message can hold; 1: no rollups.
	Most() int
}

// Updater is a Sender whose messages can be rewritten once they are posted.
type Updater interface {
	// Update rewrites the message of a receipt so that it tells of these alerts,
	// those that it was posted with, as they are now. A BadTarget means that this
	// message can never be rewritten, a BadContent the same of what it would say.
	Update(ctx context.Context, receipt string, alerts []Alert) error
}

// Prober is a Sender that can find out, without telling anything, whether it
// could be told. Its errors are those of Send.
type Prober interface {
	Probe(ctx context.Context) error
}

// Error is a failed attempt, with what should happen next.
type Error struct {
	Class      Class
	RetryAfter time.Duration // the target's wish; 0: none
	Ambiguous  bool          // the target may have taken it all the same
	Code       string        // the target's short word for it: channel_not_found, http_500, timeout
	Err        error         // never with a secret, a signed URL, a name or an address
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %v", e.Code, e.Err) }
func (e *Error) Unwrap() error { return e.Err }

// Class says what a failure means for the attempts that follow.
type Class int

// The classes of failures.
const (
	Again      Class = iota // passing: try again
	BadTarget               // this target will never take it: fallback and alarm
	BadToken                // nothing will work with this token: pause, alarm, keep everything
	BadContent              // this message will never be taken, even degraded
)

// ClassOf returns the class of an error of Send; Again for errors it does not know.
func ClassOf(err error) Class {
	var e *Error
	if errors.As(err, &e) {
		return e.Class
	}
	return Again
}
