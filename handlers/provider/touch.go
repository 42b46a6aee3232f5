package provider

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// touch begins a touch of a person who did what the source is configured for,
// or else what the provider says.
func (r *Request) touch(otherwise lead.Action) lead.Touch {
	return lead.Touch{Action: cmp.Or(r.Source.Action, otherwise)}
}

// one is the answer of a provider whose deliveries are of one person.
func one(t lead.Touch) ([]lead.Touch, error) { return []lead.Touch{t}, nil }

// field keeps a value under a label of its own, if there is one.
func setField(t *lead.Touch, label, value string) {
	if value = clean(value); value == "" {
		return
	}
	if t.Fields == nil {
		t.Fields = make(map[string]string, 4)
	}
	t.Fields[label] = value
}

// A sender's clock is believed this far. Vendors try again for days; a touch of
// last year, or of next year, has a wrong clock or is a sample.
const (
	longestAgo   = 30 * 24 * time.Hour
	longestAhead = 5 * time.Minute
)

// believed returns a sender's time, or the zero time if it cannot be right.
func (r *Request) believed(at time.Time) time.Time {
	if at.Before(r.Now.Add(-longestAgo)) || at.After(r.Now.Add(longestAhead)) {
		return time.Time{}
	}
	return at
}

// complete sets what every touch has, whoever read it.
func complete(t *lead.Touch, r *Request, provider string) {
	t.Provider, t.Source = provider, r.Source.Name
	if t.At.IsZero() {
		t.At = r.Now
	}
	if t.ConsentAt.IsZero() && (t.Consent == lead.Given || t.Consent == lead.Refused) {
		t.ConsentAt = t.At
	}
	t.Person.Fill()
	t.Content = digest(t)
}

// digest names what was said: two touches with the same one are one person
// pressing the button twice. Ids, times and machines' addresses are left out,
// for they differ each time.
func digest(t *lead.Touch) string {
	b := make([]byte, 0, 512)
	for _, s := range [...]string{string(t.Action), t.Person.Email, t.Person.Name, t.Person.FirstName, t.Person.LastName, t.Person.Phone,
		t.Person.Company, t.Person.Title, t.Message, t.Event.ID, t.Event.Title, t.Event.Start, string(t.Consent)} {
		b = append(append(b, s...), 0)
	}
	labels := make([]string, 0, len(t.Fields))
	for label := range t.Fields {
		labels = append(labels, label)
	}
	slices.Sort(labels)
	for _, label := range labels {
		if t.NeedsFetch || !passing(label) { // who it is, is known by nothing but ids
			b = append(append(append(append(b, label...), 1), t.Fields[label]...), 0)
		}
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// passing says that a field differs from delivery to delivery.
func passing(label string) bool {
	m, ok := knownLabel(label[strings.LastIndexByte(label, '.')+1:])
	return ok && (m.field == fieldPassing || m.field == fieldSent || m.field == fieldEventID)
}
