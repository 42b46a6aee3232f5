package rules

import (
	"math"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// weight is what one touch is worth on its own, before time and the other
// touches have their say.
type weight struct {
	*touchView
	m        *meaning
	known    bool // the table has its action
	counts   bool
	notALead bool
	parts    []part // the action's own points first, then what each rule changed
	points   int    // the sum of parts, 0..100
	stage    lead.Stage
	room     [3]part // for parts, as a rule
}

// part is what one rule, or the action itself, changed.
type part struct {
	name, because string
	points        int
	rule          *rule // nil: the action itself
}

// score applies the table and the rules about one touch to w, which must be
// zero. Points are added first, then raised, then held down, so that the order
// of rules in the file does not matter.
func (r *Set) score(s *evalContext, t *touchView, w *weight) {
	m, known := r.meaning(t.Action)
	w.touchView, w.m, w.known = t, m, known
	w.counts, w.notALead = !m.nothing && !m.notALead, m.notALead
	w.stage, w.points = m.stage, m.score
	w.parts = append(w.room[:0], part{name: m.name(), because: m.because, points: m.score})
	if !w.counts {
		return
	}
	s.touch = t
	var met [16]*rule
	counted := met[:0]
	for _, x := range m.rules {
		if x.holds(s) {
			counted = append(counted, x)
		}
	}
	s.touch = nil
	for _, x := range counted {
		if x.notALead {
			w.counts, w.notALead = false, true
			w.parts = append(w.parts[:0], part{name: x.name, because: x.because, rule: x})
			return
		}
		w.add(x, w.points+x.points)
	}
	for _, x := range counted {
		w.raise(x)
	}
	for _, x := range counted {
		w.hold(x)
	}
}

// add notes a rule that counted with the points that it leads to.
func (w *weight) add(x *rule, points int) {
	points = min(max(points, 0), 100)
	w.parts = append(w.parts, part{x.name, x.because, points - w.points, x})
	w.points = points
}

// change lets a rule that was noted change the points once more.
func (w *weight) change(x *rule, points int) {
	for i := range w.parts {
		if w.parts[i].rule == x {
			w.parts[i].points += points - w.points
			w.points = points
		}
	}
}

func (w *weight) raise(x *rule) {
	if x.atLeast.scored && w.points < x.atLeast.score {
		w.change(x, x.atLeast.score)
	}
	if x.atLeast.staged {
		w.stage = max(w.stage, x.atLeast.stage)
	}
}

func (w *weight) hold(x *rule) {
	if x.atMost.scored && w.points > x.atMost.score {
		w.change(x, x.atMost.score)
	}
	if x.atMost.staged {
		w.stage = min(w.stage, x.atMost.stage)
	}
}

// holds says whether a rule counts.
func (x *rule) holds(s *evalContext) bool {
	for i := range x.when {
		if !x.when[i].holds(s) {
			return false
		}
	}
	for i := range x.unless {
		if x.unless[i].holds(s) {
			return false
		}
	}
	return true
}

// worth returns the points of a touch now, or per cent of them.
func (r *Set) worth(w *weight, now time.Time, percent int) int {
	return worth(w.points, r.share(w.age(now), percent))
}

func worth(points int, share float64) int { return int(math.Round(float64(points) * share)) }

// share returns how much of a touch counts at an age. Points halve with every
// half-life. They fall from day to day, not from minute to minute: within its
// first day a touch counts in full.
func (r *Set) share(age time.Duration, percent int) float64 {
	share := float64(percent) / 100
	if whole := age.Truncate(day); whole > 0 {
		share *= math.Exp2(-float64(whole) / float64(r.scale.halfLife))
	}
	return share
}

// appendReasons splits the points that a touch gives now among its parts, so
// that they add up to worth.
func (r *Set) appendReasons(list []lead.Reason, w *weight, now time.Time, percent int) []lead.Reason {
	share := r.share(w.age(now), percent)
	sum, given := 0, 0
	for _, p := range w.parts {
		sum += p.points
		upTo := worth(sum, share)
		list = append(list, lead.Reason{Because: p.because, Points: upTo - given, Rule: p.name})
		given = upTo
	}
	return list
}

// thing tells apart what a person did from the same reported again: the
// registration that a vendor sends twice, the form that was sent again to
// correct a typo.
type thing struct {
	action      lead.Action
	event, page string
	day         int64 // of things without an event: the same on another day is another one
}

func (w *weight) thing() thing {
	x := thing{action: w.m.action, event: w.Event}
	if w.m.sameAs != "" {
		x.action = w.m.sameAs
	}
	if x.event == "" {
		x.page = w.page()
		x.day = w.At.Unix() / int64(day/time.Second)
	}
	return x
}
