package config

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leadgate/leadgate/lead"
)

type (
	rep  = lead.Rep
	team = lead.Team
)

// mailAddress and memberID keep typing errors out, not more.
var (
	mailAddress = matching(`[^@\s]+@[^@\s]+\.[^@\s]+`, "an e-mail address", "dana@example.com")
	groupID     = matching(`S[A-Z0-9]{2,}`, "the id of a Slack user group", "S0EMEA (Slack: the group's menu, Copy group ID)")
	memberID    = matching(`[UW][A-Z0-9]{2,}`, "the id of a Slack member", "U0DANA (Slack: profile, Copy member ID)")
)

var repKeys = []key[rep]{
	{setting{name: "name", doc: "How teams and the inbox call the rep.", required: true},
		one(func(r *rep) *string { return &r.Name }, words("Dana"))},
	{setting{name: "slack", doc: "Id of the rep's Slack account."},
		one(func(r *rep) *string { return &r.Slack }, memberID)},
	{setting{name: "email", doc: "Mail address of the rep."},
		one(func(r *rep) *string { return &r.Email }, mailAddress)},
	{setting{name: "hours", doc: "When the rep works: Mon-Fri 09:00-17:30, Sat 10:00-12:00. Without it, always."},
		one(func(r *rep) *[]lead.Span { return &r.Hours.Spans }, hours)},
	{setting{name: "zone", doc: "Time zone of hours and holidays.", def: "UTC"},
		one(func(r *rep) **time.Location { return &r.Hours.Zone }, zone)},
	{setting{name: "holidays", doc: "Days on which the rep does not work: 2026-12-24 once, 12-25 every year."},
		many(func(r *rep) *[]lead.Holiday { return &r.Hours.Holidays }, holiday)},
	{setting{name: "weight", doc: "Share in a round robin: 2 gets twice as many leads as 1.", def: "1"},
		one(func(r *rep) *int { return &r.Weight }, between(1, 100, "2"))},
	{setting{name: "cap", doc: "The most leads that a round robin gives the rep in a day (UTC). Without it, as many as come."},
		one(func(r *rep) *int { return &r.Cap }, bound)},
}

var teamKeys = []key[team]{
	{setting{name: "name", doc: "How routes call the team.", required: true},
		one(func(t *team) *string { return &t.Name }, words("emea"))},
	{setting{name: "reps", doc: "Names of its reps.", required: true},
		many(func(t *team) *[]string { return &t.Reps }, words("Dana"))},
	{setting{name: "mode", doc: "round_robin names a rep for every lead; claim leaves it to who is first.", def: "round_robin"},
		one(func(t *team) *lead.Mode { return &t.Mode }, mode)},
	{setting{name: "slack", doc: "Id of the Slack user group that is mentioned where the team is called."},
		one(func(t *team) *string { return &t.Slack }, groupID)},
}

// bound is a number of leads; 0, which is none, is not printed.
var bound = func() grammar[int] {
	g := between(1, 10_000, "20")
	g.show = func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	return g
}()

var modes = oneOf("a mode", string(lead.RoundRobin), string(lead.FirstCome))

var mode = grammar[lead.Mode]{func(s string) (lead.Mode, *wrong) {
	m, bad := modes.parse(s)
	return lead.Mode(m), bad
}, nil, nil, modes.form}

var holiday = grammar[lead.Holiday]{func(s string) (lead.Holiday, *wrong) {
	h, ok := lead.ParseHoliday(s)
	if !ok {
		return h, &wrong{"is not a day", "write 2026-12-24, or 12-25 for every year"}
	}
	return h, nil
}, nil, nil, form{sample: `"12-25"`, pattern: `^([0-9]{4}-)?[0-9]{2}-[0-9]{2}$`}}

// checkPeople looks for names that are taken or unknown.
func (r *reader) checkPeople(c *Config) {
	var reps, teams []string
	for i, rep := range c.Reps {
		r.unique(fmt.Sprintf("reps[%d].name", i), "rep", rep.Name, reps)
		reps = append(reps, rep.Name)
	}
	for i, t := range c.Teams {
		r.unique(fmt.Sprintf("teams[%d].name", i), "team", t.Name, teams)
		teams = append(teams, t.Name)
		for j, name := range t.Reps {
			r.known(fmt.Sprintf("teams[%d].reps[%d]", i, j), "rep", name, reps)
		}
	}
}

