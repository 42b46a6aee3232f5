package kind

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/message"
	"github.com/leadgate/leadgate/notify/notifytest"
)

func TestLog(t *testing.T) {
	for _, tt := range []struct {
		name   string
		alerts []notify.Alert
		color  bool
	}{
		{"hot", []notify.Alert{notifytest.Grace(lead.HotAlert)}, false},
		{"hot_color", []notify.Alert{notifytest.Grace(lead.HotAlert)}, true},
		{"bare", []notify.Alert{notifytest.Grace(lead.HotAlert, notifytest.Bare)}, false},
		{"two", []notify.Alert{notifytest.Grace(lead.HotAlert), notifytest.Grace(lead.Repeat, notifytest.Again)}, false},
		{"wide", []notify.Alert{notifytest.Grace(lead.HotAlert, func(l *lead.Lead, _ *lead.Touch) { l.Person.Name = strings.Repeat("李小龍 ", 20) })}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			s := open(t, "log", notifytest.NewServer(t), func(_ *notify.Target, e *Env) { e.Out, e.Color = &out, tt.color })
			receipt, err := s.Send(t.Context(), tt.alerts)
			if err != nil || receipt != "preview" {
				t.Fatalf("Send = %q, %v", receipt, err)
			}
			notifytest.Golden(t, "log/"+tt.name+".txt", out.Bytes())
		})
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full of acme") }

func TestLog_WriteFails(t *testing.T) {
	s := open(t, "log", notifytest.NewServer(t), func(_ *notify.Target, e *Env) { e.Out = broken{} })
	_, err := s.Send(t.Context(), []notify.Alert{notifytest.Grace(lead.HotAlert)})
	var e *notify.Error
	if !errors.As(err, &e) || e.Code != "write" || e.Class != notify.Again || strings.Contains(err.Error(), "acme") {
		t.Errorf("Send to a broken console = %v", err)
	}
}

// The console shows any visitor's text in a box that keeps its shape.
func TestLog_AnythingKeepsTheBox(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := box(message.Compose(rapid.Custom(notifytest.DrawAlert).Draw(t, "alert"), message.Style{PublicURL: "http://127.0.0.1:8080"}), false)
		for row := range strings.Lines(s) {
			row = strings.TrimSuffix(row, "\n")
			if strings.ContainsAny(row, "\x1b\r\x00\u202e") {
				t.Errorf("row %q steers the terminal", row)
			}
			if strings.HasPrefix(row, boxIndent+"│") && (columns(row) != len(boxIndent)+boxWidth+2 || !strings.HasSuffix(row, "│")) {
				t.Errorf("row %q is %d columns wide", row, columns(row))
			}
			if !strings.HasPrefix(row, boxIndent) {
				t.Errorf("row %q leaves the box", row)
			}
		}
	})
}
