package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/lead"
)

const twoReps = twoSources + `
reps:
  - {name: Dana, hours: "Mon-Fri 09:00-17:30", zone: Europe/Berlin, weight: 2, cap: 20}
  - {name: Lee Ray}
teams:
  - {name: emea, reps: [Dana, Lee Ray]}
  - {name: apac, reps: [Lee Ray], mode: claim}
`

// People are listed as configured, and who is off is so after a restart, too.
func TestProgram_People(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, env []string) {
		p := newProgram(t, env...)
		p.config(twoReps)
		p.start()
		people := func() (all lead.Staff) {
			t.Helper()
			if code := p.get("/reps", &all); code != http.StatusOK {
				t.Fatalf("GET /reps = %d", code)
			}
			return all
		}
		all := people()
		berlin, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now().In(berlin)
		clock := now.Hour()*60 + now.Minute()
		want := lead.Staff{
			Reps: []lead.RepState{{Name: "Dana", Hours: "Mon-Fri 09:00-17:30", Zone: "Europe/Berlin", Weight: 2, Cap: 20, Teams: []string{"emea"},
				AtWork: now.Weekday() != time.Saturday && now.Weekday() != time.Sunday && clock >= 9*60 && clock < 17*60+30},
				{Name: "Lee Ray", Zone: "UTC", Weight: 1, Teams: []string{"emea", "apac"}, AtWork: true}},
			Teams: []lead.TeamState{{Name: "emea", Mode: lead.RoundRobin, Reps: []string{"Dana", "Lee Ray"}}, {Name: "apac", Mode: lead.FirstCome, Reps: []string{"Lee Ray"}}},
		}
		if d := cmp.Diff(want, all); d != "" {
			t.Errorf("people (-want +got):\n%s", d)
		}
		off := func(rep, until string) int {
			t.Helper()
			return p.call("/reps/"+rep+"/off", `{"until":"`+until+`"}`, nil)
		}
		for _, tt := range []struct {
			rep, until string
			want       int
		}{{"Lee%20Ray", "2h", 200}, {"Nobody", "2h", 404}, {"Dana", "soon", 400}} {
			if code := off(tt.rep, tt.until); code != tt.want {
				t.Errorf("off %s %s = %d, want %d", tt.rep, tt.until, code, tt.want)
			}
		}
		p.audits("api off Lee Ray")
		until := people().Reps[1].OffUntil
		if left := time.Until(until); left < 115*time.Minute || left > 2*time.Hour || people().Reps[1].AtWork {
			t.Errorf("off until %s, want for two hours and not at work", until)
		}
		p.end()
		p.start()
		p.await("the store to be filled", 10*time.Second, func() bool { return people().Reps[1].OffUntil.Equal(until) })
		if code := off("Lee%20Ray", "back"); code != 200 || !people().Reps[1].OffUntil.IsZero() || !people().Reps[1].AtWork {
			t.Errorf("back = %d, %+v", code, people().Reps[1])
		}
	})
}
