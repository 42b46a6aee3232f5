package lead

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	weekdays = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
	everyDay = append([]time.Weekday{time.Saturday, time.Sunday}, weekdays...)
)

func clockOf(h, m int) time.Duration {
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
}

func zoneOf(t interface{ Fatal(...any) }, name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestShifts_After(t *testing.T) {
	berlin, kolkata, newYork, cairo := zoneOf(t, "Europe/Berlin"), zoneOf(t, "Asia/Kolkata"), zoneOf(t, "America/New_York"), zoneOf(t, "Africa/Cairo")
	office := func(z *time.Location, holidays ...Holiday) Hours {
		return Hours{Spans: []Span{{weekdays, clockOf(9, 0), clockOf(17, 30)}}, Zone: z, Holidays: holidays}
	}
	nights := func(z *time.Location, days ...time.Weekday) Hours {
		return Hours{Spans: []Span{{days, clockOf(22, 0), clockOf(30, 0)}}, Zone: z}
	}
	lunch := Hours{Spans: []Span{{weekdays, clockOf(9, 0), clockOf(12, 0)}, {weekdays, clockOf(13, 0), clockOf(17, 0)}}, Zone: berlin}
	for name, tt := range map[string]struct {
		hours    Shifts
		from     string
		d        time.Duration
		want     string
		wantOpen bool
	}{
		"NoHours":         {nil, "2026-11-28T03:00:00Z", 5 * time.Minute, "2026-11-28T03:05:00Z", true},
		"Midday":          {Shifts{office(berlin)}, "2026-11-25T11:00:00+01:00", 5 * time.Minute, "2026-11-25T11:05:00+01:00", true},
		"BeforeTheDay":    {Shifts{office(berlin)}, "2026-11-25T06:00:00+01:00", 5 * time.Minute, "2026-11-25T09:05:00+01:00", false},
		"AtItsBeginning":  {Shifts{office(berlin)}, "2026-11-25T09:00:00+01:00", 0, "2026-11-25T09:00:00+01:00", true},
		"AtItsEnd":        {Shifts{office(berlin)}, "2026-11-25T17:30:00+01:00", 0, "2026-11-26T09:00:00+01:00", false},
		"OverTheEnd":      {Shifts{office(berlin)}, "2026-11-25T17:28:00+01:00", 5 * time.Minute, "2026-11-26T09:03:00+01:00", true},
		"JustUntilTheEnd": {Shifts{office(berlin)}, "2026-11-25T17:25:00+01:00", 5 * time.Minute, "2026-11-25T17:30:00+01:00", true},
		"Weekend":         {Shifts{office(berlin)}, "2026-11-27T18:00:00+01:00", 5 * time.Minute, "2026-11-30T09:05:00+01:00", false},
		"Lunch":           {Shifts{lunch}, "2026-11-25T11:58:00+01:00", 5 * time.Minute, "2026-11-25T13:03:00+01:00", true},
		"Days":            {Shifts{office(berlin)}, "2026-11-25T09:00:00+01:00", 20 * time.Hour, "2026-11-27T12:00:00+01:00", true},
		"Holidays":        {Shifts{office(berlin, "2026-12-24", "12-25")}, "2026-12-23T17:29:00+01:00", 2 * time.Minute, "2026-12-28T09:01:00+01:00", true},
		"YearlyHoliday":   {Shifts{office(berlin, "12-25")}, "2028-12-25T10:00:00+01:00", 0, "2028-12-26T09:00:00+01:00", false},
		"HalfHourZone":    {Shifts{office(kolkata)}, "2026-11-25T03:29:00Z", 2 * time.Minute, "2026-11-25T03:32:00Z", false},

		"SpringForward":         {Shifts{office(berlin)}, "2026-03-27T17:29:00+01:00", 2 * time.Minute, "2026-03-30T09:01:00+02:00", true},
		"FallBack":              {Shifts{office(berlin)}, "2026-10-23T17:29:00+02:00", 2 * time.Minute, "2026-10-26T09:01:00+01:00", true},
		"AmericaForward":        {Shifts{office(newYork)}, "2026-03-06T17:29:00-05:00", 2 * time.Minute, "2026-03-09T09:01:00-04:00", true},
		"AmericaBack":           {Shifts{office(newYork)}, "2026-10-30T17:29:00-04:00", 2 * time.Minute, "2026-11-02T09:01:00-05:00", true},
		"NightOfTheShortHour":   {Shifts{nights(berlin, time.Saturday)}, "2026-03-28T22:00:00+01:00", 7*time.Hour - time.Minute, "2026-03-29T05:59:00+02:00", true},
		"NightOfTheLongHour":    {Shifts{nights(berlin, time.Saturday)}, "2026-10-24T22:00:00+02:00", 9*time.Hour - time.Minute, "2026-10-25T05:59:00+01:00", true},
		"NoMidnightInCairo":     {Shifts{{Spans: []Span{{everyDay, 0, clockOf(24, 0)}}, Zone: cairo}}, "2026-04-23T23:00:00+02:00", 2 * time.Hour, "2026-04-24T02:00:00+03:00", true},
		"NightAfterMidnight":    {Shifts{nights(berlin, time.Friday)}, "2026-11-28T03:00:00+01:00", 0, "2026-11-28T03:00:00+01:00", true},
		"NightIsOfItsFirstDay":  {Shifts{nights(berlin, time.Friday)}, "2026-11-27T03:00:00+01:00", 0, "2026-11-27T22:00:00+01:00", false},
		"HolidayStopsBeginning": {Shifts{{Spans: []Span{{everyDay, clockOf(22, 0), clockOf(30, 0)}}, Holidays: []Holiday{"2026-11-25"}}}, "2026-11-25T05:00:00Z", 2 * time.Hour, "2026-11-26T23:00:00Z", true},

		"Together":            {Shifts{office(berlin), office(newYork)}, "2026-11-25T17:29:00+01:00", 2 * time.Minute, "2026-11-25T17:31:00+01:00", true},
		"TogetherApart":       {Shifts{office(kolkata), office(newYork)}, "2026-11-25T12:00:00Z", 2*time.Hour + time.Minute, "2026-11-25T16:01:00Z", false},
		"Never":               {Shifts{{Spans: []Span{{[]time.Weekday{time.Monday}, clockOf(9, 0), clockOf(9, 0)}}}}, "2026-11-25T12:00:00Z", time.Minute, "2026-11-25T12:01:00Z", true},
		"AlwaysButOnHolidays": {Shifts{{Holidays: []Holiday{"2026-12-25"}, Zone: berlin}}, "2026-12-24T23:59:00+01:00", 2 * time.Minute, "2026-12-26T00:01:00+01:00", true},
	} {
		t.Run(name, func(t *testing.T) {
			from, want := parseTime(t, tt.from), parseTime(t, tt.want)
			if got := tt.hours.After(from, tt.d); !got.Equal(want) {
				t.Errorf("After(%s, %s) = %s, want %s", tt.from, tt.d, got, want)
			}
			if got := tt.hours.Open(from); got != tt.wantOpen {
				t.Errorf("Open(%s) = %v", tt.from, got)
			}
		})
	}
}

func parseTime(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// anyShifts draws working hours whose edges are not within the hours that
// clocks skip or repeat, so that minutes can be counted by what the wall shows.
func anyShifts() *rapid.Generator[Shifts] {
	zones := []string{"Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "UTC"}
	edge := rapid.Custom(func(t *rapid.T) time.Duration {
		return clockOf(rapid.IntRange(4, 23).Draw(t, "hour"), 15*rapid.IntRange(0, 3).Draw(t, "quarter"))
	})
	return rapid.Custom(func(t *rapid.T) Shifts {
		one := rapid.Custom(func(t *rapid.T) Hours {
			h := Hours{Zone: zoneOf(t, rapid.SampledFrom(zones).Draw(t, "zone"))}
			for range rapid.IntRange(1, 3).Draw(t, "spans") {
				s := Span{From: edge.Draw(t, "from"), To: edge.Draw(t, "to")}
				if s.To <= s.From {
					s.To += 24 * time.Hour
				}
				s.Days = rapid.SliceOfNDistinct(rapid.SampledFrom(everyDay), 1, 7, rapid.ID).Draw(t, "days")
				h.Spans = append(h.Spans, s)
			}
			h.Holidays = rapid.SliceOfN(rapid.SampledFrom([]Holiday{"2026-03-28", "2026-10-25", "03-29", "10-24", "11-01"}), 0, 2).Draw(t, "holidays")
			return h
		})
		return rapid.SliceOfN(one, 1, 3).Draw(t, "shifts")
	})
}

// anyMoment is within a week of a change of clocks.
func anyMoment() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		around := rapid.SampledFrom([]string{"2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2026-04-05"}).Draw(t, "around")
		day, err := time.Parse(time.DateOnly, around)
		if err != nil {
			t.Fatal(err)
		}
		return day.Add(time.Duration(rapid.IntRange(-5*1440, 5*1440).Draw(t, "minute")) * time.Minute)
	})
}

