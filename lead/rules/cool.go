package rules

import (
	"math"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// AsOf returns a lead's verdict as of now: nothing is written when somebody
// cools, it is worked out when somebody looks. A verdict that other rules
// reached stays theirs until the lead is classified again; it only cools, by
// the half-life of these rules.
func (r *Set) AsOf(l *lead.Lead, now time.Time) lead.Verdict {
	if l.Rules != r.version {
		return r.cooled(l.Verdict, now)
	}
	v := r.Classify(l, now)
	v.JudgedAt = l.JudgedAt
	return v
}

// cooled is a verdict after some whole days, never warmer than it was.
func (r *Set) cooled(v lead.Verdict, now time.Time) lead.Verdict {
	if v.JudgedAt.IsZero() {
		return v
	}
	share := r.share(ageOf(v.JudgedAt, now), 100)
	reasons := make([]lead.Reason, len(v.Reasons))
	sum, given := 0, 0
	for i, x := range v.Reasons {
		sum += x.Points
		upTo := worth(sum, share)
		reasons[i] = lead.Reason{Because: x.Because, Points: upTo - given, Rule: x.Rule}
		given = upTo
	}
	v.Reasons = reasons
	v.Score = int(math.Round(float64(v.Score) * share))
	v.Temperature = min(v.Temperature, r.temperature(v.Score))
	if share < 1 {
		v.NextStep = ""
		v.NextStep = r.NextStep(v)
	}
	return v
}
