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
	Label         func(lead.Action) string // what an action is called: demo request; default: its name
	People        func() lead.People       // who may be called by name; default: nobody
	RespondWithin time.Duration            // the promise to the visitor; default 5 minutes
	Now           time.Time                // when the message is composed; zero: when it was received
}

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

	Who       string // name and company, or what else is known
	What      string // what the person did: demo request
	Phone     Contact
	Email     Contact
	About     string    // title, where
	Owner     string    // who claimed the lead
	For       Recipient // whose turn it is; without a Name everybody's
	Next      Recipient // who hears next of a lead that nobody takes
	NextAt    time.Time
	Overdue   string // escalations: how long after its time it is told
	State     string // what people did about it: claimed after 48 s
	Ended     bool   // and nobody needs to do more
	Quote     string // the person's own words, at most 300 characters
	Facts     []Fact // at most four
	Why       string // Why hot: asked for a demo +90, work e-mail +5
	NextStep  string
	Note      string
	Score     int
	RespondBy time.Time // zero: nobody has to hurry
	Late      bool      // that moment has passed
	Received  time.Time
	Told      string // how long telling took: alerted in 1.4 s
	Since     string // repeats: how long after the alert
	Member    string // remarks: the Slack member whom they mention
	Erased    bool   // the person was erased; nothing else is told

	URL     string // of the lead in the inbox
	Buttons []Button
	Menu    []Button // the rarer ones
	LeadID  string
	TouchID string
	Notice  string // see Alert.Notice
	Rev     int64

	Leads  []Message // a rollup's, in order
	More   string    // a digest's: and 3 more
	Change string    // in a digest: the lead's score, and what it was before
}

// Fact is one thing to know, with its name.
type Fact struct{ Name, Text string }

// Button is something to click. Value travels back with the click; a Button
// with a URL opens that as well.
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
		return gone(a)
	}
	if a.Kind == lead.Remark {
		return threadReply(a)
	}
	p := Person(l, t)
	m := Message{
		Kind: a.Kind, Who: whoOf(p), What: Line(s.Label(t.Action), 60), Phone: phoneOf(p.Phone), Email: EmailOf(p.Email), About: aboutOf(p),
		Quote: words(t.Message, 300), Facts: factsOf(l, t, s), Why: whyOf(l.Verdict), NextStep: Line(l.NextStep, 200), Note: Line(a.Note, 200),
		Score: l.Score, Received: t.ReceivedAt.In(s.Zone), LeadID: l.ID, TouchID: t.ID, Notice: a.Notice, Rev: l.Revision,
	}
	m.What = cmp.Or(m.What, "new touch")
	if l.Claim != nil && (l.Status == lead.Claimed || l.Status == lead.Contacted) {
		m.Owner = cmp.Or(Line(l.Claim.By, 60), "somebody")
	}
	now := cmp.Or(s.Now, t.ReceivedAt)
	m.Told = tookOf(cmp.Or(a.Told, now).Sub(t.ReceivedAt))
	if !l.AlertedAt.IsZero() {
		m.Since = notify.Roughly(now.Sub(l.AlertedAt))
	}
	if hurries(a.Kind, l) {
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
	m.remind(a.Reminder, s)
	m.Header = Cut(m.Header, 150)
	m.Text = lockScreen(m)
	m.Buttons, m.Menu = buttonsOf(m, l)
	return m
}

// hurries says whether somebody has to answer the lead now.
func hurries(k lead.AlertKind, l *lead.Lead) bool {
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
		tail += ". Respond by " + Hour(m.RespondBy, m.Received) + "."
	}
	if m.For.Name != "" {
		tail = strings.TrimSuffix(tail, ".") + ". For " + Cut(m.For.Name, 24) + "."
	}
	return Cut(m.Header, 120-len([]rune(tail))) + tail
}

func buttonsOf(m Message, l *lead.Lead) (buttons, menu []Button) {
	value := fmt.Sprintf("v1.%s.%d", l.ID, l.Revision)
	button := func(action, label, about string) Button {
		return Button{Action: action, Label: label, About: Cut(about, 75), Value: value}
	}
	switch {
	case m.Kind == lead.Repeat || m.Kind == lead.TestAlert:
	case l.Status == lead.Junk:
		buttons = append(buttons, button("lead.unjunk", "Not junk", "Take back that "+m.Who+" is junk"))
	case l.Status == lead.Contacted || l.Status == lead.Closed:
	case m.Owner != "":
		made := button("lead.contacted", "I made contact", "Record first contact with "+m.Who)
		made.Primary = true
		unclaim := button("lead.unclaim", "Unclaim", "Give back "+m.Who)
		unclaim.Ask = "It becomes unclaimed, for the next person."
		buttons = append(buttons, made, unclaim)
		menu = menuOf(value, lead.VerbAssign, lead.VerbNotHot, lead.VerbDuplicate, lead.VerbJunk)
	default:
		claim := button("lead.claim", "Claim", "Claim "+m.Who)
		claim.Primary = true
		buttons = append(buttons, claim)
		menu = menuOf(value, lead.VerbContacted, lead.VerbAssign, lead.VerbNotHot, lead.VerbDuplicate, lead.VerbJunk)
	}
	if m.URL != "" {
		open := button("lead.open", "Open lead", "Open "+m.Who+" in leadgate")
		open.URL = m.URL
		buttons = append(buttons, open)
	}
	return buttons, menu
}

func menuOf(value string, verbs ...lead.Verb) (menu []Button) {
	for _, v := range verbs {
		menu = append(menu, Button{Action: "lead.more", Label: menuLabels[v], Value: value + "." + string(v)})
	}
	return menu
}

var menuLabels = map[lead.Verb]string{lead.VerbContacted: "I made contact", lead.VerbAssign: "Assign to…", lead.VerbNotHot: "Not hot",
	lead.VerbDuplicate: "Duplicate of…", lead.VerbJunk: "Junk or spam"}

// memberID is what may become a mention.
var memberID = regexp.MustCompile(`^[UW][A-Z0-9]{2,20}$`)

// remark is a line for the thread of an alert, which its note holds.
func threadReply(a notify.Alert) Message {
	text := Line(a.Note, 300)
	m := Message{Kind: a.Kind, Header: Cut(text, 150), Text: Cut(text, 120), Note: text, LeadID: a.Lead.ID, TouchID: a.Touch.ID}
	if memberID.MatchString(a.Member) {
		m.Member = a.Member
	}
	return m
}

// ClaimURL opens the lead and offers to claim it, unless somebody has or nobody
// needs to.
func (m Message) ClaimURL() string {
	if m.URL == "" || m.Owner != "" || m.Ended || m.Kind == lead.TestAlert || m.Kind == lead.Repeat {
		return m.URL
	}
	return m.URL + "?do=claim"
}

// erasedText stands where a person's message stood.
const erasedText = "[erased on request]"

// gone is the message about a person who is no more.
func gone(a notify.Alert) Message {
	m := Message{Kind: a.Kind, Header: erasedText, Text: erasedText, Who: erasedText, Erased: true}
	if a.Kind == lead.Copy {
		m.Kind = lead.HotAlert
	}
	return m
}

// DueLine says by when somebody has to answer.
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
