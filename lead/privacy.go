package lead

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// EraseRequest asks that a person be erased. It names the person in one
// way or another, so it is kept only until it is fulfilled.
type EraseRequest struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	By      string    `json:"by,omitempty"`       // who asked: a name, or the source of a vendor's request
	LeadID  string    `json:"lead_id,omitempty"`  // or
	TouchID string    `json:"touch_id,omitempty"` // or
	Email   string    `json:"email,omitempty"`    // and, or
	Phone   string    `json:"phone,omitempty"`    // or
	Source  string    `json:"source,omitempty"`   // all people that it brought, with this value in a field
	Field   string    `json:"field,omitempty"`
	Value   string    `json:"value,omitempty"`
}

// Erasure is the order that goes to every node: what of a person has to go. It
// says nothing of the person that could be read or guessed: who it is, is told
// by salted digests only.
type Erasure struct {
	ID       string    `json:"id"`
	At       time.Time `json:"at"` // what was received later stays
	Salt     string    `json:"salt"`
	Tags     bool      `json:"plus_tags_same,omitempty"` // ada+x@ and ada@ are one person
	Who      []string  `json:"who,omitempty"`            // digests of the person's Keys
	Leads    []string  `json:"leads,omitempty"`
	Touches  []string  `json:"touches,omitempty"`
	Requests []string  `json:"requests,omitempty"`

	Aged bool `json:"-"` // not asked for, but past its retention: the reports go on counting it
}

// NewErasure is an order without content. With tags ada+x@ and ada@ are one
// person.
func NewErasure(id string, at time.Time, tags bool) *Erasure {
	return &Erasure{ID: id, At: at, Salt: rand.Text(), Tags: tags}
}

// Name adds keys of the person.
func (e *Erasure) Name(keys ...string) {
	for _, key := range keys {
		if d := e.digest(key); !slices.Contains(e.Who, d) {
			e.Who = append(e.Who, d)
		}
	}
}

// IsKey reports whether one of Keys is the person's.
func (e *Erasure) IsKey(key string) bool {
	return len(e.Who) > 0 && slices.Contains(e.Who, e.digest(key))
}

// Is reports whether p is the person. Who has an e-mail is known by that alone:
// several people may share a phone.
func (e *Erasure) Is(p Person) bool {
	keys := Keys(p)
	return len(keys) > 0 && e.IsKey(keys[0])
}

// Covers reports whether a touch has to go.
func (e *Erasure) Covers(t *Touch) bool {
	return slices.Contains(e.Touches, t.ID) || !t.ReceivedAt.After(e.At) && e.Is(t.Person)
}

// Mentions reports whether a text holds an e-mail address of the person, as it is
// or as a form encodes it.
func (e *Erasure) Mentions(text []byte) bool {
	s := strings.NewReplacer("%40", "@", `\u0040`, "@", "%2B", "+", "%2b", "+").Replace(string(text))
	for from := 0; ; {
		at := strings.IndexByte(s[from:], '@')
		if at < 0 {
			return false
		}
		at += from
		begin, end := at, at+1
		for begin > 0 && inAddress(s[begin-1]) {
			begin--
		}
		for end < len(s) && inAddress(s[end]) {
			end++
		}
		if email := NormalEmail(s[begin:end]); email != "" && e.IsKey("email:"+email) {
			return true
		}
		from = at + 1
	}
}

// inAddress reports whether c may be part of an address within other text.
func inAddress(c byte) bool {
	return c >= 0x80 || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(".!#$*+-/?^_{|}~", c) >= 0
}

func (e *Erasure) digest(key string) string {
	if address, ok := strings.CutPrefix(key, "email:"); ok && e.Tags {
		key = "email:" + WithoutTag(address)
	}
	mac := hmac.New(sha256.New, []byte(e.Salt))
	mac.Write([]byte(key)) // never fails
	return hex.EncodeToString(mac.Sum(nil))
}

// Erased is what an order found in the store.
type Erased struct {
	Leads, Touches int
	Days           map[string]int // touches that were taken out of a day's books
}

// Export is all that is held of a person, as the person may ask for it.
type Export struct {
	At       time.Time         `json:"at"`
	Leads    []*Lead           `json:"leads"`
	Touches  []*Touch          `json:"touches"` // with their deliveries and trails
	Requests []ExportedRequest `json:"requests"`

	// Elsewhere are the ids of requests that other nodes' journals hold, or
	// whose time of retention is over.
	Elsewhere []string `json:"requests_elsewhere,omitempty"`
}

// ExportedRequest is a request as it came, of one that others share the person's
// part.
type ExportedRequest struct {
	ID         string            `json:"id"`
	Source     string            `json:"source"`
	ReceivedAt time.Time         `json:"received_at"`
	Header     map[string]string `json:"header,omitempty"`
	Body       string            `json:"body"`
}
