package console

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/leadgate/leadgate/lead"
)

// graces is a touch that went the usual way, with its lead.
func graces() (*lead.Touch, *lead.Lead) {
	t := &lead.Touch{ID: "01K9ZQ3V8M4T7R2X5B6C9D0EFG", LeadID: "01K9ZQ3V8M4T7R2X5B6C9D0EFH", State: lead.Settled, Source: "demo-request", Action: "demo_request",
		ReceivedAt: time.Date(2026, 11, 25, 10, 42, 0, 113e6, time.Local),
		Person:     lead.Person{Name: "Grace Hopper", Company: "Acme", Email: "grace@acme.example"},
		Deliveries: []lead.Delivery{{Target: "slack", Kind: "slack", State: lead.Sent, Receipt: "C1/1.2"}},
		Trail: []lead.Step{{Step: lead.StepAccepted, MS: .91}, {Step: lead.StepQueued, MS: 1.6}, {Step: lead.StepPicked, MS: 2}, {Step: lead.StepClassified, MS: 2.4},
			{Step: lead.StepDecided, Why: "matched", Note: "slack", MS: 2.5}, {Step: lead.StepSent, Note: "slack", MS: 3.14}, {Step: lead.StepSettled, MS: 4}}}
	l := &lead.Lead{ID: t.LeadID, Person: t.Person, Verdict: lead.Verdict{Temperature: lead.Hot, Stage: lead.SQL, Score: 92, Reasons: []lead.Reason{
		{Because: "asked for a demo", Points: 90, Rule: "demo_request"}, {Because: "work e-mail", Points: 2, Rule: "work_email"}, {Because: "said so", Rule: "x"}}}}
	return t, l
}

