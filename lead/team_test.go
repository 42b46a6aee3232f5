package lead

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// rota deals n leads, one a minute from the noon on, and returns whose each was.
func rota(t testing.TB, turns *Turns, p People, off map[string]time.Time, n int) (whose []string) {
	t.Helper()
	for i := range n {
		a, ok := turns.Next(p, "emea", off, noon.Add(time.Duration(i)*time.Minute))
		if !ok {
			a.To = "-"
		}
		whose = append(whose, a.To)
	}
	return whose
}

func team(reps ...Rep) People {
	p := People{Reps: reps, Teams: []Team{{Name: "emea"}}}
	for _, r := range reps {
		p.Teams[0].Reps = append(p.Teams[0].Reps, r.Name)
	}
	return p
}

func TestTurns_Next(t *testing.T) {
	night := Hours{Spans: []Span{{everyDay, clockOf(0, 0), clockOf(5, 0)}}}
	later := Hours{Spans: []Span{{everyDay, clockOf(12, 3), clockOf(18, 0)}}}
	for name, tt := range map[string]struct {
		people People
		off    map[string]time.Time
		want   []string
	}{
		"InTurn":       {team(Rep{Name: "a"}, Rep{Name: "b"}, Rep{Name: "c"}), nil, []string{"a", "b", "c", "a", "b", "c"}},
		"ByWeight":     {team(Rep{Name: "a", Weight: 2}, Rep{Name: "b", Weight: 1}), nil, []string{"a", "b", "a", "a", "b", "a"}},
		"NotAtWork":    {team(Rep{Name: "a", Hours: night}, Rep{Name: "b"}), nil, []string{"b", "b", "b"}},
		"DayBegins":    {team(Rep{Name: "a", Hours: later}, Rep{Name: "b"}), nil, []string{"b", "b", "b", "a", "a", "b"}},
		"NobodyAtWork": {team(Rep{Name: "a", Hours: night}, Rep{Name: "b", Hours: later}), nil, []string{"b", "b"}},
		"Off":          {team(Rep{Name: "a"}, Rep{Name: "b"}), map[string]time.Time{"a": noon.Add(3 * time.Minute)}, []string{"b", "b", "b", "a", "a", "b"}},
		"AllOff":       {team(Rep{Name: "a"}, Rep{Name: "b"}), map[string]time.Time{"a": noon.Add(2 * time.Hour), "b": noon.Add(time.Hour)}, []string{"b"}},
		"Cap":          {team(Rep{Name: "a", Cap: 2}, Rep{Name: "b"}), nil, []string{"a", "b", "a", "b", "b", "b"}},
		"AllFull":      {team(Rep{Name: "a", Cap: 1}), nil, []string{"a", "-"}},
		"Nobody":       {team(), nil, []string{"-"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, rota(t, &Turns{}, tt.people, tt.off, len(tt.want))); diff != "" {
				t.Errorf("whose turn (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTurns_Cap_NextDay: a new day is a new count.
func TestTurns_Cap_NextDay(t *testing.T) {
	p, turns := team(Rep{Name: "a", Cap: 1}), &Turns{}
	for day := range 3 {
		now := noon.AddDate(0, 0, day)
		if _, ok := turns.Next(p, "emea", nil, now); !ok {
			t.Errorf("day %d: the first lead is nobody's", day)
		}
		if a, ok := turns.Next(p, "emea", nil, now); ok {
			t.Errorf("day %d: the second lead is %v", day, a)
		}
	}
}

// TestTurns_Fair: at any moment nobody is more than one lead away from a share
// by weight, also when the turns are made again from the leads in between.
func TestTurns_Fair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var reps []Rep
		total := 0
		for i := range rapid.IntRange(1, 5).Draw(t, "reps") {
			r := Rep{Name: fmt.Sprint("rep", i), Weight: rapid.IntRange(1, 16).Draw(t, "weight")}
			reps, total = append(reps, r), total+r.Weight
		}
		p, turns, given := team(reps...), &Turns{}, map[string]int{}
		var all []Assigned
		n := rapid.IntRange(1, 200).Draw(t, "leads")
		for i := range n {
			if rapid.IntRange(0, 20).Draw(t, "restart") == 0 {
				again := &Turns{}
				for _, at := range rapid.Permutation(all).Draw(t, "order") {
					again.Remember(at)
				}
				if len(all) > 0 {
					again.Revision = turns.Revision
					if diff := cmp.Diff(turns, again); diff != "" {
						t.Fatalf("made again from its leads (-was +is):\n%s", diff)
					}
				}
				turns = again
			}
			a, ok := turns.Next(p, "emea", nil, noon.Add(time.Duration(i)*time.Second))
			if !ok {
				t.Fatal("nobody's turn")
			}
			all = append(all, a)
			given[a.To]++
			for _, r := range reps {
				share := float64((i+1)*r.Weight) / float64(total)
				if diff := float64(given[r.Name]) - share; diff > float64(len(reps)) || diff < -float64(len(reps)) {
					t.Fatalf("after %d leads %s of weight %d of %d has %d", i+1, r.Name, r.Weight, total, given[r.Name])
				}
			}
		}
	})
}

// TestTurns_Merge: two nodes that each know some of the leads know all of them
// together.
func TestTurns_Merge(t *testing.T) {
	p, turns := team(Rep{Name: "a", Weight: 3}, Rep{Name: "b"}), &Turns{}
	var halves [2]Turns
	for i := range 30 {
		a, _ := turns.Next(p, "emea", nil, noon)
		halves[i%2].Remember(a)
	}
	var merged Turns
	merged.Merge(halves[1])
	merged.Merge(halves[0])
	for name, d := range map[string]string{"Turn": cmp.Diff(turns.Turn, merged.Turn), "Passed": cmp.Diff(turns.Passed, merged.Passed)} {
		if d != "" {
			t.Errorf("%s (-all +merged):\n%s", name, d)
		}
	}
}

func TestPeople_Shifts(t *testing.T) {
	day := Hours{Spans: []Span{{everyDay, clockOf(9, 0), clockOf(17, 0)}}}
	p := People{Reps: []Rep{{Name: "a", Hours: day}, {Name: "b"}}, Teams: []Team{{Name: "t", Reps: []string{"a"}}, {Name: "both", Reps: []string{"a", "b", "gone"}}}}
	evening := time.Date(2026, 11, 25, 20, 0, 0, 0, time.UTC)
	for name, want := range map[string]bool{"a": false, "b": true, "t": false, "both": true, "channel": true, "": true} {
		if got := p.Shifts(name).Open(evening); got != want {
			t.Errorf("Shifts(%q).Open in the evening = %v", name, got)
		}
	}
}

func TestPeople_Staff(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC) // a Wednesday
	night := Span{Days: []time.Weekday{time.Saturday}, From: 22 * time.Hour, To: 26 * time.Hour}
	p := People{
		Reps:  []Rep{{Name: "Dana", Hours: Hours{Spans: []Span{{weekdays, clockOf(9, 0), clockOf(17, 30)}, night}, Zone: berlin}, Weight: 2, Cap: 20}, {Name: "Eli"}, {Name: "Lee"}},
		Teams: []Team{{Name: "emea", Reps: []string{"Dana", "Eli"}}, {Name: "apac", Mode: FirstCome, Reps: []string{"Dana"}}},
	}
	got := p.Staff(map[string]time.Time{"Eli": now.Add(time.Hour), "Lee": now.Add(-time.Hour)}, now)
	want := Staff{
		Reps: []RepState{
			{Name: "Dana", Hours: "Mon-Fri 09:00-17:30, Sat 22:00-02:00", Zone: "Europe/Berlin", AtWork: true, Weight: 2, Cap: 20, Teams: []string{"emea", "apac"}},
			{Name: "Eli", Zone: "UTC", OffUntil: now.Add(time.Hour), Weight: 1, Teams: []string{"emea"}},
			{Name: "Lee", Zone: "UTC", AtWork: true, Weight: 1},
		},
		Teams: []TeamState{{Name: "emea", Mode: RoundRobin, Reps: []string{"Dana", "Eli"}}, {Name: "apac", Mode: FirstCome, Reps: []string{"Dana"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Staff (-want +got):\n%s", diff)
	}
	if none := (People{}).Staff(nil, now); none.Reps == nil || none.Teams == nil {
		t.Errorf("Staff of nobody = %+v, want empty lists", none)
	}
}