// shows says whether the wall's clock is within a span: the plain reading of
// what Hours mean.
func (s Shifts) shows(t time.Time) bool {
	for _, h := range s {
		for back := range 2 { // a span of yesterday may last until today
			local := t.In(h.zone())
			wall := clockOf(local.Hour(), local.Minute()) + time.Duration(back)*24*time.Hour
			day := time.Date(local.Year(), local.Month(), local.Day()-back, 12, 0, 0, 0, h.zone())
			for _, span := range h.Spans {
				for _, d := range span.Days {
					if d == day.Weekday() && !h.off(day) && span.From <= wall && wall < span.To {
						return true
					}
				}
			}
		}
	}
	return false
}

// TestShifts_ByTheWall counts minutes one by one and compares.
func TestShifts_ByTheWall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, a := anyShifts().Draw(t, "shifts"), anyMoment().Draw(t, "from")
		minutes := rapid.IntRange(0, 4*1440).Draw(t, "minutes")
		b := a.Add(time.Duration(minutes) * time.Minute)
		var want time.Duration
		for at := a; at.Before(b); at = at.Add(time.Minute) {
			if s.shows(at) {
				want += time.Minute
			}
		}
		if got := s.Between(a, b); got != want {
			t.Fatalf("Between(%s, %s) = %s, want %s", a, b, got, want)
		}
		if got := s.Open(a); got != s.shows(a) {
			t.Fatalf("Open(%s) = %v", a, got)
		}
	})
}

