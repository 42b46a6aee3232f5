package lead

import (
	"cmp"
	"slices"
	"time"
)

// Classify says how warm a lead is at now and why. It is pure: it looks at the
// person and the history, and the order of the history does not matter. One
// more touch never lowers the temperature; only time does. Touches marked as
// tests count only when the lead has no others.
func (r *Rules) Classify(l *Lead, now time.Time) Verdict {
	return r.judge(l, now).Verdict
}

// Judge gives the lead the verdict of these rules at now.
func (l *Lead) Judge(r *Rules, now time.Time) {
	l.Verdict = r.Classify(l, now)
	l.JudgedAt = now.UTC()
}

func (r *Rules) judge(l *Lead, now time.Time) *judged {
	j := &judged{scene: scene{person: &l.Person, now: now, all: inOrder(l.History)}}
	j.weights = make([]weight, len(j.scene.all))
	r.conclude(j)
	r.obey(j, l, now)
	return j
}

// ClassifyTouch says how warm a touch is on its own, as if its person had done
// nothing else. It chooses the lane, and stands in for Classify while the
// history cannot be reached.
func (r *Rules) ClassifyTouch(t *Touch, now time.Time) Verdict {
	var one struct { // in one piece, for this is on the way of every request
		judged
		past    Past
		all     [1]seen
		weights [1]weight
	}
	one.past = PastOf(t)
	one.all[0].Past = &one.past
	one.judged = judged{scene: scene{person: &t.Person, now: now, all: one.all[:]}, weights: one.weights[:]}
	r.conclude(&one.judged)
	return one.Verdict
}

// judged is a verdict with what led to it, for Explain.
type judged struct {
	Verdict
	scene    scene
	weights  []weight // of scene.all
	interest interest
	most     int // points from touches that rules about them allow
}

// conclude reaches the verdict.
func (r *Rules) conclude(j *judged) {
	j.Rules, j.Reasons, j.most = r.version, []Reason{}, 100
	counts := false
	var refused *weight
	for i := range j.weights {
		w := &j.weights[i]
		r.weigh(&j.scene, &j.scene.all[i], w)
		j.Unclassified = j.Unclassified || !w.known
		counts = counts || w.counts
		if w.notALead && refused == nil {
			refused = w
		}
	}
	switch {
	case counts:
		j.interest = r.interest(j.weights, j.scene.now)
		j.scene.counts = j.interest.counts
		r.apply(j)
	case refused != nil:
		j.refuse(refused.parts[0].name, refused.parts[0].because)
	case len(j.weights) > 0:
		j.Reasons = r.appendReasons(j.Reasons, &j.weights[0], j.scene.now, 100)
	}
}

// refuse makes the verdict one about somebody who is not a lead.
func (j *judged) refuse(rule, because string) {
	j.Verdict = Verdict{NotALead: true, Unclassified: j.Unclassified, Rules: j.Rules, Reasons: []Reason{{Because: because, Rule: rule}}}
}

// apply brings in the rules about several touches and about the person.
func (r *Rules) apply(j *judged) {
	in := &j.interest
	j.Stage = in.stage
	reasons := make([]Reason, 0, 8)
	for i, w := range in.counts {
		percent := r.scale.further
		if i == 0 {
			percent = 100
		}
		reasons = r.appendReasons(reasons, w, j.scene.now, percent)
	}
	for _, x := range r.history {
		if !x.holds(&j.scene) {
			continue
		}
		if x.notALead {
			j.refuse(x.name, x.because)
			return
		}
		points := max(in.points+x.points, x.atLeast.score, 0)
		reasons = append(reasons, Reason{Because: x.because, Points: points - in.points, Rule: x.name})
		in.points = points
		j.also(x)
	}
	reasons = merge(reasons)
	inOrderOfPoints(reasons)
	touches := len(reasons)
	fit := 0
	for _, x := range r.fit {
		if !x.holds(&j.scene) {
			continue
		}
		if x.notALead {
			j.refuse(x.name, x.because)
			return
		}
		reasons = append(reasons, Reason{Because: x.because, Points: x.points, Rule: x.name})
		fit += x.points
		j.also(x)
	}
	r.settle(j, reasons, touches, fit)
}

// also takes over what a rule about the history or the person says beside points.
func (j *judged) also(x *rule) {
	if x.atLeast.staged {
		j.Stage = max(j.Stage, x.atLeast.stage)
	}
	if x.atMost.staged {
		j.Stage = min(j.Stage, x.atMost.stage)
	}
	if x.atMost.scored {
		j.most = min(j.most, x.atMost.score)
	}
	j.Tags = append(j.Tags, x.tags...)
}

// settle turns points into temperature, stage and score; the first so many
// reasons are about touches. Fit moves the score within the temperature and
// never across its borders, and without interest it moves nothing.
func (r *Rules) settle(j *judged, reasons []Reason, touches, fit int) {
	points := min(j.interest.points, j.most)
	shave(reasons[:touches], j.interest.points-points)
	j.Temperature = r.temperature(points)
	j.Score = points
	if points > 0 {
		bounded := min(max(fit, -r.scale.fit), r.scale.fit)
		lowest, highest := r.borders(j.Temperature)
		j.Score = min(max(points+bounded, lowest), highest)
		inOrderOfPoints(reasons[touches:])
		shave(reasons[touches:], fit-(j.Score-points))
		if r.scale.fitSQL > 0 && bounded >= r.scale.fitSQL && j.Temperature >= Warm && j.Stage >= IQL {
			j.Stage = SQL
		}
		inOrderOfPoints(reasons)
		j.Reasons = reasons
	} else {
		j.Reasons = reasons[:touches]
	}
	j.advise(r)
}

// advise collects tags and chooses the next step.
func (j *judged) advise(r *Rules) {
	for _, w := range j.interest.counts {
		for _, p := range w.parts {
			if p.rule != nil {
				j.Tags = append(j.Tags, p.rule.tags...)
			}
		}
	}
	if len(j.Tags) > 0 {
		slices.Sort(j.Tags)
		j.Tags = slices.Compact(j.Tags)
	}
	j.NextStep = r.advice(&j.Verdict, j.interest.counts[0].Action)
}

// inOrder returns the touches that count for a verdict, the latest first, so
// that the order of arrival does not show.
func inOrder(history []Past) []seen {
	genuine := slices.ContainsFunc(history, func(p Past) bool { return !p.Test })
	list := make([]seen, 0, len(history))
	for i := range history {
		if !genuine || !history[i].Test {
			list = append(list, seen{Past: &history[i]})
		}
	}
	slices.SortStableFunc(list, func(a, b seen) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Action, b.Action))
	})
	return list
}
