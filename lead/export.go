package lead

import "time"

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
