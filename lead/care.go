package lead

import "time"

// Care is how soon somebody took care of a lead that sales was alerted about.
type Care struct {
	LeadID      string
	Source      string    // of the touch that sales was first alerted about
	AskedAt     time.Time // when the visitor pressed submit on it
	ClaimedAt   time.Time // first claim after that, also one that was given back; zero: none yet
	By          string    // whose claim it was
	ContactedAt time.Time // zero: not yet
}

// Care returns the lead's; false when sales was never alerted about it, or it is
// left out of numbers: a test, junk, or merged into another, whose numbers it is
// in.
func (l *Lead) Care() (c Care, ok bool) {
	if l.Test || l.Status == Junk || l.MergedInto != "" {
		return c, false
	}
	for _, p := range l.History {
		if p.alerted() {
			c, ok = Care{LeadID: l.ID, Source: p.Source, AskedAt: p.At.UTC()}, true
			break
		}
	}
	if !ok {
		return c, false
	}
	for _, s := range l.Trail {
		verb := Verb(s.Step)
		if s.At.Before(c.AskedAt) {
			continue
		}
		if c.ClaimedAt.IsZero() && (verb == VerbClaim || verb == VerbContacted) {
			c.ClaimedAt, c.By = s.At, s.Note
		}
		if c.ContactedAt.IsZero() && verb == VerbContacted {
			c.ContactedAt = s.At
		}
	}
	// A claim that came with a lead which was merged into this one is in no step.
	if l.Claim != nil && c.ClaimedAt.IsZero() && !l.Claim.At.Before(c.AskedAt) {
		c.ClaimedAt, c.By = l.Claim.At, l.Claim.By
		if l.Status == Contacted {
			c.ContactedAt = l.Claim.At // or later
		}
	}
	return c, true
}

// alerted says whether sales was told at once of this touch.
func (p Past) alerted() bool {
	for _, d := range p.Decisions {
		if d.Kind == HotAlert || d.Kind == JustTurnedHot {
			return true
		}
	}
	return false
}

// Funnel counts leads by how far they came, each in the day it was made.
type Funnel struct {
	Source    string `json:"source,omitempty"` // of the lead's first touch; empty: all of them
	Leads     int64  `json:"leads"`
	Hot       int64  `json:"hot"` // once hot, or alerted about
	Claimed   int64  `json:"claimed"`
	Contacted int64  `json:"contacted"`
}

// Add adds o's numbers to f's.
func (f *Funnel) Add(o Funnel) {
	f.Leads += o.Leads
	f.Hot += o.Hot
	f.Claimed += o.Claimed
	f.Contacted += o.Contacted
}
