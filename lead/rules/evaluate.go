package rules

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// Classify returns how warm a lead is at now and why. It is pure: it looks at the
// person and the history, and the order of the history does not matter. One
// more touch never lowers the temperature; only time does. Touches marked as
// tests count only when the lead has no others.
func (r *Set) Classify(l *lead.Lead, now time.Time) lead.Verdict {
	return r.judge(l, now).Verdict
}

// Judge gives a lead the verdict of these rules at now.
func (r *Set) Judge(l *lead.Lead, now time.Time) {
	l.Verdict = r.Classify(l, now)
	l.JudgedAt = now.UTC()
}

func (r *Set) judge(l *lead.Lead, now time.Time) *judged {
	j := &judged{ctx: evalContext{person: &l.Person, now: now, all: inOrder(l.History)}}
	j.weights = make([]weight, len(j.ctx.all))
	r.conclude(j)
	r.applyOverride(j, l, now)
	return j
}

// ClassifyTouch returns how warm a touch is on its own, as if its person had done
// nothing else. It chooses the lane, and stands in for Classify while the
// history cannot be reached.
func (r *Set) ClassifyTouch(t *lead.Touch, now time.Time) lead.Verdict {
	var one struct { // in one piece, for this is on the way of every request
		judged
		past    lead.Past
		all     [1]touchView
		weights [1]weight
	}
	one.past = lead.PastOf(t)
	one.all[0].Past = &one.past
	one.judged = judged{ctx: evalContext{person: &t.Person, now: now, all: one.all[:]}, weights: one.weights[:]}
	r.conclude(&one.judged)
	return one.Verdict
}

// judged is a verdict with what led to it, for Explain.
type judged struct {
	lead.Verdict
	ctx      evalContext
	weights  []weight // of ctx.all
	interest interest
	most     int // points from touches that rules about them allow
}

// conclude reaches the verdict.
func (r *Set) conclude(j *judged) {
	j.Rules, j.Reasons, j.most = r.version, []lead.Reason{}, 100
	counts := false
	var refused *weight
	for i := range j.weights {
		w := &j.weights[i]
		r.score(&j.ctx, &j.ctx.all[i], w)
		j.Unclassified = j.Unclassified || !w.known
		counts = counts || w.counts
		if w.notALead && refused == nil {
			refused = w
		}
	}
	switch {
	case counts:
		j.interest = r.interest(j.weights, j.ctx.now)
		j.ctx.counts = j.interest.counts
		r.apply(j)
	case refused != nil:
		j.refuse(refused.parts[0].name, refused.parts[0].because)
	case len(j.weights) > 0:
		j.Reasons = r.appendReasons(j.Reasons, &j.weights[0], j.ctx.now, 100)
	}
}

// refuse makes the verdict one about a person who is not a lead.
func (j *judged) refuse(rule, because string) {
	j.Verdict = lead.Verdict{NotALead: true, Unclassified: j.Unclassified, Rules: j.Rules, Reasons: []lead.Reason{{Because: because, Rule: rule}}}
}

// apply brings in the rules about several touches and about the person.
func (r *Set) apply(j *judged) {
	in := &j.interest
	j.Stage = in.stage
	reasons := make([]lead.Reason, 0, 8)
	for i, w := range in.counts {
		percent := r.scale.further
		if i == 0 {
			percent = 100
		}
		reasons = r.appendReasons(reasons, w, j.ctx.now, percent)
	}
	for _, x := range r.history {
		if !x.holds(&j.ctx) {
			continue
		}
		if x.notALead {
			j.refuse(x.name, x.because)
			return
		}
		points := max(in.points+x.points, x.atLeast.score, 0)
		reasons = append(reasons, lead.Reason{Because: x.because, Points: points - in.points, Rule: x.name})
		in.points = points
		j.also(x)
	}
	reasons = merge(reasons)
	inOrderOfPoints(reasons)
	touches := len(reasons)
	fit := 0
	for _, x := range r.fit {
		if !x.holds(&j.ctx) {
			continue
		}
		if x.notALead {
			j.refuse(x.name, x.because)
			return
		}
		reasons = append(reasons, lead.Reason{Because: x.because, Points: x.points, Rule: x.name})
		fit += x.points
		j.also(x)
	}
	r.settle(j, reasons, touches, fit)
}

