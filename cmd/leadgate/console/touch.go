package console

import (
	"cmp"
	"fmt"
	"log/slog"
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// Columns of a line on the console, in terminal cells.
const (
	whoCells    = 34
	sourceCells = 30
	wordCells   = 200 // of a longer remark, such as why a body could not be read
	indent      = "              "
)

// TouchLine is what the console says of a touch: one line with its verdict and
// how long each hop took, one with the reasons, and one more for each thing
// that did not go the usual way. It ends in a newline. The lead may be nil for a
// touch that never came to one. Nothing a visitor typed can move the cursor,
// colour, reorder or break the lines.
func TouchLine(t *lead.Touch, l *lead.Lead, color bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s  %s  %s  %s\n", t.ReceivedAt.Local().Format("15:04:05.000"), verdictWord(t, l, color),
		Column(touchWho(t, l), whoCells), pad(sourceWord(t), sourceCells), hops(t))
	if l != nil && len(l.Reasons) > 0 && t.State != lead.Merged {
		b.WriteString(indent + "why  " + reasons(l) + "\n")
	}
	for _, s := range remarks(t, l) {
		b.WriteString(indent + s + "\n")
	}
	return b.String()
}

// verdictWord is HOT 92, or how a touch without a verdict ended.
func verdictWord(t *lead.Touch, l *lead.Lead, color bool) string {
	var word, paint string
	switch {
	case t.State == lead.Unread || t.State == lead.Quarantined || t.State == lead.Merged:
		word = strings.ToUpper(string(t.State))
	case l == nil:
		return pad("", 8)
	default:
		word = fmt.Sprintf("%-4s %3d", strings.ToUpper(l.Temperature.String()), l.Score)
		switch l.Temperature {
		case lead.Hot:
			paint = "\x1b[1;31m"
		case lead.Warm:
			paint = "\x1b[33m"
		case lead.Cold:
			paint = "\x1b[36m"
		}
	}
	word = pad(word, 8)
	if !color || paint == "" {
		return word
	}
	return paint + word + "\x1b[0m"
}

func touchWho(t *lead.Touch, l *lead.Lead) string {
	p := t.Person
	if l != nil {
		p.Name = cmp.Or(p.Name, l.Person.Name)
		p.Company = cmp.Or(p.Company, l.Person.Company)
	}
	return Who(p)
}

// sourceWord is the source, and what the person did where its name does not say.
func sourceWord(t *lead.Touch) string {
	s := t.Source
	if action := string(t.Action); action != "" && strings.ReplaceAll(s, "-", "_") != action {
		s += "/" + action
	}
	if t.Test {
		s += " (test)"
	}
	return Sanitise(s, sourceCells)
}

// hopWords are the steps of a trail that the console shows, in its own words.
// What picks a touch up is not a hop of its own: it is the end of queued.
var hopWords = map[lead.StepName]string{
	lead.StepAccepted:   "saved",
	lead.StepQueued:     "queued",
	lead.StepClassified: "classified",
	lead.StepSent:       "alert",
	lead.StepAttempt:    "missed",
	lead.StepFailed:     "given up",
	lead.StepMerged:     "merged",
}

// hops are the times of a touch's way, in milliseconds since it arrived.
func hops(t *lead.Touch) string {
	var out []string
	for _, s := range t.Trail {
		word, ok := hopWords[s.Step]
		if !ok {
			continue
		}
		unit := ""
		if len(out) == 0 {
			unit = " ms"
		}
		if s.Note != "" && len(t.Deliveries) > 1 && (s.Step == lead.StepSent || s.Step == lead.StepAttempt || s.Step == lead.StepFailed) {
			word += " " + Sanitise(s.Note, sourceCells)
		}
		out = append(out, fmt.Sprintf("+%.1f%s %s", s.MS, unit, word))
	}
	return strings.Join(out, "  ")
}

