package lead

import (
	"errors"
	"testing"
	"time"
)

func TestParseUntil(t *testing.T) {
	now := time.Date(2026, 11, 25, 11, 30, 0, 0, zoneOf(t, "Europe/Berlin"))
	for words, want := range map[string]string{
		"14:00":                     "2026-11-25T14:00:00+01:00",
		"until 14:00":               "2026-11-25T14:00:00+01:00",
		"9:05":                      "2026-11-26T09:05:00+01:00",
		" Tomorrow ":                "2026-11-26T00:00:00+01:00",
		"tomorrow 14:00":            "2026-11-26T14:00:00+01:00",
		"2026-12-24":                "2026-12-24T00:00:00+01:00",
		"2026-11-25T18:00:00Z":      "2026-11-25T19:00:00+01:00",
		"2026-11-25t18:00:00+01:00": "2026-11-25T18:00:00+01:00",
		"2h":                        "2026-11-25T13:30:00+01:00",
		"1h30m":                     "2026-11-25T13:00:00+01:00",
	} {
		got, err := ParseUntil(words, now)
		if err != nil || !got.Equal(parseTime(t, want)) {
			t.Errorf("ParseUntil(%q) = %s, %v; want %s", words, got, err, want)
		}
	}
	if got, err := ParseUntil("back", now); err != nil || !got.IsZero() {
		t.Errorf("ParseUntil(back) = %s, %v", got, err)
	}
	for _, words := range []string{"", "soon", "25:00", "-2h", "0s", "2026-11-25", "2026-11-25T10:00:00Z", "2029-01-01", "tomorrow at 9", "14:00 today", "9999h99999m"} {
		if got, err := ParseUntil(words, now); !errors.Is(err, ErrUntil) {
			t.Errorf("ParseUntil(%q) = %s, %v; want ErrUntil", words, got, err)
		}
	}
}
