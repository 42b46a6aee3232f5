package lead

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// life lets a source be heard every gap for so long, with somebody listening
// every minute, and returns what was new.
func life(r *ArrivalRate, from time.Time, days int, speaks func(at time.Time) bool) (found []RateChange, until time.Time) {
	heard := r.Last
	for at := from; at.Before(from.AddDate(0, 0, days)); at = at.Add(time.Minute) {
		if speaks(at) {
			heard = at
		}
		if what, _ := r.Observe(at, heard); what != NothingNew {
			found = append(found, what)
		}
		until = at
	}
	return found, until
}

// office speaks every quarter of an hour from 8 to 18 on weekdays.
func office(at time.Time) bool {
	return at.Hour() >= 8 && at.Hour() < 18 && at.Minute()%15 == 0 && at.Weekday() != time.Saturday && at.Weekday() != time.Sunday
}

func never(time.Time) bool { return false }

func TestRhythm_Listen(t *testing.T) {
	monday := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	t.Run("Weekends", func(t *testing.T) {
		if found, _ := life(&ArrivalRate{}, monday, 28, office); len(found) > 2 {
			t.Errorf("four weeks of office hours: %v, want nothing after the first weekend", found)
		}
	})
	t.Run("Outage", func(t *testing.T) {
		r := &ArrivalRate{}
		_, now := life(r, monday, 28, office)
		usual, known := r.Usual()
		if !known || usual != 62*time.Hour+15*time.Minute {
			t.Errorf("Usual = %s, %v; want the weekend", usual, known)
		}
		found, now := life(r, now.Add(time.Minute), 14, never)
		if len(found) != 1 || found[0] != FellSilent {
			t.Fatalf("two weeks of silence: %v, want it said once", found)
		}
		found, _ = life(r, now.Add(time.Minute), 1, func(at time.Time) bool { return at.Hour() == 9 })
		if len(found) != 1 || found[0] != ActiveAgain || !r.Silent.IsZero() {
			t.Errorf("it speaks again: %v", found)
		}
	})
	t.Run("RoundTheClock", func(t *testing.T) {
		r := &ArrivalRate{}
		_, now := life(r, monday, 5, func(at time.Time) bool { return at.Minute()%5 == 0 })
		begin := r.Last
		for at := now; ; at = at.Add(time.Minute) {
			if what, gap := r.Observe(at, begin); what == FellSilent {
				if gap <= time.Hour || gap > 62*time.Minute {
					t.Errorf("said after %s, want an hour", gap)
				}
				break
			}
			if at.Sub(now) > 24*time.Hour {
				t.Fatal("never said")
			}
		}
	})
	t.Run("TooNew", func(t *testing.T) {
		r := &ArrivalRate{}
		life(r, monday, 2, office)
		if found, _ := life(r, monday.AddDate(0, 0, 2), 20, never); len(found) > 0 {
			t.Errorf("after two days nothing is usual: %v", found)
		}
	})
	t.Run("NobodyRateChange", func(t *testing.T) {
		r := &ArrivalRate{}
		_, now := life(r, monday, 5, func(at time.Time) bool { return at.Minute()%5 == 0 })
		heard := r.Last
		if what, gap := r.Observe(now.AddDate(0, 0, 10), heard); what != NothingNew || gap > time.Hour {
			t.Errorf("after ten days without anybody who listens: %v, silent for %s", what, gap)
		}
		if r.Observe(now.AddDate(0, 0, 10).Add(time.Minute), now.AddDate(0, 0, 10)); r.Longest[dayOf(now.AddDate(0, 0, 10))] > time.Hour {
			t.Errorf("the outage became a silence of the source: %v", r.Longest)
		}
	})
}

// TestRhythm_Bounded: whatever is heard, a rhythm stays small and says each
// silence once.
func TestRhythm_Bounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, now, silent := &ArrivalRate{}, noon, false
		heard := time.Time{}
		for range rapid.IntRange(0, 300).Draw(t, "looks") {
			now = now.Add(time.Duration(rapid.IntRange(1, 5000).Draw(t, "minutes")) * time.Minute)
			r.Seen = now.Add(-time.Minute) // somebody listened all the time
			if rapid.IntRange(0, 3).Draw(t, "speaks") > 0 {
				heard = now.Add(-time.Duration(rapid.IntRange(0, 50).Draw(t, "ago")) * time.Second)
			}
			switch what, gap := r.Observe(now, heard); what {
			case FellSilent:
				if silent || gap <= shortest {
					t.Fatalf("silence after %s is said again: %v", gap, silent)
				}
				silent = true
			case ActiveAgain:
				if !silent {
					t.Fatal("speaks again without having been silent")
				}
				silent = false
			}
			if len(r.Longest) > rateDays {
				t.Fatalf("%d days are remembered", len(r.Longest))
			}
		}
	})
}

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
