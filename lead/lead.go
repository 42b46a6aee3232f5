// Package lead is what the whole program speaks of: touches, leads and people, the
// verbs that people use on leads, the trail, queries, reps and teams, and the
// errors and records that packages share. How warm a lead is, is for lead/rules.
//
// It does no I/O, reads no clock and knows no other package. Its JSON is the API's
// and the journal's, so a field is added and never renamed. A new verb is a row in
// verbs.go; a new error that several packages test for is a line in errors.go.
package lead

import (
	"cmp"
	"slices"
	"time"
)

// Lead is a person with touches and a verdict. Its JSON is the API's.
type Lead struct {
	ID      string `json:"id"`
	Person  Person `json:"person"`
	Verdict        // of the last classification
	Status  Status `json:"status"`
	Claim   *Claim `json:"claim,omitempty"`

	Assigned    *Assigned `json:"assigned,omitempty"`     // whose turn it was
	WaitsSince  time.Time `json:"waits_since,omitzero"`   // when the person asked, or the lead was given back; escalation counts from here
	Escalated   int       `json:"escalated,omitempty"`    // how many levels were alerted since
	EscalatesAt time.Time `json:"escalates_at,omitzero"`  // when the next one is alerted, unless the lead is taken by then
	DuplicateOf string    `json:"duplicate_of,omitempty"` // the lead that this one was marked a duplicate of
	NotHot      *Override `json:"not_hot,omitempty"`      // that a person decided it is not hot

	Touches []string `json:"touches"`           // ids, in order of arrival
	History []Past   `json:"history,omitempty"` // in order of the senders' time

	Apart     bool      `json:"apart,omitempty"` // made of a touch in quarantine: no other touch joins it
	Test      bool      `json:"test,omitempty"`  // only tests touched it: left out of numbers
	Revision  int64     `json:"revision"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`

	AlertedAt time.Time         `json:"alerted_at,omitzero"` // when a hot alert was last decided on
	Alerts    map[string]string `json:"alerts,omitempty"`    // target -> receipt of its latest alert, for threads
	Posts     []Post            `json:"posts,omitempty"`     // messages about the lead that can be rewritten, the oldest first
	Trail     []Step            `json:"trail,omitempty"`

	Absorbed   []string `json:"absorbed,omitempty"`    // ids of the leads that were merged into this one
	MergedInto string   `json:"merged_into,omitempty"` // the lead that has everything of this one now
	MergeUndo  *Lead    `json:"merge_undo,omitempty"`  // that lead as it was before
}

// Past is what classification remembers of one touch.
type Past struct {
	ID      string            `json:"id"`
	Action  Action            `json:"action"`
	Source  string            `json:"source"`
	At      time.Time         `json:"at"`              // when it happened; see Touch.When
	Said    Person            `json:"said,omitzero"`   // the person as it had them
	Event   string            `json:"event,omitempty"` // its title
	Message string            `json:"message,omitempty"`
	PageURL string            `json:"page_url,omitempty"`
	UTM     UTM               `json:"utm,omitzero"`
	Fields  map[string]string `json:"fields,omitempty"`
	Marks   []string          `json:"marks,omitempty"`
	Consent Consent           `json:"consent,omitempty"` // given or refused; empty: not asked
	Test    bool              `json:"test,omitempty"`

	Decisions []Decision `json:"decisions,omitempty"` // who gets it, once decided
	AgainAt   time.Time  `json:"again_at,omitzero"`   // the touch's, so that it is taken once for each
}

// PastOf returns what classification remembers of t.
func PastOf(t *Touch) Past {
	p := Past{ID: t.ID, Action: t.Action, Source: t.Source, At: t.When(), Said: t.Person, Event: t.Event.Title, Message: t.Message,
		PageURL: t.PageURL, UTM: t.UTM, Fields: t.Fields, Marks: t.Marks, Test: t.Test, AgainAt: t.AgainAt}
	if t.Consent != NotAsked {
		p.Consent = t.Consent
	}
	return p
}

// Consent is what the person last said about being contacted. What an unproven
// form holds of consent never lifts a refusal before it; a refusal always counts.
func (l *Lead) Consent() Consent {
	said := NotAsked
	for i := range l.History {
		p := &l.History[i]
		if p.Consent == "" || p.Consent == Given && said == Refused && slices.Contains(p.Marks, MarkUnproven) {
			continue
		}
		said = p.Consent
	}
	return said
}

// DoNotContact reports whether the person asked not to be contacted and has not
// agreed to it since; proven is false where anybody may have said so.
func (l *Lead) DoNotContact() (asked, proven bool) {
	if l.Consent() != Refused {
		return false, false
	}
	for i := range l.History {
		if p := &l.History[i]; p.Consent == Refused {
			asked = asked || slices.Contains(p.Marks, MarkDoNotContact)
			proven = proven || !slices.Contains(p.Marks, MarkUnproven)
		}
	}
	return asked, proven
}

// Status is what people have done about a lead.
type Status string

// The statuses of a lead.
const (
	New              Status = "new"
	Claimed          Status = "claimed"
	Contacted        Status = "contacted"
	Closed           Status = "closed"
	Junk             Status = "junk"
	HeldInQuarantine Status = "quarantined"
)

// Statuses are all of them.
func Statuses() []Status {
	return []Status{New, Claimed, Contacted, Closed, Junk, HeldInQuarantine}
}

// Claim is who took a lead, and when.
type Claim struct {
	By string    `json:"by"`
	At time.Time `json:"at"`
}

