package slack

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
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/message"
	"github.com/leadgate/leadgate/notify/notifytest"
)

func TestSlack_Messages(t *testing.T) {
	for _, tt := range notifytest.States {
		t.Run(tt.Name, func(t *testing.T) {
			answers := make([]http.HandlerFunc, tt.Refused)
			for i := range answers {
				answers[i] = notifytest.Refuse("invalid_blocks")
			}
			f := notifytest.NewServer(t, append(answers, nil)...)
			s := open(t, f, func(_ *notify.Target, o *Options) { o.Buttons = tt.Buttons })
			receipt, err := s.Send(t.Context(), tt.Alerts)
			if err != nil || receipt != fmt.Sprintf("C0SALES/1795344121.%06d", tt.Refused+1) {
				t.Fatalf("Send = %q, %v", receipt, err)
			}
			sent := f.Got()[tt.Refused]
			notifytest.Golden(t, "slack/"+tt.Name+".json", shown(t, sent))
			if found := auditMessage(sent.Text, sent.Blocks, testStyle.PublicURL); len(found) > 0 {
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
		alerts  []notify.Alert
		refused int
	}{
		{"hook", []notify.Alert{notifytest.Grace(lead.HotAlert)}, 0}, {"hook_bare", []notify.Alert{notifytest.Grace(lead.HotAlert, notifytest.Bare)}, 0},
		{"hook_claimed", []notify.Alert{notifytest.Grace(lead.HotAlert, notifytest.Claimed)}, 0}, {"hook_rollup", notifytest.Crowd(2), 0}, {"hook_plain", []notify.Alert{notifytest.Grace(lead.HotAlert)}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answers := make([]http.HandlerFunc, tt.refused)
			for i := range answers {
				answers[i] = notifytest.Answer(400, "invalid_blocks")
			}
			f := notifytest.NewServer(t, append(answers, notifytest.Answer(200, "ok"))...)
			if receipt, err := openHook(t, f).Send(t.Context(), tt.alerts); err != nil || receipt != "webhook" {
				t.Fatalf("Send = %q, %v", receipt, err)
			}
			sent := f.Got()[tt.refused]
			notifytest.Golden(t, "slack/"+tt.name+".json", notifytest.Indented(t, sent.Body))
			if found := auditMessage(sent.Text, sent.Blocks, testStyle.PublicURL); len(found) > 0 {
				t.Errorf("Slack would mind: %q", found)
			}
			knownBlocks(t, sent.Blocks)
		})
	}
}

// shown is a call as the models write it: one JSON object.
func shown(t *testing.T, c notifytest.Call) []byte {
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
	return notifytest.Indented(t, raw)
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
	f := notifytest.NewServer(t)
	s := open(t, f)
	for _, alerts := range [][]notify.Alert{{notifytest.Grace(lead.HotAlert)}, notifytest.Crowd(2)} {
		if _, err := s.Send(t.Context(), alerts); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []string{
		`{"event_type":"leadgate_lead","event_payload":{"kind":"hot_alert","lead_id":"01K9ZQ3V8M4T7R2X5B6C9D0EFG","rev":1,"touch_id":"01K9ZQ3V8M4T7R2X5B6C9D0TCH"}}`,
		`{"event_type":"leadgate_lead","event_payload":{"kind":"rollup","lead_ids":["01K9ZQ3V8M4T7R2X5B6C9D0EFGAA","01K9ZQ3V8M4T7R2X5B6C9D0EFGAB"],"touch_ids":["01K9ZQ3V8M4T7R2X5B6C9D0TCHAA","01K9ZQ3V8M4T7R2X5B6C9D0TCHAB"]}}`,
	} {
		if got := f.Got()[i].Form.Get("metadata"); got != want {
			t.Errorf("metadata of message %d = %s, want %s", i, got, want)
		}
	}
}

// A form that was refused is not tried again when the next one only failed for
// the moment: each try costs one message of the channel's pace.
func TestSlack_RemembersARefusedForm(t *testing.T) {
	f := notifytest.NewServer(t, notifytest.Refuse("invalid_blocks"), notifytest.Answer(429, "", "Retry-After", "1"), nil)
	s := open(t, f)
	if _, err := s.Send(t.Context(), []notify.Alert{notifytest.Grace(lead.HotAlert)}); notify.ClassOf(err) != notify.Again {
		t.Fatalf("the first Send = %v, want again", err)
	}
	if _, err := s.Send(t.Context(), []notify.Alert{notifytest.Grace(lead.HotAlert)}); err != nil {
		t.Fatal(err)
	}
	if calls := f.Got(); len(calls) != 3 || strings.Contains(string(calls[2].Blocks), `"header"`) {
		t.Errorf("%d calls, the last with %s, want the compact form at once", len(calls), calls[2].Blocks)
	}
}

// A refused rollup says nothing of each of its leads.
func TestSlack_ARefusedRollupLeavesItsLeadsRich(t *testing.T) {
	f := notifytest.NewServer(t, notifytest.Refuse("invalid_blocks"), notifytest.Refuse("invalid_blocks"), notifytest.Refuse("no_text"), nil)
	s := open(t, f)
	alerts := notifytest.Crowd(2)
	if _, err := s.Send(t.Context(), alerts); notify.ClassOf(err) != notify.BadContent {
		t.Fatalf("Send = %v, want BadContent", err)
	}
	if _, err := s.Send(t.Context(), alerts[:1]); err != nil {
		t.Fatal(err)
	}
	if last := f.Got()[3]; !strings.Contains(string(last.Blocks), `"header"`) {
		t.Errorf("the lead alone was sent as %s, want the full form", last.Blocks)
	}
}

func TestSlack_Threads(t *testing.T) {
	f := notifytest.NewServer(t)
	s := open(t, f)
	root, err := s.Send(t.Context(), []notify.Alert{notifytest.Grace(lead.HotAlert)})
	if err != nil {
		t.Fatal(err)
	}
	// Decided on before the alert above had its receipt.
	if _, err := s.Send(t.Context(), []notify.Alert{notifytest.Grace(lead.Repeat, notifytest.Again)}); err != nil {
		t.Fatal(err)
	}
	if got := "C0SALES/" + f.Got()[1].Form.Get("thread_ts"); got != root {
		t.Errorf("the repeat went to thread %q, want %q", got, root)
	}
}

func TestSlack_ThreadIsGone(t *testing.T) {
	f := notifytest.NewServer(t, notifytest.Refuse("thread_not_found"), nil)
	receipt, err := open(t, f).Send(t.Context(), []notify.Alert{notifytest.InThread(notifytest.Grace(lead.Repeat, notifytest.Again))})
	if err != nil || receipt == "" {
		t.Fatalf("Send into a deleted thread = %q, %v, want it in the channel", receipt, err)
	}
	if c := f.Got(); c[0].Form.Get("thread_ts") == "" || c[1].Form.Get("thread_ts") != "" {
		t.Errorf("threads of the two calls: %q, %q", c[0].Form.Get("thread_ts"), c[1].Form.Get("thread_ts"))
	}
}

// Forgetting is bounded: a sender that lives for years does not grow.
func TestSlack_Forgets(t *testing.T) {
	s := open(t, notifytest.NewServer(t)).(*bot)
	for i := range 3 * rememberMost {
		a := notify.Alert{Kind: lead.HotAlert, Lead: &lead.Lead{ID: fmt.Sprint(i)}, Touch: &lead.Touch{ID: fmt.Sprint(i)}}
		s.recordFailure([]notify.Alert{a}, func(t *attempt) { t.form = compact })
		s.recordSuccess([]notify.Alert{{Kind: lead.HotAlert, Lead: a.Lead, Touch: &lead.Touch{ID: "other"}}}, "C1/1")
	}
	if len(s.attempts) > rememberMost+1 || len(s.threads) > rememberMost+1 {
		t.Errorf("%d tries and %d threads are remembered", len(s.attempts), len(s.threads))
	}
}

func TestSlack_Probe(t *testing.T) {
	f := notifytest.NewServer(t, nil, notifytest.Refuse("invalid_auth"))
	s, ok := open(t, f).(*bot)
	if !ok {
		t.Fatal("a bot cannot be asked")
	}
	if err := s.Probe(t.Context()); err != nil {
		t.Errorf("Probe = %v", err)
	}
	if err := s.Probe(t.Context()); notify.ClassOf(err) != notify.BadToken {
		t.Errorf("Probe with a bad token = %v", err)
	}
	if got := f.Methods(); got != "auth.test auth.test" {
		t.Errorf("it called %q", got)
	}
}

// testStyle is that of messages 1.4 seconds after the lead came.
var testStyle = message.Style{PublicURL: "https://leads.example.com", Now: notifytest.Received.Add(1400 * time.Millisecond), People: notifytest.People}

// open opens the sender of a bot that talks to f. It is opened before the lead
// came, so that it looks for no messages of an earlier process.
func open(t *testing.T, f *notifytest.Server, change ...func(*notify.Target, *Options)) notify.Sender {
	t.Helper()
	target := notify.Target{Name: "sales", Kind: "slack", Channel: "C0SALES"}
	o := Options{Token: "xoxb-secret", APIURL: f.URL + "/api", Buttons: true, Style: testStyle, Now: notifytest.ClockFrom(notifytest.Received.Add(-time.Hour), testStyle.Now)}
	for _, c := range change {
		c(&target, &o)
	}
	s, err := Open(target, o)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return s
}

// openHook opens the sender of an incoming webhook at f.
func openHook(t *testing.T, f *notifytest.Server) notify.Sender {
	return open(t, f, func(target *notify.Target, o *Options) {
		target.URL, target.Channel, o.Token = f.URL+"/services/T0/B0/hooksecret", "", ""
	})
}
