package lead

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Span is working time on some days of the week, by the clock on the wall.
type Span struct {
	Days     []time.Weekday
	From, To time.Duration // since midnight; To is after From, and beyond 24 h when the span ends on the next day
}

// Hours are when a person works. Without spans that is always, but for the
// holidays.
type Hours struct {
	Spans    []Span
	Zone     *time.Location // of the spans and holidays; nil: UTC
	Holidays []Holiday      // days on which no span begins
}

// Holiday is a day without work: 2026-12-24 once, 12-25 every year.
type Holiday string

// ParseHoliday reads a holiday; false for what is no day.
func ParseHoliday(s string) (Holiday, bool) {
	for _, layout := range []string{time.DateOnly, "01-02"} {
		if t, err := time.Parse(layout, s); err == nil && t.Format(layout) == s {
			return Holiday(s), true
		}
	}
	return Holiday(s), s == "02-29" // which the year 0 of the parser lacks in some zones
}

func (h Hours) zone() *time.Location {
	if h.Zone == nil {
		return time.UTC
	}
	return h.Zone
}

// Local returns t as the clock on the wall shows it.
func (h Hours) Local(t time.Time) time.Time { return t.In(h.zone()) }

// always reports whether no hour is ever closed.
func (h Hours) always() bool { return len(h.Spans) == 0 && len(h.Holidays) == 0 }

// off reports whether a day is a holiday.
func (h Hours) off(day time.Time) bool {
	date := day.Format(time.DateOnly)
	return slices.ContainsFunc(h.Holidays, func(d Holiday) bool {
		return string(d) == date || strings.HasSuffix(date, "-"+string(d)) && len(d) == len("01-02")
	})
}

// opening is working time that is not interrupted.
type opening struct{ from, to time.Time }

// openings returns those that begin on a day, in no order. The moments are what
// the wall shows: on the day on which clocks go forward a night's span is an
// hour shorter.
func (h Hours) openings(year int, month time.Month, day int) (all []opening) {
	at := func(d time.Duration) time.Time {
		return time.Date(year, month, day, int(d/time.Hour), int(d%time.Hour/time.Minute), 0, 0, h.zone())
	}
	noon := at(12 * time.Hour) // midnight may be missing where clocks change at it
	if h.off(noon) {
		return nil
	}
	if len(h.Spans) == 0 {
		return []opening{{at(0), at(24 * time.Hour)}}
	}
	for _, s := range h.Spans {
		if slices.Contains(s.Days, noon.Weekday()) && at(s.To).After(at(s.From)) {
			all = append(all, opening{at(s.From), at(s.To)})
		}
	}
	return all
}

// String writes the spans as the configuration has them: Mon-Fri 09:00-17:30.
func (h Hours) String() string {
	clock := func(d time.Duration) string { return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60) }
	parts := make([]string, len(h.Spans))
	for i, s := range h.Spans {
		days := s.Days[0].String()[:3]
		if n := len(s.Days); n > 1 {
			days += "-" + s.Days[n-1].String()[:3]
		}
		to := s.To
		if to > 24*time.Hour { // of the next day
			to -= 24 * time.Hour
		}
		parts[i] = days + " " + clock(s.From) + "-" + clock(to)
	}
	return strings.Join(parts, ", ")
}

// Shifts are the hours of several people together: one works when any of
// them does. No shifts are always open.
type Shifts []Hours

// neverAfter is how far ahead an opening is looked for. Who is closed for
// longer has hours by mistake, and counts as always open.
const neverAfter = 400 // days

func (s Shifts) always() bool {
	return len(s) == 0 || slices.ContainsFunc(s, Hours.always)
}

// each calls yield with the openings that end after t, in order and without
// overlap, until it returns false.
func (s Shifts) each(t time.Time, yield func(opening) bool) {
	var known []opening
	for day := -2; day <= neverAfter; day++ {
		horizon := t.AddDate(0, 0, neverAfter) // no later day's opening begins before it
		for _, h := range s {
			local := t.In(h.zone())
			known = append(known, h.openings(local.Year(), local.Month(), local.Day()+day)...)
			horizon = earlier(horizon, time.Date(local.Year(), local.Month(), local.Day()+day+1, 0, 0, 0, 0, h.zone()))
		}
		known = join(known)
		for len(known) > 0 && known[0].from.Before(horizon) {
			o := opening{known[0].from, earlier(known[0].to, horizon)}
			if o.to.After(t) && !yield(o) {
				return
			}
			if known[0].from = o.to; !o.to.Before(known[0].to) {
				known = known[1:]
			}
		}
	}
}

