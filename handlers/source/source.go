// Package source makes an inbound URL ready: which provider reads it, who may
// send, how much, what is marked as spam, which pages may read the answer and
// where a browser goes on to. It keeps the history by which an owner sees that
// leads stay away, and says what to do about each refusal.
//
// It must not know what becomes of a touch. A new setting is a field of Source,
// its check in endpoint.go and its row in config; a new mark of spam is a
// constant and a line in guard.go.
package source

import (
	"time"

	"github.com/leadgate/leadgate/lead"
)

// Source is one configured inbound URL, /in/{Name}.
type Source struct {
	Name           string            // lower case letters, digits and dashes
	Provider       string            // default form
	Action         lead.Action       // what a delivery means; empty: the provider's choice
	Secret         string            // whatever the vendor shares; see Unsigned
	SecretPrevious string            // accepted during rotation
	Unsigned       bool              // a provider that signs is accepted without a secret
	Token          string            // if set the URL is /in/{Name}/{Token}
	VerifyToken    string            // Meta's
	Header         map[string]string // static headers that must be there
	Origins        []string          // browsers' origins that may read the answer; empty: none
	Redirect       string            // where a browser goes after its form was accepted
	NextHosts      []string          // hosts that a form's own _next may lead to
	Rate           Rate              // per client address
	Honeypot       string            // a further field that people leave empty
	MinFill        time.Duration     // a form filled faster is quarantined; 0: off
	Captcha        *Captcha
	Fields         map[string]string // lead field <- the sender's field
	Country        string            // ISO code for phone numbers without a prefix
	Watch          bool              // deliver all, only mark what would be quarantined
	Fetch          Fetch
}

// Rate bounds requests; the zero Rate is the default of the source's provider.
type Rate struct {
	Off bool
	N   int           // so many
	Per time.Duration // in so long
}

// Captcha is a check with a vendor that a browser's visitor is a person.
type Captcha struct {
	Kind   string // turnstile, hcaptcha, recaptcha, friendly
	Secret string
	URL    string // overrides the vendor's, for tests

	// MinScore is the least score of reCAPTCHA v3 that passes, 0 to 1; 0 means
	// 0.5. The other vendors give none.
	MinScore float64
}

// Fetch is how a thin payload's person is fetched.
type Fetch struct {
	Token string

	// The vendor gives a token to who has these, for an hour or so; all or none.
	// Only some vendors do: see provider.Grant.
	Tenant       string
	ClientID     string
	ClientSecret string

	URL string // overrides the vendor's hosts, for tests
}

// HasToken says whether there is a token, or a way to one.
func (f Fetch) HasToken() bool { return f.Token != "" || f.ClientID != "" }
