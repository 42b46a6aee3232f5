// Package provider reads what vendors send. A provider is a plain value: how a
// vendor signs, how it checks that somebody is there, and where in its body a
// person's details are. To add one, write a file with one Provider value, add
// a line to the table in table.go, and put payloads in testdata/NAME (.json,
// .form or .multipart; headers that matter in a .header beside it): sample,
// which `leadgate trigger` sends, and others; go test -update writes their
// golden files. TestProviders runs the same contract over
// every one.
//
// Most vendors need three things of their own, and typeform.go and zoom.go show
// them: a mac that says how they sign, a map from their events to actions, and
// the part of the body that is about the person. The universal reader
// (Request.read) finds the person in that part. Set what the vendor itself
// tells for certain before calling it; it never overwrites.
package provider

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// Provider is one vendor's webhook format.
type Provider struct {
	Name  string // as configured: zoom
	Title string // as people call it: Zoom
	Doc   string // the vendor's page that this file follows

	// Accepts is the status of a successful answer: 200, or 202 where the
	// sender is not a vendor with expectations. Zero means 200.
	Accepts int

	// Verify checks the signature over the raw body with one secret. Nil: the
	// vendor cannot sign, and a source needs a token in its URL. The errors are
	// ErrSignature and ErrStale, wrapped with what was wrong but never with
	// the expected value. An empty secret never matches.
	Verify func(r *Request, secret string) error

	// Reply answers a handshake, a ping or a challenge; nil or a nil Reply
	// means that the request is a delivery. It runs after Verify for POST.
	Reply func(r *Request) (*Reply, error)

	// Erase reads a vendor's request that a person be forgotten; nil means that
	// the request is none, and so does a nil Erase. It runs before Touches.
	Erase func(r *Request) *Erasure

	// Touches reads a delivery. No touches and no error: the event is known
	// and is none. An error means unread: the body is kept with the error.
	Touches func(r *Request) ([]lead.Touch, error)

	// Fetch is how the person of a touch with NeedsFetch is fetched. Nil: what
	// this vendor sends is whole.
	Fetch *Fetch

	// Sign makes the headers of a sample valid.
	Sign func(r *Request, secret string)
}

// Request is what arrived, whole.
type Request struct {
	Method string
	URL    *url.URL // the public one, as the sender signed it
	Header http.Header
	Body   []byte // inflated, bounded
	Now    time.Time
	Source Source

	// Seen, if set, is told of every value that Touches came upon and what
	// became of it; `leadgate read` prints them.
	Seen func(Reading)

	// Met, if set, is told of every person that the universal reader found.
	Met func(Found)
}

// Source is what a provider may know of the source that a request came to.
type Source struct {
	Name        string
	Action      lead.Action       // configured; empty: the provider's own choice
	Secrets     []string          // the current and the previous one
	VerifyToken string            // Meta's
	Fields      map[string]string // lead field <- the sender's field
	Country     string            // ISO code for phone numbers without a prefix
	Honeypot    string            // a further field that people leave empty
}

// Reply is the answer to a handshake.
type Reply struct {
	Status      int // 0 means 200
	ContentType string
	Body        []byte
	Header      map[string]string
}

// Erasure says who is to be forgotten, in one way or several.
type Erasure struct {
	Email, Phone string
	Delivery     string // the DeliveryID of a touch that named nobody yet
	Field, Value string // all whom the source brought with this value in a field
}

// What Verify and Touches can say; wrap them with what was wrong.
var (
	ErrSignature = errors.New("the signature does not match")
	ErrStale     = errors.New("the signature's time is outside the window")
	ErrMalformed = errors.New("malformed body")   // form and json: kept as unread if Meant, else 400
	ErrTooLarge  = errors.New("too many parts")   // form and json: 413
	ErrType      = errors.New("unsupported type") // form and json: kept as unread if Meant, else 415
)

// ErrEmpty is a body in which nothing was sent; form and json: 422.
var ErrEmpty = fmt.Errorf("%w: nothing is in it", ErrMalformed)
