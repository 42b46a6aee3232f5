package jobs

import (
	"context"
	"slices"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

// Explain says why a lead is what it is now by the rules in force, rule by rule,
// also those that nearly counted, and who would hear of its latest touch if it
// came now. Of a lead that was merged it is the other one that is explained.
func (j *Jobs) Explain(ctx context.Context, id string) (lead.Explanation, error) {
	l, err := j.Lead(ctx, id)
	for err == nil && l.MergedInto != "" {
		l, err = j.Lead(ctx, l.MergedInto)
	}
	if err != nil {
		return lead.Explanation{}, err
	}
	rules, now := j.o.Rules(), j.now()
	c := *l
	c.Verdict = rules.Classify(l, now)
	x := lead.Explanation{LeadID: l.ID, At: now.UTC(), Verdict: c.Verdict, Lines: rules.Explain(l, now)}
	asked := notify.Asked{Lead: &c, Touch: &lead.Touch{State: lead.Settled, Test: l.Test}, Before: c.Verdict, Known: len(l.History) > 1, Routes: j.routes(), Now: now}
	for _, past := range slices.Backward(l.History) {
		if past.Test == l.Test {
			past.At = now
			alone := rules.ClassifyTouch(touchOf(l.Person, &past), now)
			asked.Touch, asked.Alone = touchOf(l.Person, &past), &alone
			asked.Touch.ID = "" // another one than that which was told
			break
		}
	}
	x.Decisions = notify.Decide(asked)
	return x, nil
}
