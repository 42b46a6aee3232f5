package lead

import "errors"

// The errors that packages share. Whoever returns one wraps it; whoever answers a
// person or a program tests for it with errors.Is.
var (
	ErrNotFound    = errors.New("not found")                 // no such lead, touch, rep, run or credential
	ErrNoTarget    = errors.New("no such target")            // or none that the lead was sent to
	ErrBadCursor   = errors.New("not a cursor of this list") // nor a place in it
	ErrUnavailable = errors.New("unavailable")               // Redis or the journal does not answer; it may pass
	ErrNotDurable  = errors.New("not durable")               // nothing is kept, and the sender should try again
	ErrUntil       = errors.New(`write 14:00, tomorrow, tomorrow 14:00, 2026-12-24, 2h or back`)

	ErrNoVerb = errors.New("no such verb")
	ErrWhom   = errors.New("say to whom, or of which lead") // a verb that needs another person or lead names none

	// These are conflicts; see IsConflict.
	ErrConflict  = errors.New("the lead was changed in the meantime") // it is not at the revision that the caller saw
	ErrTaken     = errors.New("somebody else has this lead")          // Lead.Claim has the name
	ErrHeld      = errors.New("the lead is in quarantine")            // and has to be released first
	ErrTwoClaims = errors.New("two people have these leads")          // one of them has to give theirs back first
	ErrSameLead  = errors.New("it is one lead already")
	ErrNotMerged = errors.New("the lead was not merged")
)

// IsConflict reports whether an error says that the lead's state does not allow
// what was asked, so that trying again as it is would fail again.
func IsConflict(err error) bool {
	for _, conflict := range []error{ErrConflict, ErrTaken, ErrHeld, ErrTwoClaims, ErrSameLead, ErrNotMerged} {
		if errors.Is(err, conflict) {
			return true
		}
	}
	return false
}
