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
	return r.verdict(&l.Person, l.History, now).Verdict
}

// ClassifyTouch says how warm a touch is on its own, as if its person had done
// nothing else. It chooses the lane, and stands in for Classify while the
// history cannot be reached.
func (r *Rules) ClassifyTouch(t *Touch, now time.Time) Verdict {
	one := [1]Past{PastOf(t)}
	return r.verdict(&t.Person, one[:], now).Verdict
}

// judged is a verdict with what led to it, for Explain.
type judged struct {
	Verdict
	scene    scene
	weights  []weight
	interest interest
	most     int // points that rules about the person or the history allow
	fit      int // after its bounds
}

func (r *Rules) verdict(p *Person, history []Past, now time.Time) *judged {
	j := &judged{Verdict: Verdict{Rules: r.version, Reasons: []Reason{}}, scene: scene{person: p, now: now}, most: 100}
	j.scene.all = inOrder(history)
	j.weights = make([]weight, len(j.scene.all))
	counts, notALead := false, -1
	for i, t := range j.scene.all {
		w := r.weigh(&j.scene, t)
		j.weights[i] = w
		j.Unclassified = j.Unclassified || !w.known
		counts = counts || w.counts
		if w.notALead && notALead < 0 {
			notALead = i
		}
	}
	if !counts {
		if notALead >= 0 {
			j.refuse(j.weights[notALead].parts[0])
		} else if len(j.weights) > 0 {
			j.Reasons = merged(r.reasons(&j.weights[0], now, 0))
		}
		return j
	}
	j.interest = r.interest(j.weights, now)
	j.scene.counts = j.interest.counted()
	r.conclude(j)
	return j
}

// refuse makes the verdict one about somebody who is not a lead.
func (j *judged) refuse(why part) {
	j.Temperature, j.Stage, j.Score, j.Tags, j.NextStep = Cold, NoStage, 0, nil, ""
	j.NotALead = true
	j.Reasons = []Reason{{Because: why.because, Rule: why.name}}
}

// conclude applies the rules about several touches and about the person, and
// puts the verdict together.
func (r *Rules) conclude(j *judged) {
	in := &j.interest
	j.Stage = in.stage
	for _, x := range r.history {
		if !x.holds(&j.scene) {
			continue
		}
		if x.notALead {
			j.refuse(part{name: x.name, because: x.because})
			return
		}
		points := max(in.points+x.points, 0)
		if x.atLeast.scored {
			points = max(points, x.atLeast.score)
		}
		in.reasons = append(in.reasons, Reason{Because: x.because, Points: points - in.points, Rule: x.name})
		in.points = points
		j.also(x)
	}
	reasons := merged(in.reasons)
	shave(reasons, in.points-100)
	in.points = min(in.points, 100)

	fit, who := 0, []Reason(nil)
	for _, x := range r.fit {
		if !x.holds(&j.scene) {
			continue
		}
		if x.notALead {
			j.refuse(part{name: x.name, because: x.because})
			return
		}
		who = append(who, Reason{Because: x.because, Points: x.points, Rule: x.name})
		fit += x.points
		j.also(x)
	}
	r.settle(j, reasons, merged(who), fit)
}

// also takes over what a rule says beside points.
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
	j.interest.tags = append(j.interest.tags, x.tags...)
	j.interest.step = cmp.Or(j.interest.step, x.nextStep)
}

// settle turns points into temperature, stage and score. Fit moves the score
// within the temperature and never across its borders, and without interest it
// moves nothing.
func (r *Rules) settle(j *judged, reasons, who []Reason, fit int) {
	in := &j.interest
	if in.points > j.most {
		shave(reasons, in.points-j.most)
		in.points = j.most
	}
	j.Temperature = r.temperature(in.points)
	if in.points > 0 {
		bounded := min(max(fit, -r.scale.fit), r.scale.fit)
		lowest, highest := r.span(j.Temperature)
		j.fit = min(max(in.points+bounded, lowest), highest) - in.points
		shave(who, fit-j.fit)
		reasons = merged(append(reasons, who...))
		if r.scale.fitSQL > 0 && bounded >= r.scale.fitSQL && j.Temperature >= Warm && j.Stage >= IQL {
			j.Stage = SQL
		}
	}
	j.Score = in.points + j.fit
	j.Reasons = reasons
	step := ""
	for _, w := range in.counted() {
		for _, p := range w.parts {
			if p.rule != nil {
				in.tags = append(in.tags, p.rule.tags...)
				step = cmp.Or(step, p.rule.nextStep)
			}
		}
	}
	j.NextStep = cmp.Or(step, in.step, r.advice(j.Temperature, j.Stage, in.leading.Action))
	slices.Sort(in.tags)
	j.Tags = slices.Compact(in.tags)
}

// inOrder returns the touches that count for a verdict, the latest first; the
// order of arrival does not show.
func inOrder(history []Past) []*seen {
	genuine := slices.ContainsFunc(history, func(p Past) bool { return !p.Test })
	touches := make([]seen, 0, len(history))
	list := make([]*seen, 0, len(history))
	for i := range history {
		if genuine && history[i].Test {
			continue
		}
		touches = append(touches, seen{Past: &history[i]})
		list = append(list, &touches[len(touches)-1])
	}
	if len(list) > 1 {
		slices.SortStableFunc(list, func(a, b *seen) int {
			return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Action, b.Action))
		})
	}
	return list
}
