package notify

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/lead"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run go test -update", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func indented(t *testing.T, raw []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	b.WriteByte('\n')
	return b.Bytes()
}

var received0 = time.Date(2026, 11, 22, 10, 42, 0, 0, time.UTC)

// grace asks for a demo after a webinar and an e-book.
func grace(kind lead.AlertKind, changes ...func(*lead.Lead, *lead.Touch)) Alert {
	p := lead.Person{Name: "Grace Hopper", Email: "grace@acme.example", Phone: "+14155550100", Company: "Acme Corp", Title: "VP Engineering"}
	t := &lead.Touch{
		ID: "01K9ZQ3V8M4T7R2X5B6C9D0TCH", State: lead.Accepted, Source: "pricing-form", Provider: "form", Action: "demo_request",
		At: received0, ReceivedAt: received0, Person: p, Message: "We need SSO for 300 seats before January. Can someone call me today?",
		UTM: lead.UTM{Source: "google", Medium: "cpc", Campaign: "brand"}, PageURL: "https://www.acme.example/pricing?utm_source=google",
		Fields: map[string]string{"Seats": "300"},
	}
	l := &lead.Lead{
		ID: "01K9ZQ3V8M4T7R2X5B6C9D0EFG", Person: p, Status: lead.New, Revision: 1,
		Verdict: lead.Verdict{Temperature: lead.Hot, Stage: lead.SQL, Score: 92, NextStep: "Call now: they asked for you.",
			Reasons: []lead.Reason{{Because: "asked for a demo", Points: 90, Rule: "demo_request"}, {Because: "work e-mail", Points: 5, Rule: "work_email"}, {Because: "took part in a webinar", Points: -3, Rule: "x"}}},
		History: []lead.Past{
			{ID: "T1", Action: "ebook_download", At: received0.AddDate(0, 0, -19)},
			{ID: "T2", Action: "webinar_attended", At: received0.AddDate(0, 0, -8)},
			{ID: t.ID, Action: t.Action, At: t.At},
		},
	}
	for _, change := range changes {
		change(l, t)
	}
	return Alert{Kind: kind, Lead: l, Touch: t}
}

var style0 = Style{PublicURL: "https://leads.example.com", Now: received0.Add(1400 * time.Millisecond), People: func() lead.People { return people0 }}

var people0 = lead.People{
	Reps:  []lead.Rep{{Name: "Dana", Slack: "U0DANA"}, {Name: "Eli", Slack: "U0ELI"}, {Name: "Boss"}},
	Teams: []lead.Team{{Name: "emea", Reps: []string{"Dana", "Eli", "Boss"}}, {Name: "us", Slack: "S0US", Reps: []string{"Dana"}}},
}

func claimed(l *lead.Lead, _ *lead.Touch) {
	l.Status, l.Claim, l.Revision = lead.Claimed, &lead.Claim{By: "Dana", At: received0.Add(48 * time.Second)}, 2
}

func contacted(l *lead.Lead, t *lead.Touch) {
	claimed(l, t)
	l.Status, l.Revision = lead.Contacted, 3
	l.Trail = []lead.Step{did(lead.VerbContacted, 192*time.Second)}
}

// did is a step of Dana's, so long after the lead came.
func did(v lead.Verb, after time.Duration) lead.Step {
	return lead.Step{At: received0.Add(after), Step: lead.StepName(v), Note: "Dana"}
}

func givenBack(l *lead.Lead, _ *lead.Touch) {
	l.Revision, l.Trail = 4, []lead.Step{did(lead.VerbClaim, 48*time.Second), did(lead.VerbUnclaim, 2*time.Minute)}
}

func handed(l *lead.Lead, t *lead.Touch) {
	claimed(l, t)
	l.Claim.By, l.Trail = "Lee", []lead.Step{did(lead.VerbAssign, 48*time.Second)}
}

func junked(l *lead.Lead, _ *lead.Touch) {
	s := did(lead.VerbJunk, time.Minute)
	s.Why = "spam"
	l.Status, l.Revision, l.Trail = lead.Junk, 2, []lead.Step{s}
}

func duplicated(l *lead.Lead, _ *lead.Touch) {
	l.Status, l.DuplicateOf, l.Revision, l.Trail = lead.Closed, "01K9ZQ3V8M4T7R2X5B6C9D0OTH", 2, []lead.Step{did(lead.VerbDuplicate, time.Minute)}
}

func notHot(l *lead.Lead, _ *lead.Touch) {
	if err := l.Act(lead.Deed{Verb: lead.VerbNotHot, By: "Dana"}, received0.Add(time.Minute)); err != nil {
		panic(err) // of a hot lead it is never one
	}
}

// bare is a person of whom only an address is known.
func bare(l *lead.Lead, t *lead.Touch) {
	p := lead.Person{Email: "grace@gmail.com"}
	*t = lead.Touch{ID: t.ID, Action: t.Action, ReceivedAt: t.ReceivedAt, Person: p}
	*l = lead.Lead{ID: l.ID, Person: p, Revision: 1, Status: lead.New, Verdict: lead.Verdict{Temperature: lead.Hot, Score: 70}}
}

func warm(l *lead.Lead, t *lead.Touch) {
	l.Verdict = lead.Verdict{Temperature: lead.Warm, Stage: lead.MQL, Score: 45, Reasons: []lead.Reason{{Because: "took part in a webinar", Points: 45}}}
	t.Action, t.Event.Title, t.Message = "webinar_attended", "Scale intake", ""
}

func again(l *lead.Lead, t *lead.Touch) {
	claimed(l, t)
	l.AlertedAt, l.Score = received0.Add(-3*time.Minute), 97
	t.Action, t.Message, t.Fields = "quote_request", "Sorry, 500 seats, not 300.", map[string]string{"Seats": "500"}
}

func overdue(l *lead.Lead, _ *lead.Touch) { l.AlertedAt = received0.Add(-5 * time.Minute) }

func assigned(to string) func(*lead.Lead, *lead.Touch) {
	return func(l *lead.Lead, _ *lead.Touch) { l.Assigned = &lead.Assigned{To: to} }
}

func onMonday(l *lead.Lead, _ *lead.Touch) {
	l.WaitsSince, l.EscalatesAt = received0, time.Date(2026, 11, 23, 9, 5, 0, 0, time.UTC)
}

func escalated(l *lead.Lead, _ *lead.Touch) { l.WaitsSince, l.Escalated = received0, 1 }

// crowd is many people at once, each with an own id.
func crowd(n int, changes ...func(*lead.Lead, *lead.Touch)) (alerts []Alert) {
	for i := range n {
		a := grace(lead.HotAlert, changes...)
		suffix := string(rune('A'+i/26)) + string(rune('A'+i%26))
		a.Lead.ID += suffix
		a.Touch.ID += suffix
		alerts = append(alerts, a)
	}
	return alerts
}
