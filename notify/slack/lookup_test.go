package slack

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/notifytest"
)

// history answers with messages that tell of these touches.
func history(touches ...string) http.HandlerFunc {
	var ms []string
	for i, id := range touches {
		ms = append(ms, fmt.Sprintf(`{"type":"message","ts":"1795344100.%06d","metadata":{"event_type":"leadgate_lead","event_payload":{"touch_id":%q}}}`, i, id))
	}
	return notifytest.Answer(200, `{"ok":true,"messages":[`+strings.Join(ms, ",")+`]}`)
}

func TestSlack_Reconcile(t *testing.T) {
	many := notifytest.Crowd(2)
	rollup := notifytest.Answer(200, `{"ok":true,"messages":[{"ts":"1795344100.000009","metadata":{"event_type":"leadgate_lead","event_payload":{"touch_ids":["`+
		many[0].Touch.ID+`","`+many[1].Touch.ID+`"]}}},{"ts":"1.1","metadata":{"event_type":"other","event_payload":{"touch_id":"`+many[0].Touch.ID+`"}}}]}`)
	one := []notify.Alert{notifytest.Grace(lead.HotAlert)}
	for _, tt := range []struct {
		name    string
		alerts  []notify.Alert
		answers []http.HandlerFunc
		methods string
		receipt string
	}{
		{"ArrivedAfterAll", one, []http.HandlerFunc{notifytest.Reset, history(one[0].Touch.ID)}, "chat.postMessage conversations.history", "C0SALES/1795344100.000000"},
		{"DidNotArrive", one, []http.HandlerFunc{notifytest.Reset, history("other"), nil}, "chat.postMessage conversations.history chat.postMessage", "C0SALES/1795344121.000003"},
		{"MayNotRead", one, []http.HandlerFunc{notifytest.Reset, notifytest.Refuse("missing_scope"), nil}, "chat.postMessage conversations.history chat.postMessage", "C0SALES/1795344121.000003"},
		{"ReadingFails", one, []http.HandlerFunc{notifytest.Reset, notifytest.Answer(500, ""), nil}, "chat.postMessage conversations.history chat.postMessage", "C0SALES/1795344121.000003"},
		{"NoTS", one, []http.HandlerFunc{notifytest.Answer(200, "{}"), history(one[0].Touch.ID)}, "chat.postMessage conversations.history", "C0SALES/1795344100.000000"},
		{"NotAmbiguous_NotAsked", one, []http.HandlerFunc{notifytest.Answer(429, "", "Retry-After", "1"), nil}, "chat.postMessage chat.postMessage", "C0SALES/1795344121.000002"},
		{"RollupArrived", many, []http.HandlerFunc{notifytest.Reset, rollup}, "chat.postMessage conversations.history", "C0SALES/1795344100.000009"},
		{"SomeArrived", many, []http.HandlerFunc{notifytest.Reset, history(many[0].Touch.ID), nil}, "chat.postMessage conversations.history chat.postMessage", "C0SALES/1795344121.000003"},
		{"RepeatArrived", []notify.Alert{notifytest.InThread(notifytest.Grace(lead.Repeat, notifytest.Again))}, []http.HandlerFunc{notifytest.Reset, history(one[0].Touch.ID)}, "chat.postMessage conversations.replies", "C0SALES/1795344100.000000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := notifytest.NewServer(t, tt.answers...)
			s := open(t, f)
			if _, err := s.Send(t.Context(), tt.alerts); notify.ClassOf(err) != notify.Again || err == nil {
				t.Fatalf("the first Send = %v, want an error to try again", err)
			}
			receipt, err := s.Send(t.Context(), tt.alerts)
			if err != nil || receipt != tt.receipt {
				t.Errorf("the second Send = %q, %v, want %q", receipt, err, tt.receipt)
			}
			if got := f.Methods(); got != tt.methods {
				t.Errorf("calls: %s, want %s", got, tt.methods)
			}
			if tt.name == "SomeArrived" && strings.Contains(string(f.Got()[2].Blocks), many[0].Lead.ID) {
				t.Error("the lead that had arrived was sent again")
			}
		})
	}
}

// What the process before this one may have sent is looked for once.
func TestSlack_ReconcileAfterARestart(t *testing.T) {
	many := notifytest.Crowd(3)
	f := notifytest.NewServer(t, history(many[0].Touch.ID, many[2].Touch.ID), nil)
	s := open(t, f, func(_ *notify.Target, o *Options) {
		o.Now = func() time.Time { return notifytest.Received.Add(time.Minute) }
	})
	for i, want := range []string{"C0SALES/1795344100.000000", "C0SALES/1795344121.000002", "C0SALES/1795344100.000001"} {
		if receipt, err := s.Send(t.Context(), many[i:i+1]); err != nil || receipt != want {
			t.Errorf("Send %d = %q, %v, want %q", i, receipt, err, want)
		}
	}
	if got := f.Methods(); got != "conversations.history chat.postMessage" {
		t.Errorf("calls: %s", got)
	}
	if q := f.Got()[0].Form; q.Get("include_all_metadata") != "1" && q.Get("include_all_metadata") != "true" || q.Get("oldest") != fmt.Sprintf("%d.000000", notifytest.Received.Add(-time.Minute).Unix()) {
		t.Errorf("history was asked with %v", q)
	}
}

// A channel that is known by name only has no history until Slack tells its id.
func TestSlack_ChannelByName(t *testing.T) {
	f := notifytest.NewServer(t, notifytest.Reset, nil)
	s := open(t, f, func(target *notify.Target, _ *Options) { target.Channel = "#sales" })
	s.Send(t.Context(), []notify.Alert{notifytest.Grace(lead.HotAlert)})
	receipt, err := s.Send(t.Context(), []notify.Alert{notifytest.Grace(lead.HotAlert)})
	if err != nil || !strings.HasPrefix(receipt, "C0SALES/") || f.Methods() != "chat.postMessage chat.postMessage" {
		t.Errorf("Send = %q, %v after %s", receipt, err, f.Methods())
	}
}
