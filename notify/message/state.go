package message

import (
	"cmp"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// headerOf is the message in one line. A message follows its lead: its first
// words say how far that has come.
func headerOf(m Message, l *lead.Lead) string {
	whoWhat := m.Who + ": " + m.What
	switch {
	case m.Kind == lead.TestAlert:
		return "🧪 Test: " + whoWhat
	case m.Kind == lead.Repeat:
		return fmt.Sprintf("%s, again (score %d)", whoWhat, l.Score)
	case l.Status == lead.Junk:
		return "🗑️ Junk: " + whoWhat
	case l.Status == lead.Closed && l.DuplicateOf != "":
		return "🔗 Duplicate: " + whoWhat
	case l.Status == lead.Closed:
		return "☑️ Closed: " + whoWhat
	case l.Status == lead.Contacted && m.Owner != "":
		return "☎️ " + m.Owner + " reached " + whoWhat
	case m.Owner != "":
		return "✅ " + m.Owner + " has " + whoWhat
	case m.Kind == lead.Escalated:
		return "⏰ Nobody has claimed " + whoWhat
	case l.Escalated > 0 && l.Waits():
		return "⏰ " + whoWhat
	case m.Late:
		return "⏰ Late: " + whoWhat
	case m.Kind == lead.JustTurnedHot && l.Temperature == lead.Hot:
		return "🔥 Just turned hot: " + whoWhat
	case l.Temperature == lead.Hot:
		return "🔥 " + whoWhat
	case l.Temperature == lead.Warm:
		return "🌤️ Warm: " + whoWhat
	}
	return "❄️ Cold: " + whoWhat
}

// stateOf is what people have done about the lead of a touch, and whether that
// ends it.
func stateOf(l *lead.Lead, t *lead.Touch) (state string, ended bool) {
	switch {
	case l.Status == lead.Junk:
		s := lastOf(l, lead.VerbJunk)
		state = "Marked as junk"
		if s.Why != "" {
			state += " (" + Line(s.Why, 40) + ")"
		}
		return state + by(s), true
	case l.Status == lead.Closed:
		return "Closed" + by(lastOf(l, lead.VerbDuplicate)), true
	case l.Status == lead.Contacted && l.Claim != nil:
		s := lastOf(l, lead.VerbContacted)
		if s.At.IsZero() {
			return "Contact was made", true
		}
		return "First contact " + exactly(s.At.Sub(t.ReceivedAt)) + " after it came", true
	case l.Status == lead.Claimed && l.Claim != nil:
		if s := lastOf(l, lead.VerbAssign); s.At.Equal(l.Claim.At) && !s.At.IsZero() {
			return "Assigned after " + exactly(l.Claim.At.Sub(t.ReceivedAt)), false
		}
		return "Claimed after " + exactly(l.Claim.At.Sub(t.ReceivedAt)), false
	case l.Status == lead.New && len(l.Trail) > 0:
		if s := l.Trail[len(l.Trail)-1]; s.Step == lead.StepName(lead.VerbUnclaim) && s.Note != "" {
			return Line(s.Note, 60) + " gave it back", false
		}
	}
	return "", false
}

// lastOf is the last step of a verb in a lead's trail.
func lastOf(l *lead.Lead, v lead.Verb) (last lead.Step) {
	for _, s := range l.Trail {
		if s.Step == lead.StepName(v) {
			last = s
		}
	}
	return last
}

func by(s lead.Step) string {
	if s.Note == "" {
		return ""
	}
	return ", by " + Line(s.Note, 60)
}

// exactly is a duration in its two greatest units.
func exactly(d time.Duration) string {
	d = max(d, 0)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return two(int(d.Minutes()), "min", int(d.Seconds())%60, "s")
	case d < 48*time.Hour:
		return two(int(d.Hours()), "h", int(d.Minutes())%60, "min")
	}
	return two(int(d.Hours())/24, "days", int(d.Hours())%24, "h")
}

func two(a int, unitA string, b int, unitB string) string {
	if b == 0 {
		return fmt.Sprintf("%d %s", a, unitA)
	}
	return fmt.Sprintf("%d %s %d %s", a, unitA, b, unitB)
}

// Summary is the facts in one line.
func (m Message) Summary() string {
	s := ""
	for _, f := range m.Facts {
		if f.Name != askedForFact {
			s += f.Name + ": " + f.Text + ". "
		}
	}
	return Line(cmp.Or(s, m.Why), 500)
}
