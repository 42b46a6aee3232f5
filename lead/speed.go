package lead

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Speed is how soon leads were claimed, from the moment their visitors pressed
// submit. Its JSON is the API's.
type Speed struct {
	Key       string   `json:"key,omitempty"`         // the day, rep, source or hour; empty: all of them
	N         int      `json:"n"`                     // leads that sales was alerted about
	Claimed   int      `json:"claimed"`               // of those
	Contacted int      `json:"contacted"`             // of those
	P50       *float64 `json:"p50_seconds,omitempty"` // of the claimed ones; none: nobody claimed any
	P90       *float64 `json:"p90_seconds,omitempty"`
	Within1   float64  `json:"within_1m"` // share of N that was claimed within a minute, 0 to 1
	Within5   float64  `json:"within_5m"`
	Within60  float64  `json:"within_60m"`
}

// SpeedBy says what rows a report on speed has.
type SpeedBy string

// The rows of a report on speed.
const (
	ByDay    SpeedBy = "day"
	ByRep    SpeedBy = "rep"
	BySource SpeedBy = "source"
	ByHour   SpeedBy = "hour" // of the day, 00 to 23
)

// Nobody is the rep of leads that nobody claimed.
const Nobody = "nobody"

// key returns the row that c belongs to.
func (by SpeedBy) key(c Care, zone *time.Location) string {
	switch by {
	case ByRep:
		return cmp.Or(c.By, Nobody)
	case BySource:
		return c.Source
	case ByHour:
		return fmt.Sprintf("%02d", c.AskedAt.In(zone).Hour())
	}
	return c.AskedAt.In(zone).Format(time.DateOnly)
}

// SpeedOf sums up all of them and each row, in order of their keys. Days and
// hours are those of zone.
func SpeedOf(all []Care, by SpeedBy, zone *time.Location) (total Speed, rows []Speed) {
	groups := map[string][]Care{}
	for _, c := range all {
		key := by.key(c, zone)
		groups[key] = append(groups[key], c)
	}
	rows = []Speed{}
	for key, group := range groups {
		s := sum(group)
		s.Key = key
		rows = append(rows, s)
	}
	slices.SortFunc(rows, func(a, b Speed) int { return cmp.Compare(a.Key, b.Key) })
	return sum(all), rows
}

// sum is the speed of these leads together.
func sum(all []Care) Speed {
	s := Speed{N: len(all)}
	var took []time.Duration
	for _, c := range all {
		if !c.ContactedAt.IsZero() {
			s.Contacted++
		}
		if !c.ClaimedAt.IsZero() {
			took = append(took, max(0, c.ClaimedAt.Sub(c.AskedAt)))
		}
	}
	if s.Claimed = len(took); s.Claimed == 0 {
		return s
	}
	slices.Sort(took)
	within := func(d time.Duration) float64 {
		n, _ := slices.BinarySearch(took, d+1)
		return float64(n) / float64(s.N)
	}
	s.Within1, s.Within5, s.Within60 = within(time.Minute), within(5*time.Minute), within(time.Hour)
	p50, p90 := quantile(took, .5).Seconds(), quantile(took, .9).Seconds()
	s.P50, s.P90 = &p50, &p90
	return s
}

// quantile is the smallest of sorted that at least the share p is not above.
func quantile(sorted []time.Duration, p float64) time.Duration {
	i := int(p*float64(len(sorted))+0.999999) - 1
	return sorted[max(0, min(i, len(sorted)-1))]
}
