package notify

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"github.com/leadgate/leadgate/lead"
)

// states are the messages that golden files show.
var states = []struct {
	name    string
	alerts  []Alert
	buttons bool
	refused int // how many forms Slack refuses before this one
}{
	{"hot", []Alert{grace(lead.HotAlert)}, true, 0},
	{"hot_without_buttons", []Alert{grace(lead.HotAlert)}, false, 0},
	{"hot_bare", []Alert{grace(lead.HotAlert, bare)}, true, 0},
	{"hot_compact", []Alert{grace(lead.HotAlert)}, true, 1},
	{"hot_plain", []Alert{grace(lead.HotAlert)}, true, 2},
	{"just_turned_hot", []Alert{grace(lead.JustTurnedHot)}, true, 0},
	{"claimed", []Alert{grace(lead.HotAlert, claimed)}, true, 0},
	{"contacted", []Alert{grace(lead.HotAlert, contacted)}, true, 0},
	{"given_back", []Alert{grace(lead.HotAlert, givenBack)}, true, 0},
	{"assigned_by_hand", []Alert{grace(lead.HotAlert, handed)}, true, 0},
	{"junk", []Alert{grace(lead.HotAlert, junked)}, true, 0},
	{"duplicate", []Alert{grace(lead.HotAlert, duplicated)}, true, 0},
	{"not_hot", []Alert{grace(lead.HotAlert, notHot)}, true, 0},
	{"remark", []Alert{{Kind: lead.Remark, Lead: &lead.Lead{ID: "01K9ZQ3V8M4T7R2X5B6C9D0LED"}, Touch: &lead.Touch{ID: "01K9ZQ3V8M4T7R2X5B6C9D0RMK", ReceivedAt: received0},
		Thread: "C0SALES/1795344121.004200", Note: "Lee's claim of 10:42:51 UTC came second: <Dana> has this lead."}}, true, 0},
	{"escalation_claimed", []Alert{inThread(grace(lead.Escalated, claimed))}, true, 0},
	{"warm_copy", []Alert{grace(lead.Copy, warm)}, true, 0},
	{"repeat", []Alert{inThread(grace(lead.Repeat, again))}, true, 0},
	{"escalation", []Alert{inThread(grace(lead.Escalated, overdue))}, true, 0},
	{"escalation_to_a_team", []Alert{reminding(inThread(grace(lead.Escalated)), Reminder{Waited: 5 * time.Minute, To: "emea", Next: "Boss", NextAt: received0.Add(15 * time.Minute)})}, true, 0},
	{"escalation_late", []Alert{reminding(grace(lead.Escalated), Reminder{Waited: 3 * time.Hour, To: "Dana", Late: 2*time.Hour + 55*time.Minute})}, true, 0},
	{"assigned", []Alert{grace(lead.HotAlert, assigned("Dana"))}, true, 0},
	{"assigned_until_monday", []Alert{grace(lead.HotAlert, assigned("emea"), onMonday)}, true, 0},
	{"escalated", []Alert{grace(lead.HotAlert, overdue, escalated)}, true, 0},
	{"test", []Alert{grace(lead.TestAlert)}, true, 0},
	{"rollup", crowd(3), true, 0},
	{"rollup_with_a_claimed_one", append(crowd(1), grace(lead.HotAlert, claimed)), true, 0},
	{"rollup_without_buttons", crowd(3), false, 0},
	{"rollup_plain", crowd(3), true, 2},
	{"rollup_of_many", append(crowd(46), grace(lead.HotAlert, claimed)), true, 0},
	{"rollup_of_many_without_buttons", crowd(41), false, 0},
	{"digest", []Alert{grace(lead.DigestAlert, warm)}, true, 0},
	{"digest_of_a_day", ofADay(crowd(2, warm), 14), true, 0},
}

func ofADay(alerts []Alert, total int) []Alert {
	d := &lead.Summary{Temperature: lead.Warm, From: received0.AddDate(0, 0, -1), To: received0, Total: total, Heating: 1,
		Before: map[string]int{alerts[0].Lead.ID: 20}, Sources: map[string]int{"zoom-webinars": 9, "pricing-form": 6}}
	for i := range alerts {
		alerts[i].Kind, alerts[i].Digest, alerts[i].Notice = lead.DigestAlert, d, "digest:sales:warm:2026-11-22"
	}
	return alerts
}

func reminding(a Alert, r Reminder) Alert {
	a.Reminder, a.Notice, a.Note = &r, "escalation:"+a.Lead.ID+":1", ""
	return a
}

func inThread(a Alert) Alert {
	a.Thread, a.Note = "C0SALES/1795344121.004200", "Second try: EMEA team"
	return a
}