func TestTouchLine(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(t *lead.Touch, l *lead.Lead) *lead.Lead
		want   string
	}{
		{"Hot", func(t *lead.Touch, l *lead.Lead) *lead.Lead { return l },
			`10:42:00.113  HOT   92  Grace Hopper, Acme                  demo-request                    +0.9 ms saved  +1.6 queued  +2.4 classified  +3.1 alert
              why  asked for a demo +90, work e-mail +2, said so
`},
		{"WarmToldNobody", func(t *lead.Touch, l *lead.Lead) *lead.Lead {
			t.Source, t.Action, t.Deliveries, t.Test = "spring", "webinar_registered", nil, true
			t.Trail = []lead.Step{{Step: lead.StepAccepted, MS: 1}, {Step: lead.StepClassified, MS: 3}, {Step: lead.StepDecided, Why: "too_cool", Note: "slack", MS: 3}, {Step: lead.StepDecided, Why: "quiet", Note: "crm", MS: 3}}
			l.Temperature, l.Score, l.Reasons = lead.Warm, 30, []lead.Reason{{Because: "registered for a webinar", Points: 30}}
			return l
		}, `10:42:00.113  WARM  30  Grace Hopper, Acme                  spring/webinar_registered (te…  +1.0 ms saved  +3.0 classified
              why  registered for a webinar +30
              told nobody: too_cool (slack), quiet (crm)
`},
		{"DecisionsOnlyInHistory", func(t *lead.Touch, l *lead.Lead) *lead.Lead {
			t.Deliveries, t.Trail = nil, nil
			l.Temperature, l.Score, l.Reasons = lead.Cold, 5, nil
			l.History = []lead.Past{{ID: "other", Decisions: []lead.Decision{{Why: "matched"}}}, {ID: t.ID, Decisions: []lead.Decision{{Why: "no_route"}}}}
			return l
		}, `10:42:00.113  COLD   5  Grace Hopper, Acme                  demo-request                    
              told nobody: no_route
`},
		{"NobodyAsked", func(t *lead.Touch, l *lead.Lead) *lead.Lead {
			t.Deliveries, t.Trail, t.Person = nil, nil, lead.Person{Phone: "+493012345678"}
			return nil
		}, `10:42:00.113            +493012345678                       demo-request                    
              told nobody: nobody was asked
`},
		{"NotYet", func(t *lead.Touch, l *lead.Lead) *lead.Lead {
			t.State = lead.Accepted
			t.Deliveries = []lead.Delivery{{Target: "sales", State: lead.Waiting, Error: "http_500"}, {Target: "crm", State: lead.Failed, Error: "gone"}, {Target: "new", State: lead.Waiting}}
			t.Trail = []lead.Step{{Step: lead.StepAttempt, Note: "sales", Why: "http_500", MS: 12}, {Step: lead.StepFailed, Note: "crm", MS: 13}}
			return l
		}, `10:42:00.113  HOT   92  Grace Hopper, Acme                  demo-request                    +12.0 ms missed sales  +13.0 given up crm
              why  asked for a demo +90, work e-mail +2, said so
              sales has not taken it yet and is tried again: http_500
              gave up on crm: gone
`},
		{"Merged", func(t *lead.Touch, l *lead.Lead) *lead.Lead {
			t.State, t.MergedInto, t.Deliveries = lead.Merged, "01K9FIRST", nil
			t.Trail = []lead.Step{{Step: lead.StepMerged, Why: "same_content", MS: 2}}
			return nil
		}, `10:42:00.113  MERGED    Grace Hopper, Acme                  demo-request                    +2.0 ms merged
              told nobody: a repeat of 01K9FIRST
`},
		{"Quarantined", func(t *lead.Touch, l *lead.Lead) *lead.Lead {
			t.State, t.Held, t.Deliveries, t.Trail = lead.Quarantined, "honeypot", nil, nil
			return nil
		}, `10:42:00.113  QUARANTINED  Grace Hopper, Acme                  demo-request                    
              kept, told nobody: honeypot
`},
		{"Unread", func(t *lead.Touch, l *lead.Lead) *lead.Lead {
			t.State, t.Error, t.Deliveries, t.Trail, t.Person, t.Action = lead.Unread, "malformed body: \x1b[2Junexpected end\nof it", nil, nil, lead.Person{}, ""
			return nil
		}, `10:42:00.113  UNREAD    nobody known                        demo-request                    
              kept, but could not be read: malformed body: [2Junexpected end of it
`},
		{"PersonFromTheLead", func(t *lead.Touch, l *lead.Lead) *lead.Lead {
			t.Person, t.Trail = lead.Person{Email: "grace@acme.example"}, nil
			l.Reasons = nil
			return l
		}, `10:42:00.113  HOT   92  Grace Hopper, Acme                  demo-request                    
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			touch, l := graces()
			l = c.change(touch, l)
			if d := cmp.Diff(c.want, TouchLine(touch, l, false)); d != "" {
				t.Errorf("TouchLine (-want +got):\n%s", d)
			}
		})
	}
}

func TestTouchLine_Color(t *testing.T) {
	touch, l := graces()
	for temperature, want := range map[lead.Temperature]string{lead.Hot: "\x1b[1;31mHOT   92\x1b[0m", lead.Warm: "\x1b[33mWARM  92\x1b[0m", lead.Cold: "\x1b[36mCOLD  92\x1b[0m"} {
		l.Temperature = temperature
		if got := TouchLine(touch, l, true); !strings.Contains(got, want) {
			t.Errorf("TouchLine in colour = %q, want %q in it", got, want)
		}
	}
	touch.State = lead.Merged
	if got := TouchLine(touch, l, true); strings.Contains(got, "\x1b") {
		t.Errorf("TouchLine of a merged touch = %q, want no colour", got)
	}
}

// Whatever a visitor, a vendor or a target says, the console shows lines of
// printable characters that begin as ours do, and no more of them.
func TestTouchLine_Hostile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"\x1b]8;;http://evil.example\x07x", "\x1b[31m\x1b[2J", "a\r\n10:42:00.113  HOT", "\u202egpj.exe", "\u0085\u2028\u2029",
			"\xff\xfe", "a\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301", strings.Repeat("漢", 300), "\u200b\u2066\u2069", "\x9b31m"}))
		draw := func(name string) string { return text.Draw(t, name) + text.Draw(t, name+"2") }
		touch, l := graces()
		touch.Person = lead.Person{Name: draw("name"), Company: draw("company")}
		touch.Source, touch.Action, touch.Error, touch.Held, touch.MergedInto = draw("source"), lead.Action(draw("action")), draw("error"), draw("held"), draw("merged")
		touch.State = rapid.SampledFrom([]lead.State{lead.Settled, lead.Accepted, lead.Unread, lead.Quarantined, lead.Merged}).Draw(t, "state")
		touch.Deliveries = append(touch.Deliveries, lead.Delivery{Target: draw("target"), State: lead.Failed, Error: draw("failure")})
		touch.Trail[5].Note = draw("note")
		l.Reasons[0].Because = draw("because")
		got := TouchLine(touch, l, false)
		for line := range strings.Lines(got) {
			if !strings.HasPrefix(line, "10:42:00.113  ") && !strings.HasPrefix(line, indent) || !strings.HasSuffix(line, "\n") {
				t.Fatalf("a line of its own: %q", line)
			}
		}
		if n := strings.Count(got, "\n"); n > 3 {
			t.Fatalf("%d lines: %q", n, got)
		}
		for _, r := range strings.ReplaceAll(got, "\n", "") {
			if !unicode.IsPrint(r) {
				t.Fatalf("%U in %q", r, got)
			}
		}
	})
}

func TestSanitise(t *testing.T) {
	for _, c := range []struct {
		in    string
		cells int
		want  string
	}{
		{"Grace Hopper", 12, "Grace Hopper"},
		{"Grace Hopper", 11, "Grace Hopp…"},
		{"Grace Hopper", 7, "Grace…"}, // no blank before the ellipsis
		{"  a \t\r\n b\u2028c  ", 20, "a b c"},
		{"\x1b[31mred\x1b[0m", 20, "[31mred [0m"},
		{"\u202eevil\u202c\u200bx", 20, "evilx"},
		{"ok\xffok\ufffd", 20, "okok"},
		{"漢字漢字", 8, "漢字漢字"},
		{"漢字漢字", 7, "漢字漢…"},
		{"漢字漢字", 6, "漢字…"},
		{"e\u0301\u0301\u0301\u0301\u0301clair", 20, "e\u0301\u0301clair"},
		{"", 5, ""},
	} {
		if got := Sanitise(c.in, c.cells); got != c.want {
			t.Errorf("Sanitise(%q, %d) = %q, want %q", c.in, c.cells, got, c.want)
		}
	}
}

func TestLogTouch(t *testing.T) {
	log := func(touch *lead.Touch, l *lead.Lead) (m map[string]any, raw string) {
		t.Helper()
		var b bytes.Buffer
		logTouch(slog.New(slog.NewJSONHandler(&b, nil)), touch, l)
		if err := json.Unmarshal(b.Bytes(), &m); err != nil || strings.Count(b.String(), "\n") != 1 {
			t.Fatalf("not one line of JSON: %v in %s", err, &b)
		}
		delete(m, "time")
		return m, b.String()
	}
	touch, l := graces()
	touch.Message, touch.Fields = "Call me at +1 415 555 0100", map[string]string{"seats": "300"}
	l.Claim = &lead.Claim{By: "Dana"}
	got, raw := log(touch, l)
	want := map[string]any{"level": "INFO", "msg": "touch", "touch_id": touch.ID, "lead_id": touch.LeadID, "source": "demo-request", "action": "demo_request", "state": "settled",
		"temperature": "hot", "stage": "SQL", "score": 92.0, "why": "matched", "ms": 4.0}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("logTouch (-want +got):\n%s", d)
	}
	for _, personal := range []string{"Grace", "acme", "Acme", "4155550100", "415 555", "seats", "Dana"} {
		if strings.Contains(raw, personal) {
			t.Errorf("%q is in the log: %s", personal, raw)
		}
	}
	touch.State, touch.Trail, touch.LeadID = lead.Unread, nil, ""
	got, _ = log(touch, nil)
	want = map[string]any{"level": "INFO", "msg": "touch", "touch_id": touch.ID, "lead_id": "", "source": "demo-request", "action": "demo_request", "state": "unread", "why": "", "ms": 0.0}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("logTouch without a lead (-want +got):\n%s", d)
	}
}
