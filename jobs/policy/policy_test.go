package policy

import (
	"slices"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/rules"
	"github.com/leadgate/leadgate/notify/routing"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC) // a Wednesday

// newPolicy alerts sales of hot leads, who escalate to managers after 5 minutes of
// working time, and copies everything to a CRM.
func newPolicy(now *time.Time) Policy {
	hours := lead.Hours{Spans: []lead.Span{{Days: []time.Weekday{1, 2, 3, 4, 5}, From: 9 * time.Hour, To: 17 * time.Hour}}, Zone: time.UTC}
	people := lead.People{Reps: []lead.Rep{{Name: "Dana", Hours: hours}}, Teams: []lead.Team{{Name: "emea", Mode: lead.RoundRobin, Reps: []string{"Dana"}}}}
	routes := []routing.Route{
		{To: "sales", AtLeast: lead.Hot, Team: "emea", Escalate: []routing.Escalation{{After: 5 * time.Minute, To: "managers"}}},
		{To: "crm", AtLeast: lead.Cold},
	}
	return Policy{Rules: rules.Default, Routes: func() []routing.Route { return routes }, People: func() lead.People { return people }, Now: func() time.Time { return *now }}
}

func touch(id string, action lead.Action, at time.Time) *lead.Touch {
	return &lead.Touch{ID: id, State: lead.Accepted, Source: "site", Action: action, At: at, ReceivedAt: at, Person: lead.Person{Email: "ada@works.example"}}
}

func TestPolicy_LooksHot(t *testing.T) {
	now := noon
	p := newPolicy(&now)
	for name, c := range map[string]struct {
		change func(*lead.Touch)
		want   bool
	}{
		"Hot":    {func(*lead.Touch) {}, true},
		"Test":   {func(t *lead.Touch) { t.Test = true }, false},
		"Silent": {func(t *lead.Touch) { t.Silent = true }, false},
		"Unread": {func(t *lead.Touch) { t.State = lead.Unread }, false},
		"Warm":   {func(t *lead.Touch) { t.Action = "webinar_registered" }, false},
	} {
		touch := touch("t1", "demo_request", now)
		c.change(touch)
		if got := p.LooksHot(touch); got != c.want {
			t.Errorf("%s: LooksHot = %v, want %v", name, got, c.want)
		}
	}
}

// A hot touch alerts the channel, is copied, waits for a rep whose team takes
// turns, and escalates within working hours.
func TestPolicy_Judge(t *testing.T) {
	now := noon.Add(4*time.Hour + 58*time.Minute) // two minutes before the day ends
	p := newPolicy(&now)
	l := &lead.Lead{ID: "l1", Status: lead.New}
	p.Judge(l, touch("t1", "demo_request", now))
	var targets []string
	for _, d := range l.DecisionsOn("t1") {
		if d.Sends() {
			targets = append(targets, d.Target)
		}
	}
	if l.Temperature != lead.Hot || !slices.Equal(targets, []string{"sales", "crm"}) || !l.AlertedAt.Equal(now) {
		t.Errorf("lead = %s, sent to %v, alerted at %v", l.Temperature, targets, l.AlertedAt)
	}
	if want := time.Date(2026, 11, 26, 9, 3, 0, 0, time.UTC); !l.EscalatesAt.Equal(want) {
		t.Errorf("escalates at %v, want the next day at %v", l.EscalatesAt, want)
	}
	if team := p.TeamInTurn(l, "t1"); team != "emea" {
		t.Errorf("TeamInTurn = %q", team)
	}
	if team := p.TeamInTurn(l, "t0"); team != "" {
		t.Errorf("TeamInTurn of an older touch = %q", team)
	}
	l.Claim = &lead.Claim{By: "Dana", At: now}
	l.Status = lead.Claimed
	if p.Schedule(l); !l.EscalatesAt.IsZero() {
		t.Errorf("a claimed lead escalates at %v", l.EscalatesAt)
	}
}

func TestPolicy_Alone(t *testing.T) {
	now := noon
	p := newPolicy(&now)
	hot := touch("t1", "demo_request", now)
	l := p.Alone(hot)
	if l.ID != "t1" || l.Temperature != lead.Hot || len(l.Touches) != 1 {
		t.Errorf("Alone = %+v", l)
	}
	decisions := p.DecideAlone(l, hot)
	if i := slices.IndexFunc(decisions, func(d lead.Decision) bool { return d.Target == "sales" && d.IsAlert() }); i < 0 {
		t.Errorf("DecideAlone = %+v, want sales alerted", decisions)
	}
}

