package lead

// Outcome is how a touch ended, or that it has not yet: one of them for every
// touch of a day, so that the books balance.
type Outcome string

// The outcomes of a touch.
const (
	OutcomeWaiting     Outcome = "waiting"     // a target has still to hear
	OutcomeAlerted     Outcome = "alerted"     // a target was told at once
	OutcomeHeld        Outcome = "held"        // nobody had to hear; the trail says why
	OutcomeDigested    Outcome = "digested"    // told with a digest
	OutcomeQuarantined Outcome = "quarantined" // kept, to be released or not
	OutcomeMerged      Outcome = "merged"      // a repeat of another touch
	OutcomeUnread      Outcome = "unread"      // kept, could not be read
	OutcomeFailed      Outcome = "failed"      // a delivery was given up
)

// Books are one UTC day's touches by outcome, tests left out:
// accepted = alerted + held + digested + quarantined + merged + unread + failed + waiting + unaccounted.
type Books struct {
	Accepted    int64 `json:"accepted"`
	Alerted     int64 `json:"alerted"`
	Held        int64 `json:"held"`
	Digested    int64 `json:"digested"`
	Quarantined int64 `json:"quarantined"`
	Merged      int64 `json:"merged"`
	Unread      int64 `json:"unread"`
	Waiting     int64 `json:"waiting"` // accepted and not settled
	Failed      int64 `json:"failed"`
	Unaccounted int64 `json:"unaccounted"` // accepted and in no other column; 0 or a bug
}

// Change is one step forward of a delivery, to be written to the store.
type Change struct {
	TouchID  string
	Delivery Delivery
	Step     Step
	Settled  bool    // every effect of the touch has now reached its end
	Outcome  Outcome // of the touch, with Settled
	Day      string  // the touch's day in the books, with Settled: 2026-11-25; empty for tests
}