func (r *reader) unique(path, what, name string, taken []string) {
	if name != "" && slices.Contains(taken, name) {
		r.fault(path, fmt.Sprintf("%s is already the name of another %s", r.name(path, name), what), "give every "+what+" a name of its own")
	}
}

func (r *reader) known(path, what, name string, names []string) {
	if name != "" && !slices.Contains(names, name) {
		r.fault(path, fmt.Sprintf("there is no %s called %s", what, r.name(path, name)), suggest(name, names))
	}
}

var zone = grammar[*time.Location]{func(s string) (*time.Location, *wrong) {
	l, err := time.LoadLocation(s)
	if err != nil || s == "Local" {
		return time.UTC, &wrong{"is not a time zone", "write Europe/Berlin, America/New_York or UTC"}
	}
	return l, nil
}, func(l *time.Location) string {
	if l == nil {
		return ""
	}
	return l.String()
}, nil, form{sample: "Europe/Berlin"}}

var (
	clockPattern = regexp.MustCompile(`^([01]\d|2[0-4]):([0-5]\d)$`)
	spanPattern  = regexp.MustCompile(`^([A-Z][a-z]{2})(?:-([A-Z][a-z]{2}))? +(\d\d:\d\d)-(\d\d:\d\d)$`)
	weekdays     = []string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}
)

// clock is a time of day, as a duration since midnight.
func clock(s string) (time.Duration, bool) {
	if !clockPattern.MatchString(s) || s > "24:00" {
		return 0, false
	}
	h, m := int(s[0]-'0')*10+int(s[1]-'0'), int(s[3]-'0')*10+int(s[4]-'0')
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute, true
}

func clockText(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
}

var timeOfDay = grammar[time.Duration]{func(s string) (time.Duration, *wrong) {
	d, ok := clock(s)
	if !ok || d == day {
		return 0, &wrong{"is not a time of day", "write 09:00"}
	}
	return d, nil
}, clockText, nil, form{sample: `"09:00"`, pattern: `^([01][0-9]|2[0-3]):[0-5][0-9]$`}}

var hours = grammar[[]lead.Span]{func(s string) ([]lead.Span, *wrong) {
	var spans []lead.Span
	for part := range strings.SplitSeq(s, ",") {
		span, bad := parseSpan(strings.TrimSpace(part))
		if bad != nil {
			return nil, bad
		}
		spans = append(spans, span)
	}
	return spans, nil
}, func(spans []lead.Span) string { return lead.Hours{Spans: spans}.String() }, nil, form{sample: "Mon-Fri 09:00-17:30"}}

func parseSpan(s string) (lead.Span, *wrong) {
	const write = "write Mon-Fri 09:00-17:30, Sat 10:00-12:00"
	m := spanPattern.FindStringSubmatch(s)
	if m == nil {
		return lead.Span{}, &wrong{"is not working hours", write}
	}
	first := slices.Index(weekdays, m[1])
	last := first
	if m[2] != "" {
		last = slices.Index(weekdays, m[2])
	}
	if first < 0 || last < 0 {
		return lead.Span{}, &wrong{"names a day that is none of Mon Tue Wed Thu Fri Sat Sun", write}
	}
	from, ok1 := clock(m[3])
	to, ok2 := clock(m[4])
	switch {
	case !ok1 || !ok2:
		return lead.Span{}, &wrong{"holds what is no time of day", write}
	case from == to:
		return lead.Span{}, &wrong{"ends when it begins", "write 00:00-24:00 for a whole day"}
	case from > to: // a night
		to += day
	}
	span := lead.Span{Days: []time.Weekday{time.Weekday(first)}, From: from, To: to}
	for d := first; d != last; {
		d = (d + 1) % len(weekdays)
		span.Days = append(span.Days, time.Weekday(d))
	}
	return span, nil
}