// Verdict is how warm a lead is, and why.
type Verdict struct {
	Temperature  Temperature `json:"temperature"`
	Stage        Stage       `json:"stage,omitzero"`
	Score        int         `json:"score"` // 0..100
	Reasons      []Reason    `json:"reasons"`
	NextStep     string      `json:"next_step,omitempty"`
	NotALead     bool        `json:"not_a_lead,omitempty"`   // support, jobs, vendors: kept, never alerted
	Unclassified bool        `json:"unclassified,omitempty"` // no rule knows the action
	Tags         []string    `json:"tags,omitempty"`         // what rules call the lead, sorted
	Rules        string      `json:"rules,omitempty"`        // version of the rules that gave it
	JudgedAt     time.Time   `json:"judged_at,omitzero"`     // when they gave it
}

// Reason is one rule that counted.
type Reason struct {
	Because string `json:"because"` // the rule's words, as they reach Slack
	Points  int    `json:"points"`
	Rule    string `json:"rule"`
}

// Decision is whether one target gets a touch, and why. Decisions are
// kept with the lead's history in the same write that adds the touch, so that
// a job that runs again after a crash does what the first run decided.
type Decision struct {
	Target string    `json:"target,omitempty"` // empty: no target was asked
	Why    string    `json:"why"`              // matched, too_cool, no_route, repeat, ...
	Kind   AlertKind `json:"kind,omitempty"`   // set when the target gets it
}

// Sends reports whether the target gets the touch.
func (d Decision) Sends() bool { return d.Kind != "" }

// IsAlert reports whether the target is alerted at once.
func (d Decision) IsAlert() bool { return d.Kind == HotAlert || d.Kind == JustTurnedHot }

// DecisionsOn are the decisions about a touch of the lead; none if it has no such
// touch.
func (l *Lead) DecisionsOn(touchID string) []Decision {
	if past := l.Past(touchID); past != nil {
		return past.Decisions
	}
	return nil
}

// Touch is a touch as the history remembers it; of person where the touch itself
// named no person.
func (p *Past) Touch(person Person) *Touch {
	return &Touch{ID: p.ID, State: Settled, Action: p.Action, Source: p.Source, At: p.At, Person: cmp.Or(p.Said, person), Event: Event{Title: p.Event},
		Message: p.Message, PageURL: p.PageURL, UTM: p.UTM, Fields: p.Fields, Marks: p.Marks, Consent: p.Consent, Test: p.Test}
}

// AlertKind is the sort of message that a target gets.
type AlertKind string

// The kinds of messages.
const (
	HotAlert      AlertKind = "hot_alert"
	JustTurnedHot AlertKind = "just_turned_hot"
	Repeat        AlertKind = "repeat" // goes to the thread of the earlier alert
	Rollup        AlertKind = "rollup" // several leads in one message
	TestAlert     AlertKind = "test"
	Escalated     AlertKind = "escalation"
	DigestAlert   AlertKind = "digest"
	ThreadReply   AlertKind = "remark" // a line in the thread of an alert
	Copy          AlertKind = "copy"   // a lead of any temperature for a CRM or hook
)

// believable is how long before its arrival a touch may say that it happened
// for the clock of escalation to begin then. What is older was imported or sent
// again, and its person is not waiting since.
const believable = 24 * time.Hour

// Asked is when the person of a touch began to wait for an answer: when they
// pressed submit, by the sender's clock as far as that can be believed.
func (t *Touch) Asked() time.Time {
	if t.At.IsZero() || t.At.After(t.ReceivedAt) || t.ReceivedAt.Sub(t.At) > believable {
		return t.ReceivedAt.UTC()
	}
	return t.At.UTC()
}

// Waits reports whether the person waits for a rep to take the lead.
func (l *Lead) Waits() bool {
	return !l.WaitsSince.IsZero() && l.Claim == nil && l.Status == New && !l.Test && !l.NotALead && l.MergedInto == ""
}

// Reminder is what an escalation shows besides its lead.
type Reminder struct {
	Waited time.Duration // how long the lead has been unclaimed, in working time
	To     string        // whose it is now: a target, a team or a rep
	Next   string        // who is alerted next; empty: nobody
	NextAt time.Time
	Late   time.Duration // how long after its time it is sent; 0: in time
}

// Post is one message about a lead that stands in a target and can be rewritten
// there: an alert, a rollup it is in, a reply in a thread.
type Post struct {
	Target  string    `json:"target"`
	Receipt string    `json:"receipt"` // what the target calls it: Slack channel/ts
	Kind    AlertKind `json:"kind"`
	Touches []string  `json:"touches"`          // ids of the touches in it, in order
	At      time.Time `json:"at"`               // when it was posted
	Digest  *Summary  `json:"digest,omitempty"` // of a digest: what it shows of all its leads
}

// PostsMost bounds what a lead remembers of its messages; the oldest go first.
const PostsMost = 100

// Posted remembers a message. Of one that is known already nothing changes, and
// the answer is false.
func (l *Lead) Posted(p Post) bool {
	known := func(have Post) bool { return have.Target == p.Target && have.Receipt == p.Receipt }
	if slices.ContainsFunc(l.Posts, known) {
		return false
	}
	l.Posts = append(l.Posts, p)
	if n := len(l.Posts) - PostsMost; n > 0 {
		l.Posts = slices.Delete(l.Posts, 0, n)
	}
	return true
}

// PostOf is the message of a delivery.
func PostOf(d Delivery, touchID string, kind AlertKind) Post {
	p := Post{Target: d.Target, Receipt: d.Receipt, Kind: kind, Touches: []string{touchID}, At: d.At}
	if len(d.With) > 0 {
		p.Kind, p.Touches = Rollup, d.With
	}
	return p
}

// Care is how soon a lead was taken care of that sales was alerted about.
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

// alerted reports whether sales was alerted at once about this touch.
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
