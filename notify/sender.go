// Package notify is the contract between delivery and what sends to targets.
//
// A Sender makes one attempt to deliver an Alert to a Target and returns the
// target's receipt or an *Error, whose class is what the failure means for the
// attempts that follow. Waiting, retries and receipts are the caller's.
//
// It must not know any kind of target. Which targets get a touch is decided in
// notify/routing and when they get it in notify/pace; messages are composed in
// notify/message, sent over HTTP with notify/outbound and to Slack by
// notify/slack, and notify/kind joins the kinds in one table: a new kind is a file
// and a line there.
package notify

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Sender delivers to one target. Some senders can do more; who needs that asks for
// it by an interface of its own:
//
//	Alarm(ctx, Alarm) error                      delivers an alarm
//	Update(ctx, receipt string, []Alert) error   rewrites a message for the alerts that it was posted with
//	Probe(ctx) error                             finds out, without posting, whether the target would accept a message
//	Recalls() bool                               Send needs Alert.Receipt
//
// Each makes one attempt, and its errors are those of Send. Of an update BadTarget
// means that this message can never be updated.
type Sender interface {
	// Send delivers alerts, at least one, in one message, and returns the target's
	// receipt for it. It makes one attempt. An error that is no *Error is of the
	// class Again.
	Send(ctx context.Context, alerts []Alert) (receipt string, err error)

	// Most is how many alerts one message can hold; 1: no rollups.
	Most() int
}

// Error is a failed attempt, with what should happen next.
type Error struct {
	Class      Class
	RetryAfter time.Duration // that the target asks for; 0: none
	Ambiguous  bool          // the target may have accepted the message
	Code       string        // the target's short word for it: channel_not_found, http_500, timeout
	Err        error         // never with a secret, a signed URL, a name or an address
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %v", e.Code, e.Err) }

func (e *Error) Unwrap() error { return e.Err }

// Class says what a failure means for the attempts that follow.
type Class int

// The classes of failures.
const (
	Again      Class = iota // temporary: retry
	BadTarget               // this target will never accept it: use the fallback, raise an alarm
	BadToken                // nothing will work with this token: pause, raise an alarm, keep everything
	BadContent              // this message will never be accepted, in no form
)

// ClassOf returns the class of an error of Send; Again for errors it does not know.
func ClassOf(err error) Class {
	var e *Error
	if errors.As(err, &e) {
		return e.Class
	}
	return Again
}
