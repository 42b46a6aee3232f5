package lead

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A lead remembers so many of its touches. Somebody who touches without end
// cannot make a lead grow without end.
const (
	mostHistory = 200
	mostTouches = 1000
)

// Take adds a touch to the lead: its id, what classification remembers of it,
// and what it holds of the person. A value of a later touch overwrites, a
// blank never does, and the order in which touches arrive does not show. A lead
// is a test only while all its touches are proven ones. A touch that the lead has already
// changes nothing.
func (l *Lead) Take(t *Touch) {
	if slices.Contains(l.Touches, t.ID) {
		return
	}
	l.Test = t.Test && !t.Unproven() && (l.Test || len(l.Touches) == 0)
	l.Touches = last(append(l.Touches, t.ID), mostTouches)
	l.History = remember(l.History, PastOf(t))
	l.Person = personOf(l.History, l.Person)
	if t.ReceivedAt.After(l.UpdatedAt) {
		l.UpdatedAt = t.ReceivedAt.UTC()
	}
}

// Has reports whether the lead has taken the touch.
func (l *Lead) Has(touchID string) bool { return slices.Contains(l.Touches, touchID) }

// Untake takes a touch back, so that it can be taken with more in it.
func (l *Lead) Untake(touchID string) {
	l.Touches = slices.DeleteFunc(l.Touches, func(id string) bool { return id == touchID })
	l.History = slices.DeleteFunc(l.History, func(p Past) bool { return p.ID == touchID })
}

// remember adds what happened to a history, which is kept in order of time. When
// there is no room it forgets the oldest of the action that there is most of,
// for a crowd of page views must not drive out the demo request before them.
func remember(history []Past, p Past) []Past {
	history = append(history, p)
	slices.SortStableFunc(history, byTime)
	if len(history) <= mostHistory {
		return history
	}
	of := map[Action]int{}
	for i := range history {
		of[history[i].Action]++
	}
	oldest := -1
	for i := range history {
		if history[i].ID != p.ID && (oldest < 0 || of[history[i].Action] > of[history[oldest].Action]) {
			oldest = i
		}
	}
	return slices.Delete(history, oldest, oldest+1)
}

// byTime orders what happened by the senders' clocks.
func byTime(a, b Past) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) }

// personOf puts together what the touches of a history hold of the person, the
// latest last; what only forgotten ones held is taken from before.
func personOf(history []Past, before Person) (p Person) {
	for i := range history {
		p.take(history[i].Said)
	}
	for _, part := range [][2]*string{{&p.Email, &before.Email}, {&p.Name, &before.Name}, {&p.FirstName, &before.FirstName}, {&p.LastName, &before.LastName},
		{&p.Phone, &before.Phone}, {&p.Company, &before.Company}, {&p.Title, &before.Title}} {
		*part[0] = cmp.Or(*part[0], *part[1])
	}
	return p
}

// take brings in what a later touch holds of the person.
func (p *Person) take(said Person) {
	said.Fill()
	p.takeName(said)
	p.Email = cmp.Or(said.Email, p.Email)
	p.Phone = cmp.Or(said.Phone, p.Phone)
	p.Company = cmp.Or(said.Company, p.Company)
	p.Title = cmp.Or(said.Title, p.Title)
}

// takeName keeps the full name and its parts together, and a known surname when
// a later form asked for the first name only.
func (p *Person) takeName(said Person) {
	p.FirstName = cmp.Or(said.FirstName, p.FirstName)
	p.LastName = cmp.Or(said.LastName, p.LastName)
	parts := Person{FirstName: said.FirstName, LastName: said.LastName}
	parts.Fill()
	switch {
	case said.Name == "":
	case said.Name == parts.Name:
		p.Name = strings.TrimSpace(p.FirstName + " " + p.LastName)
	case startsName(p.Name, said.Name):
	default:
		p.Name = said.Name
	}
}

// startsName reports whether short is only the beginning of full: Ada of Ada Quell.
func startsName(full, short string) bool {
	return len(full) > len(short) && strings.EqualFold(full[:len(short)], short) && full[len(short)] == ' '
}

// last returns the last n of s.
func last[T any](s []T, n int) []T { return slices.Delete(s, 0, max(0, len(s)-n)) }

// Begun is when the touch was last set on its way: when it arrived, or was
// released or read again.
func (t *Touch) Begun() time.Time {
	if t.AgainAt.After(t.ReceivedAt) {
		return t.AgainAt
	}
	return t.ReceivedAt
}

// Drop takes a touch out of the lead, as if it had never been the person's. rest
// are the lead's other touches in order of arrival; when some are not kept any
// more, what is known of the person stays.
func (l *Lead) Drop(touchID string, rest []*Touch) {
	l.Untake(touchID)
	if len(l.Touches) == 0 && l.Apart {
		l.Status, l.Apart = New, false
	}
	if len(rest) < len(l.Touches) || slices.Contains(rest, nil) {
		return
	}
	said := make([]Past, len(rest))
	l.Test = len(rest) > 0
	for i, t := range rest {
		said[i] = PastOf(t)
		l.Test = l.Test && t.Test
	}
	slices.SortStableFunc(said, byTime)
	l.Person = personOf(said, Person{})
}

// Past returns what the lead remembers of a touch, nil when it remembers nothing.
func (l *Lead) Past(touchID string) *Past {
	for i := range l.History {
		if l.History[i].ID == touchID {
			return &l.History[i]
		}
	}
	return nil
}

// Counts reports whether a delivery counts for its target: not when the target is
// to get the touch again and has not since.
func (t *Touch) Counts(d Delivery) bool {
	return !slices.Contains(t.ResendTo, d.Target) || d.At.After(t.AgainAt)
}

// DeliveredTo reports whether the delivery to a target came to its end.
func (t *Touch) DeliveredTo(target string) bool {
	return slices.ContainsFunc(t.Deliveries, func(d Delivery) bool { return d.Target == target && d.Final() })
}

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

// absorbClaim lets the claimed lead win, and brings one back that was
// put aside when the other was not.
func (l *Lead) absorbClaim(other *Lead) error {
	switch {
	case l.Claim != nil && other.Claim != nil && l.Claim.By != other.Claim.By:
		return TwoClaims{l.Claim.By, other.Claim.By}
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
// been one. What happened since stays with l, but for touches that hold other's
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

// isOf reports whether a person with these values is known by a's e-mail and not by b's.
func isOf(said Person, a, b *Lead) bool {
	email := NormalEmail(said.Email)
	return email != "" && a.goesBy(email) && !b.goesBy(email)
}

// goesBy reports whether the lead is known by a normal e-mail address.
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

// TwoClaims is ErrTwoClaims with those who have the leads.
type TwoClaims struct{ By, Other string }

func (e TwoClaims) Error() string {
	return fmt.Sprintf("%v: %s has one and %s the other", ErrTwoClaims, e.By, e.Other)
}

// Is says that it is ErrTwoClaims.
func (e TwoClaims) Is(target error) bool { return target == ErrTwoClaims }
