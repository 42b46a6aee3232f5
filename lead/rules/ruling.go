package rules

import (
	"slices"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// afterOverride is the lead as it would be had it done only what came after the
// override.
func afterOverride(l *lead.Lead) *lead.Lead {
	at := slices.Index(l.Touches, l.NotHot.Touch)
	since := &lead.Lead{Person: l.Person}
	for _, p := range l.History {
		if i := slices.Index(l.Touches, p.ID); at >= 0 && i > at || (at < 0 || i < 0) && p.At.After(l.NotHot.At) {
			since.History = append(since.History, p)
		}
	}
	return since
}

// applyOverride lowers a verdict that a person has said is not hot, as long as nothing that
// came since is hot in itself.
func (r *Set) applyOverride(j *judged, l *lead.Lead, now time.Time) {
	if l.NotHot == nil || j.Temperature < lead.Hot || r.judge(afterOverride(l), now).Temperature == lead.Hot {
		return
	}
	j.Temperature = lead.Warm
	j.Reasons = append(j.Reasons, l.NotHot.Reason())
	j.NextStep = ""
	j.NextStep = r.NextStep(j.Verdict)
}
