// Package notify decides which targets get a touch, and holds the contract of
// the senders that deliver it.
//
// Decide is the one pure function that says who is alerted, and why. A Sender
// makes one attempt and answers with the target's receipt or with an *Error,
// whose class says what the failure means for the attempts that follow. A Pacer
// keeps the pace of a target. Waiting, retries and receipts are the caller's.
//
// It must not know any kind of target, nor what a message says: messages are
// composed in notify/message, sent over HTTP with notify/outbound and to Slack
// by notify/slack, and notify/kind joins the kinds in one table.
//
// To add a reason of a decision, add a Why constant and its sentence.
package notify

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Sender delivers to one target.
type Sender interface {
	// Send delivers one alert, or several rolled up into one message, and returns
	// the target's receipt for it. It makes one attempt. An error that is no
	// *Error is of the class Again.
	Send(ctx context.Context, alerts []Alert) (receipt string, err error)

	// Most is how many alerts one message can hold; 1: no rollups.
	Most() int
}

// Updater is a Sender whose messages can be updated after they are posted.
type Updater interface {
	// Update rewrites the message of a receipt for the alerts that it was posted
	// with, as they are now. BadTarget means that this message can never be
	// updated, BadContent that the target refuses the new content.
	Update(ctx context.Context, receipt string, alerts []Alert) error
}

// Alarmer is a Sender that can also deliver alarms. It makes one attempt; its
// errors are those of Send.
type Alarmer interface {
	Alarm(ctx context.Context, a Alarm) error
}

// Prober is a Sender that can find out, without posting anything, whether its
// target would accept a message. Its errors are those of Send.
type Prober interface {
	Probe(ctx context.Context) error
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

// ErrNothing is the error of a Send without alerts.
var ErrNothing = &Error{Class: BadContent, Code: "nothing", Err: errors.New("there is nothing to send")}

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

type traceKey struct{}

// Traced makes the calls of a Send part of the trace of the request that brought
// the lead; parent is that request's traceparent, empty for none.
// https://www.w3.org/TR/trace-context/
func Traced(ctx context.Context, parent string) context.Context {
	return context.WithValue(ctx, traceKey{}, parent)
}

// TraceOf returns the traceparent of a context made by Traced; empty: none.
func TraceOf(ctx context.Context) string {
	parent, _ := ctx.Value(traceKey{}).(string)
	return parent
}
