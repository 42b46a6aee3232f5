package lead

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Rep is a person who takes leads.
type Rep struct {
	Name   string
	Slack  string // id of the member, U0DANA
	Email  string
	Hours  Hours
	Weight int // share in a round robin; less than 1 counts as 1
	Cap    int // the most leads that a round robin gives the rep in a UTC day; 0: no bound
}

// Mode is how a team shares its leads.
type Mode string

// The modes of a team.
const (
	RoundRobin Mode = "round_robin" // every lead is given to a rep
	FirstCome  Mode = "claim"       // whoever claims it first has it
)

// Team is several reps.
type Team struct {
	Name  string
	Reps  []string // their names
	Mode  Mode
	Slack string // id of the user group, S0EMEA
}

// People are all reps and teams. Their names are theirs alone.
type People struct {
	Reps  []Rep
	Teams []Team
}

// Rep returns the rep of a name.
func (p People) Rep(name string) (Rep, bool) {
	i := slices.IndexFunc(p.Reps, func(r Rep) bool { return r.Name == name })
	if i < 0 {
		return Rep{}, false
	}
	return p.Reps[i], true
}

// Team returns the team of a name.
func (p People) Team(name string) (Team, bool) {
	i := slices.IndexFunc(p.Teams, func(t Team) bool { return t.Name == name })
	if i < 0 {
		return Team{}, false
	}
	return p.Teams[i], true
}

// Members returns the reps of a team, in its order.
func (p People) Members(team string) (members []Rep) {
	t, _ := p.Team(team)
	for _, name := range t.Reps {
		if r, ok := p.Rep(name); ok {
			members = append(members, r)
		}
	}
	return members
}

// Shifts are the hours of a team, or of a rep; of neither: always open.
func (p People) Shifts(name string) (s Shifts) {
	if r, ok := p.Rep(name); ok {
		return Shifts{r.Hours}
	}
	for _, r := range p.Members(name) {
		s = append(s, r.Hours)
	}
	return s
}

// Assigned is whose turn it was when a lead came.
type Assigned struct {
	To     string    `json:"to"`
	Team   string    `json:"team"`
	At     time.Time `json:"at"`
	Passed int64     `json:"passed"` // the turn of To for this lead; see Turns
	Turn   int64     `json:"turn"`   // and for the next one
}

// Turns is how far a round robin has come. Each lead moves its rep's turn on,
// by less the more the rep weighs, and the rep whose turn is the lowest is next.
// Who was away does not make up for it: the turns of those at work have passed.
// Its zero value is the beginning.
type Turns struct {
	Revision int64            `json:"revision"`
	Passed   map[string]int64 `json:"passed,omitempty"` // by team: the turn of the latest lead
	Turn     map[string]int64 `json:"turn,omitempty"`   // by team/rep
	Day      string           `json:"day,omitempty"`    // that Given counts, as of the latest lead
	Given    map[string]int   `json:"given,omitempty"`  // by rep: leads of that day
}

// fullTurn is how far one lead moves a rep of weight 1. It can be divided by
// every weight up to 16; with greater ones shares are off by less than one in
// seven thousand.
const fullTurn = 720720

// Next gives a lead to the next rep of a team: of those who are at work, are
// not off and have not had all they may have in a day, or, when none is at
// work, of those whose day begins first. False when there is none; nothing has
// changed then. off is until when a rep is away.
func (t *Turns) Next(p People, team string, off map[string]time.Time, now time.Time) (Assigned, bool) {
	t.begin(now)
	var best *Rep
	var begins time.Time
	var turn int64
	for _, r := range p.Members(team) {
		if r.Cap > 0 && t.Given[r.Name] >= r.Cap {
			continue
		}
		at := Shifts{r.Hours}.After(later(now, off[r.Name]), 0)
		next := max(t.Turn[team+"/"+r.Name], t.Passed[team])
		if best == nil || cmp.Or(at.Compare(begins), cmp.Compare(next, turn)) < 0 {
			best, begins, turn = &r, at, next
		}
	}
	if best == nil {
		return Assigned{}, false
	}
	a := Assigned{To: best.Name, Team: team, At: now.UTC(), Passed: turn, Turn: turn + fullTurn/int64(max(best.Weight, 1))}
	t.Remember(a)
	return a, true
}

