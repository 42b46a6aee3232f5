package lead

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSpeedOf(t *testing.T) {
	day := time.Date(2026, 11, 25, 23, 30, 0, 0, time.UTC)
	care := func(source, by string, after, claimed time.Duration) Care {
		c := Care{Source: source, AskedAt: day.Add(after)}
		if by != "" {
			c.By, c.ClaimedAt = by, c.AskedAt.Add(claimed)
		}
		return c
	}
	all := []Care{
		care("contact", "Dana", 0, time.Minute),
		care("contact", "Dana", time.Minute, 5*time.Minute+time.Second),
		care("webinar", "Evan", time.Hour, -time.Second), // the vendor's clock is ahead of ours
		care("webinar", "", 2*time.Hour, 0),
	}
	all[0].ContactedAt = day.Add(2 * time.Minute)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	seconds := func(s float64) *float64 { return &s }
	total := Speed{N: 4, Claimed: 3, Contacted: 1, P50: seconds(60), P90: seconds(301), Within1: .5, Within5: .5, Within60: .75}
	dana := Speed{N: 2, Claimed: 2, Contacted: 1, P50: seconds(60), P90: seconds(301), Within1: .5, Within5: .5, Within60: 1}
	evan := Speed{N: 1, Claimed: 1, P50: seconds(0), P90: seconds(0), Within1: 1, Within5: 1, Within60: 1}
	late := Speed{N: 2, Claimed: 1, P50: seconds(0), P90: seconds(0), Within1: .5, Within5: .5, Within60: .5}
	row := func(key string, s Speed) Speed { s.Key = key; return s }
	tests := map[string]struct {
		by   SpeedBy
		zone *time.Location
		want []Speed
	}{
		"Day":       {ByDay, time.UTC, []Speed{row("2026-11-25", dana), row("2026-11-26", late)}},
		"DayThere":  {ByDay, berlin, []Speed{row("2026-11-26", total)}},
		"Rep":       {ByRep, time.UTC, []Speed{row("Dana", dana), row("Evan", evan), row("nobody", Speed{N: 1})}},
		"Source":    {BySource, time.UTC, []Speed{row("contact", dana), row("webinar", late)}},
		"Hour":      {ByHour, time.UTC, []Speed{row("00", evan), row("01", Speed{N: 1}), row("23", dana)}},
		"HourThere": {ByHour, berlin, []Speed{row("00", dana), row("01", evan), row("02", Speed{N: 1})}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, rows := SpeedOf(all, tt.by, tt.zone)
			if diff := cmp.Diff(total, got); diff != "" {
				t.Errorf("total (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.want, rows); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
	if total, rows := SpeedOf(nil, ByDay, time.UTC); total != (Speed{}) || len(rows) != 0 || rows == nil {
		t.Errorf("SpeedOf nothing = %+v, %#v, want zeros and an empty list", total, rows)
	}
}

func TestQuantile(t *testing.T) {
	sorted := []time.Duration{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for p, want := range map[float64]time.Duration{0: 1, .05: 1, .1: 1, .5: 5, .51: 6, .9: 9, .91: 10, 1: 10} {
		if got := quantile(sorted, p); got != want {
			t.Errorf("quantile(%g) = %d, want %d", p, got, want)
		}
	}
}
