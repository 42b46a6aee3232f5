package rules

import (
	"cmp"
	"slices"
	"time"

	"github.com/leadgate/leadgate/lead"
)

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
