package lead

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Steps of the trail of leads that were merged.
const (
	StepAbsorbed StepName = "absorbed"  // another lead was merged into this one
	StepMergedTo StepName = "merged_to" // this lead was merged into another one
	StepUnmerged StepName = "unmerged"
)

// Absorb merges other into l: its touches, its history, what it knows of the
// person, its messages and its claim. What follows for the verdict is for Judge.
// ErrTwoClaims when each of them is another person's.
func (l *Lead) Absorb(other *Lead) error {
	if err := l.absorbClaim(other); err != nil {
		return err
	}
	first, second := l.Touches, other.Touches
	if other.CreatedAt.Before(l.CreatedAt) {
		first, second = second, first
	}
	l.Touches = last(slices.Concat(first, second), mostTouches)
	l.Test = l.Test && other.Test
	l.History, l.Posts = slices.Clone(l.History), slices.Clone(l.Posts) // others may hold the same
	for _, p := range other.History {
		l.History = remember(l.History, p)
	}
	l.Person = personOf(l.History, personOf([]Past{{Said: other.Person}, {Said: l.Person}}, Person{}))
	if other.AlertedAt.After(l.AlertedAt) {
		l.AlertedAt = other.AlertedAt
	}
	if l.WaitsSince.IsZero() {
		l.WaitsSince, l.Escalated, l.Assigned = other.WaitsSince, other.Escalated, other.Assigned
	}
	alerts := maps.Clone(other.Alerts)
	if alerts == nil {
		alerts = map[string]string{}
	}
	maps.Copy(alerts, l.Alerts)
	if l.Alerts = alerts; len(alerts) == 0 {
		l.Alerts = nil
	}
	for _, p := range other.Posts {
		l.Posted(p)
	}
	l.Absorbed = append(slices.Clip(l.Absorbed), other.ID)
	return nil
}

// absorbClaim lets the lead that somebody has win, and brings one back that was
// put aside when the other was not.
func (l *Lead) absorbClaim(other *Lead) error {
	switch {
	case l.Claim != nil && other.Claim != nil && l.Claim.By != other.Claim.By:
		return fmt.Errorf("%w: %s has one and %s the other", ErrTwoClaims, l.Claim.By, other.Claim.By)
	case other.Claim == nil && l.Claim == nil:
		aside := func(s Status) bool { return s == Junk || s == HeldInQuarantine || s == Closed }
		if aside(l.Status) && !aside(other.Status) {
			l.Status = other.Status
		}
	case l.Claim == nil:
		claim := *other.Claim
		l.Claim, l.Status = &claim, other.Status
	case other.Claim != nil && other.Status == Contacted:
		l.Status = Contacted
	}
	return nil
}

// MergeInto turns l into the pointer to the lead that absorbed it; before is
// that lead as it was, so that Unmerge can bring both back.
func (l *Lead) MergeInto(before *Lead, by string, at time.Time) {
	c := *before
	c.Trail, c.MergeUndo = nil, nil
	l.MergedInto, l.MergeUndo = before.ID, &c
	l.Trail = append(l.Trail, Step{At: at.UTC(), Step: StepMergedTo, Note: fmt.Sprintf("%s by %s", before.ID, by)})
}

// Unmerged is l without what it absorbed from other, as if the two had never
// been one. What happened since stays with l, but for touches that tell other's
// e-mail address: these are returned and are other's.
func (l *Lead) Unmerged(other *Lead) (back *Lead, theirs []Past) {
	before := other.MergeUndo
	merged := *before // as the merge left it
	_ = merged.Absorb(other)
	back = new(Lead)
	*back = *l
	back.Touches, back.History = slices.Clone(before.Touches), slices.Clone(before.History)
	for _, id := range l.Touches {
		if before.Has(id) || other.Has(id) {
			continue
		}
		i := slices.IndexFunc(l.History, func(p Past) bool { return p.ID == id })
		if i >= 0 && isOf(l.History[i].Said, other, before) {
			theirs = append(theirs, l.History[i])
			continue
		}
		back.Touches = append(back.Touches, id)
		if i >= 0 {
			back.History = remember(back.History, l.History[i])
		}
	}
	back.Person = personOf(back.History, before.Person)
	back.Test = before.Test && !slices.ContainsFunc(back.History, func(p Past) bool { return !p.Test })
	if l.Status == merged.Status && sameClaim(l.Claim, merged.Claim) {
		back.Status, back.Claim = before.Status, before.Claim
	}
	if l.AlertedAt.Equal(merged.AlertedAt) {
		back.AlertedAt = before.AlertedAt
	}
	if l.WaitsSince.Equal(merged.WaitsSince) {
		back.WaitsSince, back.Escalated, back.Assigned = before.WaitsSince, before.Escalated, before.Assigned
	}
	back.Alerts = maps.Clone(l.Alerts)
	maps.DeleteFunc(back.Alerts, func(target, receipt string) bool {
		return before.Alerts[target] != receipt && other.Alerts[target] == receipt
	})
	if len(back.Alerts) == 0 {
		back.Alerts = nil
	}
	back.Posts = slices.DeleteFunc(slices.Clone(l.Posts), func(p Post) bool {
		return slices.ContainsFunc(other.Posts, func(o Post) bool { return o.Target == p.Target && o.Receipt == p.Receipt })
	})
	if len(back.Posts) == 0 {
		back.Posts = nil
	}
	back.Absorbed = slices.DeleteFunc(slices.Clone(l.Absorbed), func(id string) bool { return id == other.ID })
	if len(back.Absorbed) == 0 {
		back.Absorbed = nil
	}
	return back, theirs
}

// isOf says whether somebody who said this is known by a's e-mail and not by b's.
func isOf(said Person, a, b *Lead) bool {
	email := NormalEmail(said.Email)
	return email != "" && a.goesBy(email) && !b.goesBy(email)
}

// goesBy says whether the lead is known by a normal e-mail address.
func (l *Lead) goesBy(email string) bool {
	return NormalEmail(l.Person.Email) == email ||
		slices.ContainsFunc(l.History, func(p Past) bool { return NormalEmail(p.Said.Email) == email })
}

func sameClaim(a, b *Claim) bool {
	return a == nil && b == nil || a != nil && b != nil && a.By == b.By && a.At.Equal(b.At)
}

// Free makes l, which was merged, a lead of its own again, with what it has
// done since.
func (l *Lead) Free(since []Past) {
	for _, p := range since {
		if !l.Has(p.ID) {
			l.Touches = last(append(l.Touches, p.ID), mostTouches)
			l.History = remember(l.History, p)
		}
	}
	l.Person = personOf(l.History, l.Person)
	l.MergedInto, l.MergeUndo = "", nil
}