func TestSlack_Messages(t *testing.T) {
	for _, tt := range states {
		t.Run(tt.name, func(t *testing.T) {
			answers := make([]http.HandlerFunc, tt.refused)
			for i := range answers {
				answers[i] = refuses("invalid_blocks")
			}
			f := newFake(t, append(answers, nil)...)
			s := open(t, "slack", f, func(_ *Target, e *Env) { e.Buttons = tt.buttons })
			receipt, err := s.Send(t.Context(), tt.alerts)
			if err != nil || receipt != fmt.Sprintf("C0SALES/1795344121.%06d", tt.refused+1) {
				t.Fatalf("Send = %q, %v", receipt, err)
			}
			sent := f.got()[tt.refused]
			golden(t, "slack/"+tt.name+".json", shown(t, sent))
			if found := auditMessage(sent.Text, sent.Blocks, style0.PublicURL); len(found) > 0 {
				t.Errorf("Slack would mind: %q", found)
			}
			knownBlocks(t, sent.Blocks)
			if auth := sent.Header.Get("Authorization") + sent.Form.Get("token"); !strings.Contains(auth, "xoxb-secret") {
				t.Error("the token was not sent")
			}
		})
	}
}

func TestSlackHook_Messages(t *testing.T) {
	for _, tt := range []struct {
		name    string
		alerts  []Alert
		refused int
	}{
		{"hook", []Alert{grace(lead.HotAlert)}, 0}, {"hook_bare", []Alert{grace(lead.HotAlert, bare)}, 0},
		{"hook_claimed", []Alert{grace(lead.HotAlert, claimed)}, 0}, {"hook_rollup", crowd(2), 0}, {"hook_plain", []Alert{grace(lead.HotAlert)}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answers := make([]http.HandlerFunc, tt.refused)
			for i := range answers {
				answers[i] = says(400, "invalid_blocks")
			}
			f := newFake(t, append(answers, says(200, "ok"))...)
			if receipt, err := open(t, "slack_hook", f).Send(t.Context(), tt.alerts); err != nil || receipt != "webhook" {
				t.Fatalf("Send = %q, %v", receipt, err)
			}
			sent := f.got()[tt.refused]
			golden(t, "slack/"+tt.name+".json", indented(t, sent.Body))
			if found := auditMessage(sent.Text, sent.Blocks, style0.PublicURL); len(found) > 0 {
				t.Errorf("Slack would mind: %q", found)
			}
			knownBlocks(t, sent.Blocks)
		})
	}
}

// shown is a call as the models write it: one JSON object.
func shown(t *testing.T, c call) []byte {
	t.Helper()
	m := map[string]any{}
	for key := range c.Form {
		v := c.Form.Get(key)
		switch key {
		case "token":
		case "blocks", "metadata":
			m[key] = json.RawMessage(v)
		default:
			m[key] = v
		}
	}
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	raw = []byte(strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(raw)))
	return indented(t, raw)
}

// knownBlocks reads blocks back as Slack's own library knows them.
func knownBlocks(t *testing.T, raw json.RawMessage) {
	t.Helper()
	if len(raw) == 0 {
		return
	}
	var blocks slack.Blocks
	if err := json.Unmarshal(raw, &blocks); err != nil {
		t.Fatalf("decode: %v", err)
	}
	for _, b := range blocks.BlockSet {
		switch b := b.(type) {
		case *slack.UnknownBlock:
			t.Errorf("unknown block %s", b.Type)
		case *slack.RichTextBlock:
			for _, e := range b.Elements {
				if _, ok := e.(*slack.RichTextUnknown); ok {
					t.Error("unknown rich text element")
				}
			}
		}
	}
	again, err := json.Marshal(blocks)
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	json.Unmarshal(raw, &a)
	json.Unmarshal(again, &b)
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("blocks change when read back (-sent +read):\n%s", diff)
	}
}

