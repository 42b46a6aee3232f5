// Package policy answers one question: what follows from what is known of a lead?
//
// It decides and writes nothing: the verdict, which targets are notified and why,
// the lane of a touch, the team whose turn it is, and when a lead escalates. It
// promises that the same lead, touch, settings and time give the same decision,
// and that every "no" has its named reason. It must not know Redis, the journal or
// how anything is delivered.
//
// To change who is notified, change routing.Decide; to change when a lead
// escalates, change Schedule.
package policy

import (
	"slices"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/rules"
	"github.com/leadgate/leadgate/notify/routing"
)

// Policy applies the settings in force. All fields are required.
type Policy struct {
	Rules  func() *rules.Set
	Routes func() []routing.Route
	People func() lead.People
	Now    func() time.Time
}

// LooksHot says whether a touch belongs in the hot lane by what it is on its own.
func (p Policy) LooksHot(t *lead.Touch) bool {
	return t.State == lead.Accepted && !t.Test && !t.Silent && p.Rules().LooksHot(t, p.Now())
}

// AsOfNow is a copy of a lead, which others may hold, with its verdict as of now;
// nil of nil.
func (p Policy) AsOfNow(l *lead.Lead) *lead.Lead {
	if l == nil {
		return nil
	}
	now := *l
	now.Verdict = p.Rules().AsOf(l, p.Now())
	return &now
}

// Judge adds a touch to its lead, gives the lead its verdict and decides who is
// notified. It runs again when the lead was changed meanwhile.
func (p Policy) Judge(l *lead.Lead, t *lead.Touch) {
	now, set := p.Now(), p.Rules()
	before, known := set.AsOf(l, now), len(l.Touches) > 0 // as of now: who has cooled may turn hot again
	l.Take(t)
	set.Judge(l, now)
	decisions := p.decide(l, t, before, known, now)
	if past := l.Past(t.ID); past != nil {
		past.Decisions = decisions
	}
	if slices.ContainsFunc(decisions, lead.Decision.IsAlert) {
		l.AlertedAt = now.UTC()
		p.startWait(l, t)
	}
}

func (p Policy) decide(l *lead.Lead, t *lead.Touch, before lead.Verdict, known bool, now time.Time) []lead.Decision {
	alone := p.Rules().ClassifyTouch(t, now)
	return routing.Decide(routing.Asked{Lead: l, Touch: t, Before: before, Known: known, Alone: &alone, Routes: p.Routes(), Now: now})
}

// Alone is the lead of one touch, without history.
func (p Policy) Alone(t *lead.Touch) *lead.Lead {
	l := &lead.Lead{ID: t.ID, Status: lead.New, CreatedAt: t.ReceivedAt, UpdatedAt: t.ReceivedAt}
	l.Take(t)
	l.Verdict = p.Rules().ClassifyTouch(t, p.Now())
	return l
}

// DecideAlone decides who is notified of a touch whose lead is made of it alone.
func (p Policy) DecideAlone(l *lead.Lead, t *lead.Touch) []lead.Decision {
	return routing.Decide(routing.Asked{Lead: l, Touch: t, Alone: &l.Verdict, Routes: p.Routes(), Now: p.Now()})
}

// Realert decides which targets are alerted of a settled touch whose lead other
// rules made hot, writes that into the lead, and returns them. A target that has
// the touch is left out.
func (p Policy) Realert(l *lead.Lead, t *lead.Touch, before lead.Verdict) (targets []string) {
	past := l.Past(t.ID)
	if past == nil {
		return nil
	}
	now := p.Now()
	decisions := slices.DeleteFunc(p.decide(l, t, before, true, now), func(d lead.Decision) bool { return !d.IsAlert() || t.DeliveredTo(d.Target) })
	if len(decisions) == 0 {
		return nil
	}
	for _, d := range decisions {
		targets = append(targets, d.Target)
	}
	others := slices.DeleteFunc(slices.Clone(past.Decisions), func(d lead.Decision) bool { return slices.Contains(targets, d.Target) })
	past.Decisions = append(others, decisions...)
	l.AlertedAt = now.UTC()
	return targets
}

// Undelivered says whether a target should have been alerted of a touch and was not.
func Undelivered(l *lead.Lead, t *lead.Touch) bool {
	return slices.ContainsFunc(l.DecisionsOn(t.ID), func(d lead.Decision) bool { return d.IsAlert() && !t.DeliveredTo(d.Target) })
}

// Resend adds to decisions that a person wants a target to be notified, as what
// it would have been.
func (p Policy) Resend(decisions []lead.Decision, target string) []lead.Decision {
	d := lead.Decision{Target: target, Why: routing.WhyResent, Kind: lead.HotAlert}
	for _, r := range p.Routes() {
		if r.To == target && r.AtLeast < lead.Hot {
			d.Kind = lead.Copy
		}
	}
	decisions = slices.DeleteFunc(slices.Clone(decisions), func(was lead.Decision) bool { return was.Target == "" && !was.Sends() })
	for i, was := range decisions {
		if was.Target == target {
			if was.Sends() && was.Kind != lead.Repeat {
				d.Kind = was.Kind
			}
			decisions[i] = d
			return decisions
		}
	}
	return append(decisions, d)
}

// Outcome is what the books say of a touch whose deliveries are at an end, by the
// decisions that notify somebody.
func Outcome(t *lead.Touch, decisions []lead.Decision) lead.Outcome {
	alerts := map[string]bool{}
	for _, d := range decisions {
		alerts[d.Target] = d.Kind != lead.Copy
	}
	o := lead.OutcomeHeld
	for _, d := range t.Deliveries {
		switch {
		case d.State == lead.Failed && o == lead.OutcomeHeld:
			o = lead.OutcomeFailed
		case d.State != lead.Failed && alerts[d.Target]:
			return lead.OutcomeAlerted
		}
	}
	return o
}

// TeamInTurn is the team of the first route that alerted to a touch and whose
// reps take turns; empty: there is none.
func (p Policy) TeamInTurn(l *lead.Lead, touchID string) string {
	past, ok := routing.LatestAlert(l)
	if !ok || past.ID != touchID {
		return ""
	}
	for _, r := range routing.AlertedBy(past, p.Routes()) {
		if team, ok := p.People().Team(r.Team); ok && team.Mode == lead.RoundRobin {
			return team.Name
		}
	}
	return ""
}

// Explain says why a lead is what it is now by the rules in force, rule by rule,
// also those that nearly counted, and who would be notified of its latest touch
// if it came now.
func (p Policy) Explain(l *lead.Lead) lead.Explanation {
	set, now := p.Rules(), p.Now()
	c := *l
	c.Verdict = set.Classify(l, now)
	x := lead.Explanation{LeadID: l.ID, At: now.UTC(), Verdict: c.Verdict, Lines: set.Explain(l, now)}
	asked := routing.Asked{Lead: &c, Touch: &lead.Touch{State: lead.Settled, Test: l.Test}, Before: c.Verdict, Known: len(l.History) > 1, Routes: p.Routes(), Now: now}
	for _, past := range slices.Backward(l.History) {
		if past.Test == l.Test {
			past.At = now
			asked.Touch = past.Touch(l.Person)
			alone := set.ClassifyTouch(asked.Touch, now)
			asked.Alone = &alone
			asked.Touch.ID = "" // another one than that which was delivered
			break
		}
	}
	x.Decisions = routing.Decide(asked)
	return x
}
