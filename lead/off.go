package lead

import (
	"strings"
	"time"
)

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