// Who is alerted once other rules made a lead hot: a target that has the touch is
// left out, other decisions stay.
func TestPolicy_Realert(t *testing.T) {
	now := noon
	p := newPolicy(&now)
	settled := touch("t1", "demo_request", now.Add(-time.Hour))
	settled.State = lead.Settled
	l := &lead.Lead{ID: "l1", Status: lead.New}
	l.Take(settled)
	l.Past("t1").Decisions = []lead.Decision{{Target: "crm", Kind: lead.Copy, Why: "matched"}}
	rules.Default().Judge(l, now)
	if got := p.Realert(l, settled, lead.Verdict{Temperature: lead.Warm}); !slices.Equal(got, []string{"sales"}) || !Undelivered(l, settled) {
		t.Errorf("Realert = %v, decided %+v", got, l.DecisionsOn("t1"))
	}
	if d := l.DecisionsOn("t1"); len(d) != 2 || d[0].Target != "crm" || !l.AlertedAt.Equal(now) {
		t.Errorf("decided %+v, alerted at %v", d, l.AlertedAt)
	}
	settled.Deliveries = []lead.Delivery{{Target: "sales", State: lead.Sent}}
	if got := p.Realert(l, settled, lead.Verdict{Temperature: lead.Warm}); got != nil || Undelivered(l, settled) {
		t.Errorf("Realert of what was delivered = %v", got)
	}
	if got := p.Realert(l, touch("other", "demo_request", now), lead.Verdict{}); got != nil {
		t.Errorf("Realert of a touch that the lead has not = %v", got)
	}
}

func TestPolicy_Resend(t *testing.T) {
	now := noon
	p := newPolicy(&now)
	for name, c := range map[string]struct {
		before []lead.Decision
		target string
		want   lead.AlertKind
		n      int
	}{
		"NewAlert":      {nil, "sales", lead.HotAlert, 1},
		"NewCopy":       {nil, "crm", lead.Copy, 1},
		"AsBefore":      {[]lead.Decision{{Target: "sales", Kind: lead.JustTurnedHot}}, "sales", lead.JustTurnedHot, 1},
		"RepeatIsAlert": {[]lead.Decision{{Target: "sales", Kind: lead.Repeat}}, "sales", lead.HotAlert, 1},
		"BesideOthers":  {[]lead.Decision{{Target: "crm", Kind: lead.Copy}}, "sales", lead.HotAlert, 2},
		"InPlaceOfNone": {[]lead.Decision{{Why: "too_cool"}}, "sales", lead.HotAlert, 1},
	} {
		got := p.Resend(c.before, c.target)
		i := slices.IndexFunc(got, func(d lead.Decision) bool { return d.Target == c.target })
		if len(got) != c.n || i < 0 || got[i].Kind != c.want || got[i].Why != routing.WhyResent {
			t.Errorf("%s: Resend = %+v, want %s as %q among %d", name, got, c.target, c.want, c.n)
		}
	}
}

func TestOutcome(t *testing.T) {
	alert, copied := lead.Decision{Target: "sales", Kind: lead.HotAlert}, lead.Decision{Target: "crm", Kind: lead.Copy}
	sent := func(target string) lead.Delivery { return lead.Delivery{Target: target, State: lead.Sent} }
	failed := func(target string) lead.Delivery { return lead.Delivery{Target: target, State: lead.Failed} }
	for name, c := range map[string]struct {
		deliveries []lead.Delivery
		want       lead.Outcome
	}{
		"Nothing":        {nil, lead.OutcomeHeld},
		"Copied":         {[]lead.Delivery{sent("crm")}, lead.OutcomeHeld},
		"Alerted":        {[]lead.Delivery{sent("crm"), sent("sales")}, lead.OutcomeAlerted},
		"AlertFailed":    {[]lead.Delivery{failed("sales")}, lead.OutcomeFailed},
		"OnlyCopyFailed": {[]lead.Delivery{failed("crm"), sent("sales")}, lead.OutcomeAlerted},
	} {
		if got := Outcome(&lead.Touch{Deliveries: c.deliveries}, []lead.Decision{alert, copied}); got != c.want {
			t.Errorf("%s: Outcome = %s, want %s", name, got, c.want)
		}
	}
}

// Rehearse counts the alerts that rules would have raised, without changing the
// lead; Explain says who would be notified now.
func TestPolicy_RehearseAndExplain(t *testing.T) {
	now := noon
	p := newPolicy(&now)
	l := &lead.Lead{ID: "l1", Status: lead.New}
	for i, action := range []lead.Action{"ebook_download", "demo_request", "demo_request"} {
		p.Judge(l, touch(string(rune('a'+i)), action, now.Add(time.Duration(i)*time.Minute)))
	}
	before := slices.Clone(l.History)
	v, alerts := p.Rehearse(l, rules.Default(), 0)
	if v.Temperature != lead.Hot || alerts != 1 {
		t.Errorf("Rehearse = %s, %d alerts; want hot and one, for the second is a repeat", v.Temperature, alerts)
	}
	for i := range before {
		if len(before[i].Decisions) != len(l.History[i].Decisions) {
			t.Errorf("Rehearse changed the lead: %+v", l.History[i])
		}
	}
	now = now.Add(time.Hour)
	x := p.Explain(l)
	if x.LeadID != "l1" || x.Verdict.Temperature != lead.Hot || len(x.Lines) == 0 || len(x.Decisions) == 0 {
		t.Errorf("Explain = %+v", x)
	}
}
