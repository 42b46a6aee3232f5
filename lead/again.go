package lead

import (
	"slices"
	"time"
)

// Begun is when the touch was last set on its way: when it arrived, or was
// released or read anew.
func (t *Touch) Begun() time.Time {
	if t.AgainAt.After(t.ReceivedAt) {
		return t.AgainAt
	}
	return t.ReceivedAt
}

// Drop takes a touch out of the lead, as if it had never been the person's. rest
// are the lead's other touches in order of arrival; when some are not kept any
// more, what is known of the person stays.
func (l *Lead) Drop(touchID string, rest []*Touch) {
	l.Untake(touchID)
	if len(l.Touches) == 0 && l.Apart {
		l.Status, l.Apart = New, false
	}
	if len(rest) < len(l.Touches) || slices.Contains(rest, nil) {
		return
	}
	said := make([]Past, len(rest))
	l.Test = len(rest) > 0
	for i, t := range rest {
		said[i] = PastOf(t)
		l.Test = l.Test && t.Test
	}
	slices.SortStableFunc(said, byTime)
	l.Person = personOf(said, Person{})
}

// Past returns what the lead remembers of a touch, nil when it remembers nothing.
func (l *Lead) Past(touchID string) *Past {
	for i := range l.History {
		if l.History[i].ID == touchID {
			return &l.History[i]
		}
	}
	return nil
}

// Counts says whether a delivery answers for its target: not when the target is
// to hear again and has not since.
func (t *Touch) Counts(d Delivery) bool {
	return !slices.Contains(t.ResendTo, d.Target) || d.At.After(t.AgainAt)
}

// DeliveredTo says whether the delivery to a target came to its end.
func (t *Touch) DeliveredTo(target string) bool {
	return slices.ContainsFunc(t.Deliveries, func(d Delivery) bool { return d.Target == target && d.Final() })
}
