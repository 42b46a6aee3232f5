package lead

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Outcome is how a touch ended, or that it has not yet: one of them for every
// touch of a day, so that the books balance.
type Outcome string

// The outcomes of a touch.
const (
	OutcomeWaiting     Outcome = "waiting"     // a target does not have it yet
	OutcomeAlerted     Outcome = "alerted"     // a target was alerted at once
	OutcomeHeld        Outcome = "held"        // no target wanted it; the trail has the reason
	OutcomeDigested    Outcome = "digested"    // sent with a digest
	OutcomeQuarantined Outcome = "quarantined" // kept, to be released or not
	OutcomeMerged      Outcome = "merged"      // a repeat of another touch
	OutcomeUnread      Outcome = "unread"      // kept, could not be read
	OutcomeFailed      Outcome = "failed"      // a delivery was given up
)

// Books are one UTC day's touches by outcome, tests left out:
// accepted = alerted + held + digested + quarantined + merged + unread + failed + waiting + unaccounted.
type Books struct {
	Accepted    int64 `json:"accepted"`
	Alerted     int64 `json:"alerted"`
	Held        int64 `json:"held"`
	Digested    int64 `json:"digested"`
	Quarantined int64 `json:"quarantined"`
	Merged      int64 `json:"merged"`
	Unread      int64 `json:"unread"`
	Waiting     int64 `json:"waiting"` // accepted and not settled
	Failed      int64 `json:"failed"`
	Unaccounted int64 `json:"unaccounted"` // accepted and in no other column; 0 or a bug
}

// Change is one step forward of a delivery, to be written to the store.
type Change struct {
	TouchID  string
	Delivery Delivery
	Step     Step
	Settled  bool    // every effect of the touch has now reached its end
	Outcome  Outcome // of the touch, with Settled
	Day      string  // the touch's day in the books, with Settled: 2026-11-25; empty for tests
}

// Speed is how soon leads were claimed, from the moment their visitors pressed
// submit. Its JSON is the API's.
type Speed struct {
	Key       string   `json:"key,omitempty"`         // the day, rep, source or hour; empty: all of them
	N         int      `json:"n"`                     // leads that sales was alerted about
	Claimed   int      `json:"claimed"`               // of those
	Contacted int      `json:"contacted"`             // of those
	P50       *float64 `json:"p50_seconds,omitempty"` // of the claimed ones; absent: none was claimed
	P90       *float64 `json:"p90_seconds,omitempty"`
	Within1   float64  `json:"within_1m"` // share of N that was claimed within a minute, 0 to 1
	Within5   float64  `json:"within_5m"`
	Within60  float64  `json:"within_60m"`
}

// SpeedBy is what rows a report on speed has.
type SpeedBy string

// The rows of a report on speed.
const (
	ByDay    SpeedBy = "day"
	ByRep    SpeedBy = "rep"
	BySource SpeedBy = "source"
	ByHour   SpeedBy = "hour" // of the day, 00 to 23
)

// Nobody is the rep of leads that were not claimed.
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

// ArrivalRate is how often touches of a source arrive: the longest silence that ended on each
// of its latest days.
type ArrivalRate struct {
	Last    time.Time                `json:"last"`              // when its last touch arrived
	Seen    time.Time                `json:"seen"`              // when Observe was called last
	Longest map[string]time.Duration `json:"longest,omitempty"` // UTC day -> longest silence that ended on it
	Silent  time.Time                `json:"silent,omitzero"`   // since when the source is known to be silent; zero: it is not
}

const (
	rateDays        = 14              // that are remembered: two weekends
	rateLeast       = 3               // days that make a rate
	shortest        = time.Hour       // a silence that is worth a word
	unobservedAfter = 5 * time.Minute // without Observe; what was missed then is no silence
)

// RateChange is what Observe has found.
type RateChange int

// What Observe finds.
const (
	NothingNew RateChange = iota
	FellSilent            // for much longer than usual; reported once
	ActiveAgain
)

// Observe notes when the latest touch of a source came, and returns what is new
// and for how long the source has been silent, or was. Time in which it is not
// called does not count.
func (r *ArrivalRate) Observe(now, last time.Time) (what RateChange, gap time.Duration) {
	if unobserved := now.Sub(r.Seen); !r.Seen.IsZero() && unobserved > unobservedAfter && !r.Last.IsZero() {
		r.Last = r.Last.Add(unobserved)
	}
	r.Seen = now
	if last.After(r.Last) {
		gap = r.arrived(last)
		if !r.Silent.IsZero() {
			r.Silent = time.Time{}
			return ActiveAgain, gap
		}
		return NothingNew, gap
	}
	usual, known := r.Usual()
	if gap = now.Sub(r.Last); known && r.Silent.IsZero() && gap > max(usual+usual/2, shortest) {
		r.Silent = now
		return FellSilent, gap
	}
	return NothingNew, gap
}

func (r *ArrivalRate) arrived(at time.Time) (gap time.Duration) {
	if !r.Last.IsZero() {
		gap = at.Sub(r.Last)
		if r.Longest == nil {
			r.Longest = map[string]time.Duration{}
		}
		day := dayOf(at)
		r.Longest[day] = max(r.Longest[day], gap)
		oldest := dayOf(at.AddDate(0, 0, -rateDays))
		maps.DeleteFunc(r.Longest, func(d string, _ time.Duration) bool { return d <= oldest })
	}
	r.Last = at
	return gap
}

// Usual is for how long the source is silent at most: the longest silence that
// is remembered, and once there are two weekends among them the longest but one,
// so that a single outage does not become usual. False while touches came on
// too few days to say.
func (r *ArrivalRate) Usual() (time.Duration, bool) {
	if len(r.Longest) < rateLeast {
		return 0, false
	}
	gaps := slices.Sorted(maps.Values(r.Longest))
	if slices.Min(slices.Collect(maps.Keys(r.Longest))) > dayOf(r.Last.AddDate(0, 0, 2-rateDays)) {
		return gaps[len(gaps)-1], true
	}
	return gaps[len(gaps)-2], true
}
