package lead

import (
	"maps"
	"slices"
	"time"
)

// Rhythm is how often a source is heard: the longest silence that ended on each
// of its latest days.
type Rhythm struct {
	Last    time.Time                `json:"last"`              // when the source was heard last
	Seen    time.Time                `json:"seen"`              // when somebody listened last
	Longest map[string]time.Duration `json:"longest,omitempty"` // UTC day -> longest silence that ended on it
	Silent  time.Time                `json:"silent,omitzero"`   // since when the source is known to be silent; zero: it is not
}

const (
	rhythmDays  = 14              // that a rhythm remembers: two weekends
	rhythmLeast = 3               // days that make one
	shortest    = time.Hour       // a silence that is worth a word
	deafAfter   = 5 * time.Minute // without listening; what was missed then is nobody's silence
)

// Listened is what listening to a source has shown.
type Listened int

// What Listen finds.
const (
	NothingNew Listened = iota
	FellSilent          // for much longer than usual, said once
	SpeaksAgain
)

// Listen takes down that a source was heard at a moment, its latest, and says
// what is new. Gap is for how long it has been silent, or was. While nobody
// listened no time passes.
func (r *Rhythm) Listen(now, heard time.Time) (what Listened, gap time.Duration) {
	if deaf := now.Sub(r.Seen); !r.Seen.IsZero() && deaf > deafAfter && !r.Last.IsZero() {
		r.Last = r.Last.Add(deaf)
	}
	r.Seen = now
	if heard.After(r.Last) {
		gap = r.hear(heard)
		if !r.Silent.IsZero() {
			r.Silent = time.Time{}
			return SpeaksAgain, gap
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

func (r *Rhythm) hear(at time.Time) (gap time.Duration) {
	if !r.Last.IsZero() {
		gap = at.Sub(r.Last)
		if r.Longest == nil {
			r.Longest = map[string]time.Duration{}
		}
		day := dayOf(at)
		r.Longest[day] = max(r.Longest[day], gap)
		oldest := dayOf(at.AddDate(0, 0, -rhythmDays))
		maps.DeleteFunc(r.Longest, func(d string, _ time.Duration) bool { return d <= oldest })
	}
	r.Last = at
	return gap
}

// Usual is for how long the source is silent at most: the longest silence that
// is remembered, and once there are two weekends among them the longest but one,
// so that a single outage does not become usual. False while it has been heard
// on too few days to say.
func (r *Rhythm) Usual() (time.Duration, bool) {
	if len(r.Longest) < rhythmLeast {
		return 0, false
	}
	gaps := slices.Sorted(maps.Values(r.Longest))
	if slices.Min(slices.Collect(maps.Keys(r.Longest))) > dayOf(r.Last.AddDate(0, 0, 2-rhythmDays)) {
		return gaps[len(gaps)-1], true
	}
	return gaps[len(gaps)-2], true
}