// join orders openings and makes one of those that meet.
func join(all []opening) (joined []opening) {
	slices.SortFunc(all, func(a, b opening) int { return a.from.Compare(b.from) })
	for _, o := range all {
		if n := len(joined); n > 0 && !o.from.After(joined[n-1].to) {
			joined[n-1].to = later(joined[n-1].to, o.to)
			continue
		}
		joined = append(joined, o)
	}
	return joined
}

// Open reports whether somebody works at t.
func (s Shifts) Open(t time.Time) bool { return !s.After(t, 0).After(t) }

// After returns the moment at which d of working time has passed since t. For
// 0 that is t when somebody works then, else the next opening.
func (s Shifts) After(t time.Time, d time.Duration) time.Time {
	if s.always() {
		return t.Add(d)
	}
	left, found := max(d, 0), time.Time{}
	s.each(t, func(o opening) bool {
		from := later(o.from, t)
		if has := o.to.Sub(from); has > left || has == left && left > 0 {
			found = from.Add(left)
			return false
		}
		left -= o.to.Sub(from)
		return true
	})
	if found.IsZero() {
		return t.Add(d)
	}
	return found.In(t.Location())
}

// Between returns how much working time there is from a to b; 0 when b is not
// after a.
func (s Shifts) Between(a, b time.Time) time.Duration {
	if !b.After(a) {
		return 0
	}
	if s.always() {
		return b.Sub(a)
	}
	var total time.Duration
	s.each(a, func(o opening) bool {
		if from, to := later(o.from, a), earlier(o.to, b); to.After(from) {
			total += to.Sub(from)
		}
		return o.to.Before(b)
	})
	return total
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// offMost is how long a rep can be away at most: longer is a slip.
const offMost = 400 * 24 * time.Hour

// ParseUntil reads until when a rep is away, as people write it: a time of day
// (today, or tomorrow when it has passed), tomorrow, a day (until it begins), a
// moment in RFC 3339, or for how long. now is in the rep's zone. Zero for back:
// the rep is there. ErrUntil for anything else, the past, and more than a year.
func ParseUntil(words string, now time.Time) (time.Time, error) {
	words = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(strings.ToLower(strings.TrimSpace(words)), "until ")))
	if words == "back" {
		return time.Time{}, nil
	}
	until, ok := untilOf(words, now)
	if !ok || !until.After(now) || until.Sub(now) > offMost {
		return time.Time{}, ErrUntil
	}
	return until, nil
}

func untilOf(words string, now time.Time) (time.Time, bool) {
	on := func(days int, clock time.Time) time.Time {
		return time.Date(now.Year(), now.Month(), now.Day()+days, clock.Hour(), clock.Minute(), 0, 0, now.Location())
	}
	if rest, ok := strings.CutPrefix(words, "tomorrow"); ok {
		if rest == "" {
			return on(1, time.Time{}), true
		}
		clock, err := time.Parse(" 15:04", rest)
		return on(1, clock), err == nil
	}
	if clock, err := time.Parse("15:04", words); err == nil {
		if today := on(0, clock); today.After(now) {
			return today, true
		}
		return on(1, clock), true
	}
	if day, err := time.ParseInLocation(time.DateOnly, words, now.Location()); err == nil {
		return day, true
	}
	if at, err := time.Parse(time.RFC3339, strings.ToUpper(words)); err == nil {
		return at, true
	}
	d, err := time.ParseDuration(words)
	return now.Add(d), err == nil
}

// Digest sends leads of one temperature together, once a day.
type Digest struct {
	To          string // a target's name
	Temperature Temperature
	At          time.Duration  // since midnight
	Zone        *time.Location // of At; nil: UTC
}

// Summary is what the message of a digest shows of all its leads together.
type Summary struct {
	Temperature Temperature    `json:"temperature"`
	From        time.Time      `json:"from"` // the time that it covers
	To          time.Time      `json:"to"`
	Total       int            `json:"total"`             // leads, of which the message lists the first
	Heating     int            `json:"heating,omitempty"` // leads whose score has risen since then
	Before      map[string]int `json:"before,omitempty"`  // lead id -> score at the beginning, of the listed ones that were known then
	Sources     map[string]int `json:"sources,omitempty"` // source -> touches
}

// Listed is how many leads the message of a digest lists; the others are counted.
const Listed = 40

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

// Roughly rounds a duration as people say it.
func Roughly(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", max(0, int(d.Seconds())))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
