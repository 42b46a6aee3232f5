package rules

import (
	"slices"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// Explain goes through every rule for a lead at now: what counted, with its
// points, the most important first; then every touch and rule that did not,
// with what it missed, those that nearly fired first. The points add up to the
// score of Classify.
func (r *Set) Explain(l *lead.Lead, now time.Time) []lead.Line {
	j := r.judge(l, now)
	var lines []lead.Line
	for _, x := range j.Reasons {
		lines = append(lines, lead.Line{Rule: x.Rule, Because: x.Because, Counted: true, Points: x.Points, TouchID: j.touchOf(x.Rule)})
	}
	counted := len(lines)
	given := func(name string) bool {
		return slices.ContainsFunc(lines[:counted], func(x lead.Line) bool { return x.Rule == name })
	}
	for i := range j.weights {
		if line, idle := r.idle(j, &j.weights[i], now); idle {
			lines = append(lines, line)
		}
	}
	for _, x := range r.touch {
		if !given(x.name) {
			lines = append(lines, j.nearestTouch(x))
		}
	}
	for _, x := range slices.Concat(r.history, r.fit) {
		if !given(x.name) {
			lines = append(lines, j.person(x))
		}
	}
	slices.SortStableFunc(lines[counted:], func(a, b lead.Line) int {
		switch {
		case a.Near == b.Near:
			return 0
		case a.Near:
			return -1
		}
		return 1
	})
	return lines
}

// touchOf returns the touch that a reason comes from, the one that counts most.
func (j *judged) touchOf(name string) string {
	for _, w := range j.interest.counts {
		if slices.ContainsFunc(w.parts, func(p part) bool { return p.name == name }) {
			return w.ID
		}
	}
	return ""
}

// idle explains why a touch gave nothing.
func (r *Set) idle(j *judged, w *weight, now time.Time) (lead.Line, bool) {
	line := lead.Line{Rule: w.parts[0].name, Because: w.parts[0].because, TouchID: w.ID}
	switch {
	case slices.Contains(j.interest.counts, w):
		return line, false
	case j.NotALead && w.notALead:
		return line, false // it is why the verdict is so, or repeats it
	case w.notALead:
		line.Missed = []string{"it is not a lead's touch, but the person has others"}
	case w.m.nothing:
		line.Missed = []string{"it is written down and adds nothing"}
	case j.NotALead:
		line.Missed = []string{"the person is not a lead"}
	case !w.known:
		line.Missed = []string{"no rule knows the action, and known ones are worth more"}
	case w.age(now) > r.scale.window:
		line.Missed = []string{"it is older than " + days(r.scale.window) + " and not the strongest"}
	case r.worth(w, now, r.scale.further) == 0:
		line.Missed = []string{"it is worth nothing any more"}
	default:
		line.Missed = []string{"the same is counted already"}
	}
	return line, true
}

// nearestTouch explains a rule about a touch by the touch that came closest.
func (j *judged) nearestTouch(x *rule) lead.Line {
	line := lead.Line{Rule: x.name, Because: x.because, Missed: []string{"no touch that it looks at"}}
	best := -1
	for i := range j.weights {
		w := &j.weights[i]
		if !w.known || !slices.Contains(w.m.rules, x) {
			continue
		}
		j.ctx.touch = w.touchView
		missed, near := x.missed(&j.ctx)
		j.ctx.touch = nil
		if len(missed) == 0 {
			missed = []string{"the touch that it is about gives nothing"}
		}
		if best < 0 || len(missed) < best || near && !line.Near {
			best = len(missed)
			line.Missed, line.Near, line.TouchID = missed, near, w.ID
		}
	}
	return line
}

// person explains a rule about the person or about several touches.
func (j *judged) person(x *rule) lead.Line {
	line := lead.Line{Rule: x.name, Because: x.because}
	if line.Missed, line.Near = x.missed(&j.ctx); len(line.Missed) == 0 {
		line.Missed = []string{"without interest the person does not matter"}
	}
	return line
}

// missed lists the conditions that kept a rule from counting. It was near when
// only one did, and something spoke for the rule: another condition that held,
// or an answer to the very question that was only not the right one.
func (x *rule) missed(s *evalContext) (missed []string, near bool) {
	close := false
	for _, c := range x.when {
		if c.holds(s) {
			close = true
			continue
		}
		missed = append(missed, "not so: "+c.text)
		close = close || c.close != nil && c.close(s)
	}
	for _, c := range x.unless {
		if c.holds(s) {
			missed = append(missed, "but "+c.text)
		}
	}
	return missed, close && len(missed) == 1
}