// Remember notes that a lead was given to a rep. Out of all leads it
// makes the turns again, in any order.
func (t *Turns) Remember(a Assigned) {
	t.begin(a.At)
	key := a.Team + "/" + a.To
	t.Turn[key] = max(t.Turn[key], a.Turn)
	t.Passed[a.Team] = max(t.Passed[a.Team], a.Passed)
	if dayOf(a.At) == t.Day {
		t.Given[a.To]++
	}
}

// Merge adds what other knows.
func (t *Turns) Merge(other Turns) {
	t.begin(time.Time{})
	for key, turn := range other.Turn {
		t.Turn[key] = max(t.Turn[key], turn)
	}
	for team, turn := range other.Passed {
		t.Passed[team] = max(t.Passed[team], turn)
	}
	switch {
	case other.Day > t.Day:
		t.Day, t.Given = other.Day, maps.Clone(other.Given)
	case other.Day == t.Day:
		for rep, n := range other.Given {
			t.Given[rep] = max(t.Given[rep], n)
		}
	}
}

// begin makes the maps, and a new day when at is in one.
func (t *Turns) begin(at time.Time) {
	if t.Passed == nil {
		t.Passed = map[string]int64{}
	}
	if t.Turn == nil {
		t.Turn = map[string]int64{}
	}
	if day := dayOf(at); t.Given == nil || day > t.Day {
		t.Day, t.Given = max(day, t.Day), map[string]int{}
	}
}

func dayOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// Staff is the reps and teams of the configuration, in its order, as of now. Its
// JSON is the API's.
type Staff struct {
	Reps  []RepState  `json:"reps"`
	Teams []TeamState `json:"teams"`
}

// RepState is a rep as of now.
type RepState struct {
	Name     string    `json:"name"`
	Hours    string    `json:"hours,omitempty"` // as configured; absent: always
	Zone     string    `json:"zone"`            // of the hours
	AtWork   bool      `json:"at_work"`         // within the hours, and not off
	OffUntil time.Time `json:"off_until,omitzero"`
	Weight   int       `json:"weight"`        // share in a round robin
	Cap      int       `json:"cap,omitempty"` // the most leads that a round robin gives in a UTC day; absent: no bound
	Teams    []string  `json:"teams,omitempty"`
}

// TeamState is a team and how it shares its leads.
type TeamState struct {
	Name string   `json:"name"`
	Mode Mode     `json:"mode"` // round_robin, or claim: whoever is first
	Reps []string `json:"reps"`
}

// Staff is these people as of now. off is until when reps are away.
func (p People) Staff(off map[string]time.Time, now time.Time) Staff {
	all := Staff{Reps: []RepState{}, Teams: []TeamState{}}
	for _, r := range p.Reps {
		s := RepState{Name: r.Name, Hours: r.Hours.String(), Zone: r.Hours.Local(now).Location().String(),
			AtWork: Shifts{r.Hours}.Open(now), Weight: max(r.Weight, 1), Cap: r.Cap}
		if until := off[r.Name]; until.After(now) {
			s.OffUntil, s.AtWork = until, false
		}
		for _, t := range p.Teams {
			if slices.Contains(t.Reps, r.Name) {
				s.Teams = append(s.Teams, t.Name)
			}
		}
		all.Reps = append(all.Reps, s)
	}
	for _, t := range p.Teams {
		all.Teams = append(all.Teams, TeamState{Name: t.Name, Mode: cmp.Or(t.Mode, RoundRobin), Reps: t.Reps})
	}
	return all
}
