package lead

import "time"

// Digest tells leads of one temperature together, once a day.
type Digest struct {
	To          string // a target's name
	Temperature Temperature
	At          time.Duration  // since midnight
	Zone        *time.Location // of At; nil: UTC
}

// Summary is what the message of a digest says of all its leads together.
type Summary struct {
	Temperature Temperature    `json:"temperature"`
	From        time.Time      `json:"from"` // the time that it tells of
	To          time.Time      `json:"to"`
	Total       int            `json:"total"`             // leads, of which the message lists the first
	Heating     int            `json:"heating,omitempty"` // leads whose score has risen since then
	Before      map[string]int `json:"before,omitempty"`  // lead id -> score at the beginning, of the listed ones that were known then
	Sources     map[string]int `json:"sources,omitempty"` // source -> touches
}

// Slot is the latest moment, not after now, at which the digest is due. There is
// one on every day, also where clocks change at that hour.
func (d Digest) Slot(now time.Time) time.Time {
	local := Hours{Zone: d.Zone}.Local(now)
	for day := 0; ; day-- {
		at := time.Date(local.Year(), local.Month(), local.Day()+day, int(d.At/time.Hour), int(d.At%time.Hour/time.Minute), 0, 0, local.Location())
		if !at.After(now) {
			return at
		}
	}
}