// also takes over what a rule about the history or the person sets beside points.
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
func (r *Set) settle(j *judged, reasons []lead.Reason, touches, fit int) {
	points := min(j.interest.points, j.most)
	capPoints(reasons[:touches], j.interest.points-points)
	j.Temperature = r.temperature(points)
	j.Score = points
	if points > 0 {
		bounded := min(max(fit, -r.scale.fit), r.scale.fit)
		lowest, highest := r.borders(j.Temperature)
		j.Score = min(max(points+bounded, lowest), highest)
		inOrderOfPoints(reasons[touches:])
		capPoints(reasons[touches:], fit-(j.Score-points))
		if r.scale.fitSQL > 0 && bounded >= r.scale.fitSQL && j.Temperature >= lead.Warm && j.Stage >= lead.IQL {
			j.Stage = lead.SQL
		}
		inOrderOfPoints(reasons)
		j.Reasons = reasons
	} else {
		j.Reasons = reasons[:touches]
	}
	j.advise(r)
}

// advise collects tags and chooses the next step.
func (j *judged) advise(r *Set) {
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
func inOrder(history []lead.Past) []touchView {
	genuine := slices.ContainsFunc(history, func(p lead.Past) bool { return !p.Test })
	list := make([]touchView, 0, len(history))
	for i := range history {
		if !genuine || !history[i].Test {
			list = append(list, touchView{Past: &history[i]})
		}
	}
	slices.SortStableFunc(list, func(a, b touchView) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Action, b.Action))
	})
	return list
}

// AsOf returns a lead's verdict as of now: nothing is written when a person
// cools, it is computed when it is read. A verdict that other rules
// reached stays theirs until the lead is classified again; it only cools, by
// the half-life of these rules.
func (r *Set) AsOf(l *lead.Lead, now time.Time) lead.Verdict {
	if l.Rules != r.version {
		return r.cooled(l.Verdict, now)
	}
	v := r.Classify(l, now)
	v.JudgedAt = l.JudgedAt
	return v
}

// cooled is a verdict after some whole days, never warmer than it was.
func (r *Set) cooled(v lead.Verdict, now time.Time) lead.Verdict {
	if v.JudgedAt.IsZero() {
		return v
	}
	share := r.share(ageOf(v.JudgedAt, now), 100)
	reasons := make([]lead.Reason, len(v.Reasons))
	sum, given := 0, 0
	for i, x := range v.Reasons {
		sum += x.Points
		upTo := worth(sum, share)
		reasons[i] = lead.Reason{Because: x.Because, Points: upTo - given, Rule: x.Rule}
		given = upTo
	}
	v.Reasons = reasons
	v.Score = int(math.Round(float64(v.Score) * share))
	v.Temperature = min(v.Temperature, r.temperature(v.Score))
	if share < 1 {
		v.NextStep = ""
		v.NextStep = r.NextStep(v)
	}
	return v
}

// LooksHot reports whether a touch is hot on its own: whether ClassifyTouch would
// say hot. Intake asks it for every request to choose the lane, so it looks only
// as far as it must: a demo request is hot whatever else the form holds.
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

// isPlain reports whether only rules about the touch itself can change the
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

// afterOverride is the lead as it would be had it done only what came after the
// override.
func afterOverride(l *lead.Lead) *lead.Lead {
	at := slices.Index(l.Touches, l.NotHot.Touch)
	since := &lead.Lead{Person: l.Person}
	for _, p := range l.History {
		if i := slices.Index(l.Touches, p.ID); at >= 0 && i > at || (at < 0 || i < 0) && p.At.After(l.NotHot.At) {
			since.History = append(since.History, p)
		}
	}
	return since
}

// applyOverride lowers a verdict that a person has said is not hot, as long as nothing that
// came since is hot in itself.
func (r *Set) applyOverride(j *judged, l *lead.Lead, now time.Time) {
	if l.NotHot == nil || j.Temperature < lead.Hot || r.judge(afterOverride(l), now).Temperature == lead.Hot {
		return
	}
	j.Temperature = lead.Warm
	j.Reasons = append(j.Reasons, l.NotHot.Reason())
	j.NextStep = ""
	j.NextStep = r.NextStep(j.Verdict)
}
