package lead

import (
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
	VerbAssign    Verb = "assign"    // it is To's now, whoever had it
	VerbNotHot    Verb = "not_hot"   // it is warm at most
	VerbDuplicate Verb = "duplicate" // it is To, another lead; the two are merged where that is possible
	VerbJunk      Verb = "junk"      // it is nobody
	VerbUnjunk    Verb = "unjunk"    // it is somebody after all
	VerbRelease   Verb = "release"   // it is no spam; not Act's to do, for it is the touch that has to go on
)

// Deed is what somebody does about a lead.
type Deed struct {
	Verb  Verb   `json:"verb"`
	By    string `json:"by"`             // who does it
	To    string `json:"to,omitempty"`   // assign: who gets the lead; duplicate: the id of the other lead, with which it is merged
	Why   string `json:"why,omitempty"`  // junk: spam, vendor, test, fake
	Click Click  `json:"click,omitzero"` // where a button was pressed
}

// Click is a button that was pressed in a message, so that whoever pressed it can
// be told there what came of it.
type Click struct {
	Receipt string `json:"receipt,omitempty"` // the message's
	Member  string `json:"member,omitempty"`  // id of the Slack member
}

// acts are the verbs. Each changes the lead and says whether it did, with what
// the trail has to say besides who did it.
var acts = map[Verb]func(l *Lead, d Deed, at time.Time) (changed bool, note string, err error){
	VerbClaim: func(l *Lead, d Deed, at time.Time) (bool, string, error) {
		if l.Claim != nil && (l.Status == Claimed || l.Status == Contacted) {
			return false, "", nil
		}
		l.Claim, l.Status = &Claim{By: d.By, At: at}, Claimed
		return true, "", nil
	},
	VerbUnclaim: func(l *Lead, _ Deed, at time.Time) (bool, string, error) {
		if l.Claim == nil {
			return false, "", nil
		}
		l.Claim, l.WaitsSince, l.Escalated = nil, at, 0
		if l.Status == Claimed || l.Status == Contacted {
			l.Status = New
		}
		return true, "", nil
	},
	VerbContacted: func(l *Lead, d Deed, at time.Time) (bool, string, error) {
		if l.Status == Contacted {
			return false, "", nil
		}
		if l.Claim == nil {
			l.Claim = &Claim{By: d.By, At: at}
		}
		l.Status = Contacted
		return true, "", nil
	},
	VerbAssign: func(l *Lead, d Deed, at time.Time) (bool, string, error) {
		if d.To == "" {
			return false, "", ErrWhom
		}
		if l.Claim != nil && l.Claim.By == d.To {
			return false, "", nil
		}
		l.Claim, l.Status = &Claim{By: d.To, At: at}, Claimed
		return true, " to " + d.To, nil
	},
	VerbNotHot: func(l *Lead, d Deed, at time.Time) (bool, string, error) {
		if l.Temperature < Hot {
			return false, "", nil
		}
		l.override(d.By, at)
		l.Temperature = Warm
		l.Reasons = append(l.Reasons, l.NotHot.Reason())
		return true, "", nil
	},
	VerbDuplicate: func(l *Lead, d Deed, _ time.Time) (bool, string, error) {
		if d.To == "" || d.To == l.ID {
			return false, "", ErrWhom
		}
		if l.Status == Closed && l.DuplicateOf == d.To {
			return false, "", nil
		}
		l.Status, l.DuplicateOf = Closed, d.To
		return true, " of " + d.To, nil
	},
	VerbJunk: func(l *Lead, d Deed, _ time.Time) (bool, string, error) {
		if l.Status == Junk {
			return false, "", nil
		}
		l.Status = Junk
		return true, "", nil
	},
	VerbUnjunk: func(l *Lead, _ Deed, _ time.Time) (bool, string, error) {
		if l.Status != Junk {
			return false, "", nil
		}
		l.Status = New
		if l.Claim != nil {
			l.Status = Claimed
		}
		return true, "", nil
	},
}

// owned are the verbs that are only for who has the lead, or for anybody while
// nobody has.
var owned = map[Verb]bool{VerbClaim: true, VerbUnclaim: true, VerbContacted: true}

// Act carries out a deed. Doing the same twice changes nothing. ErrTaken when
// another person has the lead, ErrNoVerb for a word that is no verb, ErrWhom
// when it needs another person or lead and names none, ErrHeld when only junk may
// be said of it.
func (l *Lead) Act(d Deed, at time.Time) error {
	act := acts[d.Verb]
	if act == nil {
		return fmt.Errorf("%w: %q", ErrNoVerb, d.Verb)
	}
	if l.Apart && d.Verb != VerbJunk {
		return ErrHeld
	}
	if owned[d.Verb] && l.Claim != nil && l.Claim.By != d.By {
		return ErrTaken
	}
	at = at.UTC()
	changed, note, err := act(l, d, at)
	if err != nil || !changed {
		return err
	}
	l.UpdatedAt = at
	l.Trail = append(l.Trail, Step{At: at, Step: StepName(d.Verb), Why: d.Why, Note: d.By + note})
	return nil
}
