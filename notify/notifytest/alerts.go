// Package notifytest has what the tests of senders share: sample alerts, hostile
// texts, and an HTTP server that records what is sent to it.
//
// Only tests import it. A new state of a lead to render is one row of States.
package notifytest

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
	"github.com/leadgate/leadgate/notify"
)

// Update rewrites golden files instead of comparing with them.
var Update = flag.Bool("update", false, "rewrite the golden files")

// Golden compares got with a file in testdata.
func Golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *Update {
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

// Indented is JSON as golden files have it.
func Indented(t *testing.T, raw []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	b.WriteByte('\n')
	return b.Bytes()
}

// Received is when the touches of sample alerts came.
var Received = time.Date(2026, 11, 22, 10, 42, 0, 0, time.UTC)

// Grace is an alert: she asks for a demo after a webinar and an e-book.
func Grace(kind lead.AlertKind, changes ...func(*lead.Lead, *lead.Touch)) notify.Alert {
	p := lead.Person{Name: "Grace Hopper", Email: "grace@acme.example", Phone: "+14155550100", Company: "Acme Corp", Title: "VP Engineering"}
	t := &lead.Touch{
		ID: "01K9ZQ3V8M4T7R2X5B6C9D0TCH", State: lead.Accepted, Source: "pricing-form", Provider: "form", Action: "demo_request",
		At: Received, ReceivedAt: Received, Person: p, Message: "We need SSO for 300 seats before January. Can someone call me today?",
		UTM: lead.UTM{Source: "google", Medium: "cpc", Campaign: "brand"}, PageURL: "https://www.acme.example/pricing?utm_source=google",
		Fields: map[string]string{"Seats": "300"},
	}
	l := &lead.Lead{
		ID: "01K9ZQ3V8M4T7R2X5B6C9D0EFG", Person: p, Status: lead.New, Revision: 1,
		Verdict: lead.Verdict{Temperature: lead.Hot, Stage: lead.SQL, Score: 92, NextStep: "Call now: they asked for you.",
			Reasons: []lead.Reason{{Because: "asked for a demo", Points: 90, Rule: "demo_request"}, {Because: "work e-mail", Points: 5, Rule: "work_email"}, {Because: "took part in a webinar", Points: -3, Rule: "x"}}},
		History: []lead.Past{
			{ID: "T1", Action: "ebook_download", At: Received.AddDate(0, 0, -19)},
			{ID: "T2", Action: "webinar_attended", At: Received.AddDate(0, 0, -8)},
			{ID: t.ID, Action: t.Action, At: t.At},
		},
	}
	for _, change := range changes {
		change(l, t)
	}
	return notify.Alert{Kind: kind, Lead: l, Touch: t}
}

// People are three reps and two teams.
func People() lead.People {
	return lead.People{
		Reps:  []lead.Rep{{Name: "Dana", Slack: "U0DANA"}, {Name: "Eli", Slack: "U0ELI"}, {Name: "Boss"}},
		Teams: []lead.Team{{Name: "emea", Reps: []string{"Dana", "Eli", "Boss"}}, {Name: "us", Slack: "S0US", Reps: []string{"Dana"}}},
	}
}

// Claimed makes Dana the owner, 48 seconds later.
func Claimed(l *lead.Lead, _ *lead.Touch) {
	l.Status, l.Claim, l.Revision = lead.Claimed, &lead.Claim{By: "Dana", At: Received.Add(48 * time.Second)}, 2
}

// Contacted has Dana make contact, too.
func Contacted(l *lead.Lead, t *lead.Touch) {
	Claimed(l, t)
	l.Status, l.Revision = lead.Contacted, 3
	l.Trail = []lead.Step{did(lead.VerbContacted, 192*time.Second)}
}

// did is a step of Dana's, so long after the lead came.
func did(v lead.Verb, after time.Duration) lead.Step {
	return lead.Step{At: Received.Add(after), Step: lead.StepName(v), Note: "Dana"}
}

func givenBack(l *lead.Lead, _ *lead.Touch) {
	l.Revision, l.Trail = 4, []lead.Step{did(lead.VerbClaim, 48*time.Second), did(lead.VerbUnclaim, 2*time.Minute)}
}

func handed(l *lead.Lead, t *lead.Touch) {
	Claimed(l, t)
	l.Claim.By, l.Trail = "Lee", []lead.Step{did(lead.VerbAssign, 48*time.Second)}
}

// Junked marks the lead as junk.
func Junked(l *lead.Lead, _ *lead.Touch) {
	s := did(lead.VerbJunk, time.Minute)
	s.Why = "spam"
	l.Status, l.Revision, l.Trail = lead.Junk, 2, []lead.Step{s}
}

func duplicated(l *lead.Lead, _ *lead.Touch) {
	l.Status, l.DuplicateOf, l.Revision, l.Trail = lead.Closed, "01K9ZQ3V8M4T7R2X5B6C9D0OTH", 2, []lead.Step{did(lead.VerbDuplicate, time.Minute)}
}

func notHot(l *lead.Lead, _ *lead.Touch) {
	if err := l.Act(lead.Command{Verb: lead.VerbNotHot, By: "Dana"}, Received.Add(time.Minute)); err != nil {
		panic(err) // of a hot lead it is never one
	}
}

// Bare leaves an e-mail address of the person, and nothing else.
func Bare(l *lead.Lead, t *lead.Touch) {
	p := lead.Person{Email: "grace@gmail.com"}
	*t = lead.Touch{ID: t.ID, Action: t.Action, ReceivedAt: t.ReceivedAt, Person: p}
	*l = lead.Lead{ID: l.ID, Person: p, Revision: 1, Status: lead.New, Verdict: lead.Verdict{Temperature: lead.Hot, Score: 70}}
}

// Warm makes it a warm lead that took part in a webinar.
func Warm(l *lead.Lead, t *lead.Touch) {
	l.Verdict = lead.Verdict{Temperature: lead.Warm, Stage: lead.MQL, Score: 45, Reasons: []lead.Reason{{Because: "took part in a webinar", Points: 45}}}
	t.Action, t.Event.Title, t.Message = "webinar_attended", "Scale intake", ""
}

// Again makes it a second request of a claimed lead.
func Again(l *lead.Lead, t *lead.Touch) {
	Claimed(l, t)
	l.AlertedAt, l.Score = Received.Add(-3*time.Minute), 97
	t.Action, t.Message, t.Fields = "quote_request", "Sorry, 500 seats, not 300.", map[string]string{"Seats": "500"}
}

func overdue(l *lead.Lead, _ *lead.Touch) { l.AlertedAt = Received.Add(-5 * time.Minute) }

func assigned(to string) func(*lead.Lead, *lead.Touch) {
	return func(l *lead.Lead, _ *lead.Touch) { l.Assigned = &lead.Assigned{To: to} }
}

func onMonday(l *lead.Lead, _ *lead.Touch) {
	l.WaitsSince, l.EscalatesAt = Received, time.Date(2026, 11, 23, 9, 5, 0, 0, time.UTC)
}

func escalated(l *lead.Lead, _ *lead.Touch) { l.WaitsSince, l.Escalated = Received, 1 }

// Crowd is many alerts at once, each with an id of its own.
func Crowd(n int, changes ...func(*lead.Lead, *lead.Touch)) (alerts []notify.Alert) {
	for i := range n {
		a := Grace(lead.HotAlert, changes...)
		suffix := string(rune('A'+i/26)) + string(rune('A'+i%26))
		a.Lead.ID += suffix
		a.Touch.ID += suffix
		alerts = append(alerts, a)
	}
	return alerts
}

// States are the messages that golden files show, with and without buttons.
var States = []struct {
	Name    string
	Alerts  []notify.Alert
	Buttons bool
	Refused int // how many forms Slack refuses before this one
}{
	{"hot", []notify.Alert{Grace(lead.HotAlert)}, true, 0},
	{"hot_without_buttons", []notify.Alert{Grace(lead.HotAlert)}, false, 0},
	{"hot_bare", []notify.Alert{Grace(lead.HotAlert, Bare)}, true, 0},
	{"hot_compact", []notify.Alert{Grace(lead.HotAlert)}, true, 1},
	{"hot_plain", []notify.Alert{Grace(lead.HotAlert)}, true, 2},
	{"just_turned_hot", []notify.Alert{Grace(lead.JustTurnedHot)}, true, 0},
	{"claimed", []notify.Alert{Grace(lead.HotAlert, Claimed)}, true, 0},
	{"contacted", []notify.Alert{Grace(lead.HotAlert, Contacted)}, true, 0},
	{"given_back", []notify.Alert{Grace(lead.HotAlert, givenBack)}, true, 0},
	{"assigned_by_hand", []notify.Alert{Grace(lead.HotAlert, handed)}, true, 0},
	{"junk", []notify.Alert{Grace(lead.HotAlert, Junked)}, true, 0},
	{"duplicate", []notify.Alert{Grace(lead.HotAlert, duplicated)}, true, 0},
	{"not_hot", []notify.Alert{Grace(lead.HotAlert, notHot)}, true, 0},
	{"remark", []notify.Alert{{Kind: lead.ThreadReply, Lead: &lead.Lead{ID: "01K9ZQ3V8M4T7R2X5B6C9D0LED"}, Touch: &lead.Touch{ID: "01K9ZQ3V8M4T7R2X5B6C9D0RMK", ReceivedAt: Received},
		Thread: "C0SALES/1795344121.004200", Note: "Lee's claim of 10:42:51 UTC came second: <Dana> has this lead."}}, true, 0},
	{"escalation_claimed", []notify.Alert{InThread(Grace(lead.Escalated, Claimed))}, true, 0},
	{"warm_copy", []notify.Alert{Grace(lead.Copy, Warm)}, true, 0},
	{"repeat", []notify.Alert{InThread(Grace(lead.Repeat, Again))}, true, 0},
	{"escalation", []notify.Alert{InThread(Grace(lead.Escalated, overdue))}, true, 0},
	{"escalation_to_a_team", []notify.Alert{reminding(InThread(Grace(lead.Escalated)), lead.Reminder{Waited: 5 * time.Minute, To: "emea", Next: "Boss", NextAt: Received.Add(15 * time.Minute)})}, true, 0},
	{"escalation_late", []notify.Alert{reminding(Grace(lead.Escalated), lead.Reminder{Waited: 3 * time.Hour, To: "Dana", Late: 2*time.Hour + 55*time.Minute})}, true, 0},
	{"assigned", []notify.Alert{Grace(lead.HotAlert, assigned("Dana"))}, true, 0},
	{"assigned_until_monday", []notify.Alert{Grace(lead.HotAlert, assigned("emea"), onMonday)}, true, 0},
	{"escalated", []notify.Alert{Grace(lead.HotAlert, overdue, escalated)}, true, 0},
	{"test", []notify.Alert{Grace(lead.TestAlert)}, true, 0},
	{"rollup", Crowd(3), true, 0},
	{"rollup_with_a_claimed_one", append(Crowd(1), Grace(lead.HotAlert, Claimed)), true, 0},
	{"rollup_without_buttons", Crowd(3), false, 0},
	{"rollup_plain", Crowd(3), true, 2},
	{"rollup_of_many", append(Crowd(46), Grace(lead.HotAlert, Claimed)), true, 0},
	{"rollup_of_many_without_buttons", Crowd(41), false, 0},
	{"digest", []notify.Alert{Grace(lead.DigestAlert, Warm)}, true, 0},
	{"digest_of_a_day", OfADay(Crowd(2, Warm), 14), true, 0},
}

// OfADay makes alerts the digest of a day with so many leads in all.
func OfADay(alerts []notify.Alert, total int) []notify.Alert {
	d := &lead.Summary{Temperature: lead.Warm, From: Received.AddDate(0, 0, -1), To: Received, Total: total, Heating: 1,
		Before: map[string]int{alerts[0].Lead.ID: 20}, Sources: map[string]int{"zoom-webinars": 9, "pricing-form": 6}}
	for i := range alerts {
		alerts[i].Kind, alerts[i].Digest, alerts[i].Notice = lead.DigestAlert, d, "digest:sales:warm:2026-11-22"
	}
	return alerts
}

func reminding(a notify.Alert, r lead.Reminder) notify.Alert {
	a.Reminder, a.Notice, a.Note = &r, "escalation:"+a.Lead.ID+":1", ""
	return a
}

// InThread makes an alert follow an earlier one, with a note.
func InThread(a notify.Alert) notify.Alert {
	a.Thread, a.Note = "C0SALES/1795344121.004200", "Second try: EMEA team"
	return a
}
