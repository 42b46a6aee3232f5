package lead

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Verb is what a person does about a lead.
type Verb string

// The verbs.
const (
	VerbRelease   Verb = "release"   // it is no spam
	VerbClaim     Verb = "claim"     // I take it
	VerbContacted Verb = "contacted" // I have reached them
	VerbUnclaim   Verb = "unclaim"   // I give it back
	VerbAssign    Verb = "assign"    // it is To's now, whoever had it
	VerbNotHot    Verb = "not_hot"   // it is warm at most
	VerbDuplicate Verb = "duplicate" // it is To, another lead; the two are merged where that is possible
	VerbJunk      Verb = "junk"      // it is no lead
	VerbUnjunk    Verb = "unjunk"    // it is a lead after all
)

// VerbRow is everything that leadgate knows of a verb. To add one, add its word
// above, a row here, and its effect; the API, the pages, Slack and the audit
// follow.
type VerbRow struct {
	Verb Verb

	Label string // of its button on a page; empty: pages have none
	Page  Offer  // when a page offers it
	Done  string // sentence of a page after it

	Button, Menu    string // labels of its button and of its line in the menu of a message; empty: it has none
	OnMessage       Offer  // when messages have the button
	InMenu          Offer  // when it is in their menu
	Primary         bool   // the button stands out
	Aloud           string // text for screen readers, with the person's name
	Confirm         string // what Slack asks before it does it; empty: nothing
	Reply           string // what Slack answers where no message shows it, with the person's name
	Title, Question string // of Slack's dialog, for what the verb needs

	Needs   Need      // besides who does it
	Owner   bool      // only for who has the lead, or for anybody while it is free
	Holding bool      // also for leads in quarantine
	Audit   [2]string // words of the audit's page: before the lead, and between it and Command.To

	link   string // between who does it and To, in the trail's note
	effect func(l *Lead, c Command, at time.Time) (changed bool)
}

// Need is what a verb needs to know.
type Need int

// The needs.
const (
	NeedsNothing Need = iota
	NeedsRep          // To is a rep
	NeedsLead         // To is another lead's id
	NeedsReason       // Why is spam, vendor, test or fake
)

// Offer is a set of situations in which a verb is offered.
type Offer uint8

// The situations of a lead for whoever looks at it.
const (
	Free    Offer = 1 << iota // not claimed
	Owned                     // by the one who looks, or by anybody in a message
	Reached                   // owned, and contact was made
	Held                      // in quarantine
	Junked                    // called junk
)

// verbs are the verbs in the order in which buttons and menus have them.
var verbs = []VerbRow{
	{Verb: VerbRelease, Label: "Release", Page: Held, Done: "Released from quarantine.", Holding: true,
		Audit: [2]string{"released"}}, // no effect: it is the touch that has to go on
	{Verb: VerbClaim, Label: "Claim", Page: Free, Done: "The lead is yours.",
		Button: "Claim", OnMessage: Free, Primary: true, Aloud: "Claim %s", Reply: "You have %s.",
		Owner: true, Audit: [2]string{"claimed"}, effect: claim},
	{Verb: VerbContacted, Label: "I made contact", Page: Owned, Done: "Well done: contact is recorded.",
		Button: "I made contact", OnMessage: Owned, Menu: "I made contact", InMenu: Free, Primary: true, Aloud: "Record first contact with %s", Reply: "Noted: you reached %s.",
		Owner: true, Audit: [2]string{"made contact with"}, effect: contacted},
	{Verb: VerbUnclaim, Label: "Give back", Page: Owned | Reached, Done: "The lead is free again.",
		Button: "Unclaim", OnMessage: Owned, Aloud: "Give back %s", Confirm: "It becomes unclaimed, for the next person.", Reply: "%s is unclaimed again.",
		Owner: true, Audit: [2]string{"gave back"}, effect: unclaim},
	{Verb: VerbAssign, Menu: "Assign to…", InMenu: Free | Owned, Title: "Assign the lead", Question: "To whom?",
		Needs: NeedsRep, Audit: [2]string{"assigned", "to"}, link: " to ", effect: assign},
	{Verb: VerbNotHot, Menu: "Not hot", InMenu: Free | Owned,
		Audit: [2]string{"called not hot"}, effect: notHot},
	{Verb: VerbDuplicate, Menu: "Duplicate of…", InMenu: Free | Owned, Title: "Duplicate of", Question: "Link, id or e-mail address of the other lead",
		Needs: NeedsLead, Audit: [2]string{"called a duplicate"}, link: " of ", effect: duplicate},
	{Verb: VerbJunk, Label: "Junk", Page: Held | Free | Owned | Reached, Done: "Marked as junk.",
		Menu: "Junk or spam", InMenu: Free | Owned, Title: "Mark as junk", Question: "Why?",
		Needs: NeedsReason, Holding: true, Audit: [2]string{"called junk"}, effect: junk},
	{Verb: VerbUnjunk, Button: "Not junk", OnMessage: Junked, Aloud: "Take back that %s is junk",
		Audit: [2]string{"called no junk"}, effect: unjunk},
}

// Verbs returns the rows of all verbs, in order.
func Verbs() []VerbRow { return slices.Clone(verbs) }

// Row returns what there is to know of a verb; ok is false for a word that is
// none.
func (v Verb) Row() (row VerbRow, ok bool) {
	i := slices.IndexFunc(verbs, func(r VerbRow) bool { return r.Verb == v })
	if i < 0 {
		return VerbRow{}, false
	}
	return verbs[i], true
}

