package rules

import (
	"cmp"
	"math"
	"slices"
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

// holds reports whether a rule counts.
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

// thing distinguishes what a person did from the same reported again: the
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

// kept is one thing that the person did, at its best: of several reports of
// the same thing the one that is worth most.
type kept struct {
	full, part       *weight // best on its own; best within the window
	worth, partWorth int     // on its own; its share as a further touch
}

// interest is what the touches say together.
type interest struct {
	points int
	stage  lead.Stage
	counts []*weight // the touches that give points, the one that counts in full first
}

// interest adds up the touches: the strongest counts in full and of each
// further thing within the window a share. A touch of an unknown action only
// ever counts alone, so that no number of them makes anybody hot.
//
// Which touch is the strongest is chosen so that the sum is highest. It matters
// only when one is older than the window and so has no share, and it makes sure
// that one more touch never lowers the sum.
func (r *Set) interest(weights []weight, now time.Time) interest {
	var in interest
	var unknown *weight
	var byThing map[thing]int
	things := make([]kept, 0, 4)
	for i := range weights {
		w := &weights[i]
		if !w.counts {
			continue
		}
		in.stage = max(in.stage, w.stage)
		if !w.known {
			if unknown == nil || r.worth(w, now, 100) > r.worth(unknown, now, 100) {
				unknown = w
			}
			continue
		}
		if len(weights) == 1 {
			things = append(things, kept{full: w, worth: r.worth(w, now, 100)})
			break
		}
		if byThing == nil {
			byThing = make(map[thing]int, len(weights))
		}
		key := w.thing()
		at, known := byThing[key]
		if !known {
			at = len(things)
			byThing[key] = at
			things = append(things, kept{})
		}
		r.keep(&things[at], w, now)
	}

	sum, first := 0, -1
	for _, k := range things {
		sum += k.partWorth
	}
	for i, k := range things {
		if first < 0 || k.worth-k.partWorth > things[first].worth-things[first].partWorth {
			first = i
		}
	}
	if first >= 0 {
		in.points = sum + things[first].worth - things[first].partWorth
	}
	switch {
	case unknown != nil && (first < 0 || r.worth(unknown, now, 100) > in.points):
		in.points = r.worth(unknown, now, 100)
		in.counts = []*weight{unknown}
	case first >= 0:
		in.counts = make([]*weight, 1, len(things))
		in.counts[0] = things[first].full
		for i, k := range things {
			if i != first && k.partWorth > 0 {
				in.counts = append(in.counts, k.part)
			}
		}
	}
	return in
}

// keep notes one more report of a thing.
func (r *Set) keep(k *kept, w *weight, now time.Time) {
	if worth := r.worth(w, now, 100); k.full == nil || worth > k.worth {
		k.full, k.worth = w, worth
	}
	if w.age(now) > r.scale.window {
		return
	}
	if share := r.worth(w, now, r.scale.further); k.part == nil || share > k.partWorth {
		k.part, k.partWorth = w, share
	}
}

// merge sums reasons of the same rule, in place.
func merge(reasons []lead.Reason) []lead.Reason {
	list := reasons[:0]
	for _, x := range reasons {
		i := slices.IndexFunc(list, func(y lead.Reason) bool { return y.Rule == x.Rule })
		if i < 0 {
			list = append(list, x)
			continue
		}
		list[i].Points += x.Points
	}
	return list
}

// inOrderOfPoints puts the most important reasons first.
func inOrderOfPoints(reasons []lead.Reason) {
	fewer := func(a, b lead.Reason) int { return cmp.Compare(b.Points, a.Points) }
	if !slices.IsSortedFunc(reasons, fewer) {
		slices.SortStableFunc(reasons, fewer)
	}
}

// capPoints takes points from the last reasons that gave some, or gives points back
// to the last that took some, so that reasons add up to a score that was bounded.
func capPoints(reasons []lead.Reason, excess int) {
	for i := len(reasons) - 1; i >= 0 && excess != 0; i-- {
		p := &reasons[i].Points
		var change int
		if excess > 0 {
			change = min(max(*p, 0), excess)
		} else {
			change = max(min(*p, 0), excess)
		}
		*p -= change
		excess -= change
	}
}
