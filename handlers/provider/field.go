package provider

import (
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// field is what a sender's label asks for.
type field uint8

const (
	unknown field = iota // the label says nothing

	// What a touch has a place for.
	fieldEmail
	fieldName  // the full name, or the last one beside a first
	fieldGiven // the full name, or the first one beside a last
	fieldFirst
	fieldLast
	fieldPhone
	fieldCompany
	fieldTitle
	fieldMessage
	fieldConsent
	fieldPageURL
	fieldReferrer
	fieldSource
	fieldMedium
	fieldCampaign
	fieldTerm
	fieldContent
	fieldEventID
	fieldEventTitle
	fieldEventStart
	places // how many places there are

	// What has no place of its own.
	fieldClick   // a click id; kept under its own name
	fieldTest    // the sender marks a test
	fieldSent    // when it happened, by the sender's clock
	fieldOptOut  // yes means no consent; no means nothing
	fieldFrom    // who called or wrote: an address or a number, by its look
	fieldOther   // known, and not the person: company size, city
	fieldPassing // ids, times, addresses of machines: kept, but different in every delivery
	fieldTrap    // a honeypot
	fieldNoise   // of no use to anybody, or a secret: not kept
)

// fieldNames are the names of places, as a source's map and `leadgate read`
// know them.
var fieldNames = [places]string{
	fieldEmail: "email", fieldName: "name", fieldGiven: "name", fieldFirst: "first_name", fieldLast: "last_name",
	fieldPhone: "phone", fieldCompany: "company", fieldTitle: "title", fieldMessage: "message",
	fieldConsent: "consent", fieldPageURL: "page_url", fieldReferrer: "page_url",
	fieldSource: "utm.source", fieldMedium: "utm.medium", fieldCampaign: "utm.campaign", fieldTerm: "utm.term", fieldContent: "utm.content",
	fieldEventID: "event.id", fieldEventTitle: "event.title", fieldEventStart: "event.start",
}

func (f field) name() string {
	if f < places {
		return fieldNames[f]
	}
	return ""
}

// IsField says whether a source's map may name a lead field so.
func IsField(name string) bool {
	_, ok := fieldNamed(name)
	return ok
}

// fieldNamed finds a place by its name; utm_source is utm.source.
func fieldNamed(name string) (field, bool) {
	if rest, ok := strings.CutPrefix(name, "utm_"); ok {
		name = "utm." + rest
	}
	for f := fieldEmail; f < places; f++ {
		if fieldNames[f] == name {
			return f, true
		}
	}
	return unknown, false
}

// Step says how the reader knew what a value is. Earlier steps win.
type Step uint8

// The steps of the universal reader, in order, and what becomes of the rest.
const (
	StepMap     Step = iota // the source's own map names it
	StepVendor              // the vendor's type or place says it
	StepLabel               // its label is known
	StepTokens              // a word in its label is known
	StepShape               // it looks like an address or a number
	StepAround              // from the page's address or a header
	StepKept                // no place; kept under its label
	StepDropped             // noise, a token or a trap
)

var stepNames = [...]string{"map", "vendor", "label", "tokens", "shape", "around", "kept", "dropped"}

// String is the step as `leadgate read` tells it.
func (s Step) String() string { return stepNames[s] }

// Reading is one value of a delivery and what the reader made of it.
type Reading struct {
	Field string // the lead field, empty for what was only kept or dropped
	Value string // empty for what was dropped
	Label string // as the sender writes it
	Step  Step
}

// Found is one person of a delivery, as far as it tells.
type Found struct {
	Role   string // lead, person, user, payer, other, ours
	Lead   bool   // a touch was made of this one
	Where  string // the object that the details stand in, and the owner that their labels name; empty: the outermost
	Person lead.Person
}