func TestSlack_Metadata(t *testing.T) {
	f := newFake(t)
	s := open(t, "slack", f)
	for _, alerts := range [][]Alert{{grace(lead.HotAlert)}, crowd(2)} {
		if _, err := s.Send(t.Context(), alerts); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []string{
		`{"event_type":"leadgate_lead","event_payload":{"kind":"hot_alert","lead_id":"01K9ZQ3V8M4T7R2X5B6C9D0EFG","rev":1,"touch_id":"01K9ZQ3V8M4T7R2X5B6C9D0TCH"}}`,
		`{"event_type":"leadgate_lead","event_payload":{"kind":"rollup","lead_ids":["01K9ZQ3V8M4T7R2X5B6C9D0EFGAA","01K9ZQ3V8M4T7R2X5B6C9D0EFGAB"],"touch_ids":["01K9ZQ3V8M4T7R2X5B6C9D0TCHAA","01K9ZQ3V8M4T7R2X5B6C9D0TCHAB"]}}`,
	} {
		if got := f.got()[i].Form.Get("metadata"); got != want {
			t.Errorf("metadata of message %d = %s, want %s", i, got, want)
		}
	}
}

// A form that was refused is not tried again when the next one only failed for
// the moment: each try costs one message of the channel's pace.
func TestSlack_RemembersARefusedForm(t *testing.T) {
	f := newFake(t, refuses("invalid_blocks"), says(429, "", "Retry-After", "1"), nil)
	s := open(t, "slack", f)
	if _, err := s.Send(t.Context(), []Alert{grace(lead.HotAlert)}); ClassOf(err) != Again {
		t.Fatalf("the first Send = %v, want again", err)
	}
	if _, err := s.Send(t.Context(), []Alert{grace(lead.HotAlert)}); err != nil {
		t.Fatal(err)
	}
	if calls := f.got(); len(calls) != 3 || strings.Contains(string(calls[2].Blocks), `"header"`) {
		t.Errorf("%d calls, the last with %s, want the compact form at once", len(calls), calls[2].Blocks)
	}
}

// A refused rollup says nothing of each of its leads.
func TestSlack_ARefusedRollupLeavesItsLeadsRich(t *testing.T) {
	f := newFake(t, refuses("invalid_blocks"), refuses("invalid_blocks"), refuses("no_text"), nil)
	s := open(t, "slack", f)
	alerts := crowd(2)
	if _, err := s.Send(t.Context(), alerts); ClassOf(err) != BadContent {
		t.Fatalf("Send = %v, want BadContent", err)
	}
	if _, err := s.Send(t.Context(), alerts[:1]); err != nil {
		t.Fatal(err)
	}
	if last := f.got()[3]; !strings.Contains(string(last.Blocks), `"header"`) {
		t.Errorf("the lead alone was sent as %s, want the full form", last.Blocks)
	}
}

func TestSlack_Threads(t *testing.T) {
	f := newFake(t)
	s := open(t, "slack", f)
	root, err := s.Send(t.Context(), []Alert{grace(lead.HotAlert)})
	if err != nil {
		t.Fatal(err)
	}
	// Decided on before the alert above had its receipt.
	if _, err := s.Send(t.Context(), []Alert{grace(lead.Repeat, again)}); err != nil {
		t.Fatal(err)
	}
	if got := "C0SALES/" + f.got()[1].Form.Get("thread_ts"); got != root {
		t.Errorf("the repeat went to thread %q, want %q", got, root)
	}
}

func TestSlack_ThreadIsGone(t *testing.T) {
	f := newFake(t, refuses("thread_not_found"), nil)
	receipt, err := open(t, "slack", f).Send(t.Context(), []Alert{inThread(grace(lead.Repeat, again))})
	if err != nil || receipt == "" {
		t.Fatalf("Send into a deleted thread = %q, %v, want it in the channel", receipt, err)
	}
	if c := f.got(); c[0].Form.Get("thread_ts") == "" || c[1].Form.Get("thread_ts") != "" {
		t.Errorf("threads of the two calls: %q, %q", c[0].Form.Get("thread_ts"), c[1].Form.Get("thread_ts"))
	}
}

// Forgetting is bounded: a sender that lives for years does not grow.
func TestSlack_Forgets(t *testing.T) {
	s := open(t, "slack", newFake(t)).(*slackBot)
	for i := range 3 * rememberMost {
		a := Alert{Kind: lead.HotAlert, Lead: &lead.Lead{ID: fmt.Sprint(i)}, Touch: &lead.Touch{ID: fmt.Sprint(i)}}
		s.failed([]Alert{a}, func(t *try) { t.form = compact })
		s.done([]Alert{{Kind: lead.HotAlert, Lead: a.Lead, Touch: &lead.Touch{ID: "other"}}}, "C1/1")
	}
	if len(s.tries) > rememberMost+1 || len(s.threads) > rememberMost+1 {
		t.Errorf("%d tries and %d threads are remembered", len(s.tries), len(s.threads))
	}
}

func TestSlack_Probe(t *testing.T) {
	f := newFake(t, nil, refuses("invalid_auth"))
	s, ok := open(t, "slack", f).(Prober)
	if !ok {
		t.Fatal("a bot cannot be asked")
	}
	if err := s.Probe(t.Context()); err != nil {
		t.Errorf("Probe = %v", err)
	}
	if err := s.Probe(t.Context()); ClassOf(err) != BadToken {
		t.Errorf("Probe with a bad token = %v", err)
	}
	if got := f.methods(); got != "auth.test auth.test" {
		t.Errorf("it called %q", got)
	}
}
