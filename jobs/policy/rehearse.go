package policy

import (
	"slices"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/rules"
	"github.com/leadgate/leadgate/notify/routing"
)

// Rehearse lets a lead's touches from first on happen once more under other
// rules: the verdict at the last of them, and how many of them are alerts.
func (p Policy) Rehearse(l *lead.Lead, set *rules.Set, first int) (v lead.Verdict, alerts int) {
	again := lead.Lead{ID: l.ID, Person: l.Person, Status: lead.New, History: slices.Clone(l.History)}
	past, routes := again.History, p.Routes()
	for i := range past {
		past[i].Decisions = nil
	}
	for i := first; i < len(past); i++ {
		at := past[i].At
		again.History = past[:i+1]
		again.Verdict = set.Classify(&again, at)
		v = again.Verdict
		if v.Temperature < lead.Hot || past[i].Test {
			continue
		}
		asked := routing.Asked{Lead: &again, Touch: past[i].Touch(l.Person), Known: i > 0, Routes: routes, Now: at}
		alone := set.ClassifyTouch(asked.Touch, at)
		asked.Alone = &alone
		if i > 0 {
			earlier := again
			earlier.History = past[:i]
			asked.Before = set.Classify(&earlier, at)
		}
		past[i].Decisions = routing.Decide(asked)
		if slices.ContainsFunc(past[i].Decisions, lead.Decision.IsAlert) {
			again.AlertedAt = at
			alerts++
		}
	}
	return v, alerts
}
