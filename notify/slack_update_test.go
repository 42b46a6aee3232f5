package notify

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// TestSlack_Updates are the messages that take the place of earlier ones.
func TestSlack_Updates(t *testing.T) {
	gone := func(a Alert) Alert { a.Lead = nil; return a }
	late := func(e *Env) { e.Style.Now = received0.Add(7 * time.Minute) }
	for _, tt := range []struct {
		name    string
		alerts  []Alert
		change  func(*Env)
		refused int // how many forms Slack refuses before this one
	}{
		{"late", []Alert{grace(lead.HotAlert)}, late, 0},
		{"erased", []Alert{gone(grace(lead.HotAlert))}, late, 0},
		{"erased_repeat", []Alert{gone(grace(lead.Repeat))}, late, 0},
		{"rollup_after_a_while", []Alert{grace(lead.HotAlert, claimed), gone(grace(lead.HotAlert)), grace(lead.HotAlert, junked), grace(lead.HotAlert)}, late, 0},
		{"claimed_plain", []Alert{grace(lead.HotAlert, claimed)}, late, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answers := make([]http.HandlerFunc, tt.refused)
			for i := range answers {
				answers[i] = refuses("invalid_blocks")
			}
			f := newFake(t, append(answers, says(200, `{"ok":true,"channel":"C0SALES","ts":"1795344121.004200"}`))...)
			s := open(t, "slack", f, func(_ *Target, e *Env) {
				e.Now = func() time.Time { return received0.Add(7 * time.Minute) }
			})
			for i := range tt.alerts {
				tt.alerts[i].Told = received0.Add(1400 * time.Millisecond)
			}
			if err := s.(Updater).Update(t.Context(), "C0SALES/1795344121.004200", tt.alerts); err != nil {
				t.Fatalf("Update = %v", err)
			}
			sent := f.got()[tt.refused]
			if sent.Method != "chat.update" || sent.Form.Get("ts") != "1795344121.004200" || sent.Form.Get("channel") != "C0SALES" {
				t.Errorf("called %s of %s in %s", sent.Method, sent.Form.Get("ts"), sent.Form.Get("channel"))
			}
			golden(t, "slack/update_"+tt.name+".json", shown(t, sent))
			if found := auditMessage(sent.Text, sent.Blocks, style0.PublicURL); len(found) > 0 {
				t.Errorf("Slack would mind: %q", found)
			}
			knownBlocks(t, sent.Blocks)
		})
	}
}

func TestSlack_UpdateFails(t *testing.T) {
	for _, tt := range []struct {
		name    string
		receipt string
		answer  http.HandlerFunc
		class   Class
		code    string
		wait    time.Duration
		calls   int
	}{
		{"Deleted", "C1/1.2", refuses("message_not_found"), BadTarget, "message_not_found", 0, 1},
		{"NobodyMayEdit", "C1/1.2", refuses("edit_window_closed"), BadTarget, "edit_window_closed", 0, 1},
		{"Limited", "C1/1.2", says(429, "", "Retry-After", "7"), Again, "http_429", 7 * time.Second, 1},
		{"Broken", "C1/1.2", says(500, ""), Again, "http_500", 0, 1},
		{"TokenRevoked", "C1/1.2", refuses("token_revoked"), BadToken, "token_revoked", 0, 1},
		{"NoForm", "C1/1.2", refuses("invalid_blocks"), BadContent, "invalid_blocks", 0, 3},
		{"EmptyAnswer", "C1/1.2", says(200, `{"ok":true}`), Again, "no_ts", 0, 1},
		{"NoReceipt", "webhook", nil, BadContent, "nothing", 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, tt.answer)
			err := open(t, "slack", f).(Updater).Update(t.Context(), tt.receipt, []Alert{grace(lead.HotAlert)})
			var e *Error
			if !errors.As(err, &e) || e.Class != tt.class || e.Code != tt.code || e.RetryAfter != tt.wait || len(f.got()) != tt.calls {
				t.Errorf("Update = %#v after %d calls, want class %d, code %s, wait %s after %d", err, len(f.got()), tt.class, tt.code, tt.wait, tt.calls)
			}
		})
	}
}

func TestSlack_RemarkMentions(t *testing.T) {
	for member, want := range map[string]string{"U0LEE": "<@U0LEE> &lt;!channel&gt; hi", "": "&lt;!channel&gt; hi", "!here": "&lt;!channel&gt; hi", "U0LEE|x": "&lt;!channel&gt; hi"} {
		f := newFake(t)
		a := Alert{Kind: lead.Remark, Lead: &lead.Lead{ID: "L"}, Touch: &lead.Touch{ID: "R", ReceivedAt: received0}, Thread: "C0SALES/1.2", Member: member, Note: "<!channel> hi"}
		if _, err := open(t, "slack", f).Send(t.Context(), []Alert{a}); err != nil {
			t.Fatal(err)
		}
		var blocks []struct{ Text struct{ Text string } }
		if err := json.Unmarshal(f.got()[0].Blocks, &blocks); err != nil || len(blocks) != 1 || blocks[0].Text.Text != want {
			t.Errorf("for %q the remark is %+v, %v; want %q", member, blocks, err, want)
		}
	}
}