// reasons are the rules that counted, in their own words.
func reasons(l *lead.Lead) string {
	var out []string
	for _, r := range l.Reasons {
		s := Sanitise(r.Because, wordCells)
		if r.Points != 0 {
			s += fmt.Sprintf(" %+d", r.Points)
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

// remarks tell what did not go the usual way: nobody was told, somebody has
// not heard yet, or it is no lead at all.
func remarks(t *lead.Touch, l *lead.Lead) (out []string) {
	switch t.State {
	case lead.Unread:
		return []string{"kept, but could not be read: " + Sanitise(t.Error, wordCells)}
	case lead.Quarantined:
		return []string{"kept, told nobody: " + Sanitise(t.Held, wordCells)}
	case lead.Merged:
		return []string{"told nobody: a repeat of " + Sanitise(t.MergedInto, wordCells)}
	}
	for _, d := range t.Deliveries {
		switch {
		case d.State == lead.Failed:
			out = append(out, fmt.Sprintf("gave up on %s: %s", Sanitise(d.Target, sourceCells), Sanitise(cmp.Or(d.Error, "unknown"), wordCells)))
		case d.State == lead.Waiting && d.Error != "":
			out = append(out, fmt.Sprintf("%s has not taken it yet and is tried again: %s", Sanitise(d.Target, sourceCells), Sanitise(d.Error, wordCells)))
		}
	}
	if len(t.Deliveries) == 0 {
		out = append(out, "told nobody: "+cmp.Or(strings.Join(whys(t, l, true), ", "), "nobody was asked"))
	}
	return out
}

// whys are the decisions' words of a touch, with the target that each is about
// when asked for. Without a trail they come from the lead's memory of it.
func whys(t *lead.Touch, l *lead.Lead, targets bool) (out []string) {
	add := func(why, target string) {
		if targets && target != "" {
			why += " (" + Sanitise(target, sourceCells) + ")"
		}
		out = append(out, why)
	}
	for _, s := range t.Trail {
		if s.Step == lead.StepDecided {
			add(s.Why, s.Note)
		}
	}
	if len(out) > 0 || l == nil {
		return out
	}
	for _, p := range l.History {
		if p.ID == t.ID {
			for _, d := range p.Decisions {
				add(d.Why, d.Target)
			}
		}
	}
	return out
}

// logTouch is TouchLine for machines: one line without anything about the
// person. ms is how long the touch took from its arrival to the last step.
func logTouch(logger *slog.Logger, t *lead.Touch, l *lead.Lead) {
	attrs := []any{"touch_id", t.ID, "lead_id", t.LeadID, "source", t.Source, "action", string(t.Action), "state", string(t.State)}
	if l != nil {
		attrs = append(attrs, "temperature", l.Temperature.String(), "stage", l.Stage.String(), "score", l.Score)
	}
	ms := 0.0
	if n := len(t.Trail); n > 0 {
		ms = t.Trail[n-1].MS
	}
	logger.Info("touch", append(attrs, "why", strings.Join(whys(t, l, false), ","), "ms", ms)...)
}

// News is a line about a piece of news: empty for what people need not know. The
// lead that it is about may be nil.
func News(n lead.News, l *lead.Lead, color bool) string {
	at := n.At.Local().Format("15:04:05.000")
	switch n.Kind {
	case lead.ResetNews:
		return at + "  some news is lost\n"
	case lead.DeliveryNews:
		return fmt.Sprintf("%s  %-8s  %s %s  touch %s\n", at, "", Sanitise(n.Target, sourceCells), Sanitise(n.State, sourceCells), n.TouchID)
	case lead.TouchNews:
		if n.State == string(lead.Accepted) {
			return "" // its lead is next
		}
		return fmt.Sprintf("%s  %-8s  touch %s of %s\n", at, strings.ToUpper(Sanitise(n.State, 8)), n.TouchID, Sanitise(n.Source, sourceCells))
	}
	if n.Change == "updated" {
		return ""
	}
	who := "lead " + n.LeadID
	if l != nil {
		who = touchWho(&lead.Touch{}, l)
		n = n.About(l)
	} else {
		l = &lead.Lead{Verdict: lead.Verdict{Score: n.Score}}
		l.Temperature.UnmarshalText([]byte(n.Temperature)) // cold when it is none
	}
	source := n.Source
	if n.Test {
		source += " (test)"
	}
	did := cmp.Or(map[string]string{"new": "new", "touched": "again"}[n.Change], n.Change)
	if n.By != "" && n.Change != "new" && n.Change != "touched" {
		did += " by " + n.By
	}
	return fmt.Sprintf("%s  %s  %s  %s  %s  %s\n", at, verdictWord(&lead.Touch{}, l, color), Column(who, whoCells), Column(source, sourceCells),
		pad(Sanitise(did, sourceCells), 10), n.LeadID)
}
