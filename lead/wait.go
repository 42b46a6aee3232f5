package lead

import "time"

// believable is how long before its arrival a touch may say that it happened
// for the clock of escalation to begin then. What is older was imported or sent
// again, and its person is not waiting since.
const believable = 24 * time.Hour

// Asked is when the person of a touch began to wait for an answer: when they
// pressed submit, by the sender's clock as far as that can be believed.
func (t *Touch) Asked() time.Time {
	if t.At.IsZero() || t.At.After(t.ReceivedAt) || t.ReceivedAt.Sub(t.At) > believable {
		return t.ReceivedAt.UTC()
	}
	return t.At.UTC()
}

// Waits says whether the person waits for somebody to take the lead.
func (l *Lead) Waits() bool {
	return !l.WaitsSince.IsZero() && l.Claim == nil && l.Status == New && !l.Test && !l.NotALead && l.MergedInto == ""
}
