package lead

import (
	"slices"
	"time"
)

// CaptchaUnverified marks a touch whose captcha the vendor has not confirmed:
// not yet, or never, because it did not answer in time.
const CaptchaUnverified = "captcha_unverified"

// Lacks says whether somebody outside has to be asked before the touch is
// whole: the vendor who a stub is about, a captcha's vendor whether the visitor
// is a person.
func (t *Touch) Lacks() bool {
	return t.NeedsFetch || slices.Contains(t.Marks, CaptchaUnverified)
}

// The reasons why a vendor did not tell what a touch lacks. The same word stands
// in the trail, in the metric's label and in the docs.
const (
	AskNoToken     = "token_missing" // the setting is missing
	AskRefused     = "token_refused" // the vendor does not take the configured token
	AskLimited     = "rate_limited"  // too many calls
	AskUnavailable = "unavailable"   // no answer, or that of a vendor in trouble
	AskNotThere    = "not_there"     // the vendor does not know of it, or not yet
	AskUnreadable  = "unreadable"    // an answer that makes no sense; it will not get better
	AskGivenUp     = "given_up"      // asked in vain for as long as deliveries are tried
)

// Unnamed is what a vendor said last when it was asked in vain who the touch is
// about; empty: it has told, was not asked, or need not be.
func (t *Touch) Unnamed() string {
	if !t.NeedsFetch {
		return ""
	}
	for _, st := range slices.Backward(t.Trail) {
		switch {
		case st.Step != StepFetched || st.Why == "":
		case st.Why == AskGivenUp:
			return st.Note // with the reason in it
		default:
			return st.Why + ": " + st.Note
		}
	}
	return ""
}

// AskError is a vendor's failure to tell what a touch lacks.
type AskError struct {
	Why        string        // one of the reasons above
	RetryAfter time.Duration // as the vendor wishes; 0: it did not say
	Note       string        // for people: the setting, the status; no secret, no address
}

func (e *AskError) Error() string { return e.Why + ": " + e.Note }