// Command is one verb that a person carries out on a lead.
type Command struct {
	Verb  Verb   `json:"verb"`
	By    string `json:"by"`             // who does it
	To    string `json:"to,omitempty"`   // see Need
	Why   string `json:"why,omitempty"`  // see Need
	Click Click  `json:"click,omitzero"` // where a button was pressed
}

// Click is a button that was pressed in a message, so that whoever pressed it can
// be answered there.
type Click struct {
	Receipt string `json:"receipt,omitempty"` // the message's
	Member  string `json:"member,omitempty"`  // id of the Slack member
}

// Act carries out a command. Doing the same twice changes nothing. ErrTaken when
// another person has the lead, ErrNoVerb for a word that is no verb or has no
// effect here, ErrWhom when it needs another person or lead and names none,
// ErrHeld while the lead is in quarantine and the verb is not for those.
func (l *Lead) Act(c Command, at time.Time) error {
	row, _ := c.Verb.Row()
	switch {
	case row.effect == nil:
		return fmt.Errorf("%w: %q", ErrNoVerb, c.Verb)
	case l.Apart && !row.Holding:
		return ErrHeld
	case row.Owner && l.Claim != nil && l.Claim.By != c.By:
		return ErrTaken
	case row.Needs == NeedsRep && c.To == "", row.Needs == NeedsLead && (c.To == "" || c.To == l.ID):
		return ErrWhom
	}
	at = at.UTC()
	if !row.effect(l, c, at) {
		return nil
	}
	note := c.By
	if row.link != "" {
		note += row.link + c.To
	}
	l.UpdatedAt = at
	l.Trail = append(l.Trail, Step{At: at, Step: StepName(c.Verb), Why: c.Why, Note: note})
	return nil
}

// command reads a step of a trail as the command that made it.
func (s Step) command() (c Command, ok bool) {
	row, _ := Verb(s.Step).Row()
	if row.effect == nil {
		return Command{}, false
	}
	c = Command{Verb: row.Verb, By: s.Note, Why: s.Why}
	if row.link != "" {
		c.By, c.To, _ = strings.Cut(s.Note, row.link)
	}
	return c, true
}

// Recall brings to a lead what people did about another copy of it, which this one
// replaces: two nodes that did not know of each other had both. A command that
// this lead's state does not allow has no effect, as for everybody who comes
// second.
func (l *Lead) Recall(other *Lead) {
	for _, s := range other.Trail {
		c, ok := s.command()
		known := func(x Step) bool { return x.Step == s.Step && x.At.Equal(s.At) }
		if !ok || len(l.Trail) > 0 && s.At.Before(l.Trail[0].At) || slices.ContainsFunc(l.Trail, known) {
			continue
		}
		steps := len(l.Trail)
		if l.Act(c, s.At) == nil && len(l.Trail) > steps {
			l.Revision++
		}
	}
}

// Entry is the audit's entry of a command that was carried out on a lead. Its
// reason stays in the lead's trail, and is erased with it.
func (c Command) Entry(leadID string) Entry {
	e := Entry{By: c.By, Did: Act(c.Verb), LeadID: leadID}
	if row, _ := c.Verb.Row(); row.Needs == NeedsRep {
		e.About = c.To
	}
	return e
}

// The effects change the lead and report whether they did.

func claim(l *Lead, c Command, at time.Time) bool {
	if l.Claim != nil && (l.Status == Claimed || l.Status == Contacted) {
		return false
	}
	l.Claim, l.Status = &Claim{By: c.By, At: at}, Claimed
	return true
}

func unclaim(l *Lead, _ Command, at time.Time) bool {
	if l.Claim == nil {
		return false
	}
	l.Claim, l.WaitsSince, l.Escalated = nil, at, 0
	if l.Status == Claimed || l.Status == Contacted {
		l.Status = New
	}
	return true
}

func contacted(l *Lead, c Command, at time.Time) bool {
	if l.Status == Contacted {
		return false
	}
	if l.Claim == nil {
		l.Claim = &Claim{By: c.By, At: at}
	}
	l.Status = Contacted
	return true
}

func assign(l *Lead, c Command, at time.Time) bool {
	if l.Claim != nil && l.Claim.By == c.To {
		return false
	}
	l.Claim, l.Status = &Claim{By: c.To, At: at}, Claimed
	return true
}

func notHot(l *Lead, c Command, at time.Time) bool {
	if l.Temperature < Hot {
		return false
	}
	l.NotHot = &Override{By: c.By, At: at}
	if n := len(l.Touches); n > 0 {
		l.NotHot.Touch = l.Touches[n-1]
	}
	l.Temperature = Warm
	l.Reasons = append(l.Reasons, l.NotHot.Reason())
	return true
}

func duplicate(l *Lead, c Command, _ time.Time) bool {
	if l.Status == Closed && l.DuplicateOf == c.To {
		return false
	}
	l.Status, l.DuplicateOf = Closed, c.To
	return true
}

func junk(l *Lead, _ Command, _ time.Time) bool {
	if l.Status == Junk {
		return false
	}
	l.Status = Junk
	return true
}

func unjunk(l *Lead, _ Command, _ time.Time) bool {
	if l.Status != Junk {
		return false
	}
	l.Status = New
	if l.Claim != nil {
		l.Status = Claimed
	}
	return true
}

// Override is a person's decision that a lead is not hot. It holds against all
// that the lead had done by then; what it does afterwards can make it hot again.
type Override struct {
	By    string    `json:"by"`
	At    time.Time `json:"at"`
	Touch string    `json:"touch,omitempty"` // the latest to arrive before it
}

// Reason is what the verdict gives as its reason.
func (o *Override) Reason() Reason {
	return Reason{Because: o.By + " says it is not hot", Rule: string(VerbNotHot)}
}
