package lead

import (
	"slices"
	"strings"
	"time"
)

// Action is what a person did: demo_request, webinar_attended. The set is open;
// the rules define what each one means.
type Action string

// State is how far a touch has come.
type State string

// The states of a touch.
const (
	Accepted    State = "accepted"    // durable, its effects not all at an end
	Settled     State = "settled"     // every effect has reached its end
	Unread      State = "unread"      // kept, but its body could not be read
	Quarantined State = "quarantined" // kept, not alerted, one click from release
	Merged      State = "merged"      // a repeat of another touch (MergedInto)
)

// Consent is the person's answer about being contacted.
type Consent string

// Consent is never inferred from a submission alone.
const (
	NotAsked Consent = "not_asked"
	Given    Consent = "given"
	Refused  Consent = "refused"
)

// Touch is one thing that one person did, as the sender gave it. Its JSON is
// the API's: absent means omitted, times are RFC 3339 in UTC.
type Touch struct {
	ID         string    `json:"id"`
	State      State     `json:"state"`
	LeadID     string    `json:"lead_id,omitempty"`
	Source     string    `json:"source"`
	Provider   string    `json:"provider"`
	Action     Action    `json:"action,omitempty"`
	At         time.Time `json:"at"`          // when it happened, by the sender's clock if it gave a time
	ReceivedAt time.Time `json:"received_at"` // when the request arrived here

	Person   Person            `json:"person"`
	Event    Event             `json:"event,omitzero"`
	Message  string            `json:"message,omitempty"` // the person's own words
	UTM      UTM               `json:"utm,omitzero"`
	ClickIDs map[string]string `json:"click_ids,omitempty"` // gclid, fbclid, ...
	PageURL  string            `json:"page_url,omitempty"`
	Consent  Consent           `json:"consent,omitempty"`
	Fields   map[string]string `json:"fields,omitempty"` // everything else that was sent, by its label

	ConsentText string    `json:"consent_text,omitempty"` // what was agreed to, in the form's words, where it sends them
	ConsentAt   time.Time `json:"consent_at,omitzero"`    // when it was given or refused

	Test       bool     `json:"test,omitempty"`        // marked a test by the sender or by us: raises no alert
	NeedsFetch bool     `json:"needs_fetch,omitempty"` // only ids were sent; the person must be fetched
	Marks      []string `json:"marks,omitempty"`       // what the guard and the reader noticed: free_mail, honeypot
	Error      string   `json:"error,omitempty"`       // why an unread touch could not be read
	Held       string   `json:"held,omitempty"`        // why a quarantined touch is held

	ReleasedBy string    `json:"released_by,omitempty"` // who took it out of quarantine
	ResendTo   []string  `json:"resend_to,omitempty"`   // targets that are to get it again, since AgainAt
	Silent     bool      `json:"silent,omitempty"`      // came with an import that raises no alert
	AgainAt    time.Time `json:"again_at,omitzero"`     // when it was last restarted: released, or read again

	MergedInto string `json:"merged_into,omitempty"`
	Repeats    int    `json:"repeats,omitempty"` // how many later touches were merged into this one

	Trace      string `json:"trace,omitempty"`       // traceparent of the request, for the calls that follow from it
	RequestID  string `json:"request_id,omitempty"`  // the request that carried it; its raw body is kept under this id
	DeliveryID string `json:"delivery_id,omitempty"` // the sender's own id of the delivery
	Content    string `json:"content,omitempty"`     // digest of the content, without times: equal for a double submit

	// Ended is true once every effect of the touch has reached its end; one that is
	// unread or in quarantine is so from its arrival on, and ends a moment later.
	Ended bool `json:"-"`

	Deliveries []Delivery `json:"deliveries,omitempty"`
	Trail      []Step     `json:"trail,omitempty"`
}

// MarkUnproven is in the marks of a touch whose consent, refusal or test mark came
// from a source that anybody can post to: without signature, token or header.
const MarkUnproven = "unproven"

