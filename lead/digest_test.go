package lead

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDigest_Slot(t *testing.T) {
	berlin := zoneOf(t, "Europe/Berlin")
	for name, tt := range map[string]struct {
		at   time.Duration
		now  string
		want string
	}{
		"Today":         {clockOf(9, 0), "2026-11-25T12:00:00+01:00", "2026-11-25T09:00:00+01:00"},
		"JustNow":       {clockOf(9, 0), "2026-11-25T09:00:00+01:00", "2026-11-25T09:00:00+01:00"},
		"Yesterday":     {clockOf(9, 0), "2026-11-25T08:59:59+01:00", "2026-11-24T09:00:00+01:00"},
		"OverTheChange": {clockOf(9, 0), "2026-10-25T08:59:00+01:00", "2026-10-24T09:00:00+02:00"},
		"OverTheMonth":  {clockOf(23, 30), "2026-12-01T01:00:00+01:00", "2026-11-30T23:30:00+01:00"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := (Digest{At: tt.at, Zone: berlin}).Slot(parseTime(t, tt.now)); !got.Equal(parseTime(t, tt.want)) {
				t.Errorf("Slot(%s) = %s, want %s", tt.now, got, tt.want)
			}
		})
	}
}

// TestDigest_OneSlotADay: whatever the hour, each day has one slot, in order.
func TestDigest_OneSlotADay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := zoneOf(t, rapid.SampledFrom([]string{"Europe/Berlin", "America/New_York", "Africa/Cairo", "Australia/Lord_Howe", "UTC"}).Draw(t, "zone"))
		d := Digest{At: clockOf(rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute")), Zone: zone}
		now := anyMoment().Draw(t, "now")
		slot := d.Slot(now)
		if slot.After(now) || now.Sub(slot) > 25*time.Hour {
			t.Fatalf("Slot(%s) = %s", now, slot)
		}
		before := d.Slot(slot.Add(-time.Second))
		if got := before.In(zone).AddDate(0, 0, 1).Format(time.DateOnly); got != slot.In(zone).Format(time.DateOnly) {
			t.Fatalf("the slot before %s is %s", slot, before)
		}
	})
}
