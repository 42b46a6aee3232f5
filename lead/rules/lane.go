package rules

import (
	"slices"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// LooksHot says whether a touch is hot on its own: whether ClassifyTouch would
// say hot. Intake asks it for every request to choose the lane, so it looks only
// as far as it must: a demo request is hot whatever else the form says.
func (r *Set) LooksHot(t *lead.Touch, now time.Time) bool {
	if !r.plain {
		return r.ClassifyTouch(t, now).Temperature == lead.Hot
	}
	m, _ := r.meaning(t.Action)
	share := r.share(ageOf(t.When(), now), 100)
	switch {
	case m.lowest >= 0 && worth(m.lowest, share) >= r.scale.hot:
		return true
	case m.highest < 0 || worth(m.highest, share) < r.scale.hot:
		return false
	}
	past := lead.PastOf(t)
	var w weight
	r.score(&evalContext{person: &t.Person, now: now}, &touchView{Past: &past}, &w)
	return w.counts && worth(w.points, share) >= r.scale.hot
}

// span notes how few and how many points a touch of this action can have;
// fewest is -1 when a rule can find that it is not a lead's.
func (m *meaning) span() {
	m.lowest, m.highest = m.score, m.score
	if m.nothing || m.notALead {
		m.lowest, m.highest = -1, -1
	}
	refused := false
	for _, x := range m.rules {
		m.lowest += min(x.points, 0)
		m.highest += max(x.points, 0)
	}
	for _, x := range m.rules {
		m.highest = max(m.highest, x.atLeast.score)
		if x.atMost.scored {
			m.lowest = min(m.lowest, x.atMost.score)
		}
		refused = refused || x.notALead
	}
	m.highest = min(m.highest, 100)
	if refused {
		m.lowest = -1
	}
}

// isPlain says whether only rules about the touch itself can change the
// temperature of a single touch.
func (r *Set) isPlain() bool {
	warms := func(x *rule) bool { return x.notALead || x.atMost.scored || x.atLeast.scored || x.points != 0 }
	cools := func(x *rule) bool { return x.notALead || x.atMost.scored }
	several := func(x *rule) bool {
		return slices.ContainsFunc(x.when, func(c condition) bool { return c.several })
	}
	return !slices.ContainsFunc(r.fit, cools) &&
		!slices.ContainsFunc(r.history, func(x *rule) bool { return warms(x) && !several(x) })
}
