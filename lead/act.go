package lead

import (
	"errors"
	"fmt"
	"time"
)

// Verb is what a person does about a lead.
type Verb string

// The verbs.
const (
	VerbClaim     Verb = "claim"     // I take it
	VerbUnclaim   Verb = "unclaim"   // I give it back
	VerbContacted Verb = "contacted" // I have reached them
	VerbJunk      Verb = "junk"      // it is nobody
	VerbRelease   Verb = "release"   // it is no spam; not Act's to do, for it is the touch that has to go on
)

// ErrTaken says that somebody else has the lead; Lead.Claim says who.
var ErrTaken = errors.New("somebody else has this lead")

// ErrNotFound says that there is no such lead or touch.
var ErrNotFound = errors.New("not found")

// ErrConflict says that a lead is not at the revision that somebody saw.
var ErrConflict = errors.New("the lead was changed in the meantime")

// ErrNoVerb says that there is no such verb.
var ErrNoVerb = errors.New("no such verb")

// ErrHeld says that the lead is in quarantine and has to be released first.
var ErrHeld = errors.New("the lead is in quarantine")

// Act carries out what by does about the lead. Doing the same twice changes
// nothing. ErrTaken when it is another person's to do, ErrHeld when only junk may
// be said of it, ErrNoVerb for a word that is no verb.
func (l *Lead) Act(v Verb, by string, at time.Time) error {
	if l.Apart && v != VerbJunk {
		return ErrHeld
	}
	others := l.Claim != nil && l.Claim.By != by
	switch v {
	case VerbClaim:
		if others {
			return ErrTaken
		}
		if l.Claim != nil {
			return nil
		}
		l.Claim, l.Status = &Claim{By: by, At: at.UTC()}, Claimed
	case VerbUnclaim:
		if others {
			return ErrTaken
		}
		if l.Claim == nil {
			return nil
		}
		l.Claim, l.Status = nil, New
	case VerbContacted:
		if others {
			return ErrTaken
		}
		if l.Status == Contacted {
			return nil
		}
		if l.Claim == nil {
			l.Claim = &Claim{By: by, At: at.UTC()}
		}
		l.Status = Contacted
	case VerbJunk:
		if l.Status == Junk {
			return nil
		}
		l.Status = Junk
	default:
		return fmt.Errorf("%w: %q", ErrNoVerb, v)
	}
	if v == VerbUnclaim {
		l.WaitsSince, l.Escalated = at.UTC(), 0
	}
	l.UpdatedAt = at.UTC()
	l.Trail = append(l.Trail, Step{At: at.UTC(), Step: StepName(v), Note: by})
	return nil
}