// TestShifts_AfterIsBetween: After undoes Between, and neither ever runs back.
func TestShifts_AfterIsBetween(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, a := anyShifts().Draw(t, "shifts"), anyMoment().Draw(t, "from")
		d := time.Duration(rapid.IntRange(0, 3000).Draw(t, "minutes")) * time.Minute
		at := s.After(a, d)
		if at.Before(a.Add(d)) {
			t.Fatalf("After(%s, %s) = %s is sooner than without hours", a, d, at)
		}
		if at == a.Add(d) && !s.Open(a) && d > 0 {
			t.Skip("closed for a year: counts as open")
		}
		if got := s.Between(a, at); got != d {
			t.Fatalf("Between(%s, After(%s)) = %s", a, d, got)
		}
		if longer := s.After(a, d+time.Minute); longer.Before(at) {
			t.Fatalf("After(%s) = %s, a minute more %s", d, at, longer)
		}
	})
}

func TestParseHoliday(t *testing.T) {
	for s, want := range map[string]bool{"2026-12-24": true, "12-25": true, "02-29": true, "2026-02-29": false, "13-01": false, "2026-1-1": false, "": false, "Xmas": false} {
		if _, ok := ParseHoliday(s); ok != want {
			t.Errorf("ParseHoliday(%q) = %v", s, ok)
		}
	}
}

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
