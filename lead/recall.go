package lead

import (
	"slices"
	"strings"
)

// Recall brings to a lead what people did about another copy of it that this one
// takes the place of: nodes that did not know of each other had both. What this
// one rules out comes to nothing, as with everybody who comes second.
func (l *Lead) Recall(other *Lead) {
	for _, s := range other.Trail {
		known := func(x Step) bool { return x.Step == s.Step && x.At.Equal(s.At) }
		if acts[Verb(s.Step)] == nil || len(l.Trail) > 0 && s.At.Before(l.Trail[0].At) || slices.ContainsFunc(l.Trail, known) {
			continue
		}
		d := Deed{Verb: Verb(s.Step), By: s.Note, Why: s.Why}
		switch d.Verb {
		case VerbAssign:
			d.By, d.To, _ = strings.Cut(s.Note, " to ")
		case VerbDuplicate:
			d.By, d.To, _ = strings.Cut(s.Note, " of ")
		}
		steps := len(l.Trail)
		if l.Act(d, s.At) == nil && len(l.Trail) > steps {
			l.Revision++
		}
	}
}
