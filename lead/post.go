package lead

import (
	"slices"
	"time"
)

// Post is one message about a lead that stands in a target and can be rewritten
// there: an alert, a rollup it is in, a reply in a thread.
type Post struct {
	Target  string    `json:"target"`
	Receipt string    `json:"receipt"` // what the target calls it: Slack channel/ts
	Kind    AlertKind `json:"kind"`
	Touches []string  `json:"touches"`          // ids of the touches that it tells of, in order
	At      time.Time `json:"at"`               // when it was posted
	Digest  *Summary  `json:"digest,omitempty"` // of a digest: what it says of all its leads
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
