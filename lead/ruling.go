package lead

import (
	"slices"
	"time"
)

// Ruling is a person's word that a lead is not hot. It holds against all that the
// lead had done by then; what it does afterwards can make it hot again by itself.
type Ruling struct {
	By    string    `json:"by"`
	At    time.Time `json:"at"`
	Touch string    `json:"touch,omitempty"` // the latest to arrive before it
}

// rule records that somebody says so.
func (l *Lead) rule(by string, at time.Time) {
	l.NotHot = &Ruling{By: by, At: at}
	if n := len(l.Touches); n > 0 {
		l.NotHot.Touch = l.Touches[n-1]
	}
}

// because is what the verdict says of it.
func (n *Ruling) because() Reason {
	return Reason{Because: n.By + " says it is not hot", Rule: string(VerbNotHot)}
}

// unruled is the lead as it would be had it done only what came after the ruling.
func (l *Lead) unruled() *Lead {
	at := slices.Index(l.Touches, l.NotHot.Touch)
	since := &Lead{Person: l.Person}
	for _, p := range l.History {
		if i := slices.Index(l.Touches, p.ID); at >= 0 && i > at || (at < 0 || i < 0) && p.At.After(l.NotHot.At) {
			since.History = append(since.History, p)
		}
	}
	return since
}

// obey lowers a verdict that a person has said is not hot, as long as nothing that
// came since is hot in itself.
func (r *Rules) obey(j *judged, l *Lead, now time.Time) {
	if l.NotHot == nil || j.Temperature < Hot || r.judge(l.unruled(), now).Temperature == Hot {
		return
	}
	j.Temperature = Warm
	j.Reasons = append(j.Reasons, l.NotHot.because())
	j.NextStep = ""
	j.NextStep = r.NextStep(j.Verdict)
}