// MarkDoNotContact is in the marks of a touch whose sender asked not to be
// contacted, in so many words.
const MarkDoNotContact = "do_not_contact"

// Prove notes whether the consent and the test mark of the touch came
// from a source that proves where its deliveries come from.
func (t *Touch) Prove(proven bool) {
	if !proven && !t.Unproven() && (t.Test || t.Consent == Given || t.Consent == Refused) {
		t.Marks = append(t.Marks, MarkUnproven)
	}
}

// Unproven reports whether MarkUnproven is set.
func (t *Touch) Unproven() bool { return slices.Contains(t.Marks, MarkUnproven) }

// ContentKey is the key under which a repeat of the touch is found; empty: none
// is. What is held has one of its own, so that no person is swallowed by it.
func (t *Touch) ContentKey() string {
	if t.Test && t.Unproven() {
		if t.Content == "" {
			return ""
		}
		return "test:" + t.Content // no touch may vanish in a test that anybody can send
	}
	if t.State == Quarantined && t.Content != "" {
		return "held:" + t.Content
	}
	return t.Content
}

// oldest is the earliest time that a sender is believed; a clock that was never
// set gives 1970.
var oldest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// When is the moment that counts for a verdict: the sender's, or that of the
// arrival when the sender's clock is ahead of ours or was never set. So no touch
// stays hot until next year, and none is cold for want of a clock.
func (t *Touch) When() time.Time {
	if !t.ReceivedAt.IsZero() && (t.At.Before(oldest) || t.At.After(t.ReceivedAt)) {
		return t.ReceivedAt
	}
	return t.At
}

// Person is who a touch or a lead is about. Strings only; empty means unknown.
type Person struct {
	Email     string `json:"email,omitempty"`
	Name      string `json:"name,omitempty"` // filled whenever a first or last name is known
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
	Phone     string `json:"phone,omitempty"` // E.164 when the country is known, else as written
	Company   string `json:"company,omitempty"`
	Title     string `json:"title,omitempty"`
}

// Fill completes the full name from its parts.
func (p *Person) Fill() {
	if p.Name == "" {
		p.Name = strings.TrimSpace(p.FirstName + " " + p.LastName)
	}
}

// Reachable reports whether the person can be written to or called.
func (p Person) Reachable() bool { return p.Email != "" || p.Phone != "" }

// Event is the webinar, meeting or event that a touch is about.
type Event struct {
	ID    string `json:"id,omitempty"`
	Title string `json:"title,omitempty"`
	Start string `json:"start,omitempty"` // RFC 3339 when the sender's time has a zone
}

// UTM is the campaign that brought the person.
type UTM struct {
	Source   string `json:"source,omitempty"`
	Medium   string `json:"medium,omitempty"`
	Campaign string `json:"campaign,omitempty"`
	Term     string `json:"term,omitempty"`
	Content  string `json:"content,omitempty"`
}

// Delivery is what one target got of a touch, or did not get.
type Delivery struct {
	Target   string        `json:"target"`
	Kind     string        `json:"kind"`
	State    DeliveryState `json:"state"`
	Attempts int           `json:"attempts,omitempty"`
	Receipt  string        `json:"receipt,omitempty"` // the target's own name for what it got: Slack channel/ts, CRM id
	With     []string      `json:"with,omitempty"`    // ids of all touches in the same message, in order; none: this one alone
	As       AlertKind     `json:"as,omitempty"`      // what it was sent with, when that is not what was decided on: a digest
	Error    string        `json:"error,omitempty"`   // of the last attempt; never a secret or an address
	At       time.Time     `json:"at"`                // of the last change
}

// DeliveryState is how far a delivery has come.
type DeliveryState string

// The states of a delivery. Sent, Failed and Previewed are final.
const (
	Waiting   DeliveryState = "waiting"
	Sent      DeliveryState = "sent"
	Failed    DeliveryState = "failed"    // given up after the configured age; replayable
	Previewed DeliveryState = "previewed" // shown on the console and in the inbox instead of being sent
)

