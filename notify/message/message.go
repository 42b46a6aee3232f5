// Package message composes what an alert says, as plain data.
//
// Compose turns an alert into a Message; each kind of target renders it. Its
// texts are printable and bounded: what a visitor wrote is cut, and what cannot
// be seen is replaced by a visible mark. They are not escaped for any markup,
// which is the renderer's work.
//
// It must not know any kind of target. To say one more thing, add a field to
// Message, fill it in Compose, and render it where a kind has room for it.
package message

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

// Style is what all messages have in common.
type Style struct {
	PublicURL     string                   // of the inbox, for links; empty: no links
	Zone          *time.Location           // of times that a target cannot show in the reader's own zone; default UTC
	Label         func(lead.Action) string // the words for an action: demo request; default: its name
	People        func() lead.People       // who can be mentioned by name; default: nobody
	RespondWithin time.Duration            // the promise to the visitor; default 5 minutes
	Now           time.Time                // when the message is composed; zero: when it was received
}

// WithDefaults returns the style with its defaults filled in.
func (s Style) WithDefaults() Style {
	if s.Zone == nil {
		s.Zone = time.UTC
	}
	if s.Label == nil {
		s.Label = func(a lead.Action) string { return strings.ReplaceAll(string(a), "_", " ") }
	}
	if s.People == nil {
		s.People = func() lead.People { return lead.People{} }
	}
	s.RespondWithin = cmp.Or(s.RespondWithin, 5*time.Minute)
	s.PublicURL = strings.TrimSuffix(s.PublicURL, "/")
	return s
}

// Message is an alert as plain data, composed once and rendered by each kind.
// Its texts are printable, bounded, and not escaped for anything. Empty parts
// are left out of what is rendered.
type Message struct {
	Kind   lead.AlertKind
	Header string // one line for the desktop's notification, at most 150 characters
	Text   string // for a phone's lock screen, at most 120 characters, with the number to call

	Person
	What     string // what the person did: demo request
	Quote    string // the person's own words, at most 300 characters
	Facts    []Fact // at most five
	Why      string // Why hot: asked for a demo +90, work e-mail +5
	Score    int
	NextStep string
	Note     string
	Received time.Time
	Delay    string // between receipt and message: alerted in 1.4 s

	Progress
	Escalation
	Reference
	Group

	Actions

	Member string // of a thread reply: the Slack member whom it mentions
	Erased bool   // the person was erased; there is nothing else
}

// Actions are what can be done with a click.
type Actions struct {
	Buttons []Button
	Menu    []Button // the rarer ones
}

// Person is whom a message is about.
type Person struct {
	Who   string // name and company, or what else is known
	Phone Contact
	Email Contact
	About string // title, where
}

// Progress is how far people have come with the lead.
type Progress struct {
	Owner     string    // who claimed the lead
	State     string    // what people did about it: claimed after 48 s
	Ended     bool      // nobody needs to do more
	RespondBy time.Time // zero: there is no deadline
	Late      bool      // the deadline has passed
	Since     string    // of a repeat: how long after the alert; of an escalation: how long unclaimed
}

// Escalation is whose turn it is with an unclaimed lead.
type Escalation struct {
	For     Recipient // without a Name everybody
	Next    Recipient // who is alerted next
	NextAt  time.Time
	Overdue string // how long after its time the escalation is sent
}

// Reference is what a message is known by.
type Reference struct {
	URL     string // of the lead in the inbox
	LeadID  string
	TouchID string
	Notice  string // see notify.Alert
	Rev     int64  // of the lead
}

// Group is what a message about several leads adds.
type Group struct {
	Leads  []Message // in order
	More   string    // of a digest: and 3 more
	Change string    // of each of a digest's leads: the score, and what it was before
}

// Fact is one thing to know, with its name.
type Fact struct{ Name, Text string }

// Button is something to click. A click sends Value back; a Button with a URL
// also opens that.
type Button struct {
	Action  string // lead.claim, lead.open, ...
	Label   string
	About   string // read out by screen readers, at most 75 characters
	Value   string // v1.LEAD.REVISION, in menus with .VERB
	URL     string
	Primary bool
	Ask     string // what to confirm first; empty: nothing
}

// Compose turns an alert into a message.
func Compose(a notify.Alert, s Style) Message {
	s = s.WithDefaults()
	l, t := a.Lead, a.Touch
	if l == nil || t == nil {
		return erased(a)
	}
	if a.Kind == lead.ThreadReply {
		return threadReply(a)
	}
	p := PersonOf(l, t)
	m := Message{
		Kind: a.Kind, What: cmp.Or(Line(s.Label(t.Action), 60), "new touch"), Person: Person{whoOf(p), phoneOf(p.Phone), EmailOf(p.Email), aboutOf(p)},
		Quote: words(t.Message, 300), Facts: factsOf(l, t, s), Why: whyOf(l.Verdict), NextStep: Line(l.NextStep, 200), Note: Line(a.Note, 200),
		Score: l.Score, Received: t.ReceivedAt.In(s.Zone), Reference: Reference{LeadID: l.ID, TouchID: t.ID, Notice: a.Notice, Rev: l.Revision},
	}
	if l.Claim != nil && (l.Status == lead.Claimed || l.Status == lead.Contacted) {
		m.Owner = cmp.Or(Line(l.Claim.By, 60), "somebody")
	}
	now := cmp.Or(s.Now, t.ReceivedAt)
	m.Delay = delayOf(cmp.Or(a.PostedAt, now).Sub(t.ReceivedAt))
	if !l.AlertedAt.IsZero() {
		m.Since = lead.Roughly(now.Sub(l.AlertedAt))
	}
	if hasDeadline(a.Kind, l) {
		m.RespondBy = deadline(l, t.ReceivedAt, s)
		m.Late = now.After(m.RespondBy)
	}
	if s.PublicURL != "" {
		m.URL = s.PublicURL + "/l/" + url.PathEscape(l.ID)
	}
	if l.Assigned != nil && m.Owner == "" {
		m.For = recipientOf(l.Assigned.To, s.People())
	}
	m.State, m.Ended = stateOf(l, t)
	m.Header = headerOf(m, l)
	m.addReminder(a.Reminder, s)
	m.Header = Cut(m.Header, 150)
	m.Text = lockScreen(m)
	m.Buttons, m.Menu = buttonsOf(m, l)
	return m
}

