package slack

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/notifytest"
)

// TestSlack_Updates are the messages that take the place of earlier ones.
func TestSlack_Updates(t *testing.T) {
	gone := func(a notify.Alert) notify.Alert { a.Lead = nil; return a }
	late := func(o *Options) { o.Style.Now = notifytest.Received.Add(7 * time.Minute) }
	for _, tt := range []struct {
		name    string
		alerts  []notify.Alert
		change  func(*Options)
		refused int // how many forms Slack refuses before this one
	}{
		{"late", []notify.Alert{notifytest.Grace(lead.HotAlert)}, late, 0},
		{"erased", []notify.Alert{gone(notifytest.Grace(lead.HotAlert))}, late, 0},
		{"erased_repeat", []notify.Alert{gone(notifytest.Grace(lead.Repeat))}, late, 0},
		{"rollup_after_a_while", []notify.Alert{notifytest.Grace(lead.HotAlert, notifytest.Claimed), gone(notifytest.Grace(lead.HotAlert)), notifytest.Grace(lead.HotAlert, notifytest.Junked), notifytest.Grace(lead.HotAlert)}, late, 0},
		{"claimed_plain", []notify.Alert{notifytest.Grace(lead.HotAlert, notifytest.Claimed)}, late, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answers := make([]http.HandlerFunc, tt.refused)
			for i := range answers {
				answers[i] = notifytest.Refuse("invalid_blocks")
			}
			f := notifytest.NewServer(t, append(answers, notifytest.Answer(200, `{"ok":true,"channel":"C0SALES","ts":"1795344121.004200"}`))...)
			s := open(t, f, func(_ *notify.Target, o *Options) {
				o.Now = func() time.Time { return notifytest.Received.Add(7 * time.Minute) }
			})
			for i := range tt.alerts {
				tt.alerts[i].PostedAt = notifytest.Received.Add(1400 * time.Millisecond)
			}
			if err := s.(*bot).Update(t.Context(), "C0SALES/1795344121.004200", tt.alerts); err != nil {
				t.Fatalf("Update = %v", err)
			}
			sent := f.Got()[tt.refused]
			if sent.Method != "chat.update" || sent.Form.Get("ts") != "1795344121.004200" || sent.Form.Get("channel") != "C0SALES" {
				t.Errorf("called %s of %s in %s", sent.Method, sent.Form.Get("ts"), sent.Form.Get("channel"))
			}
			notifytest.Golden(t, "slack/update_"+tt.name+".json", shown(t, sent))
			if found := auditMessage(sent.Text, sent.Blocks, testStyle.PublicURL); len(found) > 0 {
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
		class   notify.Class
		code    string
		wait    time.Duration
		calls   int
	}{
		{"Deleted", "C1/1.2", notifytest.Refuse("message_not_found"), notify.BadTarget, "message_not_found", 0, 1},
		{"NobodyMayEdit", "C1/1.2", notifytest.Refuse("edit_window_closed"), notify.BadTarget, "edit_window_closed", 0, 1},
		{"Limited", "C1/1.2", notifytest.Answer(429, "", "Retry-After", "7"), notify.Again, "http_429", 7 * time.Second, 1},
		{"Broken", "C1/1.2", notifytest.Answer(500, ""), notify.Again, "http_500", 0, 1},
		{"TokenRevoked", "C1/1.2", notifytest.Refuse("token_revoked"), notify.BadToken, "token_revoked", 0, 1},
		{"NoForm", "C1/1.2", notifytest.Refuse("invalid_blocks"), notify.BadContent, "invalid_blocks", 0, 3},
		{"EmptyAnswer", "C1/1.2", notifytest.Answer(200, `{"ok":true}`), notify.Again, "no_ts", 0, 1},
		{"NoReceipt", "webhook", nil, notify.BadContent, "nothing", 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := notifytest.NewServer(t, tt.answer)
			err := open(t, f).(*bot).Update(t.Context(), tt.receipt, []notify.Alert{notifytest.Grace(lead.HotAlert)})
			var e *notify.Error
			if !errors.As(err, &e) || e.Class != tt.class || e.Code != tt.code || e.RetryAfter != tt.wait || len(f.Got()) != tt.calls {
				t.Errorf("Update = %#v after %d calls, want class %d, code %s, wait %s after %d", err, len(f.Got()), tt.class, tt.code, tt.wait, tt.calls)
			}
		})
	}
}

func TestSlack_RemarkMentions(t *testing.T) {
	for member, want := range map[string]string{"U0LEE": "<@U0LEE> &lt;!channel&gt; hi", "": "&lt;!channel&gt; hi", "!here": "&lt;!channel&gt; hi", "U0LEE|x": "&lt;!channel&gt; hi"} {
		f := notifytest.NewServer(t)
		a := notify.Alert{Kind: lead.ThreadReply, Lead: &lead.Lead{ID: "L"}, Touch: &lead.Touch{ID: "R", ReceivedAt: notifytest.Received}, Thread: "C0SALES/1.2", Member: member, Note: "<!channel> hi"}
		if _, err := open(t, f).Send(t.Context(), []notify.Alert{a}); err != nil {
			t.Fatal(err)
		}
		var blocks []struct{ Text struct{ Text string } }
		if err := json.Unmarshal(f.Got()[0].Blocks, &blocks); err != nil || len(blocks) != 1 || blocks[0].Text.Text != want {
			t.Errorf("for %q the remark is %+v, %v; want %q", member, blocks, err, want)
		}
	}
}
