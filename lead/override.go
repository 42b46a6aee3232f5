package lead

import "time"

// Override is a person's decision that a lead is not hot. It holds against all
// that the lead had done by then; what it does afterwards can make it hot again.
type Override struct {
	By    string    `json:"by"`
	At    time.Time `json:"at"`
	Touch string    `json:"touch,omitempty"` // the latest to arrive before it
}

// override records the decision.
func (l *Lead) override(by string, at time.Time) {
	l.NotHot = &Override{By: by, At: at}
	if n := len(l.Touches); n > 0 {
		l.NotHot.Touch = l.Touches[n-1]
	}
}

// Reason is what the verdict gives as its reason.
func (o *Override) Reason() Reason {
	return Reason{Because: o.By + " says it is not hot", Rule: string(VerbNotHot)}
}
