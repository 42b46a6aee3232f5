package main

import (
	"cmp"
	"fmt"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"

	"github.com/leadgate/leadgate/lead"
)

// Columns of a line on the console, in terminal cells.
const (
	whoCells    = 34
	sourceCells = 30
	wordCells   = 200 // of a longer remark, such as why a body could not be read
	indent      = "              "
)

// touchLine is what the console says of a touch: one line with its verdict and
// how long each hop took, one with the reasons, and one more for each thing
// that did not go the usual way. It ends in a newline. The lead may be nil for a
// touch that never came to one. Nothing a visitor typed can move the cursor,
// colour, reorder or break the lines.
func touchLine(t *lead.Touch, l *lead.Lead, color bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s  %s  %s  %s\n", t.ReceivedAt.Local().Format("15:04:05.000"), verdictWord(t, l, color),
		pad(sanitise(touchWho(t, l), whoCells), whoCells), pad(sourceWord(t), sourceCells), hops(t))
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
	return who(p)
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
	return sanitise(s, sourceCells)
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
			word += " " + sanitise(s.Note, sourceCells)
		}
		out = append(out, fmt.Sprintf("+%.1f%s %s", s.MS, unit, word))
	}
	return strings.Join(out, "  ")
}

// reasons are the rules that counted, in their own words.
func reasons(l *lead.Lead) string {
	var out []string
	for _, r := range l.Reasons {
		s := sanitise(r.Because, wordCells)
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
		return []string{"kept, but could not be read: " + sanitise(t.Error, wordCells)}
	case lead.Quarantined:
		return []string{"kept, told nobody: " + sanitise(t.Held, wordCells)}
	case lead.Merged:
		return []string{"told nobody: a repeat of " + sanitise(t.MergedInto, wordCells)}
	}
	for _, d := range t.Deliveries {
		switch {
		case d.State == lead.Failed:
			out = append(out, fmt.Sprintf("gave up on %s: %s", sanitise(d.Target, sourceCells), sanitise(cmp.Or(d.Error, "unknown"), wordCells)))
		case d.State == lead.Waiting && d.Error != "":
			out = append(out, fmt.Sprintf("%s has not taken it yet and is tried again: %s", sanitise(d.Target, sourceCells), sanitise(d.Error, wordCells)))
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
			why += " (" + sanitise(target, sourceCells) + ")"
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

// logTouch is touchLine for machines: one line without anything about the
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

// sanitise makes text from outside fit for one line of a terminal: whitespace
// of any sort becomes one space, control, formatting and direction characters
// go, escape sequences lose what makes them act, and what is wider than cells
// is cut with an ellipsis.
func sanitise(s string, cells int) string {
	var b strings.Builder
	used, marks, gap := 0, 0, false
	end := 0 // of what fits beside an ellipsis
	for _, r := range s {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			gap = b.Len() > 0
			continue
		}
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			continue
		}
		w := runeCells(r)
		if marks++; w > 0 {
			marks = 0
		} else if marks > 2 {
			continue // a heap of accents would climb into the lines above
		}
		if gap {
			b.WriteByte(' ')
			used, gap = used+1, false
		}
		b.WriteRune(r)
		if used += w; used > cells {
			return strings.TrimRight(b.String()[:end], " ") + "…"
		}
		if used < cells {
			end = b.Len()
		}
	}
	return b.String()
}

// pad fills s with spaces up to so many cells.
func pad(s string, cells int) string {
	used := 0
	for _, r := range s {
		used += runeCells(r)
	}
	return s + strings.Repeat(" ", max(0, cells-used))
}

// runeCells is how many cells of a terminal a printable rune takes.
func runeCells(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}