// hasDeadline says whether the lead waits for an answer.
func hasDeadline(k lead.AlertKind, l *lead.Lead) bool {
	return l.Temperature == lead.Hot && l.Claim == nil && l.Status != lead.Junk && l.Status != lead.Closed && k != lead.Repeat && k != lead.TestAlert && k != lead.DigestAlert
}

// lockScreen is the header with the way to call and the deadline, which must
// not be cut off.
func lockScreen(m Message) string {
	tail := ""
	if c := cmp.Or(m.Phone.Shown, m.Email.Shown); c != "" {
		tail += ". " + Cut(c, 50)
	}
	switch {
	case m.RespondBy.IsZero():
	case m.Late:
		tail += ". Late."
	default:
		tail += ". Respond by " + m.RespondByHour() + "."
	}
	if m.For.Name != "" {
		tail = strings.TrimSuffix(tail, ".") + ". For " + Cut(m.For.Name, 24) + "."
	}
	return Cut(m.Header, 120-len([]rune(tail))) + tail
}

func buttonsOf(m Message, l *lead.Lead) (buttons, menu []Button) {
	value := fmt.Sprintf("v1.%s.%d", l.ID, l.Revision)
	offer := lead.Free
	switch {
	case m.Kind == lead.Repeat || m.Kind == lead.TestAlert:
		offer = 0
	case l.Status == lead.Junk:
		offer = lead.Junked
	case l.Status == lead.Contacted || l.Status == lead.Closed:
		offer = 0
	case m.Owner != "":
		offer = lead.Owned
	}
	for _, v := range lead.Verbs() {
		if v.OnMessage&offer != 0 {
			buttons = append(buttons, Button{Action: "lead." + string(v.Verb), Label: v.Button, About: Cut(fmt.Sprintf(v.Aloud, m.Who), 75), Value: value, Primary: v.Primary, Ask: v.Confirm})
		}
		if v.InMenu&offer != 0 {
			menu = append(menu, Button{Action: "lead.more", Label: v.Menu, Value: value + "." + string(v.Verb)})
		}
	}
	if m.URL != "" {
		buttons = append(buttons, Button{Action: "lead.open", Label: "Open lead", About: Cut("Open "+m.Who+" in leadgate", 75), Value: value, URL: m.URL})
	}
	return buttons, menu
}

// memberID is what may become a mention.
var memberID = regexp.MustCompile(`^[UW][A-Z0-9]{2,20}$`)

// threadReply is a line for the thread of an alert, which its note holds.
func threadReply(a notify.Alert) Message {
	text := Line(a.Note, 300)
	m := Message{Kind: a.Kind, Header: Cut(text, 150), Text: Cut(text, 120), Note: text, Reference: Reference{LeadID: a.Lead.ID, TouchID: a.Touch.ID}}
	if memberID.MatchString(a.Member) {
		m.Member = a.Member
	}
	return m
}

// ClaimURL opens the lead and offers to claim it, unless it is claimed or settled.
func (m Message) ClaimURL() string {
	if m.URL == "" || m.Owner != "" || m.Ended || m.Kind == lead.TestAlert || m.Kind == lead.Repeat {
		return m.URL
	}
	return m.URL + "?do=claim"
}

// erasedText replaces the message about an erased person.
const erasedText = "[erased on request]"

// erased is the message about an erased person.
func erased(a notify.Alert) Message {
	m := Message{Kind: a.Kind, Header: erasedText, Text: erasedText, Person: Person{Who: erasedText}, Erased: true}
	if a.Kind == lead.Copy {
		m.Kind = lead.HotAlert
	}
	return m
}

// DueLine says by when the lead has to be answered, or who has it.
func (m Message) DueLine() string {
	switch {
	case m.Owner != "":
		return m.Owner + " has this lead"
	case m.RespondBy.IsZero():
		return ""
	case m.Late:
		return "Late: the answer was due at " + m.RespondBy.Format("15:04 MST")
	}
	return "Respond by " + m.RespondBy.Format("15:04 MST")
}

// RespondByHour is the deadline as a time of day; empty: there is none.
func (m Message) RespondByHour() string {
	if m.RespondBy.IsZero() {
		return ""
	}
	return hour(m.RespondBy, m.Received)
}

// AskedFor is what the person asked for, in detail where that is known.
func (m Message) AskedFor() string {
	for _, f := range m.Facts {
		if f.Name == askedForFact {
			return f.Text
		}
	}
	return m.What
}