// Final reports whether the delivery needs no more attempts.
func (d Delivery) Final() bool { return d.State == Sent || d.State == Failed || d.State == Previewed }

// Request is one request as it arrived, kept so that it can be read again.
type Request struct {
	ID         string            `json:"id"`
	Source     string            `json:"source"`
	Provider   string            `json:"provider"`
	ReceivedAt time.Time         `json:"received_at"`
	Query      string            `json:"query,omitempty"`   // of the address that it came to, without secrets
	Header     map[string]string `json:"header,omitempty"`  // only what reading needs; never a secret
	Touches    []string          `json:"touches,omitempty"` // ids of what was read out of it, in order
	Action     Action            `json:"action,omitempty"`  // of an import's rows; theirs in the source's stead
	Fields     map[string]string `json:"fields,omitempty"`  // and what its columns are
	Cut        bool              `json:"cut,omitempty"`     // Body is what was read, for others' parts were taken out of it
	Body       []byte            `json:"body,omitempty"`
}

// CaptchaUnverified marks a touch whose captcha the vendor has not confirmed:
// not yet, or never, because it did not answer in time.
const CaptchaUnverified = "captcha_unverified"

// Lacks reports whether a vendor has to be asked before the touch is
// whole: the vendor who a stub is about, a captcha's vendor whether the visitor
// is a person.
func (t *Touch) Lacks() bool {
	return t.NeedsFetch || slices.Contains(t.Marks, CaptchaUnverified)
}

// The reasons why a vendor did not return what a touch lacks. The same word stands
// in the trail, in the metric's label and in the docs.
const (
	AskNoToken     = "token_missing" // the setting is missing
	AskRefused     = "token_refused" // the vendor does not take the configured token
	AskLimited     = "rate_limited"  // too many calls
	AskUnavailable = "unavailable"   // no answer, or that of a vendor in trouble
	AskNotThere    = "not_there"     // the vendor does not know of it, or not yet
	AskUnreadable  = "unreadable"    // an answer that makes no sense; it will not get better
	AskGivenUp     = "given_up"      // asked in vain for as long as deliveries are tried
)

// Unnamed is the vendor's last answer when it was asked in vain who the touch is
// about; empty: it has answered, was not asked, or need not be.
func (t *Touch) Unnamed() string {
	if !t.NeedsFetch {
		return ""
	}
	for _, st := range slices.Backward(t.Trail) {
		switch {
		case st.Step != StepFetched || st.Why == "":
		case st.Why == AskGivenUp:
			return st.Note // with the reason in it
		default:
			return st.Why + ": " + st.Note
		}
	}
	return ""
}

// AskError is a vendor's failure to return what a touch lacks.
type AskError struct {
	Why        string        // one of the reasons above
	RetryAfter time.Duration // as the vendor asked; 0: it did not
	Note       string        // for people: the setting, the status; no secret, no address
}

func (e *AskError) Error() string { return e.Why + ": " + e.Note }

// Met is what the store knows of a touch before it is added to its lead: whether
// another had the same content a moment before, and whom its person may be. What it
// knows of the person may have changed by the time of the adding, which finds out.
type Met struct {
	First            string // the touch that had this content first; the touch itself if none did
	ByEmail, ByPhone string // what the store's pointers name; empty: no lead
	Wiped            bool   // the store has forgotten all it knew
}

// Admission is what a message needs of all replicas before it may go to its
// target: the leases of its touches, so that no other replica sends them meanwhile,
// and a place in the pace that they keep together.
type Admission struct {
	Leases []string      // names; empty: it needs none
	Owner  string        // of the leases
	For    time.Duration // how long the leases last

	Pace  string        // what its pace is counted by
	Every time.Duration // between messages; 0: no bound
	Burst int           // how many may go at once after a quiet time
}
