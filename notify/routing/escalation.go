package routing

import (
	"cmp"
	"slices"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// Level is one level of a lead's escalation: who is alerted next while the lead
// is unclaimed.
type Level struct {
	After  time.Duration // of the team's working time since the person asked
	To     string        // a target, a team or a rep
	Thread string        // the target whose alert it follows
	Team   string        // whose working hours count; empty: the clock never stops
}

// Levels returns the levels of a lead: those of all routes that alerted to its
// latest hot touch, in order of time.
func Levels(l *lead.Lead, routes []Route) (levels []Level) {
	past, ok := LatestAlert(l)
	if !ok {
		return nil
	}
	for _, r := range AlertedBy(past, routes) {
		for _, e := range r.Escalate {
			levels = append(levels, Level{After: e.After, To: e.To, Thread: r.To, Team: r.Team})
		}
	}
	slices.SortStableFunc(levels, func(a, b Level) int { return cmp.Compare(a.After, b.After) })
	return levels
}

// AlertedBy returns the routes that alerted to a touch, one for each target.
func AlertedBy(past lead.Past, routes []Route) (by []Route) {
	for _, r := range routes {
		if alerts(r, past) && !slices.ContainsFunc(by, func(o Route) bool { return o.To == r.To }) {
			by = append(by, r)
		}
	}
	return by
}

// LatestAlert returns the latest touch of a lead that a target was alerted to.
func LatestAlert(l *lead.Lead) (lead.Past, bool) {
	for _, past := range slices.Backward(l.History) {
		if slices.ContainsFunc(past.Decisions, lead.Decision.IsAlert) {
			return past, true
		}
	}
	return lead.Past{}, false
}

// alerts reports whether a route alerted to a touch.
func alerts(r Route, past lead.Past) bool {
	return r.AtLeast == lead.Hot && wants(r.Sources, past.Source) && wants(r.Actions, past.Action) &&
		slices.ContainsFunc(past.Decisions, func(d lead.Decision) bool { return d.Target == r.To && d.IsAlert() })
}
